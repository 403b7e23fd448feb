"""A device in an elder's file: given by its uid, taken away, and back; what was removed elsewhere is found again."""

import io

import pytest
from PIL import Image

from core.db import Database
from registry.user_intake import UserNew
from tests.console_site import PASSWORD, ConsoleSite

HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db)


def of(site: ConsoleSite, uid: str) -> str | None:
    found: str | None = site.as_("registrar").get(f"/api/v1/devices/{uid}").json()["elder_id"]
    return found


def test_device_is_given_and_taken_away_in_the_file(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    zhao = site.make("elders", name="赵桂明")
    site.make("devices", uid="cb-1")
    path = f"/registry/elders/{zhao['id']}"

    registrar.post(f"{path}/devices", data={"uid": " cb-1 "}, headers=HTML)
    assert of(site, "cb-1") == zhao["id"]
    assert f"{path}/devices/cb-1/unpair" in registrar.get(path, headers=HTML).text

    registrar.post(f"{path}/devices/cb-1/unpair", headers=HTML)
    assert of(site, "cb-1") is None

    registrar.post(f"{path}/devices/cb-1/pair", headers=HTML)
    assert of(site, "cb-1") == zhao["id"]


def test_nobody_loses_a_device_by_mistake(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    zhao, wang = site.make("elders", name="赵桂明"), site.make("elders", name="王秀兰")
    site.make("devices", uid="cb-1", elder_id=zhao["id"])

    told = registrar.post(f"/registry/elders/{wang['id']}/devices", data={"uid": "cb-1"}, headers=HTML)
    unknown = registrar.post(f"/registry/elders/{wang['id']}/devices", data={"uid": "<script>"}, headers=HTML)
    not_hers = registrar.post(f"/registry/elders/{wang['id']}/devices/cb-1/unpair", headers=HTML)

    assert "已属于另一位老人" in told.text
    assert "<script>" not in unknown.text.partition("<main")[2]
    assert not_hers.status_code == 404
    assert of(site, "cb-1") == zhao["id"]


def test_removed_contacts_and_resources_are_found_and_brought_back(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    zhao = site.make("elders", name="赵桂明")
    contact = site.make("contacts", elder_id=zhao["id"], name="赵丽", role="family", phone="13900000001")
    resource = site.make("resources", kind="clinic", name="秦都卫生站", lat=34.3, lon=108.7)
    registrar.post(f"/registry/contacts/{contact['id']}/remove", headers=HTML)
    registrar.post(f"/registry/resources/{resource['id']}/remove", headers=HTML)

    contacts = registrar.get("/registry/removed/contacts", headers=HTML).text
    resources = registrar.get("/registry/removed/resources", headers=HTML).text
    assert "赵丽" in contacts
    assert "秦都卫生站" in resources

    registrar.post(f"/registry/contacts/{contact['id']}/restore", headers=HTML)
    registrar.post(f"/registry/resources/{resource['id']}/restore", headers=HTML)

    assert "赵丽" not in registrar.get("/registry/removed/contacts", headers=HTML).text
    shown = registrar.get(f"/registry/contacts/{contact['id']}", headers=HTML).text
    assert "恢复" in shown, "its history tells"
    assert registrar.get(f"/api/v1/resources/{resource['id']}").status_code == 200


def test_removed_contacts_of_another_street_stay_unseen_and_those_of_a_removed_elder_come_with_the_elder(
    site: ConsoleSite,
) -> None:
    registrar = site.as_("registrar")
    site.make("areas", code="610402", name="秦都区", level="district")
    here, gone = site.make("elders", name="赵桂明", area_code="610402"), site.make("elders", name="钱远方")
    for elder, name in ((here, "赵丽"), (gone, "钱多多")):
        made = site.make("contacts", elder_id=elder["id"], name=name, role="family", phone="13900000001")
        registrar.post(f"/registry/contacts/{made['id']}/remove", headers=HTML)
    site.registry.users.add(
        UserNew.model_validate({"username": "street", "password": PASSWORD, "role": "registrar", "areas": ["610402"]})
    )
    street = site.open(authorization=f"Bearer {site.token('street')}")

    seen = street.get("/registry/removed/contacts", headers=HTML).text
    assert "赵丽" in seen
    assert "钱多多" not in seen

    assert "钱多多" in registrar.get("/registry/removed/contacts", headers=HTML).text
    registrar.delete(f"/api/v1/elders/{gone['id']}")
    assert "钱多多" not in registrar.get("/registry/removed/contacts", headers=HTML).text


def test_photo_says_when_it_was_taken(site: ConsoleSite) -> None:
    registrar, leader = site.as_("registrar"), site.as_("supervisor")
    zhao = site.make("elders", name="赵桂明")
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(out, "PNG")
    path = f"/api/v1/elders/{zhao['id']}/photo"

    assert registrar.put(f"{path}?taken_on=2025-05-01", content=out.getvalue()).status_code == 204
    assert leader.get(path).headers["x-taken-on"] == "2025-05-01"
    assert "2025-05-01" in leader.get(f"/registry/elders/{zhao['id']}", headers=HTML).text

    assert registrar.put(f"{path}?taken_on=2999-01-01", content=out.getvalue()).status_code == 422
    assert registrar.put(f"{path}?taken_on=x", content=out.getvalue()).status_code == 422
    assert registrar.put(path, content=out.getvalue()).status_code == 204
    assert "x-taken-on" not in leader.get(path).headers
