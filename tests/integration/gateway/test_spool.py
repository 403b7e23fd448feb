"""What could not be stored comes back by itself: every press once, none lost, whatever happens in between."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from alarms.events import Press
from core.clock import SystemClock
from core.db import Database
from core.errors import TryAgain
from gateway.counts import Counts
from gateway.intake import Settled
from gateway.spool import Spool
from gateway.spool_reader import LATE, SpoolReader
from tests.gateway_site import Site, soon


@pytest.fixture
def site(db: Database, tmp_path: Path) -> Any:
    site = Site(db, tmp_path)
    yield site
    site.close()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def press(msg_id: str | None, raw: bytes | None = None) -> Press:
    named = raw if raw is not None else json.dumps({"msg_id": msg_id, "kind": "fall"}).encode()
    return Press("dev-7", msg_id or "anon-1", SystemClock().now(), raw=named)


class Away:
    """An alarm service whose database is away."""

    def presses(self, _batch: object) -> list[Any]:
        raise TryAgain("away")

    def handle(self, _event: object) -> object:
        raise TryAgain("away")


def reader(site: Site, spool: Spool, alarms: Any = None) -> tuple[SpoolReader, list[Settled]]:
    told: list[Settled] = []
    return SpoolReader(spool, alarms or site.alarms, told.extend, counts=Counts()), told


def test_what_is_spooled_is_stored_once_as_it_came(site: Site, spool: Spool) -> None:
    site.register("dev-7")
    spool.keep(press("m-1"))
    spool.keep(press(None, b"no json"))
    taking, told = reader(site, spool)

    assert taking.take_in() == 0

    assert [each.receipt is not None for each in told] == [True, True]
    assert [alarm.press_count for alarm in site.alarm_rows("dev-7")] == [2]
    assert site.alarm_rows("dev-7")[0].kind == "fall"
    assert {p.msg_id: p.raw for p in site.presses("dev-7")}["anon-1"] == b"no json"
    assert LATE in site.presses("dev-7")[0].content["problems"]
    assert not spool.path.exists()


def test_a_crash_before_the_line_was_dropped_doubles_nothing(site: Site, spool: Spool) -> None:
    site.register("dev-7")
    spool.keep(press("m-1"))
    before = spool.path.read_bytes()
    reader(site, spool)[0].take_in()
    spool.path.write_bytes(before)

    assert reader(site, spool)[0].take_in() == 0

    assert [alarm.press_count for alarm in site.alarm_rows("dev-7")] == [1]


def test_while_the_database_is_away_everything_stays(site: Site, spool: Spool) -> None:
    spool.keep(press("m-1"))

    assert reader(site, spool, Away())[0].take_in() == 1

    assert len(spool.lines()) == 1


def test_a_line_that_was_cut_stays_and_takes_no_other_with_it(site: Site, spool: Spool) -> None:
    site.register("dev-7")
    spool.keep(press("m-1"))
    with spool.path.open("ab") as file:
        file.write(b'{"what": "press", "uid": "de')
    spool.keep(press("m-2"))

    assert reader(site, spool)[0].take_in() == 1

    assert {p.msg_id for p in site.presses("dev-7")} == {"m-1", "m-2"}
    assert spool.lines() == [b'{"what": "press", "uid": "de']


def test_what_is_kept_while_others_are_taken_in_stays(site: Site, spool: Spool) -> None:
    spool.keep(press("m-1"))
    first = spool.lines()
    spool.keep(press("m-2"))

    spool.drop(first)

    assert [json.loads(line)["msg_id"] for line in spool.lines()] == ["m-2"]
    assert base64.b64decode(json.loads(spool.lines()[0])["raw"]) == press("m-2").raw


def test_a_gateway_takes_its_spool_in_when_it_starts(site: Site, spool: Spool) -> None:
    site.register("dev-7")
    spool.keep(press("m-1"))

    gateway = site.gateway()

    assert soon(lambda: site.alarm_rows("dev-7"), "the spooled press's alarm")
    soon(lambda: gateway.counts["spool_taken_in"] == 1, "the count")
    assert not spool.path.exists()
