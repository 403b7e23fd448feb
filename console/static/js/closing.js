"use strict";

// The alarm's sheet of closing: one key for the usual case, and after a refusal the cursor where something is missing.
(function () {
  var panel = document.getElementById("panel");

  // `words` are name=value pairs of radio buttons.
  function fill(form, words) {
    words.split(" ").forEach(function (pair) {
      var parts = pair.split("="), field = form.querySelector('[name="' + parts[0] + '"][value="' + parts[1] + '"]');
      if (field) { field.checked = true; }
    });
  }

  panel.addEventListener("click", function (happened) {
    var button = happened.target.closest("[data-fill]");
    if (button) { fill(button.form, button.dataset.fill); }
  });

  document.addEventListener("keydown", function (happened) {
    var on = happened.target, typing = on.matches("input:not([type=radio]), textarea, select");
    if (typing || happened.ctrlKey || happened.metaKey || happened.altKey || document.querySelector("dialog[open]")) { return; }
    var quick = happened.key === "0" && panel.querySelector("#act-close[open] [data-fill]");
    if (quick) { happened.preventDefault(); quick.click(); }
  });

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

  document.body.addEventListener("htmx:afterRequest", function (happened) {
    if (happened.detail.requestConfig.elt.dataset.act !== "close") { return; }
    faults = {};
    if (happened.detail.xhr.status !== 422) { return; }
    panel.querySelectorAll("#act-close .fault").forEach(function (told) { faults[told.id.replace("fault-", "")] = told.textContent; });
    var open = panel.querySelector(".is-refused input");
    if (open) { open.focus(); open.scrollIntoView({ block: "center" }); }
  });
})();
