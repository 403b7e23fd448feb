"use strict";

// Every action by key, as the one list of the page says; nothing while somebody types, composes or a dialog is open.
(function () {
  var STORE = "carebell.keys", WIDE = { "？": "?", "／": "/", "、": "/", "　": " " };
  var list = document.getElementById("key-list"), card = document.getElementById("keys");
  if (!list) { return; }
  var actionOf = JSON.parse(list.textContent), panel = document.getElementById("panel"), queue = carebell.queue, acts = carebell.acts;

  function press(query) {
    var button = document.querySelector(query);
    if (button && !button.disabled) { button.click(); }
    return Boolean(button);
  }
  function go(query) {
    var place = document.querySelector(query);
    if (!place) { return; }
    place.scrollIntoView({ block: "nearest" });
    place.focus({ preventScroll: true });
  }
  function isOpen(id) { return Boolean(panel.querySelector("#" + id + "[open]")); }
  function step(by) {
    if (carebell.areas && carebell.areas.isShown()) { carebell.areas.step(by); } else if (queue) { queue.step(by); }
  }

  function digit(n) {
    var options = panel.querySelectorAll("#act-close[open] [name=disposition]");
    if (options.length) {
      if (options[n - 1]) { options[n - 1].checked = true; options[n - 1].focus(); }
      return;
    }
    var rung = panel.querySelectorAll(".rung")[n - 1];
    if (rung && rung.querySelector('form[data-act="call"] button')) { rung.querySelector('form[data-act="call"] button').click(); }
  }

  // Through the panes in turn; on a narrow screen that also shows them.
  function pane() {
    var all = Array.from(document.querySelectorAll(".pane")), at = all.findIndex(function (one) { return one.contains(document.activeElement); });
    var next = all[(at + 1) % all.length], name = next.className.replace(/.*pane-(\w+).*/, "$1");
    if (carebell.tab && !next.offsetParent) { carebell.tab(name); }
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }

  function back(on) {
    var open = panel.querySelector("details.act[open]") || document.querySelector(".area-form details[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); } else if (isTyping(on)) { on.blur(); }
  }

  var deeds = {
    takeNext: function () { if (queue) { acts.takeNext(); } },
    primary: function () { acts.primary(); },
    next: function () { step(1); },
    previous: function () { step(-1); },
    claim: function () { press('#panel form[data-act="claim"] button'); },
    release: function () { press('#panel form[data-act="release"] button'); },
    accept: function () { acts.unfold("a"); },
    arrived: function () { press('#panel form[data-act="arrived"] button'); },
    close: function () { acts.unfold("c"); },
    note: function () { go("#note-text"); },
    digit: digit,
    handOver: function () { acts.unfold("h"); },
    askLeader: function () { acts.unfold("l"); },
    nearby: function () { var part = document.getElementById("part-nearby"); if (part) { part.tabIndex = -1; go("#part-nearby"); } },
    sheet: function () { press('#panel a[href$="/map"]'); },
    pane: pane,
    areas: function () { if (carebell.view) { carebell.view(carebell.viewed() === "areas" ? "all" : "areas", true); } },
    mine: function () { if (carebell.view) { carebell.view(carebell.viewed() === "mine" ? "all" : "mine", true); } },
    more: function () { press("#queue-more:not([hidden])"); },
    undo: function () { press(".toasts .toast:last-child button"); },
    mute: function () { press("#mute"); },
    theme: function () { press("[data-theme-form] button"); },
    card: function () { if (card) { card.showModal(); } },
    back: back
  };

  // -- when a key is a key ----------------------------------------------------------------------------------------------

  function isTyping(on) { return on.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]"); }

  // An input method may send full-width marks, or hide the letter of a key that nobody is composing with.
  function nameOf(happened) {
    var key = happened.key;
    if (key === "Process" && /^Key[A-Z]$/.test(happened.code)) { key = happened.code.slice(3); }
    return WIDE[key] || (key.length === 1 ? key.toLowerCase() : key);
  }

  function areOn() { try { return localStorage.getItem(STORE) !== "off"; } catch (refused) { return true; } }

  function isTheControls(name, on) {
    if (on.matches("input[type=radio], input[type=checkbox]")) { return name === " " || name === "Enter" || name.indexOf("Arrow") === 0; }
    if (!on.matches("button, a, summary")) { return false; }
    if (name === " ") { return !on.matches(".line-link"); }
    return name === "Enter" && !on.matches('.line-link[aria-current="true"]');
  }

  document.addEventListener("keydown", function (happened) {
    var on = happened.target, name = nameOf(happened), action = actionOf[name];
    if (!action || happened.isComposing || happened.ctrlKey || happened.metaKey || happened.altKey || happened.defaultPrevented) { return; }
    if (document.querySelector("dialog[open]")) { return; }
    if (action === "back") { deeds.back(on); return; }
    if (isTyping(on) || isTheControls(name, on) || (happened.repeat && name.indexOf("Arrow") !== 0)) { return; }
    if (name.length === 1 && name !== " " && !areOn()) { return; }
    if ((action === "next" || action === "previous") && isOpen("act-close")) { return; }
    happened.preventDefault();
    deeds[action](action === "digit" ? +name : on);
  });

  carebell.keys = { actions: function () { return Object.keys(deeds); } };

  var button = document.getElementById("keys-button"), choice = document.getElementById("keys-on");
  if (button) { button.addEventListener("click", function () { card.showModal(); }); }
  if (choice) {
    choice.checked = areOn();
    choice.addEventListener("change", function () { try { localStorage.setItem(STORE, choice.checked ? "on" : "off"); } catch (refused) { choice.checked = true; } });
  }
})();
