"use strict";

// The phones, looked at every second; keys go to the sandbox's own JSON.
(function () {
  var frame = document.getElementById("phones"), stale = document.getElementById("stale"), lastAt = Date.now(), busy = false;

  function look() {
    if (busy || document.hidden) { return; }
    busy = true;
    fetch(frame.dataset.url, { credentials: "same-origin", headers: { "HX-Request": "true", Accept: "text/html" } })
      .then(function (answer) {
        if (answer.status === 401) { location.href = "/sign-in?next=/sandbox"; }
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (html) { lastAt = Date.now(); carebell.bring(frame, html, true); })
      .catch(function () {})
      .then(function () {
        busy = false;
        var gone = Date.now() - lastAt > 3000;
        if (gone && stale.hidden) { stale.textContent = carebell.say("stale", { at: carebell.wall(carebell.now() - 3000) }); }
        stale.hidden = !gone;
        document.body.classList.toggle("is-stale", gone);
      });
  }

  function tell(phone, what, body, method) {
    return fetch("/api/v1/sandbox/phones/" + encodeURIComponent(phone.dataset.number) + what, {
      method: method || "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body || {})
    }).then(function (answer) {
      if (answer.ok) { look(); return; }
      return answer.json().then(function (problem) { carebell.toast(carebell.say("failed", { why: problem.detail || problem.title })); look(); });
    }).catch(function () { carebell.toast(carebell.say("offline")); });
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
    // A phone that is to press a key must answer first.
    if (after === "" && /^(key|silence|voicemail)/.test(then)) { after = "2"; }
    form.querySelectorAll("option").forEach(function (option) { option.defaultSelected = option.selected; });
    tell(form.closest(".phone"), "", { then: then, answer_after_s: after === "" || then === "manual" ? null : Number(after) }, "PUT");
  });
  frame.addEventListener("submit", function (happened) { happened.preventDefault(); });
  carebell.remember(frame);
  setInterval(look, 1000);
})();
