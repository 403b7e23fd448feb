"""The policies' pages: rungs as a list, whom they leave waiting, a try that calls nobody."""

import pytest

from core.db import Database
from tests.console_site import ConsoleSite
from tests.world import ELDER, World

HTML = {"accept": "text/html"}
NIGHT = {"title": "夜间", "kind": "smoke", "ring_s": "15", "rung_role": ["community", "family", ""],
         "rung_ring_s": ["", "30", ""], "rung_tries": ["", "2", ""]}  # fmt: skip


@pytest.fixture
def site(db: Database, world: World) -> ConsoleSite:
    made = ConsoleSite(db, world.clock)
    made.centre.alarms = world.alarms
    return made


def test_a_policy_is_made_of_rungs_and_shown_as_it_was_saved(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")

    saved = leader.post("/registry/policies/night", data=NIGHT, headers=HTML, follow_redirects=False)

    assert saved.status_code == 303
    kept = leader.get("/api/v1/policies/night").json()
    assert (kept["kind"], kept["ring_s"], kept["title"]) == ("smoke", 15, "夜间")
    assert kept["rungs"] == [
        {"role": "community", "ring_s": None, "tries": None}, {"role": "family", "ring_s": 30, "tries": 2},
    ]  # fmt: skip
    assert "夜间" in leader.get("/registry/policies", headers=HTML).text
    assert 'value="30"' in leader.get("/registry/policies/night", headers=HTML).text


def test_what_cannot_be_is_told_and_what_was_typed_is_kept(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")

    wrong = leader.post("/registry/policies/night", data=NIGHT | {"ring_s": "x", "title": "夜<b>间"}, headers=HTML)
    twice = leader.post("/registry/policies/night", data=NIGHT | {"rung_role": ["family", "family", ""]}, headers=HTML)

    assert (wrong.status_code, twice.status_code) == (422, 422)
    assert 'value="x"' in wrong.text
    assert "夜&lt;b&gt;间" in wrong.text


def test_a_second_editor_is_told(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/night", data=NIGHT, headers=HTML)
    leader.post("/registry/policies/night", data=NIGHT | {"version": "1", "ring_s": "20"}, headers=HTML)

    late = leader.post("/registry/policies/night", data=NIGHT | {"version": "1", "ring_s": "40"}, headers=HTML)

    assert late.status_code == 409
    assert leader.get("/api/v1/policies/night").json()["ring_s"] == 20


def test_a_try_shows_who_would_be_rung_and_rings_nobody(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/default", data={"ring_s": "25"}, headers=HTML)

    tried = leader.post("/registry/policies/default/preview", data={"elder_id": ELDER.id}, headers=HTML)
    nobody = leader.post("/registry/policies/default/preview", data={"elder_id": "nobody"}, headers=HTML)

    assert (tried.status_code, nobody.status_code) == (200, 200)
    assert "赵丽" in tried.text
    assert 'role="alert"' in nobody.text
    assert not world.phone("daughter").is_ringing


def test_an_earlier_version_comes_back_and_a_policy_is_removed(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/night", data=NIGHT, headers=HTML)
    leader.post("/registry/policies/night", data=NIGHT | {"ring_s": "20"}, headers=HTML)

    leader.post("/registry/policies/night/versions/1/restore", headers=HTML)
    assert leader.get("/api/v1/policies/night").json()["ring_s"] == 15

    leader.post("/registry/policies/night/remove", headers=HTML)
    assert leader.get("/api/v1/policies/night").status_code == 404


@pytest.mark.parametrize("name", ["../users", "<b>", "a b", "-", "x" * 61])
def test_a_name_that_cannot_be_in_an_address_is_refused(site: ConsoleSite, name: str) -> None:
    leader = site.as_("supervisor")

    assert leader.post("/registry/policies", data={"name": name}, headers=HTML).status_code == 422
    if "/" not in name:
        assert leader.post(f"/registry/policies/{name}", data=NIGHT, headers=HTML).status_code == 422
    assert [one["name"] for one in leader.get("/api/v1/policies").json()["items"]] == ["default"]
