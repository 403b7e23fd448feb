"use strict";

// Lengths and areas on the ellipsoid, of places in WGS-84: the map itself carries the datum of its ground, so that what
// is measured is never what a shifted picture shows.
var carebell = window.carebell = window.carebell || {};

(function () {
  var A_M = 6378137.0, F = 1 / 298.257223563, B_M = A_M * (1 - F), EE = F * (2 - F), RAD = Math.PI / 180;

  // -- lengths ----------------------------------------------------------------------------------------------------------

  // Vincenty's inverse formula; half a millimetre exact where it settles, which it does but for opposite ends of the earth.
  function distanceM(from, to) {
    var spread = (to[1] - from[1]) * RAD, lambda = spread;
    var u1 = Math.atan((1 - F) * Math.tan(from[0] * RAD)), u2 = Math.atan((1 - F) * Math.tan(to[0] * RAD));
    var sinU1 = Math.sin(u1), cosU1 = Math.cos(u1), sinU2 = Math.sin(u2), cosU2 = Math.cos(u2);
    for (var n = 0; n < 200; n += 1) {
      var sinL = Math.sin(lambda), cosL = Math.cos(lambda);
      var sinS = Math.hypot(cosU2 * sinL, cosU1 * sinU2 - sinU1 * cosU2 * cosL);
      if (sinS === 0) { return 0; }
      var cosS = sinU1 * sinU2 + cosU1 * cosU2 * cosL, sigma = Math.atan2(sinS, cosS);
      var sinA = cosU1 * cosU2 * sinL / sinS, cosA2 = 1 - sinA * sinA;
      var cos2M = cosA2 === 0 ? 0 : cosS - 2 * sinU1 * sinU2 / cosA2;
      var c = F / 16 * cosA2 * (4 + F * (4 - 3 * cosA2)), before = lambda;
      lambda = spread + (1 - c) * F * sinA * (sigma + c * sinS * (cos2M + c * cosS * (2 * cos2M * cos2M - 1)));
      if (Math.abs(lambda - before) < 1e-12) {
        var uu = cosA2 * (A_M * A_M - B_M * B_M) / (B_M * B_M);
        var big = 1 + uu / 16384 * (4096 + uu * (uu * (320 - 175 * uu) - 768));
        var b = uu / 1024 * (256 + uu * (uu * (74 - 47 * uu) - 128));
        var rest = cosS * (2 * cos2M * cos2M - 1) - b / 6 * cos2M * (4 * sinS * sinS - 3) * (4 * cos2M * cos2M - 3);
        return B_M * big * (sigma - b * sinS * (cos2M + b / 4 * rest));
      }
    }
    return NaN;
  }

  // -- areas ------------------------------------------------------------------------------------------------------------

  function q(sinLat) {
    var e = Math.sqrt(EE);
    return (1 - EE) * (sinLat / (1 - EE * sinLat * sinLat) + Math.atanh(e * sinLat) / e);
  }

  var Q_POLE = q(1), AUTHALIC_M2 = A_M * A_M * Q_POLE / 2;

  // The sphere of equal area: exact for the whole, and far better than a metre in a thousand for what a desk measures.
  function areaM2(ring) {
    var twice = 0;
    for (var n = 0; n < ring.length; n += 1) {
      var a = ring[n], b = ring[(n + 1) % ring.length], turn = (b[1] - a[1]) * RAD;
      if (turn > Math.PI) { turn -= 2 * Math.PI; } else if (turn < -Math.PI) { turn += 2 * Math.PI; }
      var high = Math.tan(Math.asin(q(Math.sin(a[0] * RAD)) / Q_POLE) / 2), low = Math.tan(Math.asin(q(Math.sin(b[0] * RAD)) / Q_POLE) / 2);
      twice += 2 * Math.atan2(Math.tan(turn / 2) * (high + low), 1 + high * low);
    }
    return Math.abs(twice) * AUTHALIC_M2;
  }

  carebell.geo = { distanceM: distanceM, areaM2: areaM2 };
})();
