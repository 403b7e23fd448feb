"use strict";

// The desk: one event stream; it tells which alarms changed, and their lines and the chosen panel are fetched anew.
(function () {
  var STALE_MS = 3000, SILENT_MS = 5000, LINES_AT_ONCE = 50, UNDO_S = 10;
  var main = document.querySelector("main"), queue = document.getElementById("queue"), panel = document.getElementById("panel");
  var stale = document.getElementById("stale"), known = {}, seen = main.dataset.seen || null;

  // -- asking the centre ------------------------------------------------------------------------------------------------

  function ask(url, options) {
    return fetch(url, Object.assign({ credentials: "same-origin", headers: { "HX-Request": "true", Accept: "text/html" } }, options))
      .then(function (answer) {
        if (answer.status === 401) { location.href = "/sign-in?next=" + encodeURIComponent(location.pathname + location.search); }
        return answer.text().then(function (text) { return { ok: answer.ok, status: answer.status, text: text }; });
      });
  }

  // One request at a time; what is asked for meanwhile is asked for once more afterwards, so the last change always shows.
  function oneAtATime(run) {
    var busy = false, again = false;
    return function turn() {
      if (busy) { again = true; return; }
      busy = true;
      run().catch(function () {}).then(function () { busy = false; if (again) { again = false; turn(); } });
    };
  }

  // -- the queue --------------------------------------------------------------------------------------------------------

  var wanted = new Set(), isInside = false, newAbove = 0;
  var badge = document.getElementById("new-above");

  function lines() { return Array.prototype.slice.call(queue ? queue.children : []); }
  function lineOf(id) { return document.getElementById("line-" + id); }

  var fetchLines = oneAtATime(function () {
    var ids = Array.from(wanted).slice(0, LINES_AT_ONCE);
    ids.forEach(function (id) { wanted.delete(id); });
    if (!ids.length) { return Promise.resolve(); }
    return ask("/desk/lines?" + ids.map(function (id) { return "id=" + encodeURIComponent(id); }).join("&")).then(function (answer) {
      if (!answer.ok) { ids.forEach(function (id) { wanted.add(id); }); throw new Error("lines"); }
      var fresh = document.createElement("template"), found = {};
      fresh.innerHTML = answer.text;
      Array.from(fresh.content.querySelectorAll(".line")).forEach(function (line) { found[line.dataset.id] = line; });
      ids.forEach(function (id) { put(id, found[id]); });
      settle();
      if (wanted.size) { fetchLines(); }
    }, function (problem) { ids.forEach(function (id) { wanted.add(id); }); throw problem; });
  });

  function put(id, line) {
    var old = lineOf(id), focused = old && old.contains(document.activeElement);
    if (!line) { if (old) { keepPlace(function () { old.remove(); }); } return; }
    if (old && +old.dataset.version > +line.dataset.version) { return; }
    carebell.tick(line);
    if (old) {
      line.dataset.waits = old.dataset.waits || "0";
      old.replaceWith(line);
    } else {
      line.classList.add("is-new");
      if (isInside) { newAbove += 1; }
    }
    // Nothing moves under the pointer: while it is in the queue only new lines find their place.
    if (!old || !isInside) { keepPlace(function () { place(line); }); }
    if (focused) { line.querySelector("a").focus({ preventScroll: true }); }
  }

  function place(line) {
    var after = lines().find(function (other) { return other !== line && other.dataset.need > line.dataset.need; });
    if (line.parentNode !== queue || line.nextElementSibling !== (after || null)) { queue.insertBefore(line, after || null); }
  }

  function keepPlace(change) {
    if (!isInside) { change(); return; }
    var anchor = queue.querySelector(".line:hover") || queue.querySelector(".is-chosen"), top = anchor && anchor.getBoundingClientRect().top;
    change();
    if (anchor && anchor.isConnected) { queue.scrollTop += anchor.getBoundingClientRect().top - top; }
  }

  function sort() { lines().sort(function (a, b) { return a.dataset.need < b.dataset.need ? -1 : 1; }).forEach(function (line) { queue.appendChild(line); }); }

  function settle() {
    var all = lines(), chosen = panelId(), now = carebell.now(), oldest = null, unclaimed = 0;
    all.forEach(function (line, index) {
      line.classList.toggle("is-first", index === 0);
      line.classList.toggle("is-chosen", line.dataset.id === chosen);
      var link = line.querySelector("a");
      if (line.dataset.id === chosen) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
      if (line.dataset.look === "unclaimed") { unclaimed += 1; }
      var at = Date.parse(line.dataset.received);
      if (oldest === null || at < oldest) { oldest = at; }
    });
    document.getElementById("queue-empty").hidden = all.length > 0;
    badge.hidden = newAbove === 0 || queue.scrollTop < 4;
    badge.textContent = carebell.say("newAbove", { n: newAbove });
    count("open", carebell.say("open", { n: all.length }));
    count("unclaimed", unclaimed ? carebell.say("unclaimed", { n: unclaimed }) : "", unclaimed > 0);
    count("oldest", oldest === null ? "" : carebell.say("oldest", { at: carebell.length((now - oldest) / 1000) }));
    title(unclaimed);
  }

  function count(name, text, isSome) {
    var shown = document.querySelector('[data-count="' + name + '"]');
    if (shown.textContent !== text) { shown.textContent = text; }
    shown.classList.toggle("is-some", Boolean(isSome));
  }

  var plainTitle = document.title;
  function title(unclaimed) { var text = (unclaimed ? "▲ " + unclaimed + " · " : "") + plainTitle; if (document.title !== text) { document.title = text; } }

  // -- the panel --------------------------------------------------------------------------------------------------------

  function article() { return panel.querySelector("[data-alarm]"); }
  function panelId() { var shown = article(); return shown ? shown.dataset.alarm : null; }

  var asked = null;
  var fetchPanel = oneAtATime(function () {
    var id = asked;
    if (!id) { return Promise.resolve(); }
    return ask("/alarms/" + id).then(function (answer) {
      if (answer.ok) { show(answer.text); }
    });
  });

  // An answer that is older than what is shown, or about another alarm than the one chosen since, changes nothing.
  carebell.swap = function (frame, fresh) {
    var before = article(), next = fresh.querySelector("[data-alarm]");
    if (!next || (asked && next.dataset.alarm !== asked)) { return []; }
    var same = before !== null && next.dataset.alarm === before.dataset.alarm, refused = fresh.querySelector(".problem");
    if (same && !refused && +next.dataset.version < +before.dataset.version) { return []; }
    var changed = carebell.bring(panel, fresh, same);
    if (!same && panel.parentElement) { panel.parentElement.scrollTop = 0; }
    if (queue) { settle(); }
    mark();
    if (!same && carebell.map) { showChosen(); }
    return changed;
  };

  function show(html) { carebell.swap(panel, carebell.fragment(html)).forEach(function (part) { htmx.process(part); }); }

  function choose(id, options) {
    asked = id;
    if (!queue) { return; }
    if (!options || !options.keepAddress) { history.replaceState(null, "", "/?alarm=" + id); }
    lines().forEach(function (line) { line.classList.toggle("is-chosen", line.dataset.id === id); });
    tab("panel");
    fetchPanel();
  }

  function showChosen() {
    var told = article() && article().dataset.places ? JSON.parse(article().dataset.places) : null;
    if (!told) { carebell.map.show(panelId()); return; }
    var seen = [told.here].concat(told.help.map(function (one) { return one.place; }), told.home ? [told.home] : []);
    carebell.map.leaflet.fitBounds(seen, { padding: [64, 64], maxZoom: 16, animate: false });
  }

  function tab(name) {
    main.dataset.tab = name;
    document.querySelectorAll(".tabs button").forEach(function (button) { button.setAttribute("aria-pressed", String(button.dataset.tab === name)); });
    if (name === "map" && carebell.map) { carebell.map.leaflet.invalidateSize({ animate: false }); }
  }

  // -- buttons ----------------------------------------------------------------------------------------------------------

  panel.addEventListener("htmx:beforeRequest", function (happened) {
    var button = happened.target.querySelector("button:not([type=button])");
    if (!button) { return; }
    button.disabled = true;
    button.waits = setTimeout(function () { button.setAttribute("aria-busy", "true"); }, 300);
  });
  panel.addEventListener("htmx:beforeSwap", function (happened) {
    var form = happened.target.closest("form") || happened.detail.requestConfig.elt;
    if (happened.detail.xhr.status >= 400 || !form) { return; }
    // Done: what was typed must not come back with the new panel.
    form.reset();
    var fold = form.closest("details.act");
    if (fold) { fold.open = false; }
  });
  document.body.addEventListener("htmx:afterRequest", function (happened) {
    var form = happened.detail.requestConfig.elt, status = happened.detail.xhr.status, id = panelId();
    var button = form.querySelector("button:not([type=button])");
    if (button) { clearTimeout(button.waits); button.disabled = false; button.removeAttribute("aria-busy"); }
    if (status === 401) { location.reload(); return; }
    if (status === 0 || status >= 500) { carebell.toast(carebell.say("offline")); return; }
    if (happened.detail.successful && form.dataset.act === "claim") { offerUndo(id); }
    if (queue && id) { wanted.add(id); fetchLines(); }
  });

  function offerUndo(id) {
    var number = article() ? article().querySelector(".panel-number").textContent : "";
    carebell.toast(carebell.say("taken", { n: number }), { text: carebell.say("undo"), run: function () {
      ask("/alarms/" + id + "/release", { method: "POST", body: new URLSearchParams() }).then(function (answer) { show(answer.text); });
    } }, UNDO_S);
  }

  function primary() {
    var button = panel.querySelector("button[data-primary], summary[data-primary]");
    if (!button) { return; }
    button.click();
    var fold = button.closest("details");
    if (fold && fold.open) { first(fold); }
  }

  function first(fold) { var field = fold.querySelector("input:checked, input, textarea"); if (field) { field.focus(); } }

  function unfold(key) {
    var fold = panel.querySelector('details[data-key="' + key + '"]');
    if (fold) { fold.open = true; first(fold); fold.scrollIntoView({ block: "nearest" }); }
  }

  function takeNext() {
    var line = lines().find(function (one) { return one.dataset.look === "unclaimed" && !one.dataset.test; });
    if (!line) { carebell.toast(carebell.say("noneWaiting")); return; }
    var id = line.dataset.id;
    choose(id);
    ask("/alarms/" + id + "/claim", { method: "POST", body: new URLSearchParams() }).then(function (answer) {
      show(answer.text);
      if (answer.ok && panelId() === id) { offerUndo(id); }
    }, function () { carebell.toast(carebell.say("offline")); });
  }

  function step(by) {
    var all = lines(), at = all.findIndex(function (line) { return line.dataset.id === panelId(); });
    var next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    if (next) { choose(next.dataset.id); next.querySelector("a").focus(); next.scrollIntoView({ block: "nearest" }); }
  }

  document.addEventListener("keydown", function (happened) {
    var on = happened.target, typing = on.matches("input:not([type=radio]), textarea, select");
    if (happened.ctrlKey || happened.metaKey || happened.altKey || document.querySelector("dialog[open]")) { return; }
    if (happened.key === "Escape") {
      var open = panel.querySelector("details.act[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); } else if (typing) { on.blur(); }
      return;
    }
    if (typing) { return; }
    var closing = panel.querySelector("#act-close[open]"), onControl = on.matches("button, a, summary, input");
    if (closing && /^[1-6]$/.test(happened.key)) {
      var option = closing.querySelectorAll("[name=disposition]")[happened.key - 1];
      if (option) { option.checked = true; option.focus(); happened.preventDefault(); }
      return;
    }
    var deed = { "?": function () { var card = document.getElementById("keys"); if (card) { card.showModal(); } },
      n: function () { var note = document.getElementById("note-text"); if (note) { note.focus(); note.scrollIntoView({ block: "nearest" }); } },
      a: function () { unfold("a"); }, c: function () { unfold("c"); }, m: function () { if (document.getElementById("mute")) { carebell.mute(); } },
      ArrowDown: queue && !closing ? function () { step(1); } : null, ArrowUp: queue && !closing ? function () { step(-1); } : null,
      " ": queue && (!onControl || on.matches(".line-link")) ? takeNext : null,
      Enter: !onControl || on.matches('.line-link[aria-current="true"]') ? primary : null }[happened.key];
    if (deed && !(on.type === "radio" && happened.key.indexOf("Arrow") === 0)) { happened.preventDefault(); deed(); }
  });

  // -- what needs to be heard -------------------------------------------------------------------------------------------

  var heard = {};
  function listen(isStart) {
    var now = carebell.now(), tone = null, volume = 0;
    lines().forEach(function (line) {
      var id = line.dataset.id, age = (now - Date.parse(line.dataset.received)) / 1000;
      if (line.dataset.test) { return; }
      if (line.dataset.look === "unclaimed") {
        var due = 1 + Math.floor(age / 30);
        if ((heard[id] || 0) < due) {
          if (heard[id] || !isStart || age > 30) { tone = heard[id] || age > 30 ? "waiting" : "fresh"; volume = Math.max(volume, Math.min(0.9, 0.25 + due * 0.08)); }
          heard[id] = due;
        }
      } else if (line.dataset.late && heard[id] !== "late") {
        heard[id] = "late"; tone = tone || "late"; volume = Math.max(volume, 0.5);
      }
    });
    if (tone) { carebell.sound(tone, volume); }
  }

  // -- the stream -------------------------------------------------------------------------------------------------------

  var stream = null, lastHeard = Date.now(), goneSince = null, retry = 500;

  function alive() {
    lastHeard = Date.now();
    goneSince = null;
    retry = 500;
    if (!stale.hidden) { stale.hidden = true; document.body.classList.remove("is-stale"); if (carebell.map) { carebell.map.refresh(); } }
  }

  function watch() {
    var silent = Date.now() - lastHeard;
    if (silent > SILENT_MS && goneSince === null) { goneSince = lastHeard; }
    if (goneSince !== null && Date.now() - goneSince > STALE_MS && stale.hidden) {
      stale.textContent = carebell.say("stale", { at: carebell.wall(carebell.now() - (Date.now() - goneSince)) });
      stale.hidden = false;
      document.body.classList.add("is-stale");
    }
    if (silent > SILENT_MS * 2) { lastHeard = Date.now() - SILENT_MS - 1; connect(); }
  }

  function connect() {
    if (stream) { stream.close(); }
    stream = new EventSource("/api/v1/events" + (seen === null ? "" : "?last_event_id=" + seen));
    var mine = stream;
    stream.addEventListener("hello", function (happened) { carebell.setNow(JSON.parse(happened.data).now); if (happened.lastEventId && seen === null) { seen = happened.lastEventId; } alive(); });
    stream.addEventListener("heartbeat", function (happened) { carebell.setNow(JSON.parse(happened.data).now); alive(); });
    stream.addEventListener("alarm", function (happened) { seen = happened.lastEventId || seen; alive(); changed(JSON.parse(happened.data)); });
    stream.onerror = function () {
      if (goneSince === null) { goneSince = Date.now(); }
      if (mine.readyState !== EventSource.CLOSED || mine !== stream) { return; }
      // Refused, not interrupted: the browser gives up on this one for good.
      setTimeout(function () { if (mine === stream) { ask("/desk/lines?id=none").catch(function () {}); connect(); } }, retry);
      retry = Math.min(retry * 2, 5000);
    };
  }

  function changed(told) {
    var alarm = told.alarm;
    if (!alarm) { return; }
    known[alarm.id] = alarm;
    if (queue) { wanted.add(alarm.id); soonLines(); pin(alarm); }
    if (alarm.id === panelId()) { asked = alarm.id; soonPanel(); }
  }

  function soon(run) { var waits = null; return function () { if (waits === null) { waits = setTimeout(function () { waits = null; run(); }, 25); } }; }
  var soonLines = soon(fetchLines), soonPanel = soon(fetchPanel);

  // -- the map ----------------------------------------------------------------------------------------------------------

  function pin(alarm) {
    if (!carebell.map) { return; }
    if (alarm.state === "closed" || !alarm.place) { carebell.map.dropAlarm(alarm.id); return; }
    var name = (alarm.elder && alarm.elder.name) || alarm.device.uid;
    carebell.map.pushAlarm({ type: "Feature", id: alarm.id, geometry: { type: "Point", coordinates: [alarm.place.lon, alarm.place.lat] },
      properties: { id: alarm.id, state: alarm.look, text: name, label: name + ", " + carebell.say("look." + alarm.look), selected: alarm.id === panelId() } });
    mark();
  }

  // The chosen alarm's ring, its circle of accuracy, its home, and the help near it with the way there.
  var around = null, aroundIs = "";
  function mark() {
    document.querySelectorAll(".cb-pin.is-chosen").forEach(function (old) { old.classList.remove("is-chosen"); });
    if (!carebell.map) { return; }
    var id = panelId();
    if (id) {
      carebell.map.leaflet.eachLayer(function (layer) {
        var element = layer.feature && layer.feature.properties.id === id && layer.getElement && layer.getElement();
        if (element && element.firstElementChild) { element.firstElementChild.classList.add("is-chosen"); }
      });
    }
    drawAround(id ? article().dataset.places || "" : "");
  }

  function drawAround(text) {
    if (text === aroundIs) { return; }
    aroundIs = text;
    if (around) { around.remove(); around = null; }
    var told = text ? JSON.parse(text) : null;
    if (!told) { return; }
    around = L.layerGroup();
    if (told.accuracy_m) { L.circle(told.here, { radius: told.accuracy_m, className: "cb-circle", interactive: false }).addTo(around); }
    if (told.home) {
      L.polyline([told.here, told.home], { className: "cb-way", interactive: false }).addTo(around);
      carebell.pin(told.home, "home").addTo(around);
    }
    told.help.forEach(function (one, index) {
      L.polyline([told.here, one.place], { className: "cb-way", interactive: false }).addTo(around);
      carebell.pin(one.place, "help", String(index + 1), one.text).addTo(around);
    });
    around.addTo(carebell.map.leaflet);
  }

  // The pins arrive a moment after the map; with an alarm chosen its place comes first.
  function lookAround(tries) {
    if (document.querySelector(".leaflet-marker-icon[aria-label]")) {
      if (panelId()) { showChosen(); } else { carebell.map.showAll(); }
      mark();
    } else if (tries > 0) { setTimeout(function () { lookAround(tries - 1); }, 100); }
  }

  document.addEventListener("carebell:map", function () { lookAround(50); });
  document.addEventListener("carebell:alarm", function (happened) { choose(happened.detail.id); });

  // -- begin ------------------------------------------------------------------------------------------------------------

  carebell.remember(panel);
  asked = panelId();
  if (queue) {
    queue.addEventListener("click", function (happened) {
      var line = happened.target.closest(".line");
      if (!line || happened.ctrlKey || happened.metaKey || happened.shiftKey) { return; }
      happened.preventDefault();
      choose(line.dataset.id);
    });
    queue.addEventListener("pointerenter", function () { isInside = true; });
    queue.addEventListener("pointerleave", function () { isInside = false; newAbove = 0; sort(); settle(); });
    document.querySelectorAll(".tabs button").forEach(function (button) { button.addEventListener("click", function () { tab(button.dataset.tab); }); });
    document.getElementById("keys-button").addEventListener("click", function () { document.getElementById("keys").showModal(); });
    document.getElementById("map-all").addEventListener("click", function () { if (carebell.map) { carebell.map.showAll(); } });
    tab(main.dataset.tab);
    settle();
    listen(true);
    setInterval(function () { settle(); listen(false); }, 1000);
  }
  setInterval(watch, 500);
  connect();
  window.addEventListener("pagehide", function () { if (stream) { stream.close(); } });
  window.addEventListener("pageshow", function (happened) { if (happened.persisted) { connect(); } });
})();
