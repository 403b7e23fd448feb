"use strict";

// The buttons of the chosen alarm, and the one key that takes the next one.
(function () {
  var UNDO_S = 10, panel = document.getElementById("panel");

  panel.addEventListener("htmx:beforeRequest", function (happened) {
    var form = happened.detail.requestConfig.elt, button = form.querySelector("button:not([type=button])");
    // What is shown by the time of the answer may be another alarm.
    form.alarm = { id: carebell.panel.id(), number: carebell.panel.article().querySelector(".panel-number").textContent };
    // On the form itself: by the time of the answer it may have left the page.
    form.addEventListener("htmx:afterRequest", answered, { once: true });
    if (!button) { return; }
    button.disabled = true;
    button.waits = setTimeout(function () { button.setAttribute("aria-busy", "true"); }, 300);
  });
  panel.addEventListener("htmx:beforeSwap", function (happened) {
    var form = happened.detail.requestConfig.elt, fold = form.closest("details.act");
    if (happened.target !== panel || !happened.detail.shouldSwap) { return; }
    if (happened.detail.xhr.status < 400) {
      // Done: what was typed must not come back with the new panel.
      form.reset();
      if (fold) { fold.open = false; }
    }
    happened.detail.shouldSwap = false;
    carebell.panel.show(happened.detail.serverResponse);
  });
  document.body.addEventListener("htmx:afterRequest", function (happened) {
    if (!happened.detail.requestConfig.elt.alarm) { answered(happened); }
  });

  function answered(happened) {
    var form = happened.detail.requestConfig.elt, status = happened.detail.xhr.status, alarm = form.alarm;
    var button = form.querySelector("button:not([type=button])");
    if (button) { clearTimeout(button.waits); button.disabled = false; button.removeAttribute("aria-busy"); }
    if (status === 401) { location.reload(); return; }
    if (status === 0 || status >= 500) { carebell.toast(carebell.say("offline")); return; }
    if (!alarm) { return; }
    if (status < 400 && form.dataset.act === "claim") { offerUndo(alarm.id, alarm.number); }
    if (status >= 400 && alarm.id !== carebell.panel.id()) { refusedElsewhere(alarm, happened.detail.xhr.responseText); }
    carebell.tell("acted", { id: alarm.id, act: form.dataset.act, status: status });
  }

  // The panel that would say so shows another alarm by now.
  function refusedElsewhere(alarm, html) {
    var problem = carebell.fragment(html).querySelector(".problem");
    carebell.toast(carebell.say("failed", { why: alarm.number + (problem ? " – " + problem.textContent : "") }));
  }

  function offerUndo(id, number) {
    carebell.toast(carebell.say("taken", { n: number }), { text: carebell.say("undo"), run: function () {
      carebell.ask("/alarms/" + id + "/release", { method: "POST", body: new URLSearchParams() }).then(function (answer) { carebell.panel.show(answer.text); });
    } }, UNDO_S);
  }

  function primary() {
    var button = panel.querySelector("button[data-primary], summary[data-primary]");
    if (!button) { return; }
    button.click();
    var fold = button.closest("details");
    if (fold && fold.open) { first(fold); }
  }

  function first(fold) { var field = fold.querySelector("input:checked, input, textarea"); if (field) { field.focus(); } }

  function unfold(key) {
    var fold = panel.querySelector('details[data-key="' + key + '"]');
    if (fold) { fold.open = true; first(fold); fold.scrollIntoView({ block: "nearest" }); }
  }

  // The centre says which one is next: of many officers at once each gets another.
  var isTaking = false;
  function takeNext() {
    if (isTaking) { return; }
    isTaking = true;
    carebell.ask("/desk/next", { method: "POST", body: new URLSearchParams() }).then(function (answer) {
      if (!answer.ok) { throw new Error("next"); }
      var id = answer.header("X-Alarm");
      if (!id) { carebell.toast(carebell.say("noneWaiting")); return; }
      carebell.panel.choose(id);
      carebell.queue.want(id);
      offerUndo(id, "#" + answer.header("X-Number"));
    }).catch(function () { carebell.toast(carebell.say("offline")); }).then(function () { isTaking = false; });
  }

  carebell.acts = { primary: primary, unfold: unfold, takeNext: takeNext };
})();
