"use strict";

// Every time on the screen, told by the server's clock: the viewer's own may be wrong.
var carebell = window.carebell = window.carebell || {};

carebell.words = (function () {
  var kept = document.getElementById("words");
  return kept ? JSON.parse(kept.textContent) : {};
})();

carebell.say = function (key, members) {
  return (carebell.words[key] || key).replace(/%\((\w+)\)s/g, function (whole, name) {
    return members && name in members ? members[name] : whole;
  });
};

(function () {
  var ahead = Date.parse(document.body.dataset.now) - Date.now();
  var zone = (document.querySelector(".bar-clock") || {}).title || undefined;
  var wall = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: zone });

  carebell.now = function () { return Date.now() + ahead; };
  carebell.setNow = function (text) { ahead = Date.parse(text) - Date.now(); };
  carebell.wall = function (at) { return wall.format(new Date(at)); };

  function two(n) { return (n < 10 ? "0" : "") + n; }
  carebell.length = function (seconds) {
    var s = Math.max(0, Math.floor(seconds)), hours = Math.floor(s / 3600);
    return (hours ? hours + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  };

  function ago(s) {
    if (s < 60) { return carebell.say("now"); }
    if (s < 3600) { return carebell.say("minutes", { n: Math.floor(s / 60) }); }
    return s < 172800 ? carebell.say("hours", { n: Math.floor(s / 3600) }) : carebell.say("days", { n: Math.floor(s / 86400) });
  }
  function until(s) {
    if (s <= 0) { return carebell.say("atOnce"); }
    return s < 120 ? carebell.say("in", { n: Math.ceil(s) }) : carebell.say("inMinutes", { n: Math.round(s / 60) });
  }

  function text(element, now) {
    var at = Date.parse(element.getAttribute("datetime")), s = (now - at) / 1000;
    switch (element.dataset.as) {
      case "clock": return wall.format(new Date(now));
      case "clocktime": return wall.format(new Date(at));
      case "since": return carebell.length(s);
      case "seconds": return Math.max(0, Math.floor(s)) + " s";
      case "until": return until(-s);
      case "left": return s > 0 ? "0 s" : -s < 120 ? Math.ceil(-s) + " s" : carebell.length(-s);
      case "span": return carebell.length((Date.parse(element.dataset.to) - Date.parse(element.dataset.from)) / 1000);
      default: return ago(s);
    }
  }

  function set(element, said) { if (element.textContent !== said) { element.textContent = said; } }

  carebell.tick = function (root) {
    var now = carebell.now();
    (root || document).querySelectorAll("time[data-as]").forEach(function (element) { set(element, text(element, now)); });
    (root || document).querySelectorAll("[data-arrive]").forEach(function (element) {
      var left = Date.parse(element.dataset.arrive) + element.dataset.eta * 60000 - now;
      set(element, (left < 0 ? "+" : "") + carebell.length(Math.abs(left) / 1000));
    });
    (root || document).querySelectorAll(".line").forEach(function (line) {
      var s = (now - Date.parse(line.dataset.received)) / 1000;
      var waits = s >= 180 ? "180" : s >= 60 ? "60" : s >= 30 ? "30" : s >= 15 ? "15" : "0";
      if (line.dataset.waits !== waits) { line.dataset.waits = waits; }
      var told = line.querySelector(".line-told");
      if (told) { set(told, carebell.say("waits." + waits, { n: s < 60 ? Math.floor(s) : Math.floor(s / 60) })); }
    });
  };

  carebell.tick();
  // On the whole second of the server, so that all screens of the room count together.
  (function beat() {
    setTimeout(function () { carebell.tick(); beat(); }, 1000 - (carebell.now() % 1000) + 5);
  })();
})();
