"use strict";

// Colleagues: this page says what is on it, shows who else looks at an alarm, and brings up what others want of this person.
(function () {
  var BEAT_MS = 6000, ASK_MS = 20000, REMIND_MS = 6000;
  var box = document.getElementById("for-me"), me = box.dataset.me, isLeader = box.dataset.leads === "yes";
  var bytes = crypto.getRandomValues(new Uint8Array(12));
  var id = Array.prototype.map.call(bytes, function (b) { return ("0" + b.toString(16)).slice(-2); }).join("");

  // -- what is on this page ---------------------------------------------------------------------------------------------

  function shown() { return document.hidden ? "" : carebell.panel.id() || ""; }

  function body(more) { return new URLSearchParams(Object.assign({ console: id, alarm: shown() }, more)); }

  function say() {
    carebell.ask("/desk/look", { method: "POST", body: body() }).catch(function () {});
  }

  var soonSay = carebell.soon(say);
  window.addEventListener("pagehide", function () { navigator.sendBeacon("/desk/look", body({ is_gone: "1" })); });
  window.addEventListener("pageshow", function (happened) { if (happened.persisted) { say(); } });
  document.addEventListener("visibilitychange", say);
  document.addEventListener("carebell:back", say);
  setInterval(say, BEAT_MS);

  // -- who else looks ---------------------------------------------------------------------------------------------------

  var looking = {};

  function others(alarm) { return (looking[alarm] || []).filter(function (one) { return one.id !== me; }).map(function (one) { return one.name; }); }

  function tell(place, names, text) {
    if (!place) { return; }
    if (place.textContent !== text) { place.textContent = text; }
    place.hidden = names.length === 0;
    place.title = names.join(", ");
  }

  function show() {
    var alarm = carebell.panel.id(), names = others(alarm);
    tell(document.querySelector("#panel [data-lookers]"), names, names.length ? carebell.say("looksToo", { names: names.join(carebell.say("and")) }) : "");
    document.querySelectorAll(".line .line-lookers").forEach(function (place) {
      var line = place.closest(".line"), here = others(line.dataset.id);
      tell(place, here, here.length ? here[0] + (here.length > 1 ? " +" + (here.length - 1) : "") : "");
    });
  }

  document.addEventListener("carebell:looks", function (happened) { looking = happened.detail.alarms; show(); });
  var queue = document.getElementById("queue");
  if (queue) { new MutationObserver(carebell.soon(show)).observe(queue, { childList: true }); }
  document.addEventListener("carebell:panel", function (happened) { show(); if (happened.detail.isOther) { soonSay(); } });

  // -- what others want of me -------------------------------------------------------------------------------------------

  var known = null, remindAt = 0, reminders = 0;

  var fetchMine = carebell.oneAtATime(function () {
    return carebell.ask("/desk/for-me").then(function (answer) {
      if (!answer.ok) { return; }
      var fresh = carebell.fragment(answer.text), keys = [];
      fresh.querySelectorAll("[data-row]").forEach(function (row) { keys.push(row.dataset.row); });
      if (known !== null && keys.join() === known.join()) { return; }
      var isNew = keys.some(function (key) { return known === null || known.indexOf(key) < 0; });
      known = keys;
      var focused = box.contains(document.activeElement);
      box.replaceChildren(fresh);
      carebell.tick(box);
      if (focused) { var first = box.querySelector("button"); if (first) { first.focus({ preventScroll: true }); } }
      reminders = isNew ? 0 : reminders;
      remindAt = 0;
      if (isNew) { remind(); }
    });
  });
  var soonMine = carebell.soon(fetchMine);

  // Every six seconds for a minute, then twice a minute: until somebody answers it is not over.
  function remind() {
    if (!known.length) { return; }
    var isLoud = box.querySelector("[data-loud]") !== null;
    carebell.sound(isLoud ? "fresh" : "late", isLoud ? 0.6 : 0.4);
    reminders += 1;
    remindAt = isLoud ? Date.now() + REMIND_MS * (reminders > 10 ? 5 : 1) : 0;
  }

  function concerns(told) {
    var alarm = told.alarm, offer = alarm.offer, question = alarm.question;
    return (offer && (offer.to === me || offer.by === me)) || (question && isLeader) || box.querySelector('[data-alarm="' + alarm.id + '"]');
  }

  document.addEventListener("carebell:changed", function (happened) {
    var told = happened.detail;
    if (concerns(told)) { soonMine(); }
    if (told.data && told.data.name === box.dataset.name && carebell.words["told." + told.what]) {
      carebell.toast(carebell.say("told." + told.what, { name: told.author, n: told.alarm.number }));
    }
  });
  document.addEventListener("carebell:back", fetchMine);
  document.addEventListener("carebell:todos", function () {
    soonMine();
    if (document.getElementById("due")) { htmx.trigger("#due", "look"); }
  });

  box.addEventListener("submit", function (happened) {
    var form = happened.target, row = form.closest("[data-row]"), alarm = row.dataset.alarm || "";
    happened.preventDefault();
    form.querySelector("button").disabled = true;
    carebell.ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(function (answer) {
      if (form.dataset.deed === "take_over" && answer.ok) { carebell.panel.choose(alarm); }
      if (!answer.ok) {
        var why = carebell.fragment(answer.text).querySelector(".problem");
        carebell.toast(why ? why.textContent : carebell.say("offline"));
      }
      known = null;
      fetchMine();
    }, function () { carebell.toast(carebell.say("offline")); known = null; fetchMine(); });
  });
  box.addEventListener("click", function (happened) {
    var link = happened.target.closest("[data-show]");
    if (!link || !carebell.queue || happened.ctrlKey || happened.metaKey || happened.shiftKey) { return; }
    happened.preventDefault();
    carebell.panel.choose(link.closest("[data-row]").dataset.alarm);
  });

  setInterval(fetchMine, ASK_MS);
  setInterval(function () { if (remindAt && Date.now() >= remindAt) { remind(); } }, 1000);
  fetchMine();
  say();
})();
