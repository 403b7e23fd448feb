"use strict";

// Every action by key; nothing while somebody types or a dialog is open.
(function () {
  var panel = document.getElementById("panel"), queue = carebell.queue, acts = carebell.acts;

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
      a: function () { acts.unfold("a"); }, c: function () { acts.unfold("c"); }, h: function () { acts.unfold("h"); }, l: function () { acts.unfold("l"); }, m: function () { if (document.getElementById("mute")) { carebell.mute(); } },
      ArrowDown: queue && !closing ? function () { queue.step(1); } : null, ArrowUp: queue && !closing ? function () { queue.step(-1); } : null,
      " ": queue && (!onControl || on.matches(".line-link")) ? acts.takeNext : null,
      Enter: !onControl || on.matches('.line-link[aria-current="true"]') ? acts.primary : null }[happened.key];
    if (deed && !(on.type === "radio" && happened.key.indexOf("Arrow") === 0)) { happened.preventDefault(); deed(); }
  });

  var button = document.getElementById("keys-button");
  if (button) { button.addEventListener("click", function () { document.getElementById("keys").showModal(); }); }
})();
