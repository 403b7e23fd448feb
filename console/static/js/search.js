"use strict";

// The search box: answers while somebody types, the last question wins; / comes here, ↑ ↓ choose, Enter opens, Esc closes.
(function () {
  var WAIT_MS = 150, SLOW_MS = 300;
  var form = document.querySelector("form[data-find]");
  if (!form) { return; }
  var box = form.querySelector("input"), list = form.querySelector(".find-found");
  var waits = null, asked = null, shownFor = null;

  function options() { return Array.prototype.slice.call(list.querySelectorAll("[role=option]")); }
  function at() { return options().findIndex(function (one) { return one.getAttribute("aria-selected") === "true"; }); }

  function show(isShown) {
    list.hidden = !isShown;
    box.setAttribute("aria-expanded", String(isShown));
    if (!isShown) { choose(-1); }
  }

  function choose(index) {
    options().forEach(function (one, place) { one.setAttribute("aria-selected", String(place === index)); });
    var chosen = options()[index];
    if (chosen) { box.setAttribute("aria-activedescendant", chosen.id); chosen.scrollIntoView({ block: "nearest" }); } else { box.removeAttribute("aria-activedescendant"); }
  }

  function ask() {
    var words = box.value;
    if (asked) { asked.abort(); }
    if (words === shownFor) { show(true); return; }
    var mine = asked = new AbortController();
    var slow = setTimeout(function () { form.classList.add("is-slow"); }, SLOW_MS);
    fetch("/registry/search", { method: "POST", body: new URLSearchParams({ q: words }), signal: mine.signal, credentials: "same-origin" })
      .then(function (answer) { if (!answer.ok || answer.redirected) { throw new Error(String(answer.status)); } return answer.text(); })
      .then(function (html) {
        if (mine !== asked) { return; }
        var fresh = document.createElement("template");
        fresh.innerHTML = html;
        list.replaceChildren(fresh.content);
        shownFor = words;
        show(document.activeElement === box);
      })
      .catch(function () { if (mine === asked) { show(false); } })
      .finally(function () { clearTimeout(slow); if (mine === asked) { form.classList.remove("is-slow"); } });
  }

  box.addEventListener("input", function () { clearTimeout(waits); waits = setTimeout(ask, WAIT_MS); });
  box.addEventListener("focus", ask);
  form.addEventListener("focusout", function (event) { if (!form.contains(event.relatedTarget)) { show(false); } });
  list.addEventListener("pointerdown", function (event) { event.preventDefault(); });  // The box keeps the focus, the click still opens.

  box.addEventListener("keydown", function (event) {
    if (event.isComposing) { return; }  // Enter and the arrows belong to the Chinese input method until it is done.
    var all = options(), place = at();
    if (event.key === "Escape") {
      if (list.hidden) { box.blur(); } else { show(false); }
    } else if (event.key === "ArrowDown" && all.length) {
      show(true); choose(Math.min(all.length - 1, place + 1));
    } else if (event.key === "ArrowUp" && all.length) {
      choose(Math.max(-1, place - 1));
    } else if (event.key === "Enter" && (place >= 0 || (all.length === 1 && shownFor === box.value))) {
      all[Math.max(0, place)].click();
    } else { return; }
    event.preventDefault();
    event.stopPropagation();
  });

  document.addEventListener("keydown", function (event) {
    var typing = event.target.closest && event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) { return; }
    if (document.querySelector("[data-search], dialog[open]")) { return; }  // A list's own box is nearer.
    event.preventDefault();
    box.focus();
    box.select();
  });
})();
