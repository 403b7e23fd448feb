"""A site's own maps: what will do, and the line that says why another will not."""

from pathlib import Path

import pytest

from geo.basemaps import Basemap, read_basemaps, vector
from geo.pmtiles import BasemapError, read_archive
from tests.made_up_streets import archive, tile_id, write_streets

XIANYANG = (34.3296, 108.7093)
TILES = 'name = "x"\nurl = "https://maps.example/{z}/{x}/{y}.png"'


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    credit = '<a href="http://evil.example">© 测绘院</a>'
    return write_streets(tmp_path / "streets.pmtiles", *XIANYANG, zooms=range(2, 7), attribution=credit)


def test_an_archive_tells_its_zooms_and_whom_to_thank(streets: Path) -> None:
    found = read_archive(streets)

    assert (found.min_zoom, found.max_zoom, found.attribution) == (2, 6, "© 测绘院")


def test_an_archive_that_cannot_be_drawn_is_named_in_a_line(streets: Path, tmp_path: Path) -> None:
    whole = streets.read_bytes()
    tile = {tile_id(0, 0, 0): b"tile"}
    broken = {
        "is empty": b"",
        "no PMTiles archive": whole[:40],
        "version 3": b"PMTiles\x02" + whole[8:],
        "no PMTiles archive of": b"<!doctype html>" + whole,
        "is cut short": whole[:-1],
        "holds no tiles": archive({}, 0, 0, {}),
        "holds pictures": archive(tile, 0, 0, {}, kind=2),
    }
    for why, held in broken.items():
        file = tmp_path / "broken.pmtiles"
        file.write_bytes(held)
        with pytest.raises(BasemapError, match=why) as told:
            read_archive(file)
        assert str(file) in str(told.value)
        assert "\n" not in str(told.value)
    with pytest.raises(BasemapError, match="No such file"):
        read_archive(tmp_path / "none.pmtiles")


def test_an_archive_without_readable_metadata_is_as_good(tmp_path: Path) -> None:
    held = bytearray(archive({tile_id(0, 0, 0): b"tile"}, 0, 0, {"attribution": "x"}))
    told_at = int.from_bytes(held[24:32], "little")
    held[told_at : told_at + 4] = b"????"
    (tmp_path / "a.pmtiles").write_bytes(held)

    assert read_archive(tmp_path / "a.pmtiles").attribution == ""


def test_several_basemaps_stand_in_a_file_in_the_officers_order(streets: Path, tmp_path: Path) -> None:
    file = tmp_path / "maps.toml"
    file.write_text(
        f'[[basemap]]\nname = "街道图"\npmtiles = "{streets.name}"\n'
        f'[[basemap]]\n{TILES}\ncrs = "gcj02"\nattribution = "天地图"\nmax_zoom = 17\n'
    )

    assert read_basemaps(file) == [
        vector("site-1", streets, name="街道图"),
        Basemap("site-2", "x", "https://maps.example/{z}/{x}/{y}.png", crs="gcj02", attribution="天地图", max_zoom=17),
    ]
    assert [one.host for one in read_basemaps(file)] == [None, "https://maps.example"]


@pytest.mark.parametrize(
    ("held", "why"),
    [
        ("", "must hold"),
        ("basemap = 3", "must hold"),
        ("other = 1\n[[basemap]]\n" + TILES, "must hold"),
        ("[[basemap]]\nname", "Expected"),
        ("[[basemap]]\n" + TILES + '\ncolour = "red"', "unknown member colour"),
        ('[[basemap]]\nurl = "/{z}/{x}/{y}"', "has no name"),
        ("[[basemap]]\nname = 3", "needs a text for name"),
        ("[[basemap]]\n" + TILES + '\ncrs = "bd09"', "must have crs"),
        ("[[basemap]]\n" + TILES + "\nmax_zoom = true", "must have a max_zoom"),
        ("[[basemap]]\n" + TILES + "\nmax_zoom = 30", "must have a max_zoom"),
        ('[[basemap]]\nname = "x"', "needs either"),
        ("[[basemap]]\n" + TILES + '\npmtiles = "a"', "needs either"),
        ('[[basemap]]\nname = "x"\nurl = "javascript:{z}{x}{y}"', "must have a url"),
        ('[[basemap]]\nname = "x"\nurl = "https://maps.example/{z}/{x}"', "must have a url"),
        ('[[basemap]]\nname = "x"\npmtiles = "none.pmtiles"', "No such file"),
        (("[[basemap]]\n" + TILES + "\n") * 9, "more than 8"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_its_first_fault(tmp_path: Path, held: str, why: str) -> None:
    file = tmp_path / "maps.toml"
    file.write_text(held)

    with pytest.raises(BasemapError, match=why):
        read_basemaps(file)
