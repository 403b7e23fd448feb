"use strict";

// The map's tools. One at a time, with its name across the map while it is on; while it takes clicks, pins do not, so
// that nobody measures who meant to open an alarm. Escape leaves any of them.
var carebell = window.carebell = window.carebell || {};

(function () {
  // Asks the centre with a form's fields, so that no place stands in an address; gives a promise of the fragment.
  function ask(url, fields) {
    var body = new URLSearchParams();
    Object.keys(fields).forEach(function (name) { [].concat(fields[name]).forEach(function (value) { body.append(name, value); }); });
    return fetch(url, { method: "POST", credentials: "same-origin", headers: { "HX-Request": "true", Accept: "text/html" }, body: body }).then(function (answer) {
      if (answer.status === 401) { location.reload(); }
      if (answer.status >= 500) { throw new Error("map tool: " + answer.status); }
      return answer.text().then(function (text) { return { ok: answer.ok, status: answer.status, text: text }; });
    });
  }

  carebell.tools = { ask: ask };

  // A map without alarms, made known as the live one is.
  carebell.board = function (map) {
    carebell.prepare(map);
    carebell.map = { leaflet: map };
    map.getContainer().dispatchEvent(new CustomEvent("carebell:map", { bubbles: true }));
  };

  var frame = document.getElementById("map-tools");
  if (!frame) { return; }
  var PAN_PX = 80, tools = {}, current = null, isArmed = false, map = null, drawn = null, waiting = [], opener = null;
  var bar = frame.querySelector(".map-toolbar"), sign = frame.querySelector(".map-sign"), side = frame.querySelector(".map-side");
  var hint = sign.querySelector("[data-hint]"), undoButton = sign.querySelector("[data-undo]"), told = frame.querySelector("[data-told]");
  Object.assign(carebell.words, JSON.parse(document.getElementById("map-words").textContent));

  function isNarrow() { return window.matchMedia("(max-width: 560px)").matches; }

  function buttonOf(name) { return bar.querySelector('[data-tool="' + name + '"]'); }

  function panelOf(name) { return side.querySelector('[data-tool-panel="' + name + '"]'); }

  function start(name, options) {
    if (!map || !tools[name]) { return; }
    if (current === name) { if (tools[name].again) { tools[name].again(options || {}); } return; }
    if (current) { stop(); }
    opener = document.activeElement;
    current = name;
    frame.dataset.on = name;
    bar.querySelectorAll("[data-tool]").forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.tool === name)); });
    side.hidden = false;
    side.querySelectorAll("[data-tool-panel]").forEach(function (panel) { panel.hidden = panel.dataset.toolPanel !== name; });
    side.querySelector("[data-side-title]").textContent = buttonOf(name).textContent.trim();
    side.setAttribute("aria-label", buttonOf(name).textContent.trim());
    drawn = L.layerGroup().addTo(map);
    tools[name].start(options || {});
  }

  function stop() {
    if (!current) { return; }
    var was = current;
    arm(null);
    current = null;
    delete frame.dataset.on;
    if (tools[was].stop) { tools[was].stop(); }
    drawn.remove();
    drawn = null;
    side.hidden = true;
    buttonOf(was).setAttribute("aria-pressed", "false");
    say("");
    if (opener && opener.isConnected && frame.contains(document.activeElement)) { opener.focus({ preventScroll: true }); }
    if (document.activeElement === document.body) { buttonOf(was).focus({ preventScroll: true }); }
  }

  // From here on clicks on the map are the tool's; `text` says what they do. Null gives the map back.
  function arm(text, canUndo) {
    isArmed = Boolean(text);
    sign.hidden = !isArmed;
    hint.textContent = text || "";
    undoButton.hidden = !canUndo;
    frame.parentElement.classList.toggle("is-armed", isArmed);
    frame.parentElement.dataset.armed = isArmed ? buttonOf(current).textContent.trim() : "";
    if (isArmed) { sign.querySelector("[data-sign-name]").textContent = buttonOf(current).textContent.trim(); }
  }

  function say(text) { if (told.textContent !== text) { told.textContent = text; } }

  function placeOf(latlng) { var at = latlng.wrap(); return { lat: at.lat, lon: at.lng }; }

  function point(latlng, event) {
    tools[current].point(placeOf(latlng), event);
  }

  function onClick(happened) { if (isArmed && tools[current].point) { point(happened.latlng, happened); } }

  // Under the middle of what the open side leaves free, where the cross is drawn for who has no mouse.
  function middle() { return map.getCenter(); }

  var KEYS = {
    ArrowUp: function () { map.panBy([0, -PAN_PX], { animate: false }); },
    ArrowDown: function () { map.panBy([0, PAN_PX], { animate: false }); },
    ArrowLeft: function () { map.panBy([-PAN_PX, 0], { animate: false }); },
    ArrowRight: function () { map.panBy([PAN_PX, 0], { animate: false }); },
    "+": function () { map.zoomIn(1, { animate: false }); },
    "-": function () { map.zoomOut(1, { animate: false }); },
    Enter: function () { if (tools[current].point) { point(middle()); } },
    " ": function () { if (tools[current].point) { point(middle()); } },
    Backspace: function () { if (tools[current].undo) { tools[current].undo(); } }
  };

  // Before the desk's own keys: while a tool is on, Escape and what is pressed on the map belong to it.
  function onKey(happened) {
    if (!current || happened.ctrlKey || happened.metaKey || happened.altKey || document.querySelector("dialog[open]")) { return; }
    if (happened.key === "Escape") {
      if (frame.parentElement.contains(happened.target) || happened.target === document.body || isArmed) { taken(happened); if (!(tools[current].back && tools[current].back())) { stop(); } }
      return;
    }
    var deed = isArmed && happened.target === map.getContainer() && KEYS[happened.key];
    if (deed) { taken(happened); deed(); }
  }

  function taken(happened) { happened.preventDefault(); happened.stopImmediatePropagation(); }

  function typing(on) { return on.matches("input, textarea, select, [contenteditable]"); }

  // Who switched the desk's letters off has switched this one off too.
  function lettersAreOn() { try { return localStorage.getItem("carebell.keys") !== "off"; } catch (refused) { return true; } }

  function onShortcut(happened) {
    if (!lettersAreOn() || happened.isComposing || happened.key !== "t" || happened.ctrlKey || happened.metaKey || happened.altKey || typing(happened.target)) { return; }
    if (document.querySelector("dialog[open]") || !bar.offsetParent) { return; }
    happened.preventDefault();
    (bar.querySelector('[aria-pressed="true"]') || bar.querySelector("[data-tool]")).focus();
  }

  // One stop of the Tab key for the whole bar, arrows within it, as people who use no mouse know tool bars.
  function onBarKey(happened) {
    var step = { ArrowRight: 1, ArrowLeft: -1 }[happened.key], all = Array.from(bar.querySelectorAll("[data-tool]"));
    if (!step) { if (/^Arrow/.test(happened.key)) { happened.stopPropagation(); } return; }
    taken(happened);
    var next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    all.forEach(function (button) { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  }

  function ready() {
    map = carebell.map.leaflet;
    var calm = document.createElement("div");
    calm.className = "map-cross";
    calm.setAttribute("aria-hidden", "true");
    map.getContainer().parentElement.appendChild(calm);
    map.on("click", onClick);
    map.on("contextmenu", function (happened) {
      if (current && current !== "nearby") { return; }
      start("nearby", { at: happened.latlng });
    });
    frame.hidden = false;
    waiting.splice(0).forEach(function (run) { run(map); });
  }

  Object.assign(carebell.tools, {
    add: function (name, tool) { tools[name] = tool; if (buttonOf(name)) { buttonOf(name).hidden = false; } },
    start: start, stop: stop, arm: arm, say: say, panel: panelOf,
    on: function () { return current; },
    isArmed: function () { return isArmed; },
    layer: function () { return drawn; },
    isNarrow: isNarrow,
    map: function () { return map; },
    ready: function (run) { if (map) { run(map); } else { waiting.push(run); } },
    at: function (place) { return L.latLng(place.lat, place.lon); },
    place: placeOf,
    middle: function () { return placeOf(middle()); },
    // The chosen alarm's place; null where none is chosen or nothing is known of it.
    alarm: function () {
      var shown = document.querySelector("#panel [data-alarm-lat]");
      return shown ? { lat: +shown.dataset.alarmLat, lon: +shown.dataset.alarmLon } : null;
    },
    look: function (places) {
      if (!places.length) { return; }
      var isBeside = !side.hidden && !isNarrow(), below = side.hidden || isBeside ? 64 : side.getBoundingClientRect().height + 24;
      map.fitBounds(L.latLngBounds(places), { paddingTopLeft: [isBeside ? 384 : 40, 72], paddingBottomRight: [40, below], maxZoom: 17, animate: false });
    },
    metres: function (length) {
      if (length < 1000) { return Math.round(length) + " m"; }
      return (length / 1000).toFixed(length < 10000 ? 2 : 1) + " km";
    }
  });

  bar.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-tool]");
    if (!button) { return; }
    if (current === button.dataset.tool) { stop(); } else { start(button.dataset.tool); }
  });
  bar.addEventListener("keydown", onBarKey);
  frame.addEventListener("click", function (happened) { if (happened.target.closest("[data-tool-end]")) { stop(); } });
  undoButton.addEventListener("click", function () { if (current && tools[current].undo) { tools[current].undo(); } });
  window.addEventListener("keydown", onKey, true);
  document.addEventListener("keydown", onShortcut);
  document.addEventListener("carebell:map", ready);
  if (carebell.map) { ready(); }
})();
