"use strict";

// Asking the centre from the desk, never twice at once for the same thing.
var carebell = window.carebell = window.carebell || {};

(function () {
  var REST_MS = 2000, LONGEST_PRESS_MS = 1000;

  // A button that is replaced between its press and its release is not clicked, so what is new waits for the release.
  var isPressed = false, waiting = [], limit = null;
  function release() {
    var runs = waiting;
    isPressed = false;
    waiting = [];
    runs.forEach(function (run) { setTimeout(run, 0); });
  }
  document.addEventListener("pointerdown", function (happened) {
    if (!happened.target.closest("a, button, summary, label, [data-id]")) { return; }
    isPressed = true;
    clearTimeout(limit);
    limit = setTimeout(release, LONGEST_PRESS_MS);
  }, true);
  document.addEventListener("pointerup", release, true);
  document.addEventListener("pointercancel", release, true);
  carebell.released = function (run) { if (isPressed) { waiting.push(run); } else { run(); } };

  carebell.ask = function (url, options) {
    return fetch(url, Object.assign({ credentials: "same-origin", headers: { "HX-Request": "true", Accept: "text/html" } }, options))
      .then(function (answer) {
        if (answer.status === 401) { location.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search); }
        return answer.text().then(function (text) {
          var told = { ok: answer.ok, status: answer.status, text: text, header: function (name) { return answer.headers.get(name); } };
          return new Promise(function (resolve) { carebell.released(function () { resolve(told); }); });
        });
      });
  };

  // One request at a time; what is asked for meanwhile is asked for once more afterwards, so the last change always shows.
  // The rest in between is as long as the answer took: who is slow is not asked more often.
  carebell.oneAtATime = function (run) {
    var busy = false, again = false;
    return function turn() {
      if (busy) { again = true; return; }
      var began = Date.now();
      busy = true;
      run().catch(function () {}).then(function () {
        if (!again) { busy = false; return; }
        again = false;
        setTimeout(function () { busy = false; turn(); }, Math.min(REST_MS, Date.now() - began));
      });
    };
  };

  // A moment later, once for everything that happened meanwhile; the longer it takes, the longer the next one waits.
  carebell.soon = function (run) {
    var waits = null, took = 0;
    return function () {
      if (waits !== null) { return; }
      waits = setTimeout(function () {
        carebell.released(function () {
          var began = Date.now();
          waits = null;
          run();
          took = Date.now() - began;
        });
      }, Math.min(REST_MS, 25 + 4 * took));
    };
  };

  // What the desk's parts tell each other, on the document: `changed` {alarm} an alarm as the stream says it now is,
  // `alarm` {id} somebody wants it chosen, `chosen` {id}, `panel` {id, isOther} it is shown, `acted` {id, act, status} a
  // button was answered, `back` the stream is heard again, `looks` {alarms} who looks at what,
  // `settled` the queue's lines are in order, `counts` {open, unclaimed, overdue, late, oldest} of all open alarms.
  carebell.tell = function (name, detail) { document.dispatchEvent(new CustomEvent("carebell:" + name, { detail: detail || {} })); };
})();
