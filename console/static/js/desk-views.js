"use strict";

// Which alarms are shown: all, one's own, or all of them by area.
(function () {
  var buttons = document.querySelectorAll(".views [data-view]");
  if (!buttons.length) { return; }
  var queue = document.getElementById("queue"), now = "all";

  function choose(name, isByHand) {
    now = name;
    buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.view === name)); });
    document.querySelector(".pane-queue").classList.toggle("is-by-area", name === "areas");
    carebell.tell("view", { name: name, isByHand: Boolean(isByHand) });
    queue.hidden = name === "areas";
    if (name === "areas") { carebell.areas.show(); } else { carebell.areas.hide(); carebell.queue.show(name); }
  }

  carebell.view = choose;
  carebell.viewed = function () { return now; };
  buttons.forEach(function (button) { button.addEventListener("click", function () { choose(button.dataset.view, true); }); });
})();
