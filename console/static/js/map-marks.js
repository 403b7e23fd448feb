"use strict";

// Homes, devices and help in view: fetched for a little more than what is seen, again when the map has left that, and
// devices from time to time. Nothing is fetched because an alarm changed.
(function () {
  var drawn = null, NAME_PX = 70, AROUND = 0.3, WAIT_MS = 180, AGAIN_MS = 60000, RETRY_MS = 5000, REACH_PX = 13, REACH_TOUCH_PX = 22, DEEPER = 2;
  var order = ["areas", "homes", "devices", "help"], wanted = {}, fetched = {}, running = {}, waits = null;
  var card = document.getElementById("map-card"), note = document.getElementById("map-note"), opener = null, chosen = 0;

  function mapper(name) {
    return function (row) {
      var one = { id: row[0], place: L.latLng(row[1], row[2]), mark: row[3], sign: "" };
      if (name === "help") { one.sign = carebell.layers.sign(row[3]); one.mark = "help"; one.name = row[4]; }
      return one;
    };
  }

  function cell(name) {
    return function (row) {
      var number = 0;
      Object.keys(row[2]).forEach(function (look) { number += row[2][look]; });
      return { place: L.latLng(row[0], row[1]), number: number, bad: name === "devices" ? row[2].silent || 0 : 0, mark: { homes: "home", devices: "online", help: "help" }[name] };
    };
  }

  // The site's own areas, each with its name where there is room for it.
  function outline(items) {
    var map = carebell.map.leaflet;
    if (drawn) { drawn.remove(); }
    drawn = L.layerGroup();
    items.forEach(function (one) {
      var shape = L.geoJSON(one.shape, { interactive: false, className: "cb-area-own" }).addTo(drawn), box = shape.getBounds();
      var wide = map.latLngToLayerPoint(box.getNorthEast()).x - map.latLngToLayerPoint(box.getSouthWest()).x;
      if (wide > NAME_PX) { carebell.pin([one.lat, one.lon], "area", "", one.name).addTo(drawn); }
    });
    drawn.addTo(map);
  }

  function ask(name, isLate) {
    var map = carebell.map.leaflet, zoom = Math.max(0, Math.round(map.getZoom())), seen = map.getBounds(), query = wanted[name].toString();
    var known = fetched[name];
    if (known && !isLate && known.zoom === zoom && known.query === query && known.box.contains(seen)) { return; }
    if (running[name]) { running[name].abort(); }
    var box = seen.pad(AROUND), mine = running[name] = new AbortController();
    var asked = "bbox=" + box.toBBoxString().split(",").map(function (part) { return (+part).toFixed(5); }).join(",") + "&zoom=" + zoom;
    fetch("/desk/map/" + name + "?" + asked + (query ? "&" + query : ""), { credentials: "same-origin", signal: mine.signal }).then(function (answer) {
      if (!answer.ok) { throw new Error("map layer: " + answer.status); }
      return answer.json();
    }).then(function (told) {
      if (!wanted[name] || wanted[name].toString() !== query) { return; }
      fetched[name] = { box: box, zoom: zoom, query: query, isTooMany: told.is_too_many };
      if (name === "areas") { outline(told.items); } else { carebell.map.dots.set(name, { items: told.items.map(mapper(name)), cells: told.cells.map(cell(name)) }); }
      carebell.map.leaflet.getContainer().dispatchEvent(new CustomEvent("carebell:marks", { bubbles: true, detail: { layer: name } }));
      say();
    }).catch(function (problem) {
      if (problem.name === "AbortError") { return; }
      delete fetched[name];
      say(carebell.say("mapFailed"));
      setTimeout(soon, RETRY_MS);
    }).then(function () { if (running[name] === mine) { delete running[name]; } });
  }

  function say(problem) {
    var tooMany = order.some(function (name) { return wanted[name] && fetched[name] && fetched[name].isTooMany; });
    var text = problem || (tooMany ? carebell.say("mapZoomIn") : "");
    if (note.textContent !== text) { note.textContent = text; }
    note.hidden = !text;
  }

  function look(isLate) {
    if (!carebell.map || !carebell.map.leaflet.getSize().x) { return; }
    order.forEach(function (name) { if (wanted[name]) { ask(name, isLate); } });
  }
  function soon() { clearTimeout(waits); waits = setTimeout(look, WAIT_MS); }

  // -- choosing -------------------------------------------------------------------------------------------------------

  function choose(point, reach, byKey) {
    var found = carebell.map.dots.at(point, reach), map = carebell.map.leaflet, mine = chosen += 1;
    if (!found) { close(); return; }
    if (found.cell) { map.setView(found.cell.place, Math.min(map.getZoom() + DEEPER, 19), { animate: false }); return; }
    opener = byKey ? map.getContainer() : null;
    fetch("/desk/map/" + found.layer + "/" + encodeURIComponent(found.item.id), { credentials: "same-origin", headers: { Accept: "text/html", "HX-Request": "true" } }).then(function (answer) {
      if (!answer.ok) { throw new Error("map card: " + answer.status); }
      return answer.text();
    }).then(function (text) { if (mine === chosen) { open(text, byKey); } }).catch(function () { carebell.toast(carebell.say("offline")); });
  }

  function open(text, byKey) {
    card.querySelector("[data-card]").replaceChildren(carebell.fragment(text));
    card.hidden = false;
    carebell.tick(card);
    if (byKey) { card.querySelector("a, button").focus({ preventScroll: true }); }
  }

  function close() {
    if (card.hidden) { return; }
    var had = card.contains(document.activeElement);
    card.hidden = true;
    if (had && opener) { opener.focus({ preventScroll: true }); }
  }

  function isTaken() { return Boolean(carebell.tools && carebell.tools.isArmed && carebell.tools.isArmed()); }

  // Arrows move the map, Enter opens what lies nearest to the cross in its middle; the queue keeps its keys elsewhere.
  function keys(map) {
    var frame = map.getContainer(), far = 80;
    var deeds = {
      ArrowUp: function () { map.panBy([0, -far], { animate: false }); }, ArrowDown: function () { map.panBy([0, far], { animate: false }); },
      ArrowLeft: function () { map.panBy([-far, 0], { animate: false }); }, ArrowRight: function () { map.panBy([far, 0], { animate: false }); },
      "+": function () { map.zoomIn(1, { animate: false }); }, "=": function () { map.zoomIn(1, { animate: false }); }, "-": function () { map.zoomOut(1, { animate: false }); },
      Enter: function () { choose(map.getSize().divideBy(2), 48, true); }
    };
    map.keyboard.disable();
    frame.tabIndex = 0;
    frame.addEventListener("keydown", function (happened) {
      if (happened.ctrlKey || happened.metaKey || happened.altKey) { return; }
      if (happened.target !== frame) {
        if (happened.key === "Enter" || happened.key === " ") { happened.stopPropagation(); }
        return;
      }
      if (!deeds[happened.key]) { return; }
      happened.preventDefault();
      happened.stopPropagation();
      deeds[happened.key]();
    });
  }

  carebell.marks = {
    // `query` (URLSearchParams) says which ones; null takes the layer off.
    show: function (name, query) {
      wanted[name] = query;
      if (!query) {
        delete fetched[name];
        if (name !== "areas") { carebell.map.dots.clear(name); } else if (drawn) { drawn.remove(); drawn = null; }
        say();
        return;
      }
      soon();
    },
    close: close
  };

  document.addEventListener("carebell:map", function () {
    var map = carebell.map.leaflet, isTouch = false;
    map.on("moveend resize", soon);
    map.getContainer().addEventListener("pointerdown", function (happened) { isTouch = happened.pointerType !== "mouse"; }, true);
    map.on("click", function (happened) { if (!isTaken()) { choose(happened.containerPoint, isTouch ? REACH_TOUCH_PX : REACH_PX, false); } });
    keys(map);
    setInterval(function () { if (!document.hidden) { look(true); } }, AGAIN_MS);
  });
  document.addEventListener("carebell:back", function () { look(true); });
  card.querySelector("[data-card-close]").addEventListener("click", close);
  document.addEventListener("keydown", function (happened) {
    if (happened.key === "Escape" && !card.hidden && card.contains(happened.target)) { happened.stopImmediatePropagation(); close(); }
  }, true);
})();
