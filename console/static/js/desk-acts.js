"use strict";

// The buttons of the chosen alarm, and the one key that takes the next one.
(function () {
  var UNDO_S = 10, panel = document.getElementById("panel");

  panel.addEventListener("htmx:beforeRequest", function (happened) {
    var button = happened.target.querySelector("button:not([type=button])");
    if (!button) { return; }
    button.disabled = true;
    button.waits = setTimeout(function () { button.setAttribute("aria-busy", "true"); }, 300);
  });
  panel.addEventListener("htmx:beforeSwap", function (happened) {
    var form = happened.target.closest("form") || happened.detail.requestConfig.elt;
    if (happened.detail.xhr.status >= 400 || !form) { return; }
    // Done: what was typed must not come back with the new panel.
    form.reset();
    var fold = form.closest("details.act");
    if (fold) { fold.open = false; }
  });
  document.body.addEventListener("htmx:afterRequest", function (happened) {
    var form = happened.detail.requestConfig.elt, status = happened.detail.xhr.status, id = carebell.panel.id();
    var button = form.querySelector("button:not([type=button])");
    if (button) { clearTimeout(button.waits); button.disabled = false; button.removeAttribute("aria-busy"); }
    if (status === 401) { location.reload(); return; }
    if (status === 0 || status >= 500) { carebell.toast(carebell.say("offline")); return; }
    if (happened.detail.successful && form.dataset.act === "claim") { offerUndo(id, carebell.panel.article().querySelector(".panel-number").textContent); }
    if (id) { carebell.tell("acted", { id: id }); }
  });

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
