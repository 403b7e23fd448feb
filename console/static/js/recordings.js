"use strict";

// One player for the page: a panel that is brought up to date does not cut off what is being heard.
(function () {
  var bar = null, audio = null, caption = null, by = null;

  function build() {
    bar = document.createElement("div");
    bar.className = "recording-player";
    bar.setAttribute("role", "region");
    caption = document.createElement("span");
    caption.id = "recording-caption";
    bar.setAttribute("aria-labelledby", caption.id);
    audio = document.createElement("audio");
    audio.controls = true;
    var close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", carebell.say("closePlayer"));
    close.addEventListener("click", function () { stop(); if (by && by.isConnected) { by.focus(); } });
    audio.addEventListener("error", function () {
      if (audio.getAttribute("src")) { stop(); carebell.toast(carebell.say("noSound")); }
    });
    bar.append(caption, audio, close);
    document.body.appendChild(bar);
  }

  function stop() { audio.pause(); audio.removeAttribute("src"); audio.load(); bar.hidden = true; }

  document.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-play]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) { return; }
    event.preventDefault();
    if (!bar) { build(); }
    by = link;
    caption.textContent = link.dataset.caption;
    bar.hidden = false;
    audio.src = link.getAttribute("href");
    audio.play().catch(function () {});
  });
})();
