"use strict";

// What is drawn in great numbers is drawn on canvases: one pass over plain objects, no element and no layer each.
var carebell = window.carebell = window.carebell || {};

// A canvas of the map's own size and a half more; `paint(context, map, scale)` draws in the map's layer points.
carebell.Sheet = L.Canvas.extend({
  options: { padding: 0.25, pane: "sheets" },

  initialize: function (paint, options) {
    L.Canvas.prototype.initialize.call(this, options);
    this._paint = paint;
    this._waits = null;
  },

  onRemove: function () {
    cancelAnimationFrame(this._waits);
    this._waits = null;
    L.Canvas.prototype.onRemove.call(this);
  },

  // Soon, and once for however many changes.
  redraw: function () {
    if (this._waits !== null || !this._map) { return this; }
    this._waits = requestAnimationFrame(function () { this._waits = null; this._fill(); }.bind(this));
    return this;
  },

  _update: function () {
    if (this._map._animatingZoom && this._bounds) { return; }
    L.Canvas.prototype._update.call(this);
    this._fill();
  },

  _fill: function () {
    if (!this._map || !this._bounds) { return; }
    var context = this._ctx, size = this._bounds.getSize(), corner = this._bounds.min;
    context.clearRect(corner.x, corner.y, size.x, size.y);
    this._paint(context, this._map, this._bounds);
  }
});

// A colour of map.css, kept until the look of the page changes.
carebell.colour = (function () {
  var kept = {};
  new MutationObserver(function () {
    kept = {};
    document.dispatchEvent(new CustomEvent("carebell:theme"));
  }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return function (name) {
    if (!kept[name]) { kept[name] = getComputedStyle(document.documentElement).getPropertyValue("--cbm-" + name).trim() || "#888"; }
    return kept[name];
  };
})();

carebell.night = function () { return /^(night|dark)$/.test(document.documentElement.dataset.theme || ""); };

carebell.FONT = "system-ui, \"Noto Sans CJK SC\", \"Noto Sans SC\", \"PingFang SC\", \"Microsoft YaHei\", sans-serif";

// A text that can be read on any ground.
carebell.written = function (context, text, x, y, colour) {
  context.lineJoin = "round";
  context.lineWidth = 3.5;
  context.strokeStyle = carebell.colour("paper");
  context.strokeText(text, x, y);
  context.fillStyle = colour || carebell.colour("ink");
  context.fillText(text, x, y);
};
