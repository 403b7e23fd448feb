"use strict";

// Pins, and the live map's upkeep. Texts arrive as data and are set as text: nothing here writes HTML.
var carebell = window.carebell = window.carebell || {};

// Shapes on a 24 by 24 grid; colour and stroke come from map.css.
carebell.SHAPES = {
  place: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20zM12 7a5 5 0 1 1 0 10a5 5 0 1 1 0-10z",
  home: "M12 3 2.5 11.5h3V21h5v-6h3v6h5v-9.5h3z",
  unclaimed: "M12 2.5 23 21.5H1z",
  calling: "M12 2a10 10 0 0 1 0 20zM12 2a10 10 0 0 0 0 20v-1.8a8.2 8.2 0 0 1 0-16.4z",
  accepted: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z",
  arrived: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20zM12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 1 1 0-15zM12 8.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z",
  follow_up: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20zM12 5a7 7 0 1 1 0 14a7 7 0 1 1 0-14z",
  closed: "M9 19 2.5 12.5l2.2-2.2L9 14.6 19.3 4.300l2.2 2.200z",
  silent: "M3 3h18v18H3zM5.500 7.300v9.400L10.200 12zM7.300 5.500 12 10.200l4.700-4.700zM18.500 7.300 13.800 12l4.700 4.700zM7.300 18.500h9.400L12 13.800z"
};

carebell.icon = function (shape, sign, text) {
  var body = document.createElement("div");
  body.className = "cb-pin cb-pin-" + shape;
  if (carebell.SHAPES[shape]) {
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    var path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", carebell.SHAPES[shape]);
    path.setAttribute("fill-rule", "evenodd");
    svg.appendChild(path);
    body.appendChild(svg);
  }
  [["cb-sign", sign], ["cb-text", text]].forEach(function (part) {
    if (!part[1]) { return; }
    var span = document.createElement("span");
    span.className = part[0];
    span.textContent = part[1];
    body.appendChild(span);
  });
  return L.divIcon({ html: body, className: "cb-icon", iconSize: [28, 28], iconAnchor: [14, 14] });
};

carebell.pin = function (place, shape, sign, text) {
  return L.marker(place, {
    icon: carebell.icon(shape, sign, text),
    interactive: false,
    keyboard: false,
    zIndexOffset: { place: 1000, home: 500, area: -1000 }[shape] || 0
  });
};

carebell.prepare = function (map) {
  if (map.attributionControl) { map.attributionControl.setPrefix(false); }
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
};

// A sheet is printed at a size of its own, so the map is drawn again for it; a view somebody chose by hand is kept.
carebell.sheet = function (map, corners) {
  carebell.prepare(map);
  var chosen = null, isFitting = false;
  function fit() {
    isFitting = true;
    map.invalidateSize({ animate: false });
    if (chosen) {
      map.fitBounds(chosen.pad(-0.2), { animate: false });
    } else {
      map.fitBounds(corners, { animate: false, padding: [44, 44], maxZoom: 17 });
    }
    isFitting = false;
  }
  function print(isPrinting) {
    document.body.classList.toggle("is-printing", isPrinting);
    fit();
  }
  fit();
  map.on("dragend zoomend", function () { if (!isFitting) { chosen = map.getBounds(); } });
  window.addEventListener("beforeprint", function () { print(true); });
  window.addEventListener("afterprint", function () { print(false); });
};

// Where a form asks for a place: a click moves the pin and tells the page, in the datum of this map.
carebell.picker = function (map, places) {
  carebell.prepare(map);
  var pin = null;
  function put(at) {
    if (pin) { pin.setLatLng(at); } else { pin = carebell.pin(at, "place").addTo(map); }
  }
  if (places.length) { put(places[0]); }
  map.on("click", function (happened) {
    var at = happened.latlng.wrap();
    put(at);
    map.getContainer().dispatchEvent(new CustomEvent("carebell:picked", { bubbles: true, detail: { lat: at.lat, lon: at.lng } }));
  });
  map.getContainer().addEventListener("carebell:put", function (wanted) {
    put([wanted.detail.lat, wanted.detail.lon]);
    map.panTo([wanted.detail.lat, wanted.detail.lon], { animate: false });
  });
};

// -- the live map ----------------------------------------------------------------------------------------------------

carebell.source = function (url) {
  return function (done, failed) {
    fetch(url, { credentials: "same-origin", headers: { Accept: "application/geo+json, application/json" } })
      .then(function (answer) {
        if (!answer.ok) { throw new Error("map data: " + answer.status); }
        return answer.json();
      })
      .then(done)
      .catch(failed);
  };
};

carebell.named = function (layer, label) {
  var element = layer.getElement();
  if (element) { element.setAttribute("aria-label", label || ""); }
};

carebell.look = function (properties) {
  return [properties.state, properties.sign, properties.text, properties.selected].join("|");
};

carebell.alarmLayer = function (feature, place) {
  var told = feature.properties;
  var layer = L.marker(place, { icon: carebell.icon(told.state, told.sign, told.text), riseOnHover: true, zIndexOffset: 500 });
  layer.look = carebell.look(told);
  layer.on("add", function () { carebell.named(layer, layer.label); });
  layer.label = told.label;
  layer.on("click keypress", function (happened) {
    if (happened.type === "keypress" && happened.originalEvent.key !== "Enter") { return; }
    var chosen = new CustomEvent("carebell:alarm", { bubbles: true, detail: { id: told.id } });
    layer._map.getContainer().dispatchEvent(chosen);
  });
  return layer;
};

carebell.alarmUpdate = function (feature, layer) {
  if (!layer) { return undefined; }
  var told = feature.properties, place = L.GeoJSON.coordsToLatLng(feature.geometry.coordinates);
  layer.setLatLng(place);
  layer.label = told.label;
  if (layer.look !== carebell.look(told)) {
    layer.look = carebell.look(told);
    var hadFocus = layer.getElement() && layer.getElement() === document.activeElement;
    layer.setIcon(carebell.icon(told.state, told.sign, told.text));
    // Realtime puts a layer's first options back after each update.
    layer.defaultOptions = layer.options;
    if (hadFocus) { layer.getElement().focus({ preventScroll: true }); }
  }
  carebell.named(layer, told.label);
  return layer;
};

carebell.DEVICE_COLOURS = { online: "#94a3b8", silent: "#8b5cf6" };

carebell.deviceStyle = function (properties) {
  var colour = carebell.DEVICE_COLOURS[properties.state] || carebell.DEVICE_COLOURS.online;
  var isSilent = properties.state === "silent";
  return { radius: isSilent ? 4 : 2.5, stroke: false, fillColor: colour, fillOpacity: isSilent ? 0.9 : 0.55 };
};

carebell.deviceLayer = function (feature, place) {
  carebell.canvas = carebell.canvas || L.canvas({ padding: 0.3, pane: "devices" });
  var style = carebell.deviceStyle(feature.properties);
  style.renderer = carebell.canvas;
  style.interactive = false;
  return L.circleMarker(place, style);
};

carebell.deviceUpdate = function (feature, layer) {
  if (!layer) { return undefined; }
  layer.setLatLng(L.GeoJSON.coordsToLatLng(feature.geometry.coordinates));
  layer.setStyle(carebell.deviceStyle(feature.properties));
  layer.defaultOptions = layer.options;
  return layer;
};

// What the page calls: push one feature per event, drop what is closed, refresh after a reconnect.
carebell.live = function (map, alarms, devices) {
  carebell.prepare(map);
  // In Leaflet's own pane a canvas lies below the outlines' SVG, and a canvas would take the clicks meant for pins.
  var pane = map.createPane("devices");
  pane.style.zIndex = 450;
  pane.style.pointerEvents = "none";
  alarms.options.logErrors = false;
  function fail(failure) { map.getContainer().dispatchEvent(new CustomEvent("carebell:stale", { bubbles: true, detail: failure.error })); }
  function drop(layer, id) { if (layer.getFeature(id)) { layer.remove(layer.getFeature(id)); } }
  alarms.on("error", fail);
  if (devices) { devices.options.logErrors = false; devices.on("error", fail); }
  carebell.map = {
    leaflet: map,
    pushAlarm: function (feature) { alarms.update(feature); },
    dropAlarm: function (id) { drop(alarms, id); },
    pushDevice: function (feature) { if (devices) { devices.update(feature); } },
    refresh: function () { alarms.update(); if (devices) { devices.update(); } },
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
  map.getContainer().dispatchEvent(new CustomEvent("carebell:map", { bubbles: true }));
};
