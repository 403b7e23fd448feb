"use strict";

// A place by address, person, device or coordinates; what was chosen gets a pin with its card, and the map goes there.
(function () {
  if (!document.getElementById("map-tools")) { return; }
  var tools = carebell.tools, panel = tools.panel("find");
  if (!panel) { return; }
  var form = panel.querySelector("form"), list = panel.querySelector("[data-found-list]"), asked = 0, pin = null;

  function look() {
    var q = form.elements.q.value.trim(), from = tools.alarm(), mine = asked += 1;
    if (!q) { list.replaceChildren(); return; }
    var origin = from || tools.middle(), waits = setTimeout(function () { list.setAttribute("aria-busy", "true"); }, 300);
    function done() { clearTimeout(waits); list.removeAttribute("aria-busy"); }
    tools.ask("/desk/map/find", {
      q: q, crs: form.elements.crs.value, from_lat: origin.lat.toFixed(6), from_lon: origin.lon.toFixed(6), from_alarm: from ? "1" : ""
    }).then(function (answer) {
      done();
      if (mine !== asked) { return; }
      list.replaceChildren(carebell.fragment(answer.text));
      var only = list.querySelectorAll("[data-found]");
      if (only.length === 1 && only[0].dataset.lat) { choose(only[0]); }
    }, function () { done(); carebell.toast(carebell.say("offline")); });
  }

  function choose(item) {
    if (pin) { pin.remove(); pin = null; }
    list.querySelectorAll("[data-found]").forEach(function (one) { one.classList.toggle("is-chosen", one === item); });
    if (!item.dataset.lat) { return; }
    var place = { lat: +item.dataset.lat, lon: +item.dataset.lon }, at = tools.at(place), within = +item.dataset.within;
    pin = L.layerGroup().addTo(tools.layer());
    // What is only the middle of something is shown as wide as it is, so that nobody sends help to a point.
    if (within > 30) { L.circle(at, { radius: within, className: "cb-circle", interactive: false }).addTo(pin); }
    var marker = L.marker(at, { icon: carebell.icon("place", "", item.dataset.name), keyboard: true, title: item.dataset.name, zIndexOffset: 1000 }).addTo(pin);
    marker.bindPopup(item.querySelector(".found-card").cloneNode(true), { className: "map-popup", autoPan: false, maxWidth: 300, offset: [0, -6] });
    go(at, within);
    if (tools.isNarrow()) { item.scrollIntoView({ block: "start" }); } else { marker.openPopup(); }
    tools.say(item.dataset.name + ". " + item.querySelector("[data-exact]").textContent);
  }

  function go(at, within) {
    var map = tools.map(), calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    var zoom = within > 300 ? map.getBoundsZoom(at.toBounds(within * 2.4)) : Math.max(map.getZoom(), 16);
    var side = tools.isNarrow() ? [0, panel.parentElement.getBoundingClientRect().height / 2] : [-180, 0];
    // The pin comes to lie in what the side leaves free.
    var middle = map.unproject(map.project(at, zoom).add(side), zoom);
    if (calm) { map.setView(middle, zoom, { animate: false }); } else { map.flyTo(middle, zoom, { duration: 0.6 }); }
  }

  form.addEventListener("submit", function (happened) { happened.preventDefault(); look(); });
  form.elements.crs.addEventListener("change", look);
  list.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-found-go]");
    if (button) { choose(button.closest("[data-found]")); }
  });
  // A card on the map or in the list leads on: to what help is near that place.
  document.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-near-here]");
    if (!button) { return; }
    var card = button.closest("[data-lat]"), at = tools.at({ lat: +card.dataset.lat, lon: +card.dataset.lon });
    tools.start("nearby", { at: at });
  });

  tools.add("find", {
    start: function () { form.elements.q.focus(); form.elements.q.select(); },
    stop: function () { pin = null; list.replaceChildren(); form.elements.q.value = ""; }
  });
})();
