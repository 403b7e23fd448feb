"use strict";

// How many alarms are open, unclaimed, overdue: of all, not of the lines that are loaded.
(function () {
  var REST_MS = 1000, LOOK_EVERY_MS = 10000, OVERDUE_S = 180;
  var place = document.getElementById("counts");
  if (!place) { return; }
  var counts = JSON.parse(place.dataset.counts), waits = null, askedAt = Date.now();

  function ofLines() {
    var now = carebell.now(), found = { open: 0, unclaimed: 0, overdue: 0, late: 0, oldest: null };
    carebell.queue.lines().forEach(function (line) {
      found.open += 1;
      if (line.dataset.test) { return; }
      if (line.dataset.late) { found.late += 1; }
      if (line.dataset.look !== "unclaimed") { return; }
      var at = Date.parse(line.dataset.received);
      found.unclaimed += 1;
      if (now - at >= OVERDUE_S * 1000) { found.overdue += 1; }
      if (found.oldest === null || at < Date.parse(found.oldest)) { found.oldest = line.dataset.received; }
    });
    return found;
  }

  // The longer the answer takes, the longer the rest before the next question.
  function look() {
    if (waits !== null) { return; }
    waits = setTimeout(function () {
      var began = Date.now();
      askedAt = began;
      carebell.ask("/desk/counts", { headers: { Accept: "application/json", "HX-Request": "true" } }).then(function (answer) {
        if (answer.ok && !carebell.queue.isWhole()) { counts = JSON.parse(answer.text); show(); }
      }).catch(function () {}).then(function () { setTimeout(function () { waits = null; }, 5 * (Date.now() - began)); });
    }, REST_MS);
  }

  function show() {
    count("open", carebell.say("open", { n: counts.open }));
    count("unclaimed", counts.unclaimed ? carebell.say("unclaimed", { n: counts.unclaimed }) : "", counts.unclaimed > 0);
    count("oldest", counts.oldest === null ? "" : carebell.say("oldest", { at: carebell.length((carebell.now() - Date.parse(counts.oldest)) / 1000) }));
    carebell.tell("counts", counts);
  }

  function count(name, text, isSome) {
    var shown = document.querySelector('[data-count="' + name + '"]');
    if (shown.textContent !== text) { shown.textContent = text; }
    shown.classList.toggle("is-some", Boolean(isSome));
  }

  document.addEventListener("carebell:settled", function () {
    if (carebell.queue.isWhole()) { counts = ofLines(); } else if (Date.now() - askedAt > LOOK_EVERY_MS) { look(); }
    show();
  });
  document.addEventListener("carebell:changed", function () { if (!carebell.queue.isWhole()) { look(); } });
  carebell.queue.settle();
})();
