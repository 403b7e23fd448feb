"use strict";

// Lengths and areas along clicked points, on the ellipsoid: whatever ground the map shows, its places are WGS-84.
(function () {
  if (!document.getElementById("map-tools")) { return; }
  var tools = carebell.tools, panel = tools.panel("measure"), list = panel.querySelector("[data-legs]"), sum = panel.querySelector("[data-sum]");
  var points = [];

  function isArea() { return panel.querySelector("[name=measure]:checked").value === "area"; }

  function pair(place) { return [place.lat, place.lon]; }

  function areaText(m2) {
    if (m2 < 10000) { return Math.round(m2) + " m²"; }
    if (m2 < 1000000) { return carebell.say("hectares", { n: (m2 / 10000).toFixed(2), m: Math.round(m2).toLocaleString("en") }); }
    return (m2 / 1000000).toFixed(m2 < 10000000 ? 2 : 1) + " km²";
  }

  // Each leg is {length, text}; the last one of an area closes it.
  function legs() {
    var found = [], ends = isArea() && points.length > 2 ? points.concat([points[0]]) : points;
    for (var n = 1; n < ends.length; n += 1) {
      found.push({ length: carebell.geo.distanceM(pair(ends[n - 1]), pair(ends[n])), text: n + " → " + (n === points.length ? 1 : n + 1) });
    }
    return found;
  }

  function draw() {
    var layer = tools.layer(), at = points.map(tools.at), found = legs();
    var whole = found.reduce(function (all, leg) { return all + leg.length; }, 0);
    layer.clearLayers();
    if (at.length > 1) {
      (isArea() && at.length > 2 ? L.polygon(at, { className: "map-measure is-area", interactive: false }) : L.polyline(at, { className: "map-measure", fill: false, interactive: false })).addTo(layer);
    }
    at.forEach(function (one, n) { carebell.pin(one, "help", String(n + 1), n > 0 && at.length < 12 && !isArea() ? tools.metres(found[n - 1].length) : "").addTo(layer); });
    list.replaceChildren.apply(list, found.map(function (leg) {
      var line = document.createElement("li"), from = document.createElement("span"), length = document.createElement("b");
      from.textContent = leg.text;
      length.textContent = tools.metres(leg.length);
      length.className = from.className = "num";
      line.append(from, length);
      return line;
    }));
    var text = carebell.say("measureNone");
    if (isArea() && points.length > 2) {
      text = carebell.say("measureArea", { area: areaText(carebell.geo.areaM2(points.map(pair))), around: tools.metres(whole) });
    } else if (points.length > 1) {
      text = carebell.say("measureSum", { sum: tools.metres(whole) });
    } else if (points.length === 1) {
      text = carebell.say("measureOne");
    }
    sum.textContent = text;
    tools.say(text);
    panel.querySelector("[data-measure-clear]").hidden = points.length === 0;
  }

  tools.add("measure", {
    start: function () {
      points = [];
      tools.arm(carebell.say("measureHint"), true);
      draw();
      carebell.map.leaflet.getContainer().focus({ preventScroll: true });
    },
    point: function (place) { points.push(place); draw(); },
    undo: function () { points.pop(); draw(); },
    stop: function () { points = []; }
  });
  panel.addEventListener("change", draw);
  panel.querySelector("[data-measure-clear]").addEventListener("click", function () { points = []; draw(); });
})();
