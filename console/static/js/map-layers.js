"use strict";

// Which layers the map shows. The choice is kept in this browser, for this user; alarms cannot be taken off.
(function () {
  var frame = document.getElementById("map-layers"), key = "carebell.map." + frame.dataset.user, HELPERS_MS = 60000, SOON_MS = 400;
  var boxes = Array.from(frame.querySelectorAll("input[data-layer]")), kept = read(), going = [], waits = null;

  Object.assign(carebell.words, JSON.parse(document.getElementById("map-layer-words").textContent));

  function read() {
    try { return JSON.parse(localStorage.getItem(key)) || {}; } catch (problem) { return {}; }
  }
  function keep() {
    try { localStorage.setItem(key, JSON.stringify(kept)); } catch (problem) { return; }
  }

  function box(name) { return boxes.find(function (one) { return one.dataset.layer === name; }); }
  function isOn(name) { return Boolean(box(name) && box(name).checked); }
  function some(start) {
    return boxes.filter(function (one) { return one.checked && one.dataset.layer.indexOf(start) === 0; }).map(function (one) { return one.dataset.layer.slice(start.length); });
  }
  function query(name, values) { return values.length ? new URLSearchParams(values.map(function (value) { return [name, value]; })) : null; }

  function apply() {
    var map = carebell.map.leaflet, classes = map.getContainer().classList;
    carebell.marks.show("homes", isOn("homes") ? new URLSearchParams() : null);
    carebell.marks.show("devices", query("look", some("device-")));
    carebell.marks.show("help", query("kind", some("help-")));
    carebell.map.circles(isOn("accuracy"));
    classes.toggle("has-no-holders", !isOn("holders"));
    carebell.marks.show("areas", isOn("areas") ? new URLSearchParams() : null);
    if (isOn("areas")) { map.addLayer(carebell.map.areas); } else { map.removeLayer(carebell.map.areas); }
    ways();
  }

  // -- who is going ---------------------------------------------------------------------------------------------------

  function ways() {
    carebell.map.ways(!isOn("helpers") ? [] : going.map(function (one) {
      var left = one.due_at ? Math.round((Date.parse(one.due_at) - carebell.now()) / 60000) : null;
      var said = left === null ? "mapGoing" : left < 0 ? "mapLate" : "mapGoingIn";
      return { id: one.id, place: L.latLng(one.lat, one.lon), text: carebell.say(said, { name: one.name, n: Math.max(1, left) }) };
    }));
  }

  function askHelpers() {
    waits = null;
    fetch("/desk/map/helpers", { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) { throw new Error("helpers: " + answer.status); }
      return answer.json();
    }).then(function (told) { going = told.items; ways(); }).catch(function () { waits = waits || setTimeout(askHelpers, HELPERS_MS); });
  }
  function helpersSoon() { if (waits === null) { waits = setTimeout(askHelpers, SOON_MS); } }

  document.addEventListener("carebell:changed", function (happened) {
    var alarm = happened.detail.alarm;
    if (alarm.state === "accepted" || going.some(function (one) { return one.id === alarm.id; })) { helpersSoon(); }
  });

  // -- the control ----------------------------------------------------------------------------------------------------

  function ground(name) {
    return carebell.ground.choose(name).then(function (shown) {
      if (shown === "failed") { carebell.toast(carebell.say("mapGroundFailed")); }
      return shown;
    });
  }

  boxes.forEach(function (one) { if (one.dataset.layer in kept) { one.checked = kept[one.dataset.layer]; } });
  frame.addEventListener("change", function (happened) {
    var one = happened.target;
    if (one.name === "ground") { kept.ground = one.value; keep(); ground(one.value); return; }
    kept[one.dataset.layer] = one.checked;
    keep();
    apply();
  });
  frame.addEventListener("keydown", function (happened) {
    if (happened.key === "Escape" && frame.open) {
      happened.stopPropagation();
      frame.open = false;
      frame.querySelector("summary").focus();
    } else if (happened.key !== "Tab") {
      happened.stopPropagation();
    }
  });

  carebell.layers = {
    sign: function (kind) { var found = box("help-" + kind); return found ? found.dataset.sign : "·"; }
  };

  document.addEventListener("carebell:map", function () {
    var choices = Array.from(frame.querySelectorAll("[name=ground]"));
    var usual = choices.find(function (one) { return one.value === kept.ground; }) || choices[0];
    usual.checked = true;
    if (usual.value !== "none") { ground(usual.value); }
    apply();
    askHelpers();
    setInterval(ways, HELPERS_MS / 4);
  });
  document.addEventListener("carebell:back", helpersSoon);
})();
