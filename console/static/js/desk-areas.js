"use strict";

// Mass events: the open alarms by area, and one word for many of them. Fetched every two seconds, or less often while that takes long.
(function () {
  var REST_MS = 2000, UNDO_S = 10;
  var frame = document.getElementById("areas"), result = document.getElementById("areas-result"), offer = document.getElementById("many-bar");
  if (!frame) { return; }
  var many = +frame.dataset.many, by = "community", opened = null, took = 0, isShown = false, isInside = false, isByHand = false, waits = null;

  // -- showing ----------------------------------------------------------------------------------------------------------

  var look = carebell.oneAtATime(function () {
    var query = "/desk/areas?by=" + by + (opened === null ? "" : "&area=" + encodeURIComponent(opened));
    var began = Date.now();
    return carebell.ask(query).then(function (answer) {
      took = Date.now() - began;
      if (!answer.ok) { throw new Error("areas"); }
      if (!isShown) { return; }
      carebell.bring(frame, carebell.fragment(answer.text), true);
      label();
    }).catch(function () { setTimeout(function () { if (isShown) { look(); } }, REST_MS); });
  });

  // Nothing moves under the pointer or the keyboard's focus: it is brought up to date when they have gone.
  function soon() {
    if (waits !== null || !isShown) { return; }
    waits = setTimeout(function () {
      waits = null;
      if (isInside || frame.contains(document.activeElement)) { soon(); } else { look(); }
    }, Math.max(REST_MS, 10 * took));
  }

  carebell.areas = {
    show: function () { isShown = true; frame.hidden = false; offer.hidden = true; look(); },
    hide: function () { isShown = false; frame.hidden = true; },
    isShown: function () { return isShown; },
    step: function (by) {
      var all = Array.from(frame.querySelectorAll(".area-head, .area-line a")), at = all.indexOf(document.activeElement);
      var next = all[Math.max(0, Math.min(all.length - 1, at + by))];
      if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
    }
  };

  // With many unclaimed the board groups by itself, once, unless somebody is at work in the queue; then it offers to.
  function offerWhenMany(counts) {
    if (isShown || isByHand || counts.unclaimed < many) { offer.hidden = true; return; }
    if (document.getElementById("queue").matches(":hover, :focus-within")) {
      document.getElementById("many-count").textContent = counts.unclaimed;
      offer.hidden = false;
    } else { carebell.view("areas"); }
  }

  document.addEventListener("carebell:counts", function (happened) { offerWhenMany(happened.detail); });
  document.addEventListener("carebell:view", function (happened) { if (happened.detail.isByHand) { isByHand = true; offer.hidden = true; } });
  document.addEventListener("carebell:changed", soon);
  frame.addEventListener("pointerenter", function () { isInside = true; });
  frame.addEventListener("pointerleave", function () { isInside = false; });

  // -- choosing ---------------------------------------------------------------------------------------------------------

  function ticked() { return frame.querySelectorAll("[name=id]:checked").length; }

  function label() {
    var count = ticked();
    frame.querySelectorAll("[data-all]").forEach(function (place) {
      place.textContent = count ? place.dataset.some.replace("%(n)s", count) : place.dataset.all;
    });
  }

  frame.addEventListener("change", label);
  frame.addEventListener("click", function (happened) {
    var head = happened.target.closest("[data-area]"), level = happened.target.closest("[data-by]"), line = happened.target.closest(".area-line a");
    if (head) { opened = opened === head.dataset.area ? null : head.dataset.area; look(); }
    if (level) { by = level.dataset.by; opened = null; look(); }
    if (line && !happened.ctrlKey && !happened.metaKey && !happened.shiftKey) { happened.preventDefault(); carebell.panel.choose(line.dataset.id); }
  });

  // -- doing ------------------------------------------------------------------------------------------------------------

  frame.addEventListener("keydown", function (happened) {
    if (happened.key === "Enter" && happened.target.matches("[name=who]")) { happened.preventDefault(); }  // Only its own button answers for all.
  });
  frame.addEventListener("submit", function (happened) {
    happened.preventDefault();
    var form = happened.target, button = happened.submitter, said = new FormData(form, button);
    var need = { note: "[name=note]", accept: "[name=who]" }[button.value], field = need ? form.querySelector(need) : null;
    if (field && !field.value.trim()) { field.focus(); carebell.toast(carebell.say("sayFirst")); return; }
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    post(said).then(function () { button.disabled = false; button.removeAttribute("aria-busy"); });
  });

  function post(said) {
    return carebell.ask("/desk/many", { method: "POST", body: new URLSearchParams(said) }).then(function (answer) {
      if (!answer.ok) { throw new Error("many"); }
      tell(carebell.fragment(answer.text));
      frame.querySelectorAll("[name=id]:checked").forEach(function (box) { box.checked = false; });
      frame.querySelectorAll("[name=note], [name=who]").forEach(function (field) { field.value = ""; });
      frame.querySelectorAll("details[open]").forEach(function (fold) { fold.open = false; });
      look();
    }).catch(function () { carebell.toast(carebell.say("offline")); });
  }

  function tell(fresh) {
    var told = fresh.querySelector(".many-result"), ids = told.dataset.ids ? told.dataset.ids.split(" ") : [];
    result.replaceChildren(fresh);
    if (ids.length) {
      carebell.toast(carebell.say("takenMany", { n: ids.length }), { text: carebell.say("undo"), run: function () {
        var back = new URLSearchParams({ action: "release" });
        ids.forEach(function (id) { back.append("id", id); });
        post(back);
      } }, UNDO_S);
    }
  }

  result.addEventListener("click", function (happened) { if (happened.target.closest("[data-dismiss]")) { result.replaceChildren(); } });
  document.getElementById("many-show").addEventListener("click", function () { carebell.view("areas"); });
})();
