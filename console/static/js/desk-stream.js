"use strict";

// One event stream tells which alarms changed; when it falls silent, a bar across the top says since when.
(function () {
  var STALE_MS = 3000, SILENT_MS = 5000, LET_GO_AFTER_MS = 10000;
  var stale = document.getElementById("stale"), seen = document.querySelector("main").dataset.seen || null;
  var isBoard = document.getElementById("queue") !== null, letGo = null;
  var stream = null, lastHeard = Date.now(), goneSince = null, retry = 500;

  function alive() {
    lastHeard = Date.now();
    goneSince = null;
    retry = 500;
    if (!stale.hidden) { stale.hidden = true; document.body.classList.remove("is-stale"); carebell.tell("back"); }
  }

  // A browser opens six connections to a site: alarms in hidden tabs would leave none for the board, so they let go of
  // theirs, and go on from where they were when they are looked at again.
  function rest() {
    clearTimeout(letGo);
    if (isBoard) { return; }
    if (document.hidden) {
      letGo = setTimeout(function () { if (stream) { stream.close(); stream = null; } }, LET_GO_AFTER_MS);
    } else if (stream === null) { lastHeard = Date.now(); connect(); }
  }

  function watch() {
    if (stream === null) { return; }
    var silent = Date.now() - lastHeard;
    if (silent > SILENT_MS && goneSince === null) { goneSince = lastHeard; }
    if (goneSince !== null && Date.now() - goneSince > STALE_MS && stale.hidden) {
      stale.textContent = carebell.say("stale", { at: carebell.wall(carebell.now() - (Date.now() - goneSince)) });
      stale.hidden = false;
      document.body.classList.add("is-stale");
    }
    if (silent > SILENT_MS * 2) { lastHeard = Date.now() - SILENT_MS - 1; connect(); }
  }

  function connect() {
    if (stream) { stream.close(); }
    var query = new URLSearchParams();
    if (seen !== null) { query.set("last_event_id", seen); }
    if (isBoard) { query.set("lines", document.documentElement.lang); }
    stream = new EventSource("/api/v1/events?" + query);
    var mine = stream;
    stream.addEventListener("hello", function (happened) { carebell.setNow(JSON.parse(happened.data).now); carebell.tell("looks", { alarms: {} }); if (happened.lastEventId && seen === null) { seen = happened.lastEventId; } alive(); });
    stream.addEventListener("heartbeat", function (happened) { carebell.setNow(JSON.parse(happened.data).now); alive(); });
    stream.addEventListener("alarm", function (happened) { seen = happened.lastEventId || seen; alive(); changed(JSON.parse(happened.data)); });
    stream.addEventListener("todos", function () { carebell.tell("todos"); });
    stream.addEventListener("looks", function (happened) { carebell.tell("looks", JSON.parse(happened.data)); });
    stream.onerror = function () {
      if (goneSince === null) { goneSince = Date.now(); }
      if (mine.readyState !== EventSource.CLOSED || mine !== stream) { return; }
      // Refused, not interrupted: the browser gives up on this one for good.
      setTimeout(function () { if (mine === stream) { carebell.ask("/desk/lines?id=none").catch(function () {}); connect(); } }, retry);
      retry = Math.min(retry * 2, 5000);
    };
  }

  function changed(told) { if (told.alarm) { carebell.tell("changed", told); } }

  document.addEventListener("visibilitychange", rest);
  setInterval(watch, 500);
  connect();
  window.addEventListener("pagehide", function () { if (stream) { stream.close(); } });
  window.addEventListener("pageshow", function (happened) { if (happened.persisted) { connect(); } });
})();
