"use strict";

// The chosen alarm: fetched anew when it changes, swapped in part by part.
(function () {
  var panel = document.getElementById("panel"), isDesk = document.getElementById("queue") !== null, wanted = null;

  function article() { return panel.querySelector("[data-alarm]"); }
  function panelId() { var shown = article(); return shown ? shown.dataset.alarm : null; }

  // `wanted` is what was chosen last: no event about the alarm that is still shown changes it.
  var fetchPanel = carebell.oneAtATime(function () {
    var id = wanted;
    if (!id) { return Promise.resolve(); }
    return carebell.ask("/alarms/" + id).then(function (answer) {
      if (answer.ok) { show(answer.text); } else { stay(id); }
    }, function () { stay(id); });
  });

  // The buttons belong to what is shown, so what could not be shown is no longer called chosen.
  function stay(id) {
    if (id !== wanted || id === panelId()) { return; }
    wanted = panelId();
    carebell.toast(carebell.say("notShown"));
    carebell.tell("panel", { id: wanted, isOther: false });
  }

  // An answer that is older than what is shown, or about another alarm than the one chosen since, changes nothing.
  function swap(fresh) {
    var before = article(), next = fresh.querySelector("[data-alarm]");
    if (!next || (wanted && next.dataset.alarm !== wanted)) { return []; }
    var same = before !== null && next.dataset.alarm === before.dataset.alarm, refused = fresh.querySelector(".problem");
    if (same && !refused && +next.dataset.version < +before.dataset.version) { return []; }
    var changed = carebell.bring(panel, fresh, same);
    if (!same && panel.parentElement) { panel.parentElement.scrollTop = 0; }
    carebell.tell("panel", { id: panelId(), isOther: !same });
    return changed;
  }

  function show(html) { swap(carebell.fragment(html)).forEach(function (part) { htmx.process(part); }); }

  function choose(id, options) {
    if (!isDesk) { return; }
    wanted = id;
    if (!options || !options.keepAddress) { history.replaceState(null, "", "/?alarm=" + id); }
    carebell.tell("chosen", { id: id });
    fetchPanel();
  }

  // `id` is the alarm shown, `chosen` the one that is shown as soon as it is here.
  carebell.panel = { article: article, id: panelId, chosen: function () { return wanted; }, choose: choose, show: show };

  var soonPanel = carebell.soon(fetchPanel);
  document.addEventListener("carebell:changed", function (happened) { if (happened.detail.alarm.id === wanted) { soonPanel(); } });
  document.addEventListener("carebell:alarm", function (happened) { choose(happened.detail.id); });
  carebell.remember(panel);
  wanted = panelId();
})();
