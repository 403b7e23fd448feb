"""A PMTiles archive (version 3) with vector tiles of streets that nobody has built: what a site's own file looks like.

Layers and members are those of the Protomaps basemap, as far as the console draws them. Written by hand, so that no
test needs a tile maker.
"""

import gzip
import json
import struct
from collections.abc import Iterable, Sequence
from math import asinh, pi, radians, tan
from pathlib import Path

EXTENT = 4096
POINT, LINE, POLYGON = 1, 2, 3
Feature = tuple[int, list[list[tuple[int, int]]], dict[str, str | int]]


def write_streets(
    path: Path,
    lat: float,
    lon: float,
    *,
    zooms: Sequence[int] = range(15),
    around: int = 6,
    attribution: str = "© 测绘院",
) -> Path:
    """Streets around a place in every zoom step of `zooms`, `around` tiles to each side at most."""
    tiles: dict[int, bytes] = {}
    for zoom in zooms:
        middle_x, middle_y = tile_of(lat, lon, zoom)
        reach = min(around, 2**zoom - 1)
        for x in range(max(0, middle_x - reach), min(2**zoom, middle_x + reach + 1)):
            for y in range(max(0, middle_y - reach), min(2**zoom, middle_y + reach + 1)):
                tiles[tile_id(zoom, x, y)] = gzip.compress(_tile(zoom, x, y), mtime=0)
    path.write_bytes(archive(tiles, min(zooms), max(zooms), {"attribution": attribution, "name": "made up"}))
    return path


def archive(tiles: dict[int, bytes], min_zoom: int, max_zoom: int, metadata: dict[str, str], kind: int = 1) -> bytes:
    """Header, root directory, metadata, tiles; gzip throughout. Few enough tiles need no leaf directories."""
    ids = sorted(tiles)
    root = gzip.compress(_directory(ids, [len(tiles[one]) for one in ids]), mtime=0)
    told = gzip.compress(json.dumps(metadata).encode(), mtime=0)
    data = b"".join(tiles[one] for one in ids)
    root_at, told_at = 127, 127 + len(root)
    data_at = told_at + len(told)
    header = b"PMTiles\x03" + struct.pack(
        "<11Q", root_at, len(root), told_at, len(told), data_at, 0, data_at, len(data), len(ids), len(ids), len(ids)
    )
    header += bytes([1, 2, 2, kind, min_zoom, max_zoom]) + struct.pack("<4iB2i", -1800000000, -850000000, 1800000000,
                                                                       850000000, min_zoom, 0, 0)  # fmt: skip
    return header + root + told + data


def tile_of(lat: float, lon: float, zoom: int) -> tuple[int, int]:
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - asinh(tan(radians(lat))) / pi) / 2 * 2**zoom
    return int(x), int(y)


def tile_id(zoom: int, x: int, y: int) -> int:
    """The place on the Hilbert curve, after all tiles of the zoom steps above."""
    found, side = 0, 2**zoom // 2
    while side:
        right, low = int(x & side > 0), int(y & side > 0)
        found += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = 2**zoom - 1 - x, 2**zoom - 1 - y
            x, y = y, x
        side //= 2
    above: int = (4**zoom - 1) // 3
    return found + above


def _tile(zoom: int, x: int, y: int) -> bytes:
    whole = [(0, 0), (EXTENT, 0), (EXTENT, EXTENT), (0, EXTENT)]
    layers: list[tuple[str, list[Feature]]] = [("earth", [(POLYGON, [whole], {"kind": "earth"})])]
    river = [(0, 1300), (EXTENT, 1700), (EXTENT, 2000), (0, 1600)]
    if y % 5 == 0:
        layers.append(("water", [(POLYGON, [river], {"kind": "river"})]))
    if zoom >= 9:
        park = [(2300, 2300), (3500, 2300), (3500, 3300), (2300, 3300)]
        layers.append(("landuse", [(POLYGON, [park], {"kind": "park"})] if (x + y) % 3 == 0 else []))
        layers.append(("roads", _roads(zoom, x, y)))
        label: Feature = (
            POINT,
            [[(EXTENT // 2, EXTENT // 2)]],
            {"kind": "neighbourhood", "name": f"{x % 97}-{y % 97} 里"},
        )
        layers.append(("places", [label]))
    if zoom >= 14:
        blocks = [_block(a * 480 + 130, b * 480 + 130) for a in range(8) for b in range(8) if (a * 3 + b + x) % 4]
        layers.append(("buildings", [(POLYGON, [block], {"kind": "building"}) for block in blocks]))
    return b"".join(_field(3, _layer(name, features)) for name, features in layers if features)


def _roads(zoom: int, x: int, y: int) -> list[Feature]:
    roads: list[Feature] = [
        (LINE, [[(0, 2048), (EXTENT, 2048)]], {"kind": "major_road", "name": f"人民路{y % 90}段", "min_zoom": 7}),
        (LINE, [[(2048, 0), (2048, EXTENT)]], {"kind": "major_road", "name": f"渭阳路{x % 90}段", "min_zoom": 7}),
    ]
    if zoom >= 13:
        for at in range(512, EXTENT, 512):
            roads.append((LINE, [[(at, 0), (at, EXTENT)]], {"kind": "minor_road"}))
            roads.append((LINE, [[(0, at), (EXTENT, at)]], {"kind": "minor_road"}))
    return roads


def _block(x: int, y: int) -> list[tuple[int, int]]:
    return [(x, y), (x + 260, y), (x + 260, y + 200), (x, y + 200)]


def _layer(name: str, features: Iterable[Feature]) -> bytes:
    keys: list[str] = []
    values: list[str | int] = []
    packed = b""
    for kind, lines, members in features:
        tags = []
        for key, value in members.items():
            if key not in keys:
                keys.append(key)
            if value not in values:
                values.append(value)
            tags += [keys.index(key), values.index(value)]
        body = _field(2, b"".join(map(_varint, tags))) + _number(3, kind)
        packed += _field(2, body + _field(4, b"".join(map(_varint, _geometry(kind, lines)))))
    told = b"".join(_field(3, key.encode()) for key in keys)
    told += b"".join(_field(4, _field(1, v.encode()) if isinstance(v, str) else _number(4, v)) for v in values)
    return _field(1, name.encode()) + packed + told + _number(5, EXTENT) + _number(15, 2)


def _geometry(kind: int, lines: list[list[tuple[int, int]]]) -> list[int]:
    """Commands of the vector tile specification: move, line, close; every step is relative and zigzag-coded."""
    found: list[int] = []
    at_x = at_y = 0
    for line in lines:
        steps = []
        for x, y in line:
            steps.append((_zigzag(x - at_x), _zigzag(y - at_y)))
            at_x, at_y = x, y
        found += [9, *steps[0]]
        if len(steps) > 1:
            found += [(len(steps) - 1) << 3 | 2, *(part for step in steps[1:] for part in step)]
        if kind == POLYGON:
            found.append(15)
    return found


def _directory(ids: Sequence[int], lengths: Sequence[int]) -> bytes:
    packed = _varint(len(ids))
    packed += b"".join(_varint(one - before) for before, one in zip([0, *ids], ids, strict=False))
    packed += b"".join(_varint(1) for _ in ids)
    packed += b"".join(_varint(length) for length in lengths)
    return packed + b"".join(_varint(1 if number == 0 else 0) for number in range(len(ids)))


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _varint(number: int) -> bytes:
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def _field(number: int, body: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)
