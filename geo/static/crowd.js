"use strict";

// The alarms' pins as one layer. Few are all shown, with their names; many stand together where they are dense, so that
// five hundred are no heavier than a hundred. A group shows the look of the one that needs somebody most; what nobody
// has taken goes into a group only when so many wait that they would hide each other.
var carebell = window.carebell = window.carebell || {};

carebell.NEED = ["unclaimed", "calling", "accepted", "arrived", "follow_up", "closed", "silent"];

carebell.Crowd = L.Layer.extend({
  options: { most: 120, mostUnclaimed: 80, named: 40, cellPx: 52, apartZoom: 18 },

  initialize: function (options) {
    L.setOptions(this, options);
    this._pins = {};
    this._shown = {};
    this._groups = {};
    this._chosen = null;
    this._waits = null;
  },

  getEvents: function () { return { moveend: this.arrange, viewreset: this.arrange, resize: this.arrange }; },
  onAdd: function () { this.arrange(); },
  onRemove: function () {
    Object.keys(this._shown).forEach(function (key) { this._shown[key].remove(); }, this);
    Object.keys(this._groups).forEach(function (key) { this._groups[key].remove(); }, this);
    this._shown = {};
    this._groups = {};
  },

  addLayer: function (pin) {
    this._pins[L.stamp(pin)] = pin;
    if (pin.feature && pin.feature.properties.id === this._chosen) { carebell.ring(pin, true); }
    return this.soon();
  },
  removeLayer: function (pin) { if (pin) { delete this._pins[L.stamp(pin)]; } return this.soon(); },
  hasLayer: function (pin) { return Boolean(pin) && L.stamp(pin) in this._pins; },
  eachLayer: function (run, context) { Object.keys(this._pins).forEach(function (key) { run.call(context, this._pins[key]); }, this); return this; },
  getBounds: function () {
    var bounds = L.latLngBounds([]);
    this.eachLayer(function (pin) { bounds.extend(pin.getLatLng()); });
    return bounds;
  },
  // Pins on the map now, groups left out.
  shown: function () { return Object.keys(this._shown).map(function (key) { return this._shown[key]; }, this); },

  // The chosen alarm is never part of a group.
  choose: function (id) {
    if (id === this._chosen) { return this; }
    this._chosen = id;
    this.eachLayer(function (pin) { carebell.ring(pin, pin.feature && pin.feature.properties.id === id); });
    return this.soon();
  },

  soon: function () {
    if (this._waits === null) {
      this._waits = requestAnimationFrame(function () { this._waits = null; this.arrange(); }.bind(this));
    }
    return this;
  },

  arrange: function () {
    if (!this._map || this._map._animatingZoom) { return; }
    var seen = this._map.getBounds().pad(0.25), inView = [];
    this.eachLayer(function (pin) { if (seen.contains(pin.getLatLng())) { inView.push(pin); } });
    var plan = inView.length > this.options.most ? this._gathered(inView) : { alone: inView, groups: {} };
    this._show(plan.alone);
    this._group(plan.groups);
    this._map.getContainer().classList.toggle("is-crowded", plan.alone.length > this.options.named);
    this.fire("arranged");
  },

  _gathered: function (pins) {
    var zoom = this._map.getZoom(), cells = {}, plan = { alone: [], groups: {} };
    function isWaiting(pin) { return Boolean(pin.feature) && pin.feature.properties.state === "unclaimed"; }
    var apart = pins.filter(isWaiting).length <= this.options.mostUnclaimed;
    pins.forEach(function (pin) {
      var at = this._map.project(pin.getLatLng(), zoom).divideBy(this.options.cellPx).floor(), key = at.x + ":" + at.y;
      if ((apart && isWaiting(pin)) || (pin.feature && pin.feature.properties.id === this._chosen)) { plan.alone.push(pin); return; }
      (cells[key] = cells[key] || []).push(pin);
    }, this);
    Object.keys(cells).forEach(function (key) {
      if (cells[key].length === 1) { plan.alone.push(cells[key][0]); } else { plan.groups[key] = cells[key]; }
    });
    return plan;
  },

  _show: function (pins) {
    var wanted = {}, map = this._map;
    pins.forEach(function (pin) { wanted[L.stamp(pin)] = pin; });
    Object.keys(this._shown).forEach(function (key) { if (!wanted[key]) { this._shown[key].remove(); } }, this);
    Object.keys(wanted).forEach(function (key) { if (!this._shown[key]) { wanted[key].addTo(map); } }, this);
    this._shown = wanted;
  },

  _group: function (groups) {
    var before = this._groups, after = {};
    Object.keys(groups).forEach(function (key) {
      var told = this._tell(groups[key]), marker = before[key];
      if (marker && marker.look === told.look) { after[key] = marker; delete before[key]; } else { after[key] = this._marker(told); }
      after[key].pins = groups[key];
    }, this);
    Object.keys(before).forEach(function (key) { before[key].remove(); });
    this._groups = after;
  },

  _tell: function (pins) {
    var looks = pins.map(function (pin) { return pin.feature.properties.state; }), lat = 0, lng = 0;
    pins.forEach(function (pin) { lat += pin.getLatLng().lat / pins.length; lng += pin.getLatLng().lng / pins.length; });
    var worst = carebell.NEED.find(function (look) { return looks.indexOf(look) >= 0; }) || looks[0];
    var unclaimed = looks.filter(function (look) { return look === "unclaimed"; }).length;
    return { place: [lat, lng], worst: worst, number: pins.length, unclaimed: unclaimed, look: [worst, pins.length, unclaimed, lat.toFixed(4), lng.toFixed(4)].join("|") };
  },

  _marker: function (told) {
    var count = told.unclaimed && told.unclaimed < told.number ? told.unclaimed + "/" + told.number : String(told.number);
    var marker = L.marker(told.place, { icon: carebell.icon(told.worst, count, "", "cb-group"), zIndexOffset: 800, riseOnHover: true });
    marker.look = told.look;
    marker.on("add", function () { carebell.named(marker, carebell.say ? carebell.say("mapAlarms", { n: told.number, unclaimed: told.unclaimed }) : count); });
    marker.on("click keypress", function (happened) {
      if (happened.type === "keypress" && happened.originalEvent.key !== "Enter") { return; }
      this._open(marker.pins);
    }, this);
    return marker.addTo(this._map);
  },

  // Where they cannot be told apart (one house, one door) the neediest is opened instead.
  _open: function (pins) {
    var bounds = L.latLngBounds(pins.map(function (pin) { return pin.getLatLng(); }));
    if (this._map.getZoom() < this.options.apartZoom && this._map.getBoundsZoom(bounds) > this._map.getZoom()) {
      this._map.fitBounds(bounds, { padding: [64, 64], maxZoom: this.options.apartZoom, animate: false });
      return;
    }
    var first = pins.slice().sort(function (a, b) { return carebell.NEED.indexOf(a.feature.properties.state) - carebell.NEED.indexOf(b.feature.properties.state); })[0];
    carebell.choose(this._map, first.feature.properties.id);
  }
});

carebell.crowd = function () { return new carebell.Crowd(); };
