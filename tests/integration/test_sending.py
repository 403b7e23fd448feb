"""Help nearby is sent from the desk and by the API, on both databases."""

from typing import Any

import httpx2 as httpx
import pytest

from tests.console_site import ConsoleSite, problem_of
from tests.world import World


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock)
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    return made


def do(site: ConsoleSite, alarm_id: str, action: str, role: str = "officer", **body: Any) -> httpx.Response:
    answer: httpx.Response = site.as_(role).post(f"/api/v1/alarms/{alarm_id}/{action}", json=body)
    return answer


def test_a_clinic_is_sent_and_the_page_shows_it(site: ConsoleSite, world: World) -> None:
    clinic = site.make("resources", kind="clinic", name="吴家堡卫生站", phone="02933210001", lat=34.33, lon=108.709)
    brigade = site.make("resources", kind="fire", name="消防站", phone="119", lat=34.331, lon=108.709)
    alarm_id = world.press().alarm_id
    problem_of(do(site, alarm_id, "send", resource_id=clinic["id"]), 409)  # Nobody holds it yet.
    do(site, alarm_id, "claim")

    sent = do(site, alarm_id, "send", resource_id=clinic["id"]).json()

    call = next(one for one in sent["attempts"] if one["purpose"] == "sent")
    assert (call["contact"]["name"], call["role"], call["medium"]) == ("吴家堡卫生站", "clinic", "voice")
    assert [one["data"] for one in sent["timeline"] if one["what"] == "help_sent_for"] == [
        {"name": "吴家堡卫生站", "role": "clinic"}
    ]
    problem_of(do(site, alarm_id, "send", resource_id=brigade["id"]), 422)
    problem_of(do(site, alarm_id, "send", resource_id="nothing"), 422)
    problem_of(do(site, alarm_id, "send", "tester", resource_id=clinic["id"]), 403)
    page = site.as_("officer").get(f"/alarms/{alarm_id}", headers={"Accept": "text/html"}).text
    assert "请自行拨打" in page
    going = do(site, alarm_id, "accept", resource_id=brigade["id"], eta_min=5).json()
    assert (going["state"], going["accepted_by"]["name"], going["eta_min"]) == ("accepted", "消防站", 5)


def test_one_of_a_contacts_numbers_is_chosen(site: ConsoleSite, world: World) -> None:
    world.press()
    problem_of(do(site, world.alarm.id, "call", contact_id="contact-guard", phone="+8613900009999"), 422)

    called = do(site, world.alarm.id, "call", contact_id="contact-guard", phone="+8613900000004").json()

    assert [a["contact"]["phone"] for a in called["attempts"] if a["purpose"] == "asked"] == ["+8613900000004"]
