"use strict";

// Asking the centre from the desk, never twice at once for the same thing.
var carebell = window.carebell = window.carebell || {};

(function () {
  carebell.ask = function (url, options) {
    return fetch(url, Object.assign({ credentials: "same-origin", headers: { "HX-Request": "true", Accept: "text/html" } }, options))
      .then(function (answer) {
        if (answer.status === 401) { location.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search); }
        return answer.text().then(function (text) { return { ok: answer.ok, status: answer.status, text: text }; });
      });
  };

  // One request at a time; what is asked for meanwhile is asked for once more afterwards, so the last change always shows.
  carebell.oneAtATime = function (run) {
    var busy = false, again = false;
    return function turn() {
      if (busy) { again = true; return; }
      busy = true;
      run().catch(function () {}).then(function () { busy = false; if (again) { again = false; turn(); } });
    };
  };

  carebell.soon = function (run) {
    var waits = null;
    return function () { if (waits === null) { waits = setTimeout(function () { waits = null; run(); }, 25); } };
  };

  // What the desk's parts tell each other, on the document: `changed` {alarm} an alarm as the stream says it now is,
  // `alarm` {id} somebody wants it chosen, `chosen` {id}, `panel` {id, isOther} it is shown, `acted` {id} a button was
  // answered, `back` the stream is heard again, `looks` {alarms} who looks at what.
  carebell.tell = function (name, detail) { document.dispatchEvent(new CustomEvent("carebell:" + name, { detail: detail || {} })); };
})();
