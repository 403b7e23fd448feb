"use strict";

// What the live map is drawn on: one of the site's basemaps in its own datum, or the boundaries alone.
(function () {
  var kept = document.getElementById("map-grounds"), grounds = kept ? JSON.parse(kept.textContent) : [];
  var ground = null, shown = null;

  function escaped(text) { var holder = document.createElement("i"); holder.textContent = text; return holder.innerHTML; }

  function made(told) {
    var credit = escaped(told.attribution || "");
    if (!told.is_vector) {
      return L.tileLayer(told.url, { maxZoom: 19, maxNativeZoom: told.max_zoom, attribution: credit, className: "cb-tiles" });
    }
    var speech = document.documentElement.lang.indexOf("zh") === 0 ? "zh-Hans" : "en";
    return protomapsL.leafletLayer({
      url: location.origin + told.url, flavor: carebell.night() ? "dark" : "light", lang: speech, maxDataZoom: told.max_zoom,
      maxZoom: 19, attribution: credit
    });
  }

  // Of a file that has gone since the start the browser would draw nothing and say nothing.
  function isThere(told) {
    if (!told.is_vector) { return Promise.resolve(true); }
    return fetch(told.url, { credentials: "same-origin", headers: { Range: "bytes=0-126" } }).then(function (answer) { return answer.ok; }, function () { return false; });
  }

  function draw() {
    var map = carebell.map.leaflet;
    if (ground) { ground.remove(); ground = null; }
    carebell.setDatum(map, shown ? shown.crs : "wgs84");
    map.getContainer().classList.toggle("has-ground", Boolean(shown));
    if (shown) { ground = made(shown).addTo(map); if (ground.bringToBack) { ground.bringToBack(); } }
  }

  carebell.ground = {
    all: grounds,
    // `key` of a basemap, or "none". Gives a promise of the key of what is drawn then.
    choose: function (key) {
      var told = grounds.find(function (one) { return one.key === key; }) || null;
      if (!told) { shown = null; draw(); return Promise.resolve("none"); }
      return isThere(told).then(function (ok) {
        shown = ok ? told : null;
        draw();
        return ok ? key : "failed";
      });
    }
  };

  document.addEventListener("carebell:theme", function () { if (carebell.map && shown && shown.is_vector) { draw(); } });
})();
