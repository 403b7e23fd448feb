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

carebell.icon = function (shape, sign, text, more) {
  var body = document.createElement("div");
  body.className = "cb-pin cb-pin-" + shape + (more ? " " + more : "");
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
