"use strict";

// Which alarms the queue shows.
(function () {
  var buttons = document.querySelectorAll(".views [data-view]");
  if (!buttons.length) { return; }

  function choose(name) {
    buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.view === name)); });
    carebell.queue.show(name);
  }

  carebell.view = choose;
  buttons.forEach(function (button) { button.addEventListener("click", function () { choose(button.dataset.view); }); });
})();
