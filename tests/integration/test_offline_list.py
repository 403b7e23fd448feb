"""The list for the day without the system: whom it names, who may make it, what it leaves in the log."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from duty import offline
from registry.audit import Actor
from registry.intake import BadMember
from tests.console_site import ConsoleSite, open_database
from tests.unit.duty.test_offline_file import opened

HTML = {"accept": "text/html"}
PASSPHRASE = "correct horse battery staple"
GOOD = {"reason": "每周一次", "passphrase": PASSPHRASE, "again": PASSPHRASE}


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(open_database(request.param, tmp_path, "offline"))
    made.make("areas", code="610402001", name="人民路街道")
    made.make("areas", code="610402002", name="西兰路街道")
    yield made
    made.db.close()


def elder(site: ConsoleSite, name: str = "赵桂明", **more: Any) -> str:
    usual = {
        "name": name, "birth_date": "1944-03-05", "address": "渭阳西路3号院", "area_code": "610402001",
        "lat": 34.33, "lon": 108.71, "phone": "13900000007",
        "health": {"conditions": ["高血压"], "allergies": ["青霉素"]},
        "access": {"door_code": "1234", "key_holder": "王姐"},
    }  # fmt: skip
    found = site.make("elders", **(usual | more))
    return str(found["id"])


def list_of(site: ConsoleSite, role: str = "registrar", **more: str) -> list[dict[str, Any]]:
    answer = site.as_(role).post("/room/offline/file", data=GOOD | more, headers=HTML)
    assert answer.status_code == 200, answer.text[:500]
    assert re.fullmatch(r'attachment; filename="carebell-offline-[\d-]+\.html"', answer.headers["content-disposition"])
    return [one for box in opened(answer.text, PASSPHRASE)[1:] for one in box["elders"]]


def test_an_elder_stands_with_everything_that_is_needed(site: ConsoleSite) -> None:
    who = elder(site)
    for name, role, rank in (("周医生", "doctor", 1), ("张站长", "community", 1), ("李强", "family", 2)):
        site.make("contacts", elder_id=who, name=name, role=role, rank=rank)
    site.make("contacts", elder_id=who, name="李娜", role="family", rank=1, relation="女儿", is_key_holder=True,
              more_phones=[{"phone": "029-33123456", "label": "单位"}])  # fmt: skip
    site.make("resources", name="人民医院", kind="hospital", lat=34.34, lon=108.71, phone="029-33210000")

    [one] = list_of(site)

    assert [c["name"] for c in one["contacts"]] == ["李娜", "李强", "张站长", "周医生"]
    daughter = one["contacts"][0]
    assert (daughter["has_key"], daughter["relation"], len(daughter["phones"])) == (True, "女儿", 2)
    assert one["health"] == {"conditions": ["高血压"], "allergies": ["青霉素"]}
    assert "王姐" in one["way_in"]
    assert "1234" in one["way_in"]
    assert "zgm" in one["letters"].split()
    [near] = one["help"]
    assert near["name"] == "人民医院"
    assert 1050 < near["metres"] < 1150


def test_the_list_is_in_the_order_of_the_areas_whatever_its_length(
    site: ConsoleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duty.offline_rows.CHUNK", 2)
    for n in range(5):
        elder(site, f"老人{n}", area_code="610402002" if n % 2 else "610402001")
    elder(site, "无区域", area_code=None)

    names = [one["name"] for one in list_of(site)]

    assert names == ["无区域", "老人0", "老人2", "老人4", "老人1", "老人3"]


def test_an_area_is_a_list_of_its_own(site: ConsoleSite) -> None:
    elder(site, "赵桂明")
    elder(site, "王秀兰", area_code="610402002")

    assert [one["name"] for one in list_of(site, area_code="610402002")] == ["王秀兰"]


def test_a_street_s_leader_takes_the_street_only(site: ConsoleSite) -> None:
    elder(site, "赵桂明")
    elder(site, "王秀兰", area_code="610402002")
    site.as_("supervisor")
    users = site.as_("admin").get("/api/v1/users?limit=50").json()["items"]
    leader = next(one for one in users if one["username"] == "some-supervisor")
    changed = site.as_("admin").patch(f"/api/v1/users/{leader['id']}", json={"areas": ["610402002"]})
    assert changed.status_code == 200, changed.text

    token = site.token("some-supervisor")
    answer = site.open(authorization=f"Bearer {token}").post("/room/offline/file", data=GOOD, headers=HTML)
    names = [one["name"] for box in opened(answer.text, PASSPHRASE)[1:] for one in box["elders"]]
    assert names == ["王秀兰"]

    other = GOOD | {"area_code": "610402001"}
    refused = site.open(authorization=f"Bearer {token}").post("/room/offline/file", data=other, headers=HTML)
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("wrong", "beside"),
    [
        ({"reason": " "}, "reason"),
        ({"passphrase": "too short", "again": "too short"}, "passphrase"),
        ({"again": "correct horse battery stable"}, "again"),
        ({"area_code": "999999"}, "area_code"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_logged(
    site: ConsoleSite, wrong: dict[str, str], beside: str
) -> None:
    elder(site)
    answer = site.as_("registrar").post("/room/offline/file", data=GOOD | wrong, headers=HTML)

    assert answer.status_code == 422
    assert f'id="{beside}-error"' in answer.text
    assert PASSPHRASE not in answer.text
    with site.db.read() as session:
        assert offline.newest(session) is None


def test_who_made_it_when_and_why_is_in_the_log_and_on_paper(site: ConsoleSite) -> None:
    elder(site)
    paper = site.as_("supervisor").post("/room/offline/paper", data={"reason": "停电演练"}, headers=HTML)

    assert paper.status_code == 200
    assert "停电演练" in paper.text.partition("<thead>")[2].partition("</thead>")[0]
    assert "赵桂明" in paper.text
    [entry] = site.as_("auditor").get("/api/v1/log?action=offline_list.export").json()["items"]
    assert entry["reason"] == "停电演练"
    assert entry["data"] == {"how": "paper", "area_code": None, "elders": 1}


def test_too_many_are_refused_with_what_to_do(site: ConsoleSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "MOST_IN_A_FILE", 1)
    elder(site, "赵桂明")
    elder(site, "王秀兰")

    with pytest.raises(BadMember, match="choose a smaller area"):
        offline.begin(site.registry, Actor(), reason="每周", area_code=None, how="file", language="zh-CN")


def test_the_room_says_how_old_the_newest_list_is(site: ConsoleSite) -> None:
    leader = site.as_("supervisor")
    leader.cookies.set("carebell_lang", "en")
    assert "There is no offline list" in leader.get("/room", headers=HTML).text

    elder(site)
    list_of(site, "supervisor")
    told = leader.get("/room", headers=HTML).text
    assert "Offline list of" in told
    assert "soft offline-told" in told


def test_a_removed_elder_is_not_on_it(site: ConsoleSite) -> None:
    elder(site, "王秀兰")
    gone = elder(site)
    assert site.as_("registrar").delete(f"/api/v1/elders/{gone}").status_code in (200, 204)

    assert [one["name"] for one in list_of(site)] == ["王秀兰"]
