"use strict";
(function () {
  var about = JSON.parse(document.getElementById("about").textContent), words = about.words, SHOWN = 50, LOCK_MS = 900000;
  var head = document.getElementById("head"), main = document.getElementById("main"), elders = [], mark = null, found = [];

  function say(key, members) {
    return (words[key] || key).replace(/%\((\w+)\)s/g, function (whole, name) { return members && name in members ? members[name] : whole; });
  }
  function make(tag, text, name) {
    var made = document.createElement(tag);
    if (text) { made.textContent = text; }
    if (name) { made.className = name; }
    return made;
  }
  function add(parent) { for (var n = 1; n < arguments.length; n++) { if (arguments[n]) { parent.appendChild(arguments[n]); } } return parent; }

  // -- how old ------------------------------------------------------------------------------------------------------

  function age() {
    var days = Math.floor((Date.now() - Date.parse(about.made_at)) / 86400000);
    return days < 1 ? say("today") : days === 1 ? say("day") : say("days", { n: days });
  }
  function title() {
    head.textContent = "";
    var isOld = Date.now() - Date.parse(about.made_at) > 7 * 86400000;
    add(head, make("h1", say("title")), make("p", say("made", { at: about.made_text }) + " · " + age(), isOld ? "old" : "soft"));
    if (mark) { add(head, make("p", sentence(), "soft")); }
  }
  function sentence() { return say("mark", { by: mark.made_by, at: mark.made_text, why: mark.reason, area: mark.area || say("everywhere"), n: mark.elders }); }

  // -- opening ------------------------------------------------------------------------------------------------------

  function bytes(text) {
    var raw = atob(text), out = new Uint8Array(raw.length);
    for (var n = 0; n < raw.length; n++) { out[n] = raw.charCodeAt(n); }
    return out;
  }
  function nonce(number) { var made = new Uint8Array(12); new DataView(made.buffer).setUint32(8, number); return made; }
  function unpacked(packed) {
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }
  function keyOf(passphrase) {
    return crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]).then(function (raw) {
      var how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(about.salt), iterations: about.rounds };
      return crypto.subtle.deriveKey(how, raw, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    });
  }
  function decrypted(key, number, box, end) {
    var bound = new TextEncoder().encode(about.format + ":" + number + ":" + end);
    return crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce(number), additionalData: bound }, key, bytes(box.textContent));
  }
  // The first box tells a wrong passphrase from a file that was cut behind it.
  function unsealed(key, number, box, isLast) {
    return decrypted(key, number, box, isLast ? "last" : "more").catch(function () {
      if (number > 0) { throw new Error("broken"); }
      return decrypted(key, number, box, isLast ? "more" : "last").then(function () { throw new Error("broken"); }, function () { throw new Error("wrong"); });
    });
  }
  function open(passphrase, told) {
    var boxes = Array.prototype.slice.call(document.querySelectorAll("script.box"));
    return keyOf(passphrase).then(function (key) {
      return boxes.reduce(function (before, box, number) {
        return before.then(function () {
          told.textContent = say("opening", { n: Math.round(100 * number / boxes.length) });
          return unsealed(key, number, box, number === boxes.length - 1);
        }).then(unpacked).then(function (content) {
          if (content.mark) { mark = content.mark; }
          elders = elders.concat(content.elders || []);
        });
      }, Promise.resolve());
    }).then(function () { if (!mark) { throw new Error("broken"); } });
  }

  function ask() {
    title();
    main.textContent = "";
    var form = make("form"), label = make("label", say("passphrase")), field = make("input"), button = make("button", say("open")), told = make("p", "", "told");
    field.type = "password";
    field.id = "passphrase";
    field.autocomplete = "off";
    field.required = true;
    told.setAttribute("role", "alert");
    add(label, field);
    add(form, label, button);
    add(main, make("p", say("sealed")), form, told);
    if (!window.crypto || !crypto.subtle || !window.DecompressionStream) { told.textContent = say("browser"); button.disabled = true; return; }
    form.addEventListener("submit", function (happened) {
      happened.preventDefault();
      button.disabled = true;
      told.className = "told";
      elders = []; mark = null;
      open(field.value, told).then(show, function (problem) {
        button.disabled = false;
        mark = null; elders = [];
        told.className = "told wrong";
        told.textContent = say(problem.message === "wrong" ? "wrong" : "broken");
        field.select();
      });
    });
    field.focus();
  }

  // -- the list -----------------------------------------------------------------------------------------------------

  function digits(text) { return text.replace(/\D/g, ""); }
  function textOf(elder) {
    return [elder.name, elder.called, elder.letters, elder.address, elder.area, elder.phone].concat((elder.contacts || []).map(function (one) { return one.name + " " + (one.phones || []).join(" "); })).join(" ").toLowerCase();
  }
  function matches(elder, wanted, area) {
    if (area && elder.area !== area) { return false; }
    return wanted.every(function (part) {
      var number = /^[\d\s+-]{3,}$/.test(part) && digits(part);
      return elder.text.indexOf(part) >= 0 || (number && digits(elder.text).indexOf(number) >= 0);
    });
  }
  // As it is dialled: a land line with the 0 of its area code, which +86 leaves out.
  function phone(number) {
    var own = number.replace(/^\+86/, "");
    if (/^1\d{10}$/.test(own)) { return own.slice(0, 3) + " " + own.slice(3, 7) + " " + own.slice(7); }
    return own !== number && /^(?!400|800)\d{10,11}$/.test(own) ? "0" + own : own;
  }
  function numbers(list, name) { var made = make("span"); (list || []).forEach(function (one, n) { add(made, document.createTextNode(n ? "、" : " "), make("span", phone(one), name)); }); return made; }
  function row(list, term, value) { if (value) { add(list, make("dt", term), add(make("dd"), typeof value === "string" ? document.createTextNode(value) : value)); } }
  function plain(value) { return Array.isArray(value) ? value.join("、") : value === true ? say("yes") : value === false ? say("no") : String(value); }

  function contact(one) {
    var made = make("li");
    var who = say("role." + one.role) + (one.relation && one.relation !== say("role." + one.role) ? " · " + one.relation : "");
    add(made, make("b", one.name), document.createTextNode(" " + who), numbers(one.phones, "num"), numbers(one.wrong, "wrong num"));
    if (one.has_key) { add(made, document.createTextNode(" "), make("b", "🔑 " + say("key"))); }
    var when = (one.hours || []).concat((one.away || []).map(function (text) { return say("away") + " " + text; })).join("；");
    if (when) { add(made, make("span", " " + when, "soft")); }
    return made;
  }
  function metres(n) { return n < 1000 ? n + " m" : (n / 1000).toFixed(1) + " km"; }

  function card(elder) {
    var made = make("section", "", "elder"), list = make("dl"), name = make("h2", elder.name);
    add(name, make("small", [elder.called, elder.sex && say("sex." + elder.sex), elder.age !== undefined && say("age", { n: elder.age }), elder.language && elder.language !== "zh-CN" && elder.language].filter(Boolean).join(" · ")));
    row(list, say("address"), [elder.address, elder.area].filter(Boolean).join(" · "));
    row(list, say("phone"), elder.phone && add(make("span"), make("span", phone(elder.phone), "num")));
    row(list, say("way_in"), elder.way_in && elder.way_in + (elder.way_in_on ? "（" + elder.way_in_on + "）" : ""));
    Object.keys(elder.health || {}).forEach(function (key) { row(list, say("health." + key), plain(elder.health[key])); });
    if (elder.contacts) { row(list, say("call"), add.apply(null, [make("ol")].concat(elder.contacts.map(contact)))); } else { row(list, say("call"), say("nobody")); }
    if (elder.help) {
      var near = make("span");
      elder.help.forEach(function (one, n) { add(near, document.createTextNode((n ? "；" : "") + one.name + " " + metres(one.metres)), numbers([one.phone], "num")); });
      row(list, say("help"), near);
    }
    return add(made, name, list);
  }

  function sheet(shown) {
    var table = make("table", "", "sheet"), body = make("tbody");
    add(table, add(make("thead"), add(make("tr"), make("td", sentence(), "mark"))), body);
    shown.forEach(function (elder) { add(body, add(make("tr"), add(make("td"), card(elder)))); });
    return table;
  }

  function show() {
    elders.forEach(function (elder) { elder.text = textOf(elder); });
    title();
    main.textContent = "";
    var tools = make("div", "", "tools"), label = make("label", say("search")), box = make("input"), places = make("label", say("area")), area = make("select"), told = make("p", "", "told soft"), out = make("div");
    box.type = "search";
    box.id = "search";
    var option = make("option", say("everywhere"));
    option.value = "";
    add(area, option);
    Object.keys(elders.reduce(function (all, one) { if (one.area) { all[one.area] = 1; } return all; }, {})).sort().forEach(function (one) { add(area, make("option", one)); });
    var print = make("button", say("print")), lock = make("button", say("lock"));
    told.setAttribute("role", "status");
    add(tools, add(label, box), add(places, area), print, lock);
    add(main, tools, told, out);
    function look() {
      var wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      found = elders.filter(function (elder) { return matches(elder, wanted, area.value); });
      told.textContent = say(found.length > SHOWN ? "first" : "found", { n: found.length, shown: SHOWN });
      out.textContent = "";
      add(out, sheet(found.slice(0, SHOWN)));
    }
    var waits = null;
    box.addEventListener("input", function () { clearTimeout(waits); waits = setTimeout(look, 120); });
    area.addEventListener("change", look);
    print.addEventListener("click", function () { window.print(); });
    // All that was found is printed, not only what the screen shows of it.
    window.onbeforeprint = function () { out.textContent = ""; add(out, sheet(found)); };
    window.onafterprint = look;
    lock.addEventListener("click", function () { location.reload(); });
    look();
    box.focus();
    rest();
  }

  // Whoever walks away leaves no open list behind.
  var timer = null;
  function rest() { clearTimeout(timer); timer = setTimeout(function () { location.reload(); }, LOCK_MS); }
  ["keydown", "pointerdown", "scroll"].forEach(function (name) { window.addEventListener(name, function () { if (mark) { rest(); } }, { passive: true }); });

  ask();
})();
