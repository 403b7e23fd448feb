"use strict";

// Keyboard of the registry's pages: / find, n new, e change, j and k through the list, Enter open, Esc back.
(function () {
  var dirty = false;

  function typing(target) {
    return target.closest && target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  }

  function rows() { return Array.prototype.slice.call(document.querySelectorAll("tr[data-href]")); }

  function go(selector) {
    var found = document.querySelector(selector);
    if (found) { found.click(); }
    return Boolean(found);
  }

  function step(by) {
    var all = rows(), at = all.findIndex(function (row) { return row.classList.contains("is-at"); });
    if (!all.length) { return; }
    var next = Math.max(0, Math.min(all.length - 1, at + by));
    if (at >= 0) { all[at].classList.remove("is-at"); }
    all[next].classList.add("is-at");
    all[next].scrollIntoView({ block: "nearest" });
  }

  function open(row) {
    var link = row.querySelector("a[href]");
    if (link) { link.click(); } else { location.assign(row.dataset.href); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) { return; }
    if (typing(event.target)) {
      if (event.key === "Escape") { event.target.blur(); }
      return;
    }
    var at = document.querySelector("tr.is-at"), done = true;
    switch (event.key) {
      case "/":
        var box = document.querySelector("[data-search]");
        if (box) { box.focus(); box.select(); }
        done = Boolean(box);
        break;
      case "n": done = go("a[data-new]"); break;
      case "e": done = go("a[data-edit]"); break;
      case "j": step(1); break;
      case "k": step(-1); break;
      case "Enter":
        done = Boolean(at) && !event.target.closest("a, button, summary");
        if (done) { open(at); }
        break;
      case "Escape": done = go("a[data-back]"); break;
      default: done = false;
    }
    if (done) { event.preventDefault(); }
  });

  document.addEventListener("click", function (event) {
    var row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) { open(row); }
  });

  // The centre would refuse it in the middle of the sending, and a browser shows that as a broken connection.
  function isTooLarge(input) {
    var file = input.files[0], is = Boolean(file) && file.size > Number(input.dataset.mostMb) * 1048576;
    document.getElementById(input.getAttribute("aria-describedby")).hidden = !is;
    input.setAttribute("aria-invalid", String(is));
    return is;
  }
  document.addEventListener("change", function (event) { if (event.target.dataset.mostMb) { isTooLarge(event.target); } });
  document.addEventListener("submit", function (event) {
    var input = event.target.querySelector("[data-most-mb]");
    if (input && isTooLarge(input)) { event.preventDefault(); input.focus(); }
  });

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.addEventListener("click", function () { window.print(); });
  });

  document.addEventListener("input", function (event) {
    if (event.target.closest("form[data-guard]")) { dirty = true; }
  });
  document.addEventListener("submit", function (event) {
    dirty = false;
    var ask = event.target.dataset.ask;
    if (ask && !window.confirm(ask)) { event.preventDefault(); }
  });
  window.addEventListener("beforeunload", function (event) {
    if (dirty) { event.preventDefault(); }
  });

  document.querySelectorAll(".toast[data-lives]").forEach(function (toast) {
    setTimeout(function () { toast.remove(); }, Number(toast.dataset.lives) * 1000);
  });
  var wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) { wrong.focus(); }
})();
