"use strict";

// A to-do that falls due is told once, with a tone of its own time.
(function () {
  var told = null;
  document.body.addEventListener("htmx:afterSwap", function (happened) {
    if (happened.target.id !== "due") { return; }
    var link = happened.target.querySelector("[data-due]"), count = link ? Number(link.dataset.due) : 0;
    if (told !== null && count > told) { carebell.sound("late", 0.4); }
    told = count;
  });
})();
