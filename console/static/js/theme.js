"use strict";

// Runs before the first paint. "auto" follows the viewer's clock: night from 19:00 to 07:00.
(function () {
  var root = document.documentElement;
  function apply() {
    var choice = root.dataset.themeChoice || "auto", hour = new Date().getHours();
    root.dataset.theme = choice === "auto" ? (hour >= 19 || hour < 7 ? "night" : "day") : choice;
  }
  apply();
  setInterval(apply, 60000);
})();
