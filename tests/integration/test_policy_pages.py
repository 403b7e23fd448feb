"""The policies' pages: rungs as a list, whom they leave waiting, a try that calls nobody."""

import re

import pytest
from starlette.testclient import TestClient

from core.db import Database
from registry import search_index
from registry.user_intake import UserNew
from tests.console_site import PASSWORD, ConsoleSite
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


def test_a_try_finds_the_elder_by_words_and_rings_nobody(site: ConsoleSite, world: World) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/default", data={"ring_s": "25"}, headers=HTML)
    with world.db.write() as session:
        search_index.index(session, [ELDER.id])

    tried = leader.post("/registry/policies/default/preview", data={"who": ELDER.name}, headers=HTML)
    chosen = leader.post("/registry/policies/default/preview", data={"elder_id": ELDER.id, "at": "x"}, headers=HTML)
    nobody = leader.post("/registry/policies/default/preview", data={"who": "没有此人"}, headers=HTML)
    wrong = leader.post("/registry/policies/default/preview", data={"elder_id": "nobody"}, headers=HTML)

    assert {one.status_code for one in (tried, chosen, nobody, wrong)} == {200}
    for one in (tried, chosen):
        assert "赵丽" in one.text
        assert '<svg viewBox="0 0 100 12"' in one.text
    assert 'role="alert"' in nobody.text
    assert 'role="alert"' in wrong.text
    assert not world.phone("daughter").is_ringing


def test_a_try_by_words_finds_the_streets_own_people_only(site: ConsoleSite, world: World) -> None:
    stranger = site.make("elders", name="钱远方", area="别处")
    leader = site.as_("supervisor")
    everybody = leader.post("/registry/policies/default/preview", data={"who": "钱远方"}, headers=HTML)
    assert "钱远方</h3>" in everybody.text

    site.make("areas", code="610402", name="秦都区", level="district")
    site.registry.users.add(
        UserNew.model_validate({"username": "street", "password": PASSWORD, "role": "registrar", "areas": ["610402"]})
    )
    street = site.open(authorization=f"Bearer {site.token('street')}")
    found = street.post("/registry/policies/default/preview", data={"who": "钱远方"}, headers=HTML)
    by_id = street.post("/registry/policies/default/preview", data={"elder_id": stranger["id"]}, headers=HTML)

    assert 'role="alert"' in found.text
    assert "钱远方</h3>" not in found.text + by_id.text


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        ("down:0", ["family", "community"]), ("up:1", ["family", "community"]), ("take:0", ["family"]),
        ("add", ["community", "family", "doctor"]), ("up:0", ["community", "family"]),
        ("take:9", ["community", "family"]),
        ("nonsense", ["community", "family"]),
    ],
)  # fmt: skip
def test_buttons_move_rungs_in_the_form_and_save_nothing(site: ConsoleSite, pressed: str, expected: list[str]) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/night", data=NIGHT, headers=HTML)

    shown = leader.post("/registry/policies/night", data=NIGHT | {"do": pressed, "ring_s": "17"}, headers=HTML)

    assert shown.status_code == 200
    assert re.findall(r'<option value="(\w+)" selected>', shown.text)[1:-1] == expected
    assert 'value="17"' in shown.text, "what was typed stays"
    assert [rung["role"] for rung in leader.get("/api/v1/policies/night").json()["rungs"]] == ["community", "family"]


def test_rungs_read_as_sentences_and_the_name_is_a_policys(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    leader.post("/registry/policies/night", data=NIGHT, headers=HTML)

    shown = leader.get("/registry/policies/night", headers=HTML).text

    assert "响铃 30 秒，呼叫 2 次" in shown
    assert "响铃 15 秒，呼叫 1 次" in shown
    assert "预案名称" in shown
    assert ">姓名<" not in shown


def test_two_versions_stand_side_by_side(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    assert "还没有修改过" in leader.get("/registry/policies/default/versions", headers=HTML).text
    leader.post("/registry/policies/night", data=NIGHT, headers=HTML)
    leader.post("/registry/policies/night", data=NIGHT | {"ring_s": "20", "title": "夜里"}, headers=HTML)
    leader.post("/registry/policies/night", data=NIGHT | {"ring_s": "30", "title": "夜里"}, headers=HTML)

    newest = leader.get("/registry/policies/night/versions", headers=HTML).text
    chosen = leader.get("/registry/policies/night/versions?left=1&right=3", headers=HTML).text

    assert newest.count('class="is-changed"') == 1
    assert chosen.count('class="is-changed"') == 2
    assert "/registry/policies/night/versions/1/restore" in chosen
    assert "/registry/policies/night/versions/3/restore" not in chosen
    assert leader.get("/registry/policies/night/versions?left=9", headers=HTML).status_code == 404
    assert leader.get("/registry/policies/night/versions?left=x", headers=HTML).status_code == 422


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


def test_who_has_nobody_is_told_apart_from_who_is_not_reached_in_an_hour(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    away = site.make("elders", name="钱远方")["id"]
    office = [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}]
    site.make("contacts", elder_id=away, role="family", hours=office)
    leader.put("/api/v1/policies/default", json={"rungs": [{"role": "doctor"}]})
    before = waiting_on(leader, "/registry/policies/default")
    alone = site.make("elders", name="孙独居")["id"]

    both = waiting_on(leader, "/registry/policies/default")
    leader.put("/api/v1/policies/alone", json={"elder_id": alone})
    his = waiting_on(leader, "/registry/policies/alone")

    assert "改为呼叫家属、社区和医生" in before
    assert re.search(r"周. 11-\d\d \d\d:00 时，有 1 位", before)
    assert "登记联系人" not in before
    assert re.search("时，有 2 位.*其中 1 位有联系人", both)
    assert "1 位任何时候都没有可呼叫的联系人" in both
    assert 'href="/registry/elders?risk=no_contact"' in both
    assert '<rect class="is-always"' in both
    assert f'href="/registry/elders/{alone}"' in his
    assert "<svg" not in his, "a picture that is the same at every hour says nothing"
    assert "随时" not in his


def test_a_policy_for_batteries_says_that_officers_are_rung(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    site.make("elders", name="孙独居")
    leader.put("/api/v1/policies/batteries", json={"kind": "low_battery"})

    told = waiting_on(leader, "/registry/policies/batteries")

    assert "只呼叫值班员" in told
    assert "登记联系人" not in told


def waiting_on(leader: TestClient, path: str) -> str:
    """What the page says about whom the policy leaves waiting."""
    return leader.get(path, headers=HTML).text.partition('id="waiting"')[2].partition("</section>")[0]
