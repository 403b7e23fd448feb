"use strict";

// What needs to be heard: a new alarm, one that waits another 30 s, help that is late.
(function () {
  if (!carebell.queue) { return; }

  var heard = {};
  function listen(isStart) {
    var now = carebell.now(), tone = null, volume = 0;
    carebell.queue.lines().forEach(function (line) {
      var id = line.dataset.id, age = (now - Date.parse(line.dataset.received)) / 1000;
      if (line.dataset.test) { return; }
      if (line.dataset.look === "unclaimed") {
        var due = 1 + Math.floor(age / 30);
        if ((heard[id] || 0) < due) {
          if (heard[id] || !isStart || age > 30) { tone = heard[id] || age > 30 ? "waiting" : "fresh"; volume = Math.max(volume, Math.min(0.9, 0.25 + due * 0.08)); }
          heard[id] = due;
        }
      } else if (line.dataset.late && heard[id] !== "late") {
        heard[id] = "late"; tone = tone || "late"; volume = Math.max(volume, 0.5);
      }
    });
    if (tone) { carebell.sound(tone, volume); }
  }

  listen(true);
  setInterval(function () { listen(false); }, 1000);
})();
