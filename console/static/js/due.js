"use strict";

// A to-do that falls due is told once, with a tone of its own.
(function () {
  var told = 0;
  document.body.addEventListener("htmx:afterSwap", function (happened) {
    if (happened.target.id !== "due") { return; }
    var link = happened.target.querySelector("[data-due]"), count = link ? Number(link.dataset.due) : 0;
    if (count > told && carebell.remind) { carebell.remind(); }
    told = count;
  });
})();
