"use strict";

// One tone at a time, louder with age. The mute ends by itself after 60 s.
var carebell = window.carebell = window.carebell || {};

(function () {
  var MUTE_S = 60, context = null, busyUntil = 0, mutedUntil = 0;
  var bar = document.getElementById("sound-bar"), mute = document.getElementById("mute");
  var TONES = { fresh: [[880, 0, 0.16], [1174.7, 0.18, 0.26]], waiting: [[880, 0, 0.14], [880, 0.22, 0.14], [1174.7, 0.44, 0.3]],
                late: [[659.3, 0, 0.3], [523.3, 0.32, 0.4]] };

  function runs() { return context !== null && context.state === "running"; }
  function show() { if (bar) { bar.hidden = runs(); } }
  function wake() {
    if (context === null) {
      context = new AudioContext();
      context.addEventListener("statechange", show);
    }
    if (context.state !== "running") { context.resume().then(show, show); }
    show();
  }

  carebell.sound = function (tone, volume) {
    var now = carebell.now();
    if (!runs() || now < mutedUntil || now < busyUntil) { return false; }
    busyUntil = now + 1200;
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
    return true;
  };

  carebell.mute = function () {
    mutedUntil = mutedUntil > carebell.now() ? 0 : carebell.now() + MUTE_S * 1000;
    count();
  };

  function count() {
    if (!mute) { return; }
    var left = Math.ceil((mutedUntil - carebell.now()) / 1000);
    mute.setAttribute("aria-pressed", String(left > 0));
    mute.querySelector("use").setAttribute("href", "/static/shapes.svg#" + (left > 0 ? "muted" : "sound"));
    mute.querySelector(".mute-left").textContent = left > 0 ? carebell.say("muted", { n: left }) : "";
  }

  if (!bar) { return; }
  wake();
  ["pointerdown", "keydown"].forEach(function (name) { document.addEventListener(name, function () { if (!runs()) { wake(); } }); });
  document.getElementById("sound-on").addEventListener("click", function () { wake(); setTimeout(function () { carebell.sound("fresh", 0.3); }, 100); });
  mute.addEventListener("click", carebell.mute);
  setInterval(count, 1000);
})();
