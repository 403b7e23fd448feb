"use strict";

// The queue: its lines come with the event that changes them, and stand in the order of need. What comes without one, as
// after an action of one's own, is asked for.
(function () {
  var LINES_AT_ONCE = 50;
  var queue = document.getElementById("queue"), badge = document.getElementById("new-above");
  if (!queue) { return; }
  var wanted = new Set(), isInside = false, newAbove = 0;

  function lines() { return Array.prototype.slice.call(queue.children); }
  function lineOf(id) { return document.getElementById("line-" + id); }

  var fetchLines = carebell.oneAtATime(function () {
    var ids = Array.from(wanted).slice(0, LINES_AT_ONCE);
    ids.forEach(function (id) { wanted.delete(id); });
    if (!ids.length) { return Promise.resolve(); }
    return carebell.ask("/desk/lines?" + ids.map(function (id) { return "id=" + encodeURIComponent(id); }).join("&")).then(function (answer) {
      if (!answer.ok) { ids.forEach(function (id) { wanted.add(id); }); throw new Error("lines"); }
      var fresh = document.createElement("template"), found = {};
      fresh.innerHTML = answer.text;
      Array.from(fresh.content.querySelectorAll(".line")).forEach(function (line) { found[line.dataset.id] = line; });
      ids.forEach(function (id) { put(id, found[id]); });
      settle();
      if (wanted.size) { fetchLines(); }
    }, function (problem) { ids.forEach(function (id) { wanted.add(id); }); throw problem; });
  });

  var brought = new Map();
  function bringLines() {
    brought.forEach(function (text, id) {
      var fresh = document.createElement("template");
      fresh.innerHTML = text;
      put(id, fresh.content.querySelector(".line"));
    });
    brought.clear();
    settle();
  }

  function put(id, line) {
    var old = lineOf(id), focused = old && old.contains(document.activeElement);
    if (!line) { if (old) { keepPlace(function () { old.remove(); }); } return; }
    if (old && +old.dataset.version > +line.dataset.version) { return; }
    carebell.tick(line);
    if (old) {
      line.dataset.waits = old.dataset.waits || "0";
      old.replaceWith(line);
    } else {
      line.classList.add("is-new");
      if (isInside) { newAbove += 1; }
    }
    // Nothing moves under the pointer: while it is in the queue only new lines find their place.
    if (!old || !isInside) { keepPlace(function () { place(line); }); }
    if (focused) { line.querySelector("a").focus({ preventScroll: true }); }
  }

  function place(line) {
    var after = lines().find(function (other) { return other !== line && other.dataset.need > line.dataset.need; });
    if (line.parentNode !== queue || line.nextElementSibling !== (after || null)) { queue.insertBefore(line, after || null); }
  }

  function keepPlace(change) {
    if (!isInside) { change(); return; }
    var anchor = queue.querySelector(".line:hover") || queue.querySelector(".is-chosen"), top = anchor && anchor.getBoundingClientRect().top;
    change();
    if (anchor && anchor.isConnected) { queue.scrollTop += anchor.getBoundingClientRect().top - top; }
  }

  function sort() { lines().sort(function (a, b) { return a.dataset.need < b.dataset.need ? -1 : 1; }).forEach(function (line) { queue.appendChild(line); }); }

  function settle() {
    var all = lines(), chosen = carebell.panel.id(), now = carebell.now(), oldest = null, unclaimed = 0;
    all.forEach(function (line, index) {
      line.classList.toggle("is-first", index === 0);
      line.classList.toggle("is-chosen", line.dataset.id === chosen);
      var link = line.querySelector("a");
      if (line.dataset.id === chosen) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
      if (line.dataset.look === "unclaimed") { unclaimed += 1; }
      var at = Date.parse(line.dataset.received);
      if (oldest === null || at < oldest) { oldest = at; }
    });
    document.getElementById("queue-empty").hidden = all.length > 0;
    badge.hidden = newAbove === 0 || queue.scrollTop < 4;
    badge.textContent = carebell.say("newAbove", { n: newAbove });
    count("open", carebell.say("open", { n: all.length }));
    count("unclaimed", unclaimed ? carebell.say("unclaimed", { n: unclaimed }) : "", unclaimed > 0);
    count("oldest", oldest === null ? "" : carebell.say("oldest", { at: carebell.length((now - oldest) / 1000) }));
  }

  function count(name, text, isSome) {
    var shown = document.querySelector('[data-count="' + name + '"]');
    if (shown.textContent !== text) { shown.textContent = text; }
    shown.classList.toggle("is-some", Boolean(isSome));
  }

  function step(by) {
    var all = lines(), at = all.findIndex(function (line) { return line.dataset.id === carebell.panel.id(); });
    var next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    if (next) { carebell.panel.choose(next.dataset.id); next.querySelector("a").focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  var soonLines = carebell.soon(fetchLines), soonBrought = carebell.soon(bringLines);
  function want(id) { wanted.add(id); soonLines(); }

  carebell.queue = { lines: lines, settle: settle, step: step, want: want };

  document.addEventListener("carebell:changed", function (happened) {
    var id = happened.detail.alarm.id;
    if (happened.detail.line === undefined) { want(id); return; }
    wanted.delete(id);
    brought.set(id, happened.detail.line);
    soonBrought();
  });
  document.addEventListener("carebell:acted", function (happened) { want(happened.detail.id); });
  document.addEventListener("carebell:panel", settle);
  document.addEventListener("carebell:chosen", function (happened) {
    lines().forEach(function (line) { line.classList.toggle("is-chosen", line.dataset.id === happened.detail.id); });
  });
  queue.addEventListener("click", function (happened) {
    var line = happened.target.closest(".line");
    if (!line || happened.ctrlKey || happened.metaKey || happened.shiftKey) { return; }
    happened.preventDefault();
    carebell.panel.choose(line.dataset.id);
  });
  queue.addEventListener("pointerenter", function () { isInside = true; });
  queue.addEventListener("pointerleave", function () { isInside = false; newAbove = 0; sort(); settle(); });
  settle();
  setInterval(settle, 1000);
})();
