"use strict";

// The queue: as many lines as were asked for, the neediest first. A line comes with the event that changes it or, after an
// action of one's own, is asked for; what stands behind the last loaded line is left to the next page, so that a surge
// costs no more than the lines in view.
(function () {
  var LINES_AT_ONCE = 50, PAGE = 100, SPARE = 50;
  var queue = document.getElementById("queue"), badge = document.getElementById("new-above"), moreButton = document.getElementById("queue-more");
  if (!queue) { return; }
  var wanted = new Set(), isInside = false, newAbove = 0, view = "all", room = PAGE;
  var edge = queue.dataset.more || null;  // The need of the last loaded line where there are more behind it.

  function lines() { return Array.prototype.slice.call(queue.children); }
  function lineOf(id) { return document.getElementById("line-" + id); }
  function fragmentLines(html) { return Array.from(carebell.fragment(html).querySelectorAll(".line")); }

  // -- what belongs here ------------------------------------------------------------------------------------------------

  function isMine(line) { return view !== "mine" || line.dataset.holder === queue.dataset.me; }
  function isInReach(need) { return edge === null || need <= edge; }

  // The version of each alarm that was heard last, and those heard while a whole queue is on its way here: an answer that
  // was written before an event takes nothing back.
  var heard = new Map(), meanwhile = null;

  function changed(told) {
    heard.set(told.alarm.id, told.alarm.version);
    if (meanwhile) { meanwhile.add(told.alarm.id); }
    var alarm = told.alarm, isOpen = alarm.need && alarm.state !== "closed", holder = alarm.claimed_by ? alarm.claimed_by.id : "";
    var belongs = isOpen && isInReach(alarm.need) && (view !== "mine" || holder === queue.dataset.me);
    if (!lineOf(alarm.id) && !belongs) { brought.delete(alarm.id); wanted.delete(alarm.id); return; }
    if (told.line === undefined) { want(alarm.id); return; }
    wanted.delete(alarm.id);
    brought.set(alarm.id, told.line);
    soonBrought();
  }

  // The chosen line stays, whatever its need is now; the one that is chosen next lets it go.
  function trim() {
    var all = lines(), chosen = carebell.panel.chosen();
    if (all.length > room + SPARE) { edge = all[room - 1].dataset.need; }
    all.forEach(function (line) {
      if (line.dataset.id !== chosen && !isInReach(line.dataset.need)) { keepPlace(function () { line.remove(); }); }
    });
    if (edge !== null && queue.children.length < room - SPARE) { fetchMore(); }
    moreButton.hidden = edge === null;
  }

  // -- fetching ---------------------------------------------------------------------------------------------------------

  var fetchLines = carebell.oneAtATime(function () {
    var ids = Array.from(wanted).slice(0, LINES_AT_ONCE);
    ids.forEach(function (id) { wanted.delete(id); });
    if (!ids.length) { return Promise.resolve(); }
    function back(problem) { ids.forEach(function (id) { wanted.add(id); }); throw problem; }
    return carebell.ask("/desk/lines?" + ids.map(function (id) { return "id=" + encodeURIComponent(id); }).join("&")).then(function (answer) {
      if (!answer.ok) { back(new Error("lines")); }
      var found = {};
      fragmentLines(answer.text).forEach(function (line) { found[line.dataset.id] = line; });
      ids.forEach(function (id) { put(id, found[id]); });
      trim();
      settle();
      if (wanted.size) { fetchLines(); }
    }, back);
  });
  var soonLines = carebell.soon(fetchLines);
  function want(id) { wanted.add(id); soonLines(); }

  var brought = new Map(), soonBrought = carebell.soon(function () {
    brought.forEach(function (text, id) { put(id, fragmentLines(text)[0]); });
    brought.clear();
    trim();
    settle();
  });

  var fetchMore = carebell.oneAtATime(function () {
    var from = edge, of = view;
    if (from === null) { return Promise.resolve(); }
    return carebell.ask("/desk/queue?view=" + of + "&after=" + encodeURIComponent(from)).then(function (answer) {
      if (!answer.ok || from !== edge || of !== view) { return; }
      edge = answer.header("X-More") || null;
      fragmentLines(answer.text).forEach(function (line) { put(line.dataset.id, line); });
      trim();
      settle();
    });
  });

  function more() { room += PAGE; fetchMore(); }

  function show(name) {
    view = name;
    room = PAGE;
    queue.setAttribute("aria-busy", "true");
    var mine = meanwhile = new Set();
    return carebell.ask("/desk/queue?view=" + name).then(function (answer) {
      if (mine !== meanwhile) { return; }
      if (!answer.ok) { throw new Error("queue"); }
      edge = answer.header("X-More") || null;
      var later = Array.from(mine, lineOf).filter(Boolean);
      queue.replaceChildren.apply(queue, fragmentLines(answer.text));
      later.forEach(function (line) { put(line.dataset.id, line); });
      mine.forEach(want);
      carebell.tick(queue);
      trim();
      settle();
    }).catch(function () { carebell.toast(carebell.say("offline")); }).then(function () {
      if (mine === meanwhile) { meanwhile = null; queue.removeAttribute("aria-busy"); }
    });
  }

  // -- lines ------------------------------------------------------------------------------------------------------------

  function put(id, line) {
    var old = lineOf(id), focused = old && old.contains(document.activeElement);
    if (!line || !isMine(line)) { if (old) { keepPlace(function () { old.remove(); }); } return; }
    if (+line.dataset.version < Math.max(heard.get(id) || 0, old ? +old.dataset.version : 0)) { return; }
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
    var all = lines(), chosen = carebell.panel.chosen();
    all.forEach(function (line, index) {
      line.classList.toggle("is-first", index === 0);
      line.classList.toggle("is-chosen", line.dataset.id === chosen);
      var link = line.querySelector("a");
      if (line.dataset.id === chosen) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
    });
    document.getElementById("queue-empty").hidden = all.length > 0 || view !== "all";
    document.getElementById("queue-none").hidden = all.length > 0 || view !== "mine";
    badge.hidden = newAbove === 0 || queue.scrollTop < 4;
    badge.textContent = carebell.say("newAbove", { n: newAbove });
    carebell.tell("settled");
  }

  function step(by) {
    var all = lines(), at = all.findIndex(function (line) { return line.dataset.id === carebell.panel.chosen(); });
    var next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    if (next) { carebell.panel.choose(next.dataset.id); next.querySelector("a").focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  // `isWhole`: every open alarm has its line here.
  carebell.queue = {
    lines: lines, settle: settle, step: step, want: want, more: more, show: show,
    isWhole: function () { return edge === null && view === "all"; }
  };

  document.addEventListener("carebell:changed", function (happened) { changed(happened.detail); });
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
  queue.addEventListener("pointerleave", function () { isInside = false; newAbove = 0; sort(); trim(); settle(); });
  moreButton.addEventListener("click", more);
  settle();
  setInterval(settle, 1000);
})();
