"use strict";

// The live map: pins of alarms that are pushed, what lies under them, and what the page is told.
var carebell = window.carebell = window.carebell || {};

carebell.named = function (layer, label) {
  var element = layer.getElement();
  if (element) { element.setAttribute("aria-label", label || ""); }
};

carebell.choose = function (map, id) {
  map.getContainer().dispatchEvent(new CustomEvent("carebell:alarm", { bubbles: true, detail: { id: id } }));
};

carebell.look = function (told) { return [told.state, told.sign, told.text, told.holder].join("|"); };

carebell.ring = function (pin, isChosen) {
  pin.isChosen = Boolean(isChosen);
  pin.options.icon.options.html.classList.toggle("is-chosen", pin.isChosen);
};

// Who else has this alarm before them; empty for nobody.
carebell.eyes = function (pin, names) {
  pin.eyes = names || "";
  var body = pin.options.icon.options.html, old = body.querySelector(".cb-eyes");
  if (old) { old.remove(); }
  if (!pin.eyes) { return; }
  var span = document.createElement("span");
  span.className = "cb-eyes";
  span.textContent = "◉ " + pin.eyes;
  body.appendChild(span);
};

carebell.alarmIcon = function (told) {
  var icon = carebell.icon(told.state, told.sign, told.text, "cb-alarm");
  if (told.holder) {
    var span = document.createElement("span");
    span.className = "cb-holder";
    span.textContent = told.holder;
    icon.options.html.appendChild(span);
  }
  return icon;
};

carebell.alarmLayer = function (feature, place) {
  var told = feature.properties;
  var layer = L.marker(place, { icon: carebell.alarmIcon(told), riseOnHover: true, zIndexOffset: 700 - 100 * carebell.NEED.indexOf(told.state) });
  layer.look = carebell.look(told);
  layer.on("add", function () { carebell.named(layer, layer.label); });
  layer.label = told.label;
  layer.on("click keypress", function (happened) {
    if (happened.type === "keypress" && happened.originalEvent.key !== "Enter") { return; }
    carebell.choose(layer._map, told.id);
  });
  return layer;
};

carebell.alarmUpdate = function (feature, layer) {
  if (!layer) { return undefined; }
  var told = feature.properties, place = L.GeoJSON.coordsToLatLng(feature.geometry.coordinates);
  if (!layer.getLatLng().equals(place)) { layer.setLatLng(place); }
  layer.label = told.label;
  if (layer.look !== carebell.look(told)) {
    layer.look = carebell.look(told);
    var hadFocus = layer.getElement() && layer.getElement() === document.activeElement;
    layer.setIcon(carebell.alarmIcon(told));
    layer.setZIndexOffset(700 - 100 * carebell.NEED.indexOf(told.state));
    carebell.ring(layer, layer.isChosen);
    carebell.eyes(layer, layer.eyes);
    // Realtime puts a layer's first options back after each update.
    layer.defaultOptions = layer.options;
    if (hadFocus) { layer.getElement().focus({ preventScroll: true }); }
  }
  carebell.named(layer, told.label);
  return layer;
};

// Circles of accuracy of the alarms that stand alone, and the ways of who is going to them.
carebell.underPins = function (crowd, ways) {
  function circle(context, map, pin) {
    var accuracy = pin.feature && pin.feature.properties.accuracy_m, at = pin.getLatLng();
    if (!accuracy || pin.isChosen) { return; }
    var north = L.latLng(at.lat + accuracy / 111195, at.lng), middle = map.latLngToLayerPoint(at);
    var radius = middle.y - map.latLngToLayerPoint(north).y;
    if (radius < 12) { return; }
    context.beginPath();
    context.arc(middle.x, middle.y, radius, 0, 7);
    context.globalAlpha = 0.07;
    context.fill();
    context.globalAlpha = 0.6;
    context.stroke();
    context.globalAlpha = 1;
  }

  function way(context, map, one, pins) {
    var pin = pins[one.id];
    if (!pin) { return; }
    var from = map.latLngToLayerPoint(one.place), to = map.latLngToLayerPoint(pin.getLatLng());
    context.beginPath();
    context.setLineDash([7, 5]);
    context.lineWidth = 2;
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    context.setLineDash([]);
    context.save();
    context.translate(from.x, from.y);
    carebell.MARKS.helper(context);
    context.restore();
    context.font = "600 12px " + carebell.FONT;
    context.textAlign = "center";
    context.textBaseline = "top";
    carebell.written(context, one.text, from.x, from.y + 9, carebell.colour("accepted"));
  }

  return function (context, map) {
    var pins = {};
    context.strokeStyle = context.fillStyle = carebell.colour("circle");
    context.lineWidth = 1.2;
    if (ways.hasCircles) { crowd.shown().forEach(function (pin) { circle(context, map, pin); }); }
    crowd.eachLayer(function (pin) { if (pin.feature) { pins[pin.feature.properties.id] = pin; } });
    ways.all.forEach(function (one) {
      context.strokeStyle = carebell.colour("accepted");
      way(context, map, one, pins);
    });
  };
};

// A whole answer never undoes what was pushed while it was on its way.
carebell.refresher = function (alarms, url, fail) {
  var pushed = null, turn = 0;
  return {
    note: function (id) { if (pushed) { pushed[id] = true; } },
    run: function () {
      var mine = turn += 1;
      pushed = {};
      return fetch(url, { credentials: "same-origin", headers: { Accept: "application/geo+json, application/json" } }).then(function (answer) {
        if (!answer.ok) { throw new Error("map data: " + answer.status); }
        return answer.json();
      }).then(function (told) {
        if (mine !== turn) { return; }
        var known = {}, newer = pushed;
        pushed = null;
        told.features.forEach(function (one) { known[one.properties.id] = true; });
        var gone = Object.keys(alarms._features).filter(function (id) { return !known[id] && !newer[id]; });
        gone.forEach(function (id) { alarms.remove(alarms.getFeature(id)); });
        alarms.update({ type: "FeatureCollection", features: told.features.filter(function (one) { return !newer[one.properties.id]; }) });
      }).catch(function (problem) { if (mine === turn) { pushed = null; fail(problem); } });
    }
  };
};

// What the page calls: push one feature per event, drop what is closed, refresh after a reconnect. All places are WGS-84.
carebell.live = function (map, areas, alarms, url) {
  carebell.prepare(map);
  var pane = map.createPane("sheets"), crowd = alarms._container, ways = { all: [], hasCircles: true };
  pane.style.zIndex = 450;
  pane.style.pointerEvents = "none";
  alarms.options.logErrors = false;
  var under = new carebell.Sheet(carebell.underPins(crowd, ways)), dots = new carebell.Dots();
  under.addTo(map);
  dots.addTo(map);
  crowd.on("arranged", function () { under.redraw(); });
  // A change of state or of accuracy adds no pin, and changes groups and circles all the same.
  alarms.on("update", function () { crowd.soon(); });
  var beside = [];
  function avoid() {
    dots.avoid(function () { return crowd.shown().map(function (pin) { return pin.getLatLng(); }); }, function () { return beside; });
  }
  avoid();
  document.addEventListener("carebell:theme", function () { under.redraw(); });
  function tell(name, detail) { map.getContainer().dispatchEvent(new CustomEvent(name, { bubbles: true, detail: detail })); }
  var refresher = carebell.refresher(alarms, url, function (problem) { tell("carebell:stale", problem); });
  carebell.map = {
    leaflet: map, areas: areas, dots: dots, crowd: crowd, crs: "wgs84",
    pushAlarm: function (feature) { refresher.note(feature.properties.id); alarms.update(feature); },
    dropAlarm: function (id) { refresher.note(id); if (alarms.getFeature(id)) { alarms.remove(alarms.getFeature(id)); } },
    refresh: function () { return refresher.run().then(function () { tell("carebell:alarms"); }); },
    choose: function (id) { crowd.choose(id); },
    // Places of help that the page draws by number around the chosen alarm.
    beside: function (places) { beside = places; avoid(); },
    // Alarm id → names of the colleagues who look at it now.
    eyes: function (names) {
      crowd.eachLayer(function (pin) {
        var now = (pin.feature && names[pin.feature.properties.id]) || "";
        if ((pin.eyes || "") !== now) { carebell.eyes(pin, now); }
      });
    },
    ways: function (all) { ways.all = all; under.redraw(); },
    circles: function (isOn) { ways.hasCircles = isOn; under.redraw(); },
    show: function (id) {
      var layer = alarms.getLayer(id);
      if (layer) { map.setView(layer.getLatLng(), Math.max(map.getZoom(), 15), { animate: false }); }
    },
    showAll: function () {
      var bounds = alarms.getBounds();
      if (bounds.isValid()) { map.fitBounds(bounds, { padding: [48, 48], maxZoom: 15, animate: false }); }
    }
  };
  carebell.map.refresh();
  tell("carebell:map");
};
