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

  document.body.addEventListener("htmx:afterRequest", function (happened) {
    if (happened.detail.xhr.status !== 422 || happened.detail.requestConfig.elt.dataset.act !== "close") { return; }
    var open = panel.querySelector(".is-refused input");
    if (open) { open.focus(); open.scrollIntoView({ block: "center" }); }
  });
})();
