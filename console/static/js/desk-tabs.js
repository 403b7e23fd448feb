"use strict";

// On a narrow screen one of queue, map and alarm is shown at a time.
(function () {
  var main = document.querySelector("main"), buttons = document.querySelectorAll(".tabs button");
  if (!buttons.length) { return; }

  function tab(name) {
    main.dataset.tab = name;
    buttons.forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.tab === name)); });
    if (name === "map" && carebell.map) { carebell.map.leaflet.invalidateSize({ animate: false }); }
  }

  carebell.tab = tab;
  buttons.forEach(function (button) { button.addEventListener("click", function () { tab(button.dataset.tab); }); });
  document.addEventListener("carebell:chosen", function () { tab("panel"); });
  tab(main.dataset.tab);
})();
