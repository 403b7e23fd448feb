"use strict";

// Brings a fragment up to date part by part: what did not change stays, what is being typed or open stays too.
var carebell = window.carebell = window.carebell || {};

(function () {
  function kept(part) {
    var fields = {}, open = {};
    part.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (!field.name || field.type === "hidden") { return; }
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.checked !== field.defaultChecked && field.checked) { fields[field.name + "=" + field.value] = true; }
      } else if (field.tagName === "SELECT" ? field === document.activeElement : field.value !== field.defaultValue) {
        fields[field.name] = field.value;
      }
    });
    part.querySelectorAll("details[id]").forEach(function (fold) { open[fold.id] = fold.open; });
    return { fields: fields, open: open, focus: focusOf(part) };
  }

  function focusOf(part) {
    var active = document.activeElement;
    if (!active || !part.contains(active)) { return null; }
    var all = Array.prototype.slice.call(part.querySelectorAll("a, button, summary, input, textarea, select"));
    return { name: active.name, tag: active.tagName, place: all.indexOf(active), from: active.selectionStart, to: active.selectionEnd };
  }

  function restore(part, state) {
    part.querySelectorAll("details[id]").forEach(function (fold) { if (fold.id in state.open) { fold.open = state.open[fold.id]; } });
    part.querySelectorAll("input, textarea, select").forEach(function (field) {
      if (field.type === "radio" || field.type === "checkbox") {
        if (state.fields[field.name + "=" + field.value]) { field.checked = true; }
      } else if (field.name in state.fields) { field.value = state.fields[field.name]; }
    });
    if (!state.focus) { return; }
    var all = part.querySelectorAll("a, button, summary, input, textarea, select"), found = all[state.focus.place];
    if (!found || found.tagName !== state.focus.tag || found.name !== state.focus.name) { return; }
    found.focus({ preventScroll: true });
    if (state.focus.from !== null && found.setSelectionRange && /^(text|search|)$/.test(found.getAttribute("type") || "")) {
      found.setSelectionRange(state.focus.from, state.focus.to);
    }
  }

  function source(part) { return part.carebellSource || part.outerHTML; }

  carebell.fragment = function (html) {
    var fresh = document.createElement("template");
    fresh.innerHTML = html;
    return fresh.content;
  };

  // `frame` holds the parts; `fresh` is the same fragment as it now is. Gives the elements that are new.
  carebell.bring = function (frame, fresh, keep) {
    var before = frame.querySelectorAll("[data-part]"), after = fresh.querySelectorAll("[data-part]"), changed = [];
    function names(parts) { return Array.prototype.map.call(parts, function (p) { return p.dataset.part; }).join(" "); }
    if (!keep || names(before) !== names(after)) {
      var state = keep ? kept(frame) : null;
      after.forEach(function (part) { part.carebellSource = part.outerHTML; });
      frame.replaceChildren(fresh);
      if (state) { restore(frame, state); }
      carebell.tick(frame);
      return Array.from(frame.children);
    }
    var root = frame.firstElementChild, freshRoot = fresh.firstElementChild;
    Array.prototype.forEach.call(freshRoot.attributes, function (a) { if (root.getAttribute(a.name) !== a.value) { root.setAttribute(a.name, a.value); } });
    after.forEach(function (part, index) {
      var old = before[index], text = part.outerHTML;
      if (source(old) === text) { return; }
      var was = kept(old);
      part.carebellSource = text;
      old.replaceWith(part);
      restore(part, was);
      carebell.tick(part);
      changed.push(part);
    });
    return changed;
  };

  carebell.remember = function (frame) {
    frame.querySelectorAll("[data-part]").forEach(function (part) { part.carebellSource = part.outerHTML; });
  };

  carebell.toast = function (text, action, seconds) {
    var toast = document.createElement("div");
    toast.className = "toast";
    var said = document.createElement("span");
    said.textContent = text;
    toast.appendChild(said);
    if (action) {
      var button = document.createElement("button");
      button.textContent = action.text;
      button.addEventListener("click", function () { toast.remove(); action.run(); });
      toast.appendChild(button);
    }
    document.getElementById("toasts").appendChild(toast);
    setTimeout(function () { toast.remove(); }, (seconds || 6) * 1000);
  };
})();
