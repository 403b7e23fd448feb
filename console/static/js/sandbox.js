"use strict";

// The phones are looked at every second by htmx; keys and behaviours go to the sandbox's own JSON.
(function () {
  var STALE_MS = 3000, frame = document.getElementById("phones"), stale = document.getElementById("stale"), lastAt = Date.now();

  htmx.defineExtension("parts", {
    isInlineSwap: function (style) { return style === "parts"; },
    handleSwap: function (style, target, fragment) { return style === "parts" ? carebell.bring(target, fragment, true) : false; }
  });
  document.body.addEventListener("htmx:afterRequest", function (happened) {
    if (happened.detail.xhr.status === 401) { location.reload(); }
    if (happened.detail.successful) { lastAt = Date.now(); }
  });
  setInterval(function () {
    var isGone = Date.now() - lastAt > STALE_MS && !document.hidden;
    if (isGone && stale.hidden) { stale.textContent = carebell.say("stale", { at: carebell.wall(carebell.now() - (Date.now() - lastAt)) }); }
    stale.hidden = !isGone;
    document.body.classList.toggle("is-stale", isGone);
  }, 500);

  function tell(phone, what, body, method) {
    return fetch("/api/v1/sandbox/phones/" + encodeURIComponent(phone.dataset.number) + what, {
      method: method || "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body || {})
    }).then(function (answer) {
      if (answer.ok) { return undefined; }
      return answer.json().then(function (problem) { carebell.toast(carebell.say("failed", { why: problem.detail || problem.title })); });
    }).catch(function () { carebell.toast(carebell.say("offline")); }).then(function () { htmx.trigger(frame, "look"); });
  }

  frame.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-do]");
    if (!button) { return; }
    tell(button.closest(".phone"), "/" + button.dataset.do, button.dataset.do === "press" ? { digits: button.dataset.key } : {});
  });
  frame.addEventListener("change", function (happened) {
    var form = happened.target.closest("[data-behaviour]");
    if (!form) { return; }
    var then = form.elements.then.value, after = form.elements.answer_after_s.value;
    // A phone that is to press a key or to listen must answer first.
    if (after === "" && /^(key|silence|voicemail)/.test(then)) { after = "2"; }
    tell(form.closest(".phone"), "", { then: then, answer_after_s: after === "" || then === "manual" ? null : Number(after) }, "PUT");
  });
  frame.addEventListener("submit", function (happened) { happened.preventDefault(); });
  carebell.remember(frame);
})();
