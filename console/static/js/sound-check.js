"use strict";

// The volume check: play the tone, say whether it was heard; the answer is kept, so that the leader knows.
(function () {
  var card = document.getElementById("sound-check"), offer = document.getElementById("sound-offer"), LATER = "carebell.checkLater";
  if (!card) { return; }
  var answer = card.querySelector("[data-step=answer]"), help = card.querySelector("[data-step=help]"), last = document.getElementById("sound-last");

  function part(name) { return card.querySelector("[data-step=" + name + "]"); }
  function open() { answer.hidden = help.hidden = true; part("kept").textContent = ""; told(); card.showModal(); }
  function close() { card.close(); }
  function later() { offer.hidden = true; try { sessionStorage.setItem(LATER, "1"); } catch (refused) { /* It is offered again, then. */ } }

  function play() {
    carebell.voice.wake();
    setTimeout(function () {
      answer.hidden = false;
      help.hidden = true;
      part("kept").textContent = carebell.sound("waiting", 0.5) ? "" : carebell.say(carebell.muted() ? "check.muted" : carebell.voice.runs() ? "check.again" : "sound.lost");
    }, 150);
  }

  function keep(wasHeard) {
    fetch("/api/v1/sound-checks", { method: "POST", credentials: "same-origin", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ was_heard: wasHeard }) })
      .then(function (got) {
        if (!got.ok) { throw new Error(String(got.status)); }
        if (offer) { offer.hidden = true; }
        part("kept").textContent = carebell.say(wasHeard ? "check.heard" : "check.deaf");
        help.hidden = wasHeard;
        answer.hidden = true;
        if (wasHeard) { close(); carebell.toast(carebell.say("check.heard")); }
      }).catch(function () { part("kept").textContent = carebell.say("offline"); });
  }

  function told() {
    fetch("/api/v1/sound-checks/mine", { credentials: "same-origin" }).then(function (got) { return got.ok ? got.json() : null; }).then(function (mine) {
      last.textContent = mine ? carebell.say(mine.was_heard ? "check.lastHeard" : "check.lastDeaf", { at: carebell.wall(Date.parse(mine.checked_at)).slice(0, 5) }) : carebell.say("check.never");
    }, function () {});
  }

  card.querySelector("[data-play]").addEventListener("click", play);
  card.querySelectorAll("[data-heard]").forEach(function (button) { button.addEventListener("click", function () { keep(button.dataset.heard === "yes"); }); });
  card.querySelector("[data-close]").addEventListener("click", close);
  document.querySelectorAll("[data-check]").forEach(function (button) { button.addEventListener("click", open); });
  if (offer) {
    offer.querySelector("[data-later]").addEventListener("click", later);
    try { if (sessionStorage.getItem(LATER)) { offer.hidden = true; } } catch (refused) { /* Offered, then. */ }
  }
})();
