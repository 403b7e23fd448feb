"use strict";

// Places put right on the map: new help, help that stands elsewhere, an elder's home. Nothing is written before a button
// says what it will do, and what was written can be taken back for ten seconds.
(function () {
  if (!document.getElementById("map-tools") || !carebell.tools.panel("places")) { return; }
  var UNDO_S = 10, tools = carebell.tools, panel = tools.panel("places"), job = null, chosen = null;
  var intro = panel.querySelector("[data-places-intro]"), addForm = panel.querySelector("form[data-place-add]"), moveForm = panel.querySelector("form[data-place-put]");
  var wrong = panel.querySelector("[data-places-wrong]");

  function send(method, url, body, version) {
    var headers = { Accept: "application/json" };
    if (body) { headers["Content-Type"] = "application/json"; }
    if (version) { headers["If-Match"] = '"' + version + '"'; }
    return fetch(url, { method: method, credentials: "same-origin", headers: headers, body: body ? JSON.stringify(body) : undefined }).then(function (answer) {
      if (answer.status === 204) { return null; }
      return answer.json().then(function (told) {
        if (answer.ok) { return told; }
        var fault = (told.errors && told.errors[0] && told.errors[0].what) || told.detail || told.title;
        var problem = new Error(carebell.say(fault));
        problem.told = told;
        throw problem;
      });
    });
  }
  tools.send = send;

  function fail(problem) {
    wrong.textContent = carebell.say("failed", { why: problem.told ? problem.message : carebell.say("offline") });
    wrong.hidden = false;
    tools.say(wrong.textContent);
  }

  function show(name) {
    intro.hidden = name !== "intro";
    addForm.hidden = name !== "add";
    moveForm.hidden = name !== "move";
    wrong.hidden = true;
  }

  function rest() { job = null; chosen = null; tools.arm(null); if (tools.layer()) { tools.layer().clearLayers(); } show("intro"); }

  function draw() {
    var layer = tools.layer();
    layer.clearLayers();
    if (job.from) {
      var before = L.latLng(job.from.lat, job.from.lon);
      carebell.pin(before, "home", "", carebell.say("placeBefore")).addTo(layer);
      if (chosen) { L.polyline([before, [chosen.lat, chosen.lon]], { className: "map-route", interactive: false }).addTo(layer); }
    }
    if (chosen) { carebell.pin([chosen.lat, chosen.lon], "place", "", job.name || carebell.say("placeNew")).addTo(layer); }
  }

  function point(place) {
    chosen = place;
    draw();
    wrong.hidden = true;
    var sum = (job.what === "add" ? addForm : moveForm).querySelector("[data-place-sum]"), text;
    text = place.lat.toFixed(6) + ", " + place.lon.toFixed(6);
    if (job.from) { text = carebell.say("placeMoves", { far: tools.metres(carebell.geo.distanceM([job.from.lat, job.from.lon], [place.lat, place.lon])) }); }
    sum.textContent = text;
    tools.say(text);
    (job.what === "add" ? addForm : moveForm).querySelector("button[data-save]").disabled = false;
  }

  function begin(what) {
    job = what;
    chosen = null;
    show(what.what === "add" ? "add" : "move");
    var form = what.what === "add" ? addForm : moveForm;
    form.reset();
    form.querySelector("button[data-save]").disabled = true;
    form.querySelector("[data-place-sum]").textContent = carebell.say("placeClick");
    if (what.what !== "add") {
      form.querySelector("[data-place-name]").textContent = what.name;
      form.querySelector("[data-place-reason]").hidden = what.what !== "home";
      form.elements.reason.required = what.what === "home";
    }
    draw();
    tools.arm(carebell.say(what.what === "add" ? "placeAddHint" : "placeMoveHint", { name: what.name }));
    carebell.map.leaflet.getContainer().focus({ preventScroll: true });
  }

  function undoable(text, run) {
    carebell.toast(text, { text: carebell.say("mapUndo"), run: function () {
      run().then(function () { carebell.toast(carebell.say("mapUndone")); }, function (problem) { carebell.toast(carebell.say("failed", { why: problem.message })); });
    } }, UNDO_S);
  }

  function add() {
    var said = new FormData(addForm), body = { kind: said.get("kind"), name: said.get("name").trim(), lat: chosen.lat, lon: chosen.lon };
    ["phone", "address"].forEach(function (name) { if (said.get(name).trim()) { body[name] = said.get(name).trim(); } });
    return send("POST", "/api/v1/resources", body).then(function (made) {
      undoable(carebell.say("placeAdded", { name: made.name }), function () { return send("DELETE", "/api/v1/resources/" + made.id, null, made.version); });
    });
  }

  function move() {
    var url = "/api/v1/resources/" + job.id, was = job;
    return send("GET", url).then(function (before) {
      return send("PATCH", url, { lat: chosen.lat, lon: chosen.lon }, before.version).then(function (after) {
        undoable(carebell.say("placeMoved", { name: was.name }), function () { return send("PATCH", url, { lat: before.given.lat, lon: before.given.lon, crs: before.given.crs }, after.version); });
      });
    });
  }

  function home() {
    var url = "/api/v1/elders/" + job.id + "/home", was = job, reason = moveForm.elements.reason.value.trim();
    return send("GET", url).then(function (before) {
      return send("PUT", url, { lat: chosen.lat, lon: chosen.lon, reason: reason }, before.version).then(function (after) {
        undoable(carebell.say("placeMoved", { name: was.name }), function () {
          return send("PUT", url, { lat: before.lat, lon: before.lon, reason: carebell.say("mapUndoReason") }, after.version);
        });
      });
    });
  }

  function submit(happened) {
    happened.preventDefault();
    if (!chosen) { return; }
    var form = happened.target, button = form.querySelector("button[data-save]");
    button.disabled = true;
    ({ add: add, move: move, home: home })[job.what]().then(rest, function (problem) { button.disabled = false; fail(problem); });
  }

  addForm.addEventListener("submit", submit);
  moveForm.addEventListener("submit", submit);
  panel.addEventListener("click", function (happened) {
    if (happened.target.closest("[data-place-new]")) { begin({ what: "add" }); }
    if (happened.target.closest("[data-place-cancel]")) { rest(); }
  });
  document.addEventListener("click", function (happened) {
    var item = happened.target.closest("[data-nearby-item], [data-found]");
    if (!item || !happened.target.closest("[data-place-move], [data-home-move]")) { return; }
    var what = happened.target.closest("[data-home-move]") ? "home" : "move";
    var from = item.dataset.lat && item.dataset.exact !== "area" ? { lat: +item.dataset.lat, lon: +item.dataset.lon } : null;
    tools.start("places", { job: { what: what, id: item.dataset.resource || item.dataset.id, name: item.dataset.name, from: from } });
  });
  tools.add("places", {
    start: function (options) { if (options.job) { begin(options.job); } else { rest(); panel.querySelector("[data-place-new]").focus(); } },
    again: function (options) { if (options.job) { begin(options.job); } },
    point: point,
    back: function () { if (!job) { return false; } rest(); return true; },
    stop: function () { job = null; chosen = null; }
  });
})();
