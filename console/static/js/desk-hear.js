"use strict";

// What rings, and when: each need once a step, the gravest first. Of several tabs only one rings.
(function () {
  var STEP_S = 30, OVERDUE_S = 180, GAP_MS = 3000, MANY = 5, MANY_GAP_MS = 8000, ELECT = "carebell.bell", LEASE_MS = 3500;
  var queue = document.getElementById("queue"), rung = {}, todo = 0, lastAt = 0, isRinger = false, counts = null;
  if (!queue || !document.getElementById("sound-bar")) { return; }

  // -- which tab rings ------------------------------------------------------------------------------------------------

  var me = String(Math.random()).slice(2), letGo = null, isQueued = false;

  // Only a tab that can be heard stands for it; one that falls silent makes room for the next.
  function elect() {
    var able = carebell.voice.runs();
    if (!navigator.locks) { isRinger = able && lease(); return; }
    if (able && !isQueued) {
      isQueued = true;
      navigator.locks.request(ELECT, function () {
        if (!carebell.voice.runs()) { isQueued = false; return null; }
        isRinger = true;
        return new Promise(function (done) { letGo = done; });
      }).catch(function () { isQueued = false; });
    } else if (!able && letGo) { isRinger = isQueued = false; letGo(); letGo = null; }
  }

  // Outside https there are no locks: a lease in the storage that the tabs share.
  function lease() {
    try {
      var held = JSON.parse(localStorage.getItem(ELECT) || "null"), now = Date.now();
      if (held && held.tab !== me && held.until > now && held.until < now + 2 * LEASE_MS) { return false; }
      localStorage.setItem(ELECT, JSON.stringify({ tab: me, until: now + LEASE_MS }));
    } catch (refused) { /* No storage: every tab rings, rather than none. */ }
    return true;
  }

  // -- what needs somebody --------------------------------------------------------------------------------------------

  function volume(step) { return Math.min(0.9, 0.2 + 0.08 * step); }

  function survey() {
    var now = carebell.now(), seen = {}, wants = [], told = { unclaimed: 0, late: 0, oldestS: 0, first: null };
    Array.prototype.forEach.call(queue.children, function (line) {
      var id = line.dataset.id, age = (now - Date.parse(line.dataset.received)) / 1000, step = 1 + Math.floor(age / STEP_S);
      seen[id] = true;
      if (line.dataset.test) { return; }
      if (line.dataset.look === "unclaimed") {
        told.unclaimed += 1;
        if (age >= told.oldestS) { told.oldestS = age; told.first = { id: id, number: line.dataset.number }; }
        if (typeof rung[id] !== "number" || rung[id] < step) { wants.push({ id: id, mark: step, tone: step > 1 ? "waiting" : "fresh", volume: volume(step), grave: 10 + age }); }
      } else if (line.dataset.late) {
        told.late += 1;
        if (rung[id] !== "late") { wants.push({ id: id, mark: "late", tone: "late", volume: 0.5, grave: 2 }); }
      } else { delete rung[id]; }
    });
    others(told, wants, seen, now);
    Object.keys(rung).forEach(function (id) { if (!seen[id]) { delete rung[id]; } });
    if (todo) { wants.push({ tone: "todo", volume: 0.35, grave: 1 }); }
    told.wants = wants;
    return told;
  }

  // Those that wait without a line here – in a surge, or while only one's own are shown – ring together, and anew when
  // one more waits.
  var manyHeard = 0;
  function others(told, wants, seen, now) {
    var many = counts === null ? 0 : counts.unclaimed;
    if (many <= told.unclaimed || counts.oldest === null) { manyHeard = told.unclaimed; return; }
    var isMore = many > manyHeard;
    manyHeard = Math.min(manyHeard, many);
    var age = Math.max(0, (now - Date.parse(counts.oldest)) / 1000), step = 1 + Math.floor(age / STEP_S);
    seen.others = true;
    told.unclaimed = counts.unclaimed;
    told.oldestS = Math.max(told.oldestS, age);
    if (isMore || typeof rung.others !== "number" || rung.others < step) { wants.push({ id: "others", mark: step, many: many, tone: isMore || step === 1 ? "fresh" : "waiting", volume: volume(step), grave: 10 + age }); }
  }
  document.addEventListener("carebell:counts", function (happened) { counts = happened.detail; });

  // Where many wait, their knocking leaves pauses, in which a new alarm is heard.
  function isTime(want, told) {
    return carebell.now() - lastAt >= (want.tone === "waiting" && told.unclaimed > MANY ? MANY_GAP_MS : GAP_MS);
  }

  function listen() {
    elect();
    var told = survey();
    if (told.oldestS >= OVERDUE_S) { carebell.unmute(); }
    if (carebell.voice.runs() && !carebell.muted()) {
      if (isRinger) { ring(told); } else { settle(told.wants); }
    }
    document.dispatchEvent(new CustomEvent("carebell:needs", { detail: told }));
  }

  function ring(told) {
    var next = told.wants.filter(function (one) { return isTime(one, told); }).sort(function (a, b) { return b.grave - a.grave; })[0];
    if (next && carebell.sound(next.tone, next.volume)) { lastAt = carebell.now(); settle(told.wants, next); }
  }

  // One tone speaks for all that want the same; what wants another has its turn afterwards.
  function settle(wants, rang) {
    wants.forEach(function (one) {
      if (rang && one.tone !== rang.tone) { return; }
      if (one.tone === "todo") { todo = 0; } else { rung[one.id] = one.mark; }
      if (one.many !== undefined) { manyHeard = one.many; }
    });
  }

  carebell.overdue = function () { return survey().oldestS >= OVERDUE_S; };
  carebell.remind = function () { todo = 1; };

  // -- begin ----------------------------------------------------------------------------------------------------------

  try {
    var beat = new Worker("/static/js/beat.js");
    beat.onmessage = listen;
    beat.onerror = function () { setInterval(listen, 1000); };
  } catch (refused) { setInterval(listen, 1000); }
  new MutationObserver(function () { setTimeout(listen, 0); }).observe(queue, { childList: true });
  document.addEventListener("carebell:sound", listen);
  listen();
})();
