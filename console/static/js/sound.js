"use strict";

// The voice of the desk: one tone at a time, from one tab of this browser. Whether it can be heard at all is said, loudly.
var carebell = window.carebell = window.carebell || {};

(function () {
  var MUTE_S = 60, TONE_MS = 1200, ASKED_MS = 800, STALLED_S = 4, KEPT = "carebell.mutedUntil";
  var bar = document.getElementById("sound-bar"), gate = document.getElementById("sound-gate"), mute = document.getElementById("mute");
  var context = null, hasRun = false, busyUntil = 0, mutedUntil = 0, heldAt = 0, heldSince = 0, isDeviceGone = false;
  // Each need has a tune of its own: new rises, waiting knocks and rises, late falls, a to-do is one low pair.
  var TONES = {
    fresh: [[880, 0, 0.16], [1174.7, 0.18, 0.26]],
    waiting: [[880, 0, 0.14], [880, 0.22, 0.14], [1174.7, 0.44, 0.3]],
    late: [[659.3, 0, 0.3], [523.3, 0.32, 0.4]],
    todo: [[440, 0, 0.22], [440, 0.3, 0.22]]
  };
  carebell.sound = carebell.mute = function () { return false; };
  if (!bar) { return; }

  // -- can it be heard ----------------------------------------------------------------------------------------------

  function runs() { return context !== null && context.state === "running" && !isStalled() && !isDeviceGone; }
  // A context whose own clock stands still gives no sound, whatever its state says.
  function isStalled() { return heldSince !== 0 && Date.now() - heldSince > STALLED_S * 1000; }

  function wake() {
    if (!window.AudioContext) { show(); return; }
    if (context === null || context.state === "closed") {
      context = new AudioContext();
      context.addEventListener("statechange", show);
      context.addEventListener("error", show);
    }
    if (context.state !== "running") { context.resume().then(show, show); }
    show();
  }

  function show() {
    var heard = runs(), why = !window.AudioContext ? "sound.none" : isDeviceGone ? "sound.device" : hasRun ? "sound.lost" : "sound.off";
    if (heard) { hasRun = true; if (gate.open) { gate.close(); } }
    var text = carebell.say(why), told = bar.querySelector("span");
    if (!heard && told.textContent !== text) { told.textContent = text; }
    if (bar.hidden !== heard) { bar.hidden = heard; announce(); }
  }

  function announce() { document.dispatchEvent(new CustomEvent("carebell:sound", { detail: { runs: runs() } })); }

  function watch() {
    if (context && context.state === "running") {
      if (context.currentTime !== heldAt) { heldAt = context.currentTime; heldSince = 0; } else if (heldSince === 0) { heldSince = Date.now(); }
    }
    show();
    count();
  }

  // Without a loudspeaker the context goes on playing into nothing, so the browser's list of devices is asked.
  var devices = navigator.mediaDevices, hadDevice = null;
  function look(isChange) {
    if (!devices || !devices.enumerateDevices) { return; }
    devices.enumerateDevices().then(function (found) {
      var has = found.some(function (one) { return one.kind === "audiooutput"; });
      isDeviceGone = hadDevice === true && !has;
      hadDevice = hadDevice || has;
      show();
      if (isChange && has) { carebell.toast(carebell.say("sound.changed")); }
    }, function () {});
  }

  carebell.voice = { runs: runs, wake: wake };

  // -- the tones ------------------------------------------------------------------------------------------------------

  carebell.sound = function (tone, volume) {
    var now = carebell.now();
    if (!runs() || carebell.muted() || now < busyUntil) { return false; }
    busyUntil = now + TONE_MS;
    TONES[tone].forEach(function (note) {
      var begins = context.currentTime + note[1], swing = context.createOscillator(), gain = context.createGain();
      swing.type = "triangle";
      swing.frequency.value = note[0];
      gain.gain.setValueAtTime(0.0001, begins);
      gain.gain.exponentialRampToValueAtTime(Math.min(0.9, volume), begins + 0.015);
      gain.gain.exponentialRampToValueAtTime(0.0001, begins + note[2]);
      swing.connect(gain).connect(context.destination);
      swing.start(begins);
      swing.stop(begins + note[2] + 0.02);
    });
    document.body.dataset.rang = tone;
    document.dispatchEvent(new CustomEvent("carebell:rang", { detail: { tone: tone, volume: volume } }));
    return true;
  };

  // -- the mute, which all tabs of this browser share -----------------------------------------------------------------

  function kept() { try { return +localStorage.getItem(KEPT) || 0; } catch (refused) { return mutedUntil; } }
  function keep(until) { mutedUntil = until; try { localStorage.setItem(KEPT, String(until)); } catch (refused) { /* This tab alone, then. */ } count(); }

  carebell.muted = function () { var left = kept() - carebell.now(); return left > 0 && left <= MUTE_S * 1000; };
  carebell.unmute = function () { if (carebell.muted()) { keep(0); } };
  carebell.mute = function () {
    if (carebell.muted()) { keep(0); return; }
    if (carebell.overdue && carebell.overdue()) { carebell.toast(carebell.say("mute.refused")); return; }
    keep(carebell.now() + MUTE_S * 1000);
  };

  function count() {
    var left = carebell.muted() ? Math.ceil((kept() - carebell.now()) / 1000) : 0, said = left > 0 ? carebell.say("muted", { n: left }) : "";
    var told = mute.querySelector(".mute-left");
    mute.setAttribute("aria-pressed", String(left > 0));
    mute.querySelector("use").setAttribute("href", "/static/shapes.svg#" + (left > 0 ? "muted" : "sound"));
    if (told.textContent !== said) { told.textContent = said; }
  }

  // -- begin ----------------------------------------------------------------------------------------------------------

  carebell.toast = carebell.toast || function () {};
  wake();
  look(false);
  if (devices && devices.addEventListener) { devices.addEventListener("devicechange", function () { look(true); }); }
  setTimeout(function () { if (!runs() && !hasRun) { gate.showModal(); } }, ASKED_MS);
  ["pointerdown", "keydown"].forEach(function (name) { document.addEventListener(name, function () { if (!runs()) { wake(); } }); });
  document.querySelectorAll("[data-sound-on]").forEach(function (button) {
    button.addEventListener("click", function () { wake(); setTimeout(function () { carebell.sound("fresh", 0.3); }, 150); });
  });
  document.getElementById("gate-silent").addEventListener("click", function () { gate.close(); });
  mute.addEventListener("click", carebell.mute);
  window.addEventListener("storage", function (happened) { if (happened.key === KEPT) { count(); } });
  setInterval(watch, 1000);
})();
