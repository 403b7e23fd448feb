"use strict";

// The chosen alarm: fetched anew when it changes, swapped in part by part.
(function () {
  var panel = document.getElementById("panel"), isDesk = document.getElementById("queue") !== null, asked = null;

  function article() { return panel.querySelector("[data-alarm]"); }
  function panelId() { var shown = article(); return shown ? shown.dataset.alarm : null; }

  var fetchPanel = carebell.oneAtATime(function () {
    var id = asked;
    if (!id) { return Promise.resolve(); }
    return carebell.ask("/alarms/" + id).then(function (answer) {
      if (answer.ok) { show(answer.text); }
    });
  });

  // An answer that is older than what is shown, or about another alarm than the one chosen since, changes nothing.
  carebell.swap = function (frame, fresh) {
    var before = article(), next = fresh.querySelector("[data-alarm]");
    if (!next || (asked && next.dataset.alarm !== asked)) { return []; }
    var same = before !== null && next.dataset.alarm === before.dataset.alarm, refused = fresh.querySelector(".problem");
    if (same && !refused && +next.dataset.version < +before.dataset.version) { return []; }
    var changed = carebell.bring(panel, fresh, same);
    if (!same && panel.parentElement) { panel.parentElement.scrollTop = 0; }
    carebell.tell("panel", { id: panelId(), isOther: !same });
    return changed;
  };

  function show(html) { carebell.swap(panel, carebell.fragment(html)).forEach(function (part) { htmx.process(part); }); }

  function choose(id, options) {
    asked = id;
    if (!isDesk) { return; }
    if (!options || !options.keepAddress) { history.replaceState(null, "", "/?alarm=" + id); }
    carebell.tell("chosen", { id: id });
    fetchPanel();
  }

  var soonPanel = carebell.soon(fetchPanel);
  function refresh() { asked = panelId(); soonPanel(); }

  carebell.panel = { article: article, id: panelId, choose: choose, show: show, refresh: refresh };

  document.addEventListener("carebell:changed", function (happened) { if (happened.detail.alarm.id === panelId()) { refresh(); } });
  document.addEventListener("carebell:alarm", function (happened) { choose(happened.detail.id); });
  carebell.remember(panel);
  asked = panelId();
})();
