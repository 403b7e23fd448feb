"use strict";

// What the browser's own edge says when nobody looks at the page: the title, the icon, and a notification without a name.
(function () {
  var SEEN = "carebell.seenAt", SEEN_MS = 2500;
  var icon = document.querySelector('link[rel="icon"]'), plain = document.title, noticed = {}, isFirst = true;
  var button = document.getElementById("notify-on"), state = document.getElementById("notify-state");
  if (!button) { return; }

  function shape(told) {
    if (document.body.classList.contains("is-stale")) { return "stale"; }
    return told.unclaimed ? "waiting" : told.late ? "late" : "";
  }

  function mark(told) {
    var name = shape(told), href = "/static/icon" + (name ? "-" + name : "") + ".svg";
    var text = (told.unclaimed ? carebell.say("title.unclaimed", { n: told.unclaimed }) : told.late ? carebell.say("title.late", { n: told.late }) : "") + plain;
    if (icon.getAttribute("href") !== href) { icon.setAttribute("href", href); }
    if (document.title !== text) { document.title = text; }
  }

  // Another tab of the desk that is being looked at is enough.
  function isSeen() {
    try {
      if (!document.hidden) { localStorage.setItem(SEEN, String(Date.now())); return true; }
      return Date.now() - (+localStorage.getItem(SEEN) || 0) < SEEN_MS;
    } catch (refused) { return !document.hidden; }
  }

  function notify(told) {
    var seen = isSeen();
    told.wants.forEach(function (one) {
      if (one.tone !== "fresh" && one.tone !== "waiting" || noticed[one.id] === one.mark) { return; }
      var isNew = !(one.id in noticed);
      noticed[one.id] = one.mark;
      if (seen || !allowed() || (isFirst && !isNew)) { return; }
      tell(one.id, told.unclaimed);
    });
    isFirst = false;
  }

  // The number and how many wait; who and what it is stays behind the sign-in. Tabs share the tag, so there is one.
  function tell(id, waiting) {
    var line = document.getElementById("line-" + id), many = carebell.say("notice.body", { n: waiting });
    var made = new Notification(line ? carebell.say("notice.title", { n: line.dataset.number }) : many, { body: line ? many : "", tag: "alarm-" + id, icon: "/static/icon-waiting.svg" });
    made.onclick = function () {
      window.focus();
      made.close();
      if (line) { document.dispatchEvent(new CustomEvent("carebell:alarm", { detail: { id: id } })); }
    };
  }

  function allowed() { return "Notification" in window && Notification.permission === "granted"; }

  function show() {
    var now = !("Notification" in window) ? "none" : !window.isSecureContext ? "insecure" : Notification.permission;
    state.textContent = carebell.say("notify." + now);
    button.hidden = now !== "default";
  }

  button.addEventListener("click", function () { Notification.requestPermission().then(show, show); });
  document.addEventListener("carebell:needs", function (happened) { mark(happened.detail); notify(happened.detail); });
  show();
})();
