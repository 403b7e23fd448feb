"use strict";

// The alarm's page: one key for the usual closing, what was refused stays marked, phrases by key, links looked for.
(function () {
  var panel = document.getElementById("panel");

  // `words` are name=value pairs of radio buttons.
  function fill(form, words) {
    words.split(" ").forEach(function (pair) {
      var parts = pair.split("="), field = form.querySelector('[name="' + parts[0] + '"][value="' + parts[1] + '"]');
      if (field) { field.checked = true; }
    });
  }

  function phrase(text) {
    var note = document.getElementById("note-text"), before = note.value.replace(/\s+$/, "");
    note.value = before ? before + " " + text : text;
    note.focus();
  }

  function copy(button) {
    navigator.clipboard.writeText(button.dataset.copy).then(function () { carebell.toast(carebell.say("copied", { what: button.dataset.copy })); },
      function () { carebell.toast(carebell.say("notCopied", { what: button.dataset.copy })); });
  }

  panel.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-fill], [data-phrase], [data-copy]");
    if (!button) { return; }
    if (button.dataset.fill) { fill(button.form, button.dataset.fill); }
    if (button.dataset.phrase) { phrase(button.dataset.phrase); }
    if (button.dataset.copy) { copy(button); }
  });

  // -- other alarms, while their number or name is being written

  var waits = null;
  function find(field) {
    var words = field.value.trim(), place = field.closest("details").querySelector("[data-found]");
    if (!words) { place.replaceChildren(); return; }
    carebell.ask(field.dataset.find + "?q=" + encodeURIComponent(words)).then(function (answer) {
      if (!answer.ok || field.value.trim() !== words) { return; }
      place.replaceChildren(carebell.fragment(answer.text));
      htmx.process(place);
      carebell.tick(place);
    }, function () { carebell.toast(carebell.say("offline")); });
  }
  panel.addEventListener("input", function (happened) {
    var field = happened.target.closest("[data-find]");
    if (!field) { return; }
    clearTimeout(waits);
    waits = setTimeout(function () { find(field); }, 250);
  });
  panel.addEventListener("submit", function (happened) {
    var field = happened.target.querySelector("[data-find]");
    if (field) { happened.preventDefault(); find(field); }
  });

  // Keys of one letter can be switched off on the card of keys.
  function areOn() { try { return localStorage.getItem("carebell.keys") !== "off"; } catch (refused) { return true; } }

  document.addEventListener("keydown", function (happened) {
    if (!areOn()) { return; }
    var on = happened.target, typing = on.matches("input:not([type=radio]), textarea, select");
    if (typing || happened.ctrlKey || happened.metaKey || happened.altKey || happened.isComposing || document.querySelector("dialog[open]")) { return; }
    var quick = happened.key === "0" && panel.querySelector("#act-close[open] [data-fill]");
    if (quick) { happened.preventDefault(); quick.click(); return; }
    var phrases = panel.querySelector("[data-phrases]");
    if (!phrases || panel.querySelector("#act-close[open]")) { return; }
    if (happened.key.toLowerCase() === "f") { happened.preventDefault(); phrases.open = true; phrases.querySelector("button").focus(); phrases.scrollIntoView({ block: "nearest" }); return; }
    var chosen = phrases.open && phrases.contains(on) && phrases.querySelectorAll("[data-phrase]")[happened.key - 1];
    if (chosen) { happened.preventDefault(); chosen.click(); }
  }, true);  // Before the desk's own keys: a digit among the phrases calls nobody.

  // What was refused stays marked until it is answered: the next event brings the panel without the marks.
  var faults = {};

  function mark() {
    Object.keys(faults).forEach(function (item) {
      var field = panel.querySelector('#act-close [name="' + item + '"]'), set = field && field.closest("fieldset");
      if (!set || panel.querySelector("#fault-" + item)) { return; }
      var told = document.createElement("p");
      told.className = "fault";
      told.id = "fault-" + item;
      told.textContent = faults[item];
      set.classList.add("is-refused");
      set.insertBefore(told, set.querySelector("div"));
    });
  }

  panel.addEventListener("change", function (happened) {
    var set = happened.target.closest("fieldset.is-refused"), told = set && set.querySelector(".fault");
    if (!told || happened.target.matches("[data-waive]")) { return; }
    delete faults[told.id.replace("fault-", "")];
    told.remove();
    set.classList.remove("is-refused");
  });
  document.addEventListener("carebell:panel", function (happened) { if (happened.detail.isOther) { faults = {}; } mark(); });

  document.addEventListener("carebell:acted", function (happened) {
    if (happened.detail.act !== "close") { return; }
    faults = {};
    if (happened.detail.status !== 422) { return; }
    panel.querySelectorAll("#act-close .fault").forEach(function (told) { faults[told.id.replace("fault-", "")] = told.textContent; });
    var open = panel.querySelector(".is-refused input");
    if (open) { open.focus(); open.scrollIntoView({ block: "center" }); }
  });
})();
