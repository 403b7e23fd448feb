"use strict";

// What help is near a place: of the kinds and within the distance that somebody chooses, nearest first. The same form
// and list serve the map's tool and the alarm's panel; numbers on the list are the numbers on the pins.
(function () {
  var PLACES = "[data-nearby-item]", NAMED = 8, asked = 0, chosen = null, pinned = null, line = null;

  function fields(form) {
    var said = new FormData(form), found = { kind: said.getAll("kind") };
    found.within_m = said.get("own_km") && parseFloat(said.get("own_km")) > 0 ? Math.round(parseFloat(said.get("own_km")) * 1000) : said.get("within_m");
    if (said.get("open_now")) { found.open_now = "1"; }
    return found;
  }

  function placeOf(form) {
    if (form.dataset.lat) { return { lat: +form.dataset.lat, lon: +form.dataset.lon }; }
    return chosen;
  }

  function look(form) {
    var place = placeOf(form), list = form.closest("[data-nearby-frame]").querySelector("[data-nearby-list]");
    if (!place) { return Promise.resolve(); }
    var mine = asked += 1, waits = setTimeout(function () { list.setAttribute("aria-busy", "true"); }, 300);
    function done() { clearTimeout(waits); list.removeAttribute("aria-busy"); }
    var wanted = Object.assign(fields(form), { lat: place.lat.toFixed(7), lon: place.lon.toFixed(7) });
    return carebell.tools.ask("/desk/map/nearby", wanted).then(function (answer) {
      done();
      if (mine !== asked) { return; }
      list.replaceChildren(carebell.fragment(answer.text));
      show(list, place);
    }, function () { done(); carebell.toast(carebell.say("offline")); });
  }

  // The panel's list is drawn too where there is a map; the tool's own goes with the tool.
  function show(list, place) {
    clear();
    if (!carebell.map) { return; }
    pinned = L.layerGroup().addTo(carebell.map.leaflet);
    var here = carebell.tools.at(place), seen = [here];
    carebell.pin(here, "place", "", carebell.say("mapHere")).addTo(pinned);
    var items = list.querySelectorAll(PLACES);
    items.forEach(function (item) {
      var at = carebell.tools.at({ lat: +item.dataset.lat, lon: +item.dataset.lon });
      seen.push(at);
      item.carebellPin = carebell.pin(at, "help", item.dataset.number, items.length > NAMED ? "" : item.dataset.distance).addTo(pinned);
    });
    carebell.tools.look(seen);
  }

  function clear() { if (pinned) { pinned.remove(); pinned = null; } line = null; }

  function drawLine(item, place) {
    if (line) { line.remove(); }
    document.querySelectorAll("[data-nearby-line]").forEach(function (button) { button.setAttribute("aria-pressed", String(item !== null && item.contains(button))); });
    line = null;
    if (!item || !pinned) { return; }
    var ends = [carebell.tools.at(place), carebell.tools.at({ lat: +item.dataset.lat, lon: +item.dataset.lon })];
    line = L.polyline(ends, { className: "map-route", interactive: false }).addTo(pinned);
    carebell.tools.look(ends);
  }

  document.addEventListener("click", function (happened) {
    var item = happened.target.closest(PLACES);
    if (!item) { return; }
    var form = item.closest("[data-nearby-frame]").querySelector("form[data-nearby]"), button = happened.target.closest("[data-nearby-line]");
    if (button) { drawLine(button.getAttribute("aria-pressed") === "true" ? null : item, placeOf(form)); }
    if (happened.target.closest("[data-nearby-show]") && carebell.map) {
      carebell.map.leaflet.setView(carebell.tools.at({ lat: +item.dataset.lat, lon: +item.dataset.lon }), Math.max(carebell.map.leaflet.getZoom(), 16), { animate: false });
    }
  });
  document.addEventListener("change", function (happened) {
    var form = happened.target.closest("form[data-nearby]");
    if (!form) { return; }
    if (happened.target.name === "within_m") { form.elements.own_km.value = ""; }
    look(form);
  });
  document.addEventListener("submit", function (happened) {
    if (happened.target.matches("form[data-nearby]")) { happened.preventDefault(); look(happened.target); }
  });
  document.addEventListener("toggle", function (happened) {
    var fold = happened.target;
    if (!fold.matches || !fold.matches("details[data-nearby-frame]") || !carebell.tools) { return; }
    if (fold.open) { look(fold.querySelector("form[data-nearby]")); } else { clear(); }
  }, true);

  if (!document.getElementById("map-tools")) { return; }
  var panel = carebell.tools.panel("nearby"), form = panel.querySelector("form[data-nearby]");

  function at(place) {
    chosen = place;
    carebell.tools.arm(null);
    panel.querySelector(".nearby-choices").open = !carebell.tools.isNarrow();
    look(form);
  }

  function pick() {
    carebell.tools.arm(carebell.say("nearbyHint"));
    carebell.map.leaflet.getContainer().focus({ preventScroll: true });
  }

  panel.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-nearby-at]");
    if (!button) { return; }
    var alarm = carebell.tools.alarm();
    if (button.dataset.nearbyAt === "pick") { pick(); }
    if (button.dataset.nearbyAt === "middle") { at(carebell.tools.middle()); }
    if (button.dataset.nearbyAt === "alarm") { if (alarm) { at(alarm); } else { carebell.toast(carebell.say("mapNoAlarm")); } }
  });
  carebell.tools.add("nearby", {
    start: function (options) { if (options.at) { at(carebell.tools.place(options.at)); } else { pick(); } },
    again: function (options) { if (options.at) { at(carebell.tools.place(options.at)); } },
    point: at,
    stop: function () { chosen = null; panel.querySelector("[data-nearby-list]").replaceChildren(); clear(); }
  });
})();
