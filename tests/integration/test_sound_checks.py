"""The volume check of a shift: asked once, kept with who answered, seen by the leader."""

from datetime import timedelta

import pytest

from alarms.views import instant
from core.db import Database
from tests.console_site import ConsoleSite, problem_of
from tests.world import COLLEAGUE, World, add_officer

HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    with db.write() as session:
        add_officer(session, COLLEAGUE)
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def give_shift(site: ConsoleSite, world: World, user_id: str) -> None:
    now = world.clock.now()
    times = {"starts_at": instant(now - timedelta(minutes=5)), "ends_at": instant(now + timedelta(hours=8))}
    answer = site.as_("supervisor").post("/api/v1/shifts", json={"user_id": user_id, **times})
    assert answer.status_code == 201, answer.text


def officer_id(site: ConsoleSite) -> str:
    site.as_("officer")
    users = site.as_("admin").get("/api/v1/users?limit=50").json()["items"]
    return str(next(one["id"] for one in users if one["username"] == "some-officer"))


def is_offered(site: ConsoleSite) -> bool:
    return 'id="sound-offer"' in site.as_("officer").get("/", headers=HTML).text


def check(site: ConsoleSite, *, was_heard: bool) -> None:
    answer = site.as_("officer").post("/api/v1/sound-checks", json={"was_heard": was_heard})
    assert answer.status_code == 201, answer.text


def test_it_is_asked_once_a_shift(site: ConsoleSite, world: World) -> None:
    assert is_offered(site)
    check(site, was_heard=True)
    assert not is_offered(site)

    world.clock.advance(timedelta(hours=2).total_seconds())
    give_shift(site, world, officer_id(site))
    assert is_offered(site)  # The answer is from before this shift.
    check(site, was_heard=False)
    assert not is_offered(site)


def test_without_a_shift_an_answer_holds_for_half_a_day(site: ConsoleSite, world: World) -> None:
    check(site, was_heard=True)
    world.clock.advance(timedelta(hours=12, minutes=1).total_seconds())

    assert is_offered(site)


def test_the_leader_sees_who_has_checked(site: ConsoleSite, world: World) -> None:
    give_shift(site, world, officer_id(site))
    leader = site.as_("supervisor")
    leader.cookies.set("carebell_lang", "en")
    assert "sound not checked" in leader.get("/room", headers=HTML).text

    check(site, was_heard=False)
    assert "did not hear the sound" in leader.get("/room", headers=HTML).text

    check(site, was_heard=True)
    assert "sound checked" in leader.get("/room", headers=HTML).text


def test_an_answer_is_in_the_log_and_ones_own_is_told(site: ConsoleSite) -> None:
    officer = site.as_("officer")
    assert officer.get("/api/v1/sound-checks/mine").json() is None
    check(site, was_heard=False)

    assert officer.get("/api/v1/sound-checks/mine").json()["was_heard"] is False
    found = site.as_("auditor").get("/api/v1/log?action=sound.check")
    assert found.status_code == 200, found.text
    assert found.json()["items"][0]["data"] == {"was_heard": False}


@pytest.mark.parametrize("wrong", [{}, {"was_heard": "loud"}, {"was_heard": True, "user_id": "somebody"}])
def test_an_answer_that_is_none_is_refused(site: ConsoleSite, wrong: dict[str, object]) -> None:
    problem_of(site.as_("officer").post("/api/v1/sound-checks", json=wrong), 422)


def test_who_only_reads_is_not_asked(site: ConsoleSite) -> None:
    assert 'id="sound-offer"' not in site.as_("auditor").get("/", headers=HTML).text
    problem_of(site.as_("auditor").post("/api/v1/sound-checks", json={"was_heard": True}), 403)
