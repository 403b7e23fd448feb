"use strict";

// A relative's page is up to date without jumping back to its top: only its middle is changed, and not while an answer is
// being chosen.
(function () {
  var EVERY_MS = 20000, chosen = false;
  document.addEventListener("change", function () { chosen = true; });

  function look() {
    if (document.hidden || chosen) { return; }
    fetch(location.pathname, { credentials: "same-origin", headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.text(); })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html"), main = document.querySelector("main"), now = fresh.querySelector("main");
        if (!now || chosen || main.contains(document.activeElement)) { return; }
        document.title = fresh.title;
        document.body.className = fresh.body.className;
        main.replaceWith(now);
      })
      .catch(function () { /* The next look may get through. */ });
  }

  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
})();
