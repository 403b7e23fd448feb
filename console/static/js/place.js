"use strict";

// A form with a map: a press on the map fills the numbers and names the map's datum; numbers of that datum move the pin.
(function () {
  var frame = document.querySelector("[data-place]");
  if (!frame) { return; }
  var lat = document.getElementById("f-lat"), lon = document.getElementById("f-lon"), crs = document.getElementById("f-crs");

  frame.addEventListener("carebell:picked", function (event) {
    lat.value = event.detail.lat.toFixed(6);
    lon.value = event.detail.lon.toFixed(6);
    crs.value = frame.dataset.crs;
    lat.dispatchEvent(new Event("input", { bubbles: true }));
  });

  function put() {
    var at = { lat: parseFloat(lat.value), lon: parseFloat(lon.value) }, map = frame.querySelector(".folium-map");
    if (map && crs.value === frame.dataset.crs && Math.abs(at.lat) <= 90 && Math.abs(at.lon) <= 180) {
      map.dispatchEvent(new CustomEvent("carebell:put", { detail: at }));
    }
  }
  [lat, lon, crs].forEach(function (field) { field.addEventListener("change", put); });
})();
