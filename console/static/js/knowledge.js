"use strict";

// W: the card beside the alarm, or where there is none the knowledge base.
(function () {
  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest && event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
    if (event.key !== "w" || typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    event.preventDefault();
    var card = document.querySelector("#part-cards details");
    if (!card) { location.assign("/knowledge"); return; }
    card.open = true;
    card.scrollIntoView({ block: "nearest" });
    card.querySelector("summary").focus({ preventScroll: true });
  });
})();
