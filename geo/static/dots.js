"use strict";

// Homes, devices and help: shapes with a colour each, and where they are too many a number for each square.
var carebell = window.carebell = window.carebell || {};

// Painters on a 16 by 16 field around 0, 0. Shape and colour both tell the look; the legend draws the same.
carebell.MARKS = {
  home: function (c) {
    c.fillStyle = carebell.colour("home");
    c.beginPath(); c.moveTo(0, -6); c.lineTo(6, -0.5); c.lineTo(4, -0.5); c.lineTo(4, 5); c.lineTo(-4, 5); c.lineTo(-4, -0.5); c.lineTo(-6, -0.5);
    c.closePath(); c.fill();
  },
  online: function (c) {
    c.fillStyle = carebell.colour("online");
    c.beginPath(); c.arc(0, 0, 3, 0, 7); c.fill();
  },
  silent: function (c) {
    c.fillStyle = carebell.colour("paper"); c.fillRect(-6, -6, 12, 12);
    c.strokeStyle = carebell.colour("silent"); c.lineWidth = 2;
    c.strokeRect(-5, -5, 10, 10);
    c.beginPath(); c.moveTo(-4, -4); c.lineTo(4, 4); c.moveTo(4, -4); c.lineTo(-4, 4); c.stroke();
  },
  low: function (c) {
    c.fillStyle = carebell.colour("paper"); c.fillRect(-7, -5, 15, 10);
    c.fillStyle = c.strokeStyle = carebell.colour("low"); c.lineWidth = 1.6;
    c.strokeRect(-6, -4, 11, 8); c.fillRect(5.5, -1.5, 2, 3); c.fillRect(-4.5, -2.5, 2.5, 5);
  },
  off: function (c) {
    c.strokeStyle = carebell.colour("off"); c.lineWidth = 1.8;
    c.beginPath(); c.arc(0, 0, 4.5, 0, 7); c.moveTo(-3.2, 3.2); c.lineTo(3.2, -3.2); c.stroke();
  },
  help: function (c, sign) {
    c.fillStyle = carebell.colour("paper"); c.strokeStyle = carebell.colour("help"); c.lineWidth = 1.8;
    c.beginPath(); c.rect(-8.5, -8.5, 17, 17); c.fill(); c.stroke();
    c.fillStyle = carebell.colour("help"); c.font = "650 " + (sign.length > 1 ? 10 : 12) + "px " + carebell.FONT;
    c.textAlign = "center"; c.textBaseline = "middle";
    c.fillText(sign, 0, 0.8);
  },
  hut: function (c) {
    c.fillStyle = carebell.colour("home");
    c.beginPath(); c.moveTo(0, -3.5); c.lineTo(3.5, 3); c.lineTo(-3.5, 3); c.closePath(); c.fill();
  },
  speck: function (c) {
    c.fillStyle = carebell.colour("help"); c.strokeStyle = carebell.colour("paper"); c.lineWidth = 1;
    c.fillRect(-3.5, -3.5, 7, 7); c.strokeRect(-3.5, -3.5, 7, 7);
  },
  helper: function (c) {
    c.fillStyle = carebell.colour("accepted"); c.strokeStyle = carebell.colour("paper"); c.lineWidth = 1.5;
    c.beginPath(); c.arc(0, -3.5, 3, 0, 7); c.fill();
    c.beginPath(); c.arc(0, 6, 6, Math.PI, 0); c.closePath(); c.fill();
  }
};

carebell.Dots = carebell.Sheet.extend({
  SIGNS_FROM_ZOOM: 14, NAMES_FROM_ZOOM: 15,

  initialize: function (options) {
    this._told = {};
    this._taken = this._beside = function () { return []; };
    carebell.Sheet.prototype.initialize.call(this, this._all.bind(this), options);
    document.addEventListener("carebell:theme", this.redraw.bind(this));
  },

  // `told.items` are {id, place, mark, sign, name}; `told.cells` are {place, number, mark, bad}: bad ones among them.
  set: function (name, told) { this._told[name] = told; this.redraw(); },
  clear: function (name) { delete this._told[name]; this.redraw(); },
  count: function (name) {
    var told = this._told[name];
    return told ? told.items.length + told.cells.reduce(function (sum, cell) { return sum + cell.number; }, 0) : 0;
  },

  // `pins()` are places of pins with their names; `beside()` those of help that is drawn by number already, and whose
  // own shape and name would only be in the way.
  avoid: function (pins, beside) { this._taken = pins; this._beside = beside; this.redraw(); },

  // The topmost thing within reach of a point of the map's container: {layer, item} or {layer, cell}.
  at: function (point, reach) {
    var map = this._map, found = null, best = reach * reach;
    if (!map) { return null; }
    Object.keys(this._told).forEach(function (name) {
      var told = this._told[name];
      [["item", told.items, 1], ["cell", told.cells, 0.4]].forEach(function (kind) {
        kind[1].forEach(function (one) {
          var there = map.latLngToContainerPoint(one.place), far = (Math.pow(there.x - point.x, 2) + Math.pow(there.y - point.y, 2)) * kind[2];
          if (far <= best) { best = far; found = { layer: name }; found[kind[0]] = one; }
        });
      });
    }, this);
    return found;
  },

  _all: function (context, map, bounds) {
    var named = [], zoom = map.getZoom(), isFar = zoom < this.SIGNS_FROM_ZOOM, far = { help: "speck", home: "hut" };
    var beside = this._beside().map(function (place) { return map.latLngToLayerPoint(place); });
    Object.keys(this._told).forEach(function (name) {
      var told = this._told[name];
      told.items.forEach(function (one) {
        var at = map.latLngToLayerPoint(one.place);
        if (!bounds.contains(at)) { return; }
        if (one.mark === "help" && beside.some(function (there) { return there.distanceTo(at) < 6; })) { return; }
        if (isFar && far[one.mark]) { this._stamp(context, far[one.mark], "", at); } else { this._stamp(context, one.mark, one.sign || "", at); }
        if (one.name) { named.push([one.name, at]); }
      }, this);
      told.cells.forEach(function (one) {
        var at = map.latLngToLayerPoint(one.place);
        if (bounds.contains(at)) { this._cell(context, one, at); }
      }, this);
    }, this);
    if (zoom >= this.NAMES_FROM_ZOOM) { this._names(context, map, named); }
  },

  // A name that would lie on another one is left out: two of them cannot be read either.
  _names: function (context, map, named) {
    context.font = "500 12px " + carebell.FONT;
    context.textAlign = "center";
    context.textBaseline = "top";
    var taken = this._taken().concat(this._beside()).map(function (place) {
      var at = map.latLngToLayerPoint(place);
      return [at.x - 40, at.y - 16, at.x + 40, at.y + 34];
    });
    named.forEach(function (one) {
      var half = context.measureText(one[0]).width / 2 + 3, box = [one[1].x - half, one[1].y + 9, one[1].x + half, one[1].y + 26];
      if (taken.some(function (other) { return box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]; })) { return; }
      taken.push(box);
      carebell.written(context, one[0], one[1].x, one[1].y + 11);
    });
  },

  // Painted anew each time: five thousand small shapes are painted several times as fast as they are copied.
  _stamp: function (context, mark, sign, at) {
    context.translate(at.x, at.y);
    carebell.MARKS[mark](context, sign);
    context.translate(-at.x, -at.y);
  },

  _cell: function (context, one, at) {
    var text = one.number < 10000 ? String(one.number) : Math.round(one.number / 1000) + "k";
    var radius = 9 + 3.2 * text.length;
    context.fillStyle = carebell.colour("paper");
    context.strokeStyle = carebell.colour(one.mark);
    context.lineWidth = 2;
    context.beginPath(); context.arc(at.x, at.y, radius, 0, 7); context.fill(); context.stroke();
    context.font = "600 12px " + carebell.FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = carebell.colour("ink");
    context.fillText(text, at.x, at.y + 0.5);
    if (!one.bad) { return; }
    this._stamp(context, "silent", "", L.point(at.x + radius - 2, at.y - radius + 2));
    context.textAlign = "left";
    carebell.written(context, String(one.bad), at.x + radius + 6, at.y - radius + 3, carebell.colour("silent"));
  }
});
