"use strict";

// What nobody has taken for 180 s: a bar on every page that stays until somebody does, and that ends a mute.
(function () {
  var EVERY_MS = 8000, place = document.getElementById("overdue"), known = 0, ahead = Date.parse(document.body.dataset.now) - Date.now();
  var carebell = window.carebell = window.carebell || {};
  if (!place) { return; }

  carebell.overdue = carebell.overdue || function () { return known > 0; };

  function length(s) { return Math.floor(s / 60) + ":" + String(Math.floor(s) % 60).padStart(2, "0"); }

  function count() {
    var told = place.firstElementChild, since = told && told.querySelector(".overdue-since");
    if (since) { since.textContent = length((Date.now() + ahead - Date.parse(told.dataset.oldest)) / 1000); }
  }

  // The words are left alone while they are the same, so that they are not read out again and again.
  function show(html) {
    var fresh = document.createElement("template"), before = place.firstElementChild;
    fresh.innerHTML = html;
    var told = fresh.content.querySelector(".overdue-told"), now = told ? +told.dataset.overdue : 0;
    if (now > known && carebell.unmute) { carebell.unmute(); }
    known = now;
    place.hidden = !told;
    document.body.classList.toggle("has-overdue", Boolean(told));
    if (told && before && before.dataset.overdue === told.dataset.overdue) { before.dataset.oldest = told.dataset.oldest; } else { place.replaceChildren(fresh.content); }
    count();
  }

  function look() {
    fetch("/desk/overdue", { credentials: "same-origin", headers: { Accept: "text/html", "HX-Request": "true" } })
      .then(function (answer) { return answer.ok ? answer.text().then(show) : null; })
      .catch(function () {});
  }

  place.addEventListener("click", function (happened) {
    if (!happened.target.closest("[data-take]") || !(carebell.acts && carebell.queue)) { return; }
    happened.preventDefault();
    carebell.acts.takeNext();
  });
  document.addEventListener("carebell:counts", function (happened) { if (happened.detail.overdue !== known) { soon(); } });
  var waits = null;
  function soon() { if (waits === null) { waits = setTimeout(function () { waits = null; look(); }, 400); } }

  look();
  setInterval(look, EVERY_MS);
  setInterval(count, 1000);
})();
