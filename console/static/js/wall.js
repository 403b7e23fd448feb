"use strict";

// The wall asks again every few seconds; when no answer comes it says so across the top.
(function () {
  var STALE_MS = 15000, heard = Date.now(), since = new Date(), bar = document.getElementById("stale");
  document.body.addEventListener("htmx:afterRequest", function (happened) {
    var status = happened.detail.xhr.status;
    if (status === 401) { location.href = "/sign-in?next=/wall"; return; }
    if (happened.detail.successful) { heard = Date.now(); since = new Date(); }
  });
  document.body.addEventListener("htmx:afterSwap", function (happened) { if (carebell.tick) { carebell.tick(happened.target); } });
  setInterval(function () {
    var isStale = Date.now() - heard > STALE_MS;
    bar.hidden = !isStale;
    document.body.classList.toggle("is-stale", isStale);
    if (isStale) { bar.textContent = carebell.say("stale", { at: since.toTimeString().slice(0, 8) }); }
  }, 1000);
})();
