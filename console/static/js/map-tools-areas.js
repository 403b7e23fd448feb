"use strict";

// Boundaries of areas: shown to everybody who reads the registry, drawn and put right by who writes it. leaflet-geoman,
// which does the drawing, is only fetched when somebody draws.
(function () {
  var frame = document.getElementById("map-tools");
  if (!frame) { return; }
  var GEOMAN = "/static/vendor/@geoman-io/leaflet-geoman-free/leaflet-geoman", UNDO_S = 10, MOST_LISTED = 60;
  var tools = carebell.tools, panel = tools.panel("areas"), shown = null;

  // -- what is drawn, where no layer of the map shows it ---------------------------------------------------------------------------------------

  function latlngs(geometry) {
    var parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return parts.map(function (part) { return part[0].slice(0, -1).map(function (at) { return [at[1], at[0]]; }); });
  }

  // Several parts are several polygons; a list of rings alone would make holes of the later ones.
  function nested(rings) { return rings.length > 1 ? rings.map(function (ring) { return [ring]; }) : rings; }

  // On the desk a layer shows them: switched on, and off before, it looks again.
  function again() {
    var layer = document.querySelector('[data-layer="areas"]');
    if (layer) {
      [false, true].forEach(function (isOn) { layer.checked = isOn; layer.dispatchEvent(new Event("change", { bubbles: true })); });
    }
    load();
  }

  function load() {
    if (!frame.dataset.boundaries) { return Promise.resolve(); }
    return fetch("/api/v1/areas/shapes", { credentials: "same-origin", headers: { Accept: "application/json" } }).then(function (answer) {
      return answer.ok ? answer.json() : { features: [] };
    }).then(function (told) {
      if (shown) { shown.remove(); }
      shown = L.layerGroup();
      told.features.forEach(function (one) {
        L.polygon(nested(latlngs(one.geometry)), { className: "map-boundary", interactive: false, pmIgnore: true }).addTo(shown);
        carebell.pin([one.properties.middle[1], one.properties.middle[0]], "area", "", one.properties.name).addTo(shown);
      });
      shown.addTo(tools.map());
    }).catch(function () {});
  }

  tools.ready(load);
  if (!panel) { return; }

  // -- choosing one -----------------------------------------------------------------------------------------------------

  var find = panel.querySelector("form[data-area-find]"), list = panel.querySelector("[data-area-list]"), desk = panel.querySelector("[data-area-desk]");
  var wrong = panel.querySelector("[data-area-wrong]"), file = panel.querySelector("[data-area-file]"), save = panel.querySelector("[data-area-save]");
  var corners = panel.querySelector("[data-area-corners]");
  var area = null, drawing = null, isDrawing = false, fault = null, asked = 0;

  function look() {
    var mine = asked += 1;
    return tools.ask("/desk/map/areas", { q: find.elements.q.value.trim() }).then(function (answer) {
      if (mine === asked) { list.replaceChildren(carebell.fragment(answer.text)); }
    }, function () { carebell.toast(carebell.say("offline")); });
  }

  function told(text) { wrong.textContent = text; wrong.hidden = !text; if (text) { tools.say(text); } }

  function geoman() {
    if (window.L.PM) { return Promise.resolve(); }
    var style = document.createElement("link"), script = document.createElement("script");
    style.rel = "stylesheet";
    style.href = GEOMAN + ".css";
    script.src = GEOMAN + ".min.js";
    return new Promise(function (done, failed) {
      script.onload = function () {
        // Only what says so is ever editable: not the pins, not the alarms.
        L.PM.setOptIn(true);
        tools.map().pm = new L.PM.Map(tools.map());
        tools.map().pm.setGlobalOptions({ snappable: true, snapDistance: 12, tooltips: false, allowSelfIntersection: true });
        done();
      };
      script.onerror = failed;
      document.head.append(style, script);
    });
  }

  function send(method, body, version) {
    return tools.send(method, "/api/v1/areas/" + area.id + "/shape", body, version);
  }

  function begin(item) {
    area = { id: item.dataset.id, name: item.dataset.name, version: +item.dataset.version || 0, before: null };
    told("");
    list.hidden = find.hidden = true;
    desk.hidden = false;
    desk.querySelector("[data-area-name]").textContent = area.name;
    desk.querySelector("[data-area-remove]").hidden = !area.version;
    geoman().then(function () {
      if (!area.version) { go(item); draw(); return null; }
      return send("GET").then(function (feature) {
        area.version = feature.properties.version;
        area.before = feature.geometry;
        edit(latlngs(feature.geometry));
        tools.look(drawing.getBounds().isValid() ? [drawing.getBounds().getSouthWest(), drawing.getBounds().getNorthEast()] : []);
      });
    }).catch(function (problem) { told(carebell.say("failed", { why: problem.message || carebell.say("offline") })); });
  }

  function go(item) {
    if (item.dataset.lat) { tools.map().setView([+item.dataset.lat, +item.dataset.lon], Math.max(tools.map().getZoom(), 14), { animate: false }); }
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  function draw() {
    clear();
    isDrawing = true;
    save.disabled = true;
    tools.arm(carebell.say("areaDrawHint", { name: area.name }), true);
    tools.map().pm.enableDraw("Polygon", {
      allowSelfIntersection: true, continueDrawing: false, tooltips: false, finishOn: null, snappable: true,
      pathOptions: { className: "map-own", pmIgnore: false }, templineStyle: { className: "map-own-line" }, hintlineStyle: { className: "map-own-line" }
    });
    desk.querySelector("[data-area-finish]").hidden = false;
    corners.parentElement.hidden = true;
    tools.map().getContainer().focus({ preventScroll: true });
  }

  function made(happened) {
    if (!area) { return; }
    var rings = happened.layer.getLatLngs();
    happened.layer.remove();
    edit(rings);
  }

  function edit(rings) {
    clear();
    tools.arm(carebell.say("areaEditHint", { name: area.name }));
    drawing = L.polygon(nested(rings), { className: "map-own", pmIgnore: false }).addTo(tools.layer());
    L.PM.reInitLayer(drawing);
    drawing.pm.enable({ allowSelfIntersection: true, snappable: true, snapDistance: 12, draggable: false, tooltips: false });
    drawing.on("pm:edit pm:vertexadded pm:vertexremoved pm:markerdragend", size);
    desk.querySelector("[data-area-finish]").hidden = true;
    save.disabled = false;
    size();
  }

  function clear() {
    if (tools.map().pm && isDrawing) { isDrawing = false; tools.map().pm.disableDraw(); }
    if (drawing) { drawing.pm.disable(); drawing.remove(); drawing = null; }
    if (fault) { fault.remove(); fault = null; }
  }

  function parts() {
    var rings = drawing.getLatLngs();
    return rings[0] && rings[0][0] && rings[0][0].lat === undefined ? rings.map(function (part) { return part[0]; }) : [rings[0]];
  }

  function geometry() {
    var closed = parts().map(function (ring) {
      var line = ring.map(function (at) { return [at.lng, at.lat]; });
      return [line.concat([line[0]])];
    });
    return closed.length === 1 ? { type: "Polygon", coordinates: closed[0] } : { type: "MultiPolygon", coordinates: closed };
  }

  function size() {
    if (fault) { fault.remove(); fault = null; told(""); }
    var m2 = parts().reduce(function (all, ring) { return all + carebell.geo.areaM2(ring.map(function (at) { return [at.lat, at.lng]; })); }, 0);
    listCorners();
    desk.querySelector("[data-area-size]").textContent = carebell.say("areaSize", { n: parts().reduce(function (all, ring) { return all + ring.length; }, 0), km2: (m2 / 1e6).toFixed(m2 < 1e7 ? 3 : 1) });
  }

  // Without a mouse: each corner of the first part can be put where the cross is, or taken out.
  function listCorners() {
    var ring = parts()[0];
    corners.parentElement.hidden = false;
    corners.replaceChildren.apply(corners, ring.slice(0, MOST_LISTED).map(function (at, n) {
      var line = document.createElement("li");
      line.append(String(n + 1));
      [["areaCornerHere", "here"], ["areaCornerOut", "out"]].forEach(function (deed) {
        var button = document.createElement("button");
        button.type = "button";
        button.dataset.corner = n;
        button.dataset.deed = deed[1];
        button.textContent = carebell.say(deed[0], { n: n + 1 });
        line.append(button);
      });
      return line;
    }));
  }

  function corner(button) {
    var rings = parts().map(function (ring) { return ring.slice(); }), n = +button.dataset.corner;
    if (button.dataset.deed === "here") { rings[0][n] = tools.map().getCenter(); } else if (rings[0].length > 3) { rings[0].splice(n, 1); }
    edit(rings);
    var same = corners.querySelector('[data-corner="' + Math.min(n, rings[0].length - 1) + '"][data-deed="' + button.dataset.deed + '"]');
    if (same) { same.focus({ preventScroll: true }); }
  }

  // What the centre found wrong is shown where it is.
  function refused(problem) {
    told(carebell.say("failed", { why: problem.message || carebell.say("offline") }));
    var at = problem.told && problem.told.at;
    if (fault) { fault.remove(); fault = null; }
    if (!at) { return; }
    fault = carebell.pin([at[1], at[0]], "fault", "!", problem.message).addTo(tools.layer());
    if (!tools.map().getBounds().contains([at[1], at[0]])) { tools.map().panTo([at[1], at[0]], { animate: false }); }
  }

  function undoable(text, run) {
    carebell.toast(text, { text: carebell.say("mapUndo"), run: function () {
      run().then(function () { carebell.toast(carebell.say("mapUndone")); again(); }, function (problem) { carebell.toast(carebell.say("failed", { why: problem.message })); });
    } }, UNDO_S);
  }

  function write() {
    var was = area, url = "/api/v1/areas/" + was.id + "/shape";
    save.disabled = true;
    send("PUT", geometry(), was.version).then(function (feature) {
      var version = feature.properties.version;
      undoable(carebell.say("areaSaved", { name: was.name }), function () {
        return was.before ? tools.send("PUT", url, was.before, version) : tools.send("DELETE", url, null, version);
      });
      rest();
      again();
    }, function (problem) { save.disabled = false; refused(problem); });
  }

  function remove() {
    var was = area, url = "/api/v1/areas/" + was.id + "/shape";
    send("DELETE", null, was.version).then(function () {
      undoable(carebell.say("areaRemoved", { name: was.name }), function () { return tools.send("PUT", url, was.before); });
      rest();
      again();
    }, refused);
  }

  function rest() {
    clear();
    area = null;
    told("");
    tools.arm(null);
    list.hidden = find.hidden = false;
    desk.hidden = true;
    look();
  }

  // -- files ------------------------------------------------------------------------------------------------------------

  function take() {
    var chosen = file.files[0];
    if (!chosen) { return; }
    chosen.text().then(JSON.parse).then(function (told) {
      var one = told.type === "FeatureCollection" && told.features && told.features.length === 1 ? told.features[0] : told;
      var shape = one.type === "Feature" ? one.geometry : one;
      if (!shape || (shape.type !== "Polygon" && shape.type !== "MultiPolygon")) { throw new Error(carebell.say("areaFileWrong")); }
      edit(latlngs(shape));
      tools.look([drawing.getBounds().getSouthWest(), drawing.getBounds().getNorthEast()]);
    }).catch(function () { told(carebell.say("areaFileWrong")); }).then(function () { file.value = ""; });
  }

  function keep() {
    var name = area.name, content = JSON.stringify({ type: "Feature", properties: { name: name }, geometry: geometry() });
    var link = document.createElement("a");
    link.href = "data:application/geo+json;charset=utf-8," + encodeURIComponent(content);
    link.download = "boundary.geojson";
    link.click();
  }

  var deeds = {
    "[data-area-edit]": function (button) { begin(button.closest("[data-area]")); },
    "[data-area-finish]": function () { tools.map().pm.Draw.Polygon._finishShape(); },
    "[data-area-again]": draw,
    "[data-area-save]": write,
    "[data-area-remove]": remove,
    "[data-area-keep]": function () { if (drawing) { keep(); } },
    "[data-corner]": corner,
    "[data-area-cancel]": rest
  };
  panel.addEventListener("click", function (happened) {
    Object.keys(deeds).forEach(function (mark) { var button = happened.target.closest(mark); if (button) { deeds[mark](button); } });
  });
  file.addEventListener("change", take);
  find.addEventListener("submit", function (happened) { happened.preventDefault(); look(); });
  tools.ready(function (map) { map.on("pm:create", made); });
  tools.add("areas", {
    start: function (options) { list.hidden = find.hidden = false; desk.hidden = true; find.elements.q.value = options.q || ""; look(); find.elements.q.focus(); },
    // A click of the mouse is geoman's own; the cross and Enter make the same.
    point: function (place, event) { if (isDrawing && !event) { tools.map().fire("click", { latlng: L.latLng(place.lat, place.lon), isOurs: true }); } },
    undo: function () { if (isDrawing) { tools.map().pm.Draw.Polygon._removeLastVertex(); } },
    back: function () { if (!area) { return false; } rest(); return true; },
    stop: function () { clear(); area = null; told(""); }
  });
})();
