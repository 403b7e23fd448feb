"""The country's areas as the statistics office lists them, packed beside this module while the package is built.

Codes tell where an area lies: `610000` a province, `610400` a city, `610402` a district or county, nine digits a street
or township, twelve a village or community. hatch_build.py writes the files, one for each province.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.errors import NotFound
from registry.intake import AreaLevel

FOLDER = Path(__file__).with_name("divisions")
_OFFICIAL = re.compile(r"\d{6}(\d{3}(\d{3})?)?")


class OfficialArea(NamedTuple):
    """A line of the list."""

    code: str
    name: str
    level: AreaLevel
    parent_code: str | None


def placed(code: str) -> tuple[AreaLevel, str | None] | None:
    """What an official code tells: the level, and the code of the area above. None for a code of the site's own."""
    if not _OFFICIAL.fullmatch(code) or code.startswith("0"):
        return None
    if len(code) == 12:
        return "community", code[:9]
    if len(code) == 9:
        return "street", code[:6]
    if code.endswith("0000"):
        return "province", None
    return ("city", f"{code[:2]}0000") if code.endswith("00") else ("district", f"{code[:4]}00")


class OfficialAreas:
    """The packed list, or what there is of it in another folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    @property
    def is_here(self) -> bool:
        """Whether this installation has the list: it is an optional part of the build."""
        return self._folder.is_dir() and any(self._folder.glob("*.csv.gz"))

    def provinces(self) -> list[OfficialArea]:
        """Raises NotFound where the list is not part of this installation."""
        self._require()
        return [next(_lines(file)) for file in sorted(self._folder.glob("*.csv.gz"))]

    def read(self, code: str) -> Iterator[OfficialArea]:
        """An area by its code, from the top down: what it lies in, itself, and all that lies in it.

        Raises NotFound for a code that is not in the list, once the list is read to its end.
        """
        self._require()
        file = self._folder / f"{code[:2]}.csv.gz"
        if placed(code) is None or not file.is_file():
            raise NotFound(f"the official list has no area {code}")
        inside, is_found = _significant(code), False
        for area in _lines(file):
            if area.code.startswith(inside) or inside.startswith(_significant(area.code)):
                is_found = is_found or area.code == code
                yield area
        if not is_found:
            raise NotFound(f"the official list has no area {code}")

    def _require(self) -> None:
        if not self.is_here:
            raise NotFound("this installation was built without the official list of areas: import a CSV of your own")


def _significant(code: str) -> str:
    """The digits that all codes below this one begin with."""
    if len(code) > 6:
        return code
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def _lines(file: Path) -> Iterator[OfficialArea]:
    street = ""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            code, _, name = line.rstrip("\n").partition(",")
            if len(code) == 9:
                street = code
            code = street + code if len(code) == 3 else code
            found = placed(code)
            if found is not None:
                yield OfficialArea(code, name, *found)
