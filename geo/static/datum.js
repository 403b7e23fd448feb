"use strict";

// Where a basemap is in GCJ-02, the map's own projection carries the shift: everything else speaks WGS-84, and a change
// of basemap moves the ground only. The formula is that of geo/crs.py, and a test holds the two together.
var carebell = window.carebell = window.carebell || {};

(function () {
  var A_M = 6378245.0, EE = 0.00669342162296594323, SETTLED_DEG = 1e-10, MOST_STEPS = 20, DEGREE = Math.PI / 180;

  function isShifted(lat, lon) { return lat >= 0.8293 && lat <= 55.8271 && lon >= 72.004 && lon <= 137.8347; }

  function shifted(lat, lon) {
    var x = lon - 105.0, y = lat - 35.0, sin = Math.sin, pi = Math.PI, root = Math.sqrt(Math.abs(x));
    var common = (20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)) * 2 / 3;
    var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common +
      (20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3 + (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3;
    var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common +
      (20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3 + (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3;
    var curve = 1 - EE * Math.pow(sin(lat * DEGREE), 2);
    return [lat + north / (A_M * (1 - EE) / Math.pow(curve, 1.5) * DEGREE), lon + east / (A_M * Math.cos(lat * DEGREE) / Math.sqrt(curve) * DEGREE)];
  }

  carebell.toGcj02 = function (lat, lon) { return isShifted(lat, lon) ? shifted(lat, lon) : [lat, lon]; };

  carebell.fromGcj02 = function (lat, lon) {
    if (!isShifted(lat, lon)) { return [lat, lon]; }
    var found = [lat, lon];
    for (var step = 0; step < MOST_STEPS; step += 1) {
      var seen = shifted(found[0], found[1]), north = seen[0] - lat, east = seen[1] - lon;
      found = [found[0] - north, found[1] - east];
      if (Math.abs(north) < SETTLED_DEG && Math.abs(east) < SETTLED_DEG) { break; }
    }
    return found;
  };

  var plain = L.CRS.EPSG3857;
  var gcj02 = L.extend({}, plain, {
    code: "GCJ-02",
    projection: L.extend({}, plain.projection, {
      project: function (place) {
        var there = carebell.toGcj02(place.lat, place.lng);
        return plain.projection.project(L.latLng(there[0], there[1]));
      },
      unproject: function (point) {
        var there = plain.projection.unproject(point), here = carebell.fromGcj02(there.lat, there.lng);
        return L.latLng(here[0], here[1]);
      }
    })
  });

  // Keeps the view and moves the ground under it.
  carebell.setDatum = function (map, name) {
    var wanted = name === "gcj02" ? gcj02 : plain;
    if (map.options.crs === wanted) { return; }
    var centre = map.getCenter(), zoom = map.getZoom();
    map.options.crs = wanted;
    map.setView(centre, zoom, { reset: true });
  };
})();
