"use strict";

// What is being typed about an alarm outlives a reload, a session that ran out, and a look at another alarm. It stays in
// this tab, for this user, and goes when it was sent.
(function () {
  var KEY = "carebell.typed", MOST = 20, panel = document.getElementById("panel"), box = document.getElementById("for-me");
  var me = box.dataset.me;

  function read() {
    try {
      var kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
      return kept && kept.user === me ? kept.alarms : {};
    } catch (problem) { return {}; }
  }

  function write(alarms) {
    var ids = Object.keys(alarms).slice(-MOST), left = {};
    ids.forEach(function (id) { if (Object.keys(alarms[id]).length) { left[id] = alarms[id]; } });
    try {
      if (Object.keys(left).length) { sessionStorage.setItem(KEY, JSON.stringify({ user: me, alarms: left })); } else { sessionStorage.removeItem(KEY); }
    } catch (problem) { /* A full or forbidden storage: the page itself still holds what was typed. */ }
  }

  function nameOf(field) {
    var form = field.closest("form");
    return form && form.dataset.act && field.name ? form.dataset.act + "." + field.name : null;
  }

  function isText(field) { return field.tagName === "TEXTAREA" || (field.tagName === "INPUT" && /^(text|search|)$/.test(field.getAttribute("type") || "")); }

  panel.addEventListener("input", function (happened) {
    var field = happened.target, name = isText(field) ? nameOf(field) : null, id = carebell.panel.id();
    if (!name || !id) { return; }
    var alarms = read(), mine = alarms[id] || {};
    if (field.value) { mine[name] = field.value; } else { delete mine[name]; }
    delete alarms[id];  // The latest is the last, and the oldest go first.
    alarms[id] = mine;
    write(alarms);
  });

  function restore() {
    var mine = read()[carebell.panel.id()] || {};
    panel.querySelectorAll("form[data-act] textarea, form[data-act] input").forEach(function (field) {
      var name = isText(field) ? nameOf(field) : null;
      if (!name || !(name in mine) || field.value) { return; }
      field.value = mine[name];
      var fold = field.closest("details.act");
      if (fold) { fold.open = true; }
    });
  }

  // Before the answer is shown: what was sent is not brought back.
  panel.addEventListener("htmx:beforeSwap", function (happened) {
    var form = happened.detail.requestConfig.elt;
    if (happened.detail.xhr.status >= 400 || !form.alarm || !form.dataset.act) { return; }
    var alarms = read(), id = form.alarm.id, mine = alarms[id] || {};
    Object.keys(mine).forEach(function (name) { if (name.indexOf(form.dataset.act + ".") === 0) { delete mine[name]; } });
    alarms[id] = mine;
    write(alarms);
  }, true);

  document.addEventListener("carebell:panel", function (happened) { if (happened.detail.isOther) { restore(); } });
  document.querySelectorAll('form[action="/sign-out"]').forEach(function (form) {
    form.addEventListener("submit", function () { sessionStorage.removeItem(KEY); });
  });
  restore();
})();
