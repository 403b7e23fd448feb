"""The pages of the elders' files without a browser: what is folded, what is kept when something is wrong, what can be
undone."""

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from core.settings import load_settings
from registry.audit import AUDIT
from registry.id_numbers import check_digit
from registry.store import DEVICES, ELDERS
from tests.console_site import ConsoleSite
from tests.integration.test_pages import KEY, signed_in
from tests.world import ELDER, World

LIST = "/registry/elders"
ZHAO = f"{LIST}/{ELDER.id}"
NUMBER = "61040219410305002" + check_digit("61040219410305002")
SECRETS = ("心脏病", "A7#", NUMBER)


@pytest.fixture
def site(world: World) -> ConsoleSite:
    made = ConsoleSite(world.db, world.clock, load_settings({"CAREBELL_SECRET_KEY": KEY}))
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    key = world.db.vault.blind("id_number", NUMBER)
    write(world, id_number=NUMBER, id_number_key=key)
    write(world, access={"door_code": "A7#"}, access_confirmed_on=date(2026, 11, 1))
    return made


def write(world: World, **values: Any) -> None:
    with world.db.write() as session:
        session.connection().execute(update(ELDERS).where(ELDERS.c.id == ELDER.id).values(values))


def reasons(world: World, action: str) -> list[str | None]:
    with world.db.read() as session:
        wanted = select(AUDIT.c.reason).where(AUDIT.c.action == action, AUDIT.c.subject_id == ELDER.id)
        return list(session.connection().execute(wanted.order_by(AUDIT.c.seq)).scalars())


def secrets_in(answer: Any) -> list[str]:
    return [secret for secret in SECRETS if secret in answer.text]


def opened(browser: Any) -> Any:
    browser.post(f"{ZHAO}/open", data={"why": "update", "text": "家属要求"})
    return browser


def fields(text: str) -> dict[str, Any]:
    """What a browser would send of a form as it was served."""
    form = text[text.index("data-guard") :]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        about = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in about and (about.get("type") not in ("checkbox", "radio") or " checked" in tag):
            found[about["name"]] = about.get("value", "")
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)', form):
        found[name] = body
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = next(iter(re.findall(r'value="([^"]*)" selected', body)), "")
    return found


def test_the_sensitive_part_is_folded_until_a_reason_is_given_and_closes_by_itself(
    site: ConsoleSite, world: World
) -> None:
    browser = signed_in(site, "registrar")
    page = browser.get(ZHAO).text
    assert ELDER.name in page
    assert not any(secret in page for secret in SECRETS)

    assert "Say why" in browser.post(f"{ZHAO}/open", data={"why": "other", "text": " "}).text
    page = opened(browser).get(ZHAO).text

    assert all(secret in page for secret in SECRETS)
    assert reasons(world, "elder.open") == ["更新档案: 家属要求"]
    assert len(reasons(world, "elder.view")) >= 2
    world.clock.advance(seconds=timedelta(minutes=16).total_seconds())
    assert secrets_in(browser.get(ZHAO)) == []


def test_an_opened_file_is_open_to_nobody_else(site: ConsoleSite) -> None:
    opened(signed_in(site, "registrar"))

    assert secrets_in(signed_in(site, "officer").get(ZHAO)) == []
    assert secrets_in(signed_in(site, "auditor").get(ZHAO)) == []
    assert signed_in(site, "supervisor").post(f"{ZHAO}/edit", data={"name": "x"}).status_code == 403


def test_who_holds_the_alarm_needs_no_other_reason(site: ConsoleSite, world: World) -> None:
    browser = signed_in(site, "officer")
    world.press()
    browser.post(f"/alarms/{world.alarm.id}/claim")

    assert secrets_in(browser.get(ZHAO)) == list(SECRETS)


def test_lists_show_nothing_sensitive_and_take_words_in_the_body(site: ConsoleSite) -> None:
    browser = opened(signed_in(site, "registrar"))

    for page in (browser.get(LIST), browser.post(LIST, data={"q": "赵"}), browser.post(LIST, data={"q": NUMBER})):
        assert ELDER.id in page.text
        assert not any(secret in re.sub(r"<input[^>]*>", "", page.text) for secret in SECRETS)
    assert "No file fits" in browser.post(LIST, data={"q": "不存在的人"}).text
    found = browser.post(LIST, data={"q": "zgm"}, headers={"hx-request": "true", "hx-target": "found"}).text
    assert ELDER.id in found
    assert "<html" not in found


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("mark=vip", True), ("mark=important", False), ("device=in_service", True), ("device=faulty", False),
        ("risk=unprotected", False), ("risk=no_key_holder", True), ("age_from=80&age_to=90", True),
        ("age_to=70", False), ("kind=veteran&mark=vip", True), ("area=nowhere", False), ("mark=nonsense", True),
        ("age_from=old", True),
    ],
)  # fmt: skip
def test_filters_stand_in_the_address(site: ConsoleSite, world: World, query: str, is_found: bool) -> None:
    write(world, marks=["vip"], kinds=["veteran"], birth_date=date(1941, 3, 5))

    assert (ELDER.id in signed_in(site, "registrar").get(f"{LIST}?{query}").text) == is_found


def test_lat_and_lon_the_wrong_way_round_are_told_beside_the_field(site: ConsoleSite) -> None:
    typed = {"name": "钱远方", "lat": "108.7", "lon": "34.3"}

    refused = site.as_("registrar").post("/registry/elders/new", data=typed, headers={"accept": "text/html"})

    assert refused.status_code == 422
    assert "纬度和经度填反了" in refused.text
    assert 'value="108.7"' in refused.text


def test_a_new_file_is_begun_and_what_is_wrong_stands_beside_its_field(site: ConsoleSite, world: World) -> None:
    browser = signed_in(site, "registrar")
    given: dict[str, Any] = {"name": "<b>𠮷田</b>", "lat": "0", "lon": "0", "crs": "wgs84", "kinds": ["", "veteran"]}
    given |= {"id_number": NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")}
    given |= {"health.conditions": "高血压\n糖尿病", "access.dog": "yes"}

    wrong = browser.post(f"{LIST}/new", data=given)

    assert wrong.status_code == 422
    assert 'id="id_number-error"' in wrong.text
    assert "&lt;b&gt;𠮷田" in wrong.text
    assert "高血压\n糖尿病" in wrong.text
    twin = browser.post(f"{LIST}/new", data=given | {"id_number": NUMBER, "lat": "", "lon": ""})
    assert twin.status_code == 422
    assert "another file with this ID number" in twin.text
    made = browser.post(f"{LIST}/new", data=given | {"id_number": "", "lat": "", "lon": ""})
    assert made.status_code == 200
    assert "糖尿病" in made.text
    row = next(one for one in all_elders(world) if one["name"] == "<b>𠮷田</b>")
    assert (row["health"], row["access"]) == ({"conditions": ["高血压", "糖尿病"]}, {"dog": True})
    assert row["kinds"] == ["veteran"]


def all_elders(world: World) -> list[dict[str, Any]]:
    with world.db.read() as session:
        return [dict(row._mapping) for row in session.connection().execute(select(ELDERS))]


def test_saving_what_was_served_changes_nothing(site: ConsoleSite, world: World) -> None:
    write(world, health={"conditions": ["心脏病"], "hearing": "差", "odd": {"deep": 1}}, kinds=["veteran"], marks=[])
    before = all_elders(world)[0]
    browser = opened(signed_in(site, "registrar"))

    browser.post(f"{ZHAO}/edit", data=fields(browser.get(f"{ZHAO}/edit").text) | {"kinds": ["", "veteran"]})

    after = all_elders(world)[0]
    assert after["health"] == before["health"]
    assert after["access"] == before["access"]
    assert after["access_confirmed_on"] == before["access_confirmed_on"]


def test_a_folded_form_leaves_the_sensitive_part_alone(site: ConsoleSite, world: World) -> None:
    browser = signed_in(site, "registrar")
    form = browser.get(f"{ZHAO}/edit").text
    assert not any(secret in form for secret in SECRETS)

    browser.post(f"{ZHAO}/edit", data=fields(form) | {"address": "新址1号"})

    (row,) = all_elders(world)
    assert (row["address"], row["id_number"]) == ("新址1号", NUMBER)
    assert row["health"] == {"conditions": ["心脏病"]}


def test_second_registrar_is_told_what_changed_and_nothing_is_overwritten(site: ConsoleSite, world: World) -> None:
    browser = opened(signed_in(site, "registrar"))
    browser.post(f"{ZHAO}/edit", data=fields(browser.get(f"{ZHAO}/edit").text) | {"health.notes": "怕冷"})
    form = fields(browser.get(f"{ZHAO}/edit").text)
    other = signed_in(site, "admin")
    other.post(f"{ZHAO}/edit", data=fields(other.get(f"{ZHAO}/edit").text) | {"address": "新址1号"})

    late = browser.post(f"{ZHAO}/edit", data=form | {"address": "另一处", "phone": "13801000123"})

    assert late.status_code == 409
    assert "page-admin saved this file" in late.text
    shown = late.text[late.text.index('class="conflict"') : late.text.index("data-guard")]
    assert re.findall(r'<th scope="row">([^<]*)', shown) == ["Address"]
    assert re.findall(r"<td>([^<]*)", shown) == ["新址1号", "另一处"]
    assert all_elders(world)[0]["address"] == "新址1号"
    browser.post(f"{ZHAO}/edit", data=fields(late.text))
    assert all_elders(world)[0]["address"] == "另一处"


def test_removal_is_refused_with_a_device_and_undone_without(site: ConsoleSite, world: World) -> None:
    browser = signed_in(site, "registrar")
    assert "still has a device" in browser.post(f"{ZHAO}/remove").text
    with world.db.write() as session:
        session.connection().execute(update(DEVICES).values(elder_id=None))

    gone = browser.post(f"{ZHAO}/remove").text

    assert f'action="{ZHAO}/restore"' in gone
    assert "This file was removed" in browser.get(ZHAO).text
    assert signed_in(site, "officer").get(ZHAO).status_code == 404
    assert browser.get(f"{LIST}/nobody").status_code == 404
    assert ELDER.name in browser.post(f"{ZHAO}/restore").text
    assert browser.get(f"{ZHAO}/removed").status_code == 404


def test_way_in_is_confirmed_with_one_click(site: ConsoleSite, world: World) -> None:
    write(world, access_confirmed_on=date(2025, 1, 1))
    browser = opened(signed_in(site, "registrar"))
    assert "may be out of date" in browser.get(ZHAO).text

    browser.post(f"{ZHAO}/access/confirm")

    assert "may be out of date" not in browser.get(ZHAO).text


def test_addresses_photo_household_and_history_have_their_pages(site: ConsoleSite, world: World) -> None:
    browser = opened(signed_in(site, "registrar"))
    winter = {"label": "女儿家", "address": "海口路1号", "from_day": "12-01", "to_day": "02-30", "crs": "wgs84"}
    assert 'id="to_day-error"' in browser.post(f"{ZHAO}/addresses/new", data=winter).text
    saved = browser.post(f"{ZHAO}/addresses/new", data=winter | {"to_day": "02-28"}).text
    assert "女儿家" in saved
    place = re.findall(rf'href="({ZHAO}/addresses/[0-9a-f-]{{36}})"', saved)[-1]
    assert "海口路1号" in browser.get(place).text
    browser.post(place, data=fields(browser.get(place).text) | {"address": "海口路2号"})
    assert "海口路2号" in browser.get(ZHAO).text
    browser.post(f"{place}/remove")
    assert "海口路2号" not in browser.get(ZHAO).text

    picture = io.BytesIO()
    Image.new("RGB", (900, 900)).save(picture, "PNG")
    kept = browser.post(f"{ZHAO}/photo", files={"photo": ("face.png", picture.getvalue(), "image/png")})
    assert f"{ZHAO}/photo" in kept.text
    assert browser.get(f"{ZHAO}/photo").headers["cache-control"] == "no-store"
    assert "not a JPEG" in browser.post(f"{ZHAO}/photo", files={"photo": ("x", b"x")}).text

    other = site.make("elders", name="李德福")
    found = browser.post(f"{ZHAO}/household/find", data={"q": "李德福"}).text
    assert other["id"] in found
    assert "李德福" in browser.post(f"{ZHAO}/household", data={"with_elder_id": other["id"]}).text
    world.press()
    panel = signed_in(site, "officer").get(f"/alarms/{world.alarm.id}").text
    assert f"{LIST}/{other['id']}" in panel
    assert f"/alarms/{world.alarm.id}/photo" in panel
    assert browser.get(f"/alarms/{world.alarm.id}/photo").status_code == 403
    assert "Addresses over the year" in browser.get(f"{ZHAO}/history").text
    assert "李德福" not in browser.post(f"{ZHAO}/household/leave").text


def test_a_page_that_is_not_for_the_role_is_not_offered(site: ConsoleSite) -> None:
    officer = signed_in(site, "officer")

    assert "/edit" not in officer.get(ZHAO).text
    assert "data-new" not in officer.get(LIST).text
    assert officer.get(f"{LIST}/new").status_code == 403
    assert signed_in(site, "tester").get(LIST).status_code == 403
