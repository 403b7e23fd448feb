"use strict";

// The alarms on the desk's map, and what lies around the chosen one.
(function () {
  // In a surge an alarm changes many times a second: its pin is drawn once for all of them.
  var pending = {}, soonPins = carebell.soon(function () {
    var alarms = pending;
    pending = {};
    if (!carebell.map) { return; }
    Object.keys(alarms).forEach(function (id) { pin(alarms[id]); });
    mark();
  });

  function pin(alarm) {
    if (alarm.state === "closed" || !alarm.place) { carebell.map.dropAlarm(alarm.id); return; }
    var name = (alarm.elder && alarm.elder.name) || alarm.device.uid;
    carebell.map.pushAlarm({ type: "Feature", id: alarm.id, geometry: { type: "Point", coordinates: [alarm.place.lon, alarm.place.lat] },
      properties: { id: alarm.id, state: alarm.look, text: name, label: name + ", " + carebell.say("look." + alarm.look), holder: (alarm.claimed_by && alarm.claimed_by.name) || "", accuracy_m: (alarm.location && alarm.location.accuracy_m) || null } });
  }

  // The chosen alarm's ring, its circle of accuracy, its home, and the help near it with the way there.
  var around = null, aroundIs = "";
  function mark() {
    if (!carebell.map) { return; }
    var id = carebell.panel.id();
    carebell.map.choose(id);
    drawAround(id ? carebell.panel.article().dataset.places || "" : "");
  }

  function drawAround(text) {
    if (text === aroundIs) { return; }
    aroundIs = text;
    if (around) { around.remove(); around = null; }
    var told = text ? JSON.parse(text) : null;
    carebell.map.beside(told ? told.help.map(function (one) { return one.place; }) : []);
    if (!told) { return; }
    around = L.layerGroup();
    if (told.accuracy_m) { L.circle(told.here, { radius: told.accuracy_m, className: "cb-circle", interactive: false }).addTo(around); }
    if (told.home) {
      L.polyline([told.here, told.home], { className: "cb-way", interactive: false }).addTo(around);
      carebell.pin(told.home, "home").addTo(around);
    }
    told.help.forEach(function (one, index) {
      L.polyline([told.here, one.place], { className: "cb-way", interactive: false }).addTo(around);
      carebell.pin(one.place, "help", String(index + 1), one.text).addTo(around);
    });
    around.addTo(carebell.map.leaflet);
  }

  // The pins arrive a moment after the map; with an alarm chosen its place comes first. The view is the officer's as soon as they moved it.
  var firstView = null, isLookedAround = false, MOVED_PX = 30;
  document.addEventListener("carebell:map", function () {
    var map = carebell.map.leaflet;
    firstView = { middle: map.getCenter(), zoom: map.getZoom() };
  });
  function isMoved() {
    var map = carebell.map.leaflet;
    if (!firstView) { return false; }
    return map.getZoom() !== firstView.zoom || map.latLngToContainerPoint(firstView.middle).distanceTo(map.getSize().divideBy(2)) > MOVED_PX;
  }
  document.addEventListener("carebell:alarms", function () {
    if (!isLookedAround) {
      isLookedAround = true;
      if (carebell.panel.id()) { showChosen(); } else if (!isMoved()) { carebell.map.showAll(); }
    }
    mark();
  });

  function showChosen() {
    var told = carebell.panel.article() && carebell.panel.article().dataset.places ? JSON.parse(carebell.panel.article().dataset.places) : null;
    if (!told) { carebell.map.show(carebell.panel.id()); return; }
    var seen = [told.here].concat(told.help.map(function (one) { return one.place; }), told.home ? [told.home] : []);
    carebell.map.leaflet.fitBounds(seen, { padding: [64, 64], maxZoom: 16, animate: false });
  }

  document.addEventListener("carebell:changed", function (happened) { pending[happened.detail.alarm.id] = happened.detail.alarm; soonPins(); });
  document.addEventListener("carebell:looks", function (happened) {
    var me = (document.getElementById("for-me") || { dataset: {} }).dataset.me, told = happened.detail.alarms, names = {};
    Object.keys(told).forEach(function (id) {
      var others = told[id].filter(function (one) { return one.id !== me; });
      if (others.length) { names[id] = others[0].name + (others.length > 1 ? " +" + (others.length - 1) : ""); }
    });
    if (carebell.map) { carebell.map.eyes(names); }
  });
  document.addEventListener("carebell:back", function () { if (carebell.map) { carebell.map.refresh(); } });
  document.addEventListener("carebell:panel", function (happened) {
    mark();
    if (happened.detail.isOther && carebell.map) { showChosen(); }
  });
  var all = document.getElementById("map-all");
  if (all) { all.addEventListener("click", function () { if (carebell.map) { carebell.map.showAll(); } }); }
})();
