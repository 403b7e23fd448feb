"""Pages of devices and of help near by: what a registrar does on them, what is refused, and who may not."""

import csv
import io
import re
from typing import Any

import pytest

from core.clock import ManualClock
from core.db import Database
from registry.search import catch_up
from tests.console_site import PASSWORD, ConsoleSite
from tests.world import START

OURS = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, clock=ManualClock(START))


def browser_of(site: ConsoleSite, role: str = "registrar") -> Any:
    site.add_user(f"page-{role}", role)
    browser = site.open(**OURS)
    answer = browser.post("/sign-in", data={"username": f"page-{role}", "password": PASSWORD}, follow_redirects=False)
    browser.cookies.set("carebell_session", next(iter(answer.cookies.values())))
    browser.cookies.update(answer.cookies)
    browser.cookies.set("carebell_lang", "en")
    browser.follow_redirects = False
    return browser


def test_a_device_from_its_registration_to_its_elder(site: ConsoleSite) -> None:
    browser, elder = browser_of(site), site.make("elders", name="赵桂明", phone="13900000001")
    catch_up(site.db)

    wrong = browser.post("/registry/devices/new", data={"uid": "a b", "sim_iccid": "123", "triggers": "key\nkey"})
    assert wrong.status_code == 422
    assert "begins with 89" in wrong.text
    assert "each trigger is named once" in wrong.text
    made = browser.post("/registry/devices/new", data={"uid": "yjt-1", "triggers": "key\r\npendant", "model": "YJT-2"})
    assert made.headers["cache-control"] == "no-store"
    assert site.secrets_told[-1][1] in made.text
    [path] = re.findall(r'href="(/registry/devices/[0-9a-f-]{36})"', made.text)
    assert browser.post("/registry/devices/new", data={"uid": "yjt-1"}).status_code == 409

    found = browser.post(f"{path}/find", data={"q": "赵桂明"})
    assert f'value="{elder["id"]}"' in found.text
    assert browser.post(f"{path}/pair", data={"elder_id": elder["id"], "version": "1"}).status_code == 303
    late = browser.post(f"{path}/move", data={"to": "installed", "version": "1"})
    assert (late.status_code, "Nothing was done" in late.text) == (409, True)
    assert browser.post(f"{path}/move", data={"to": "installed", "reason": "装好", "version": "2"}).status_code == 303
    file = browser.get(path)
    assert ("赵桂明" in file.text, "装好" in file.text, "no test press yet" in file.text) == (True, True, True)
    assert browser.post(f"{path}/move", data={"to": "in_service"}).status_code == 409
    assert browser.get("/registry/devices", params={"q": "carebell:1:yjt-1"}).headers["location"] == path
    assert "赵桂明" in browser.get("/registry/devices", params={"state": "installed", "q": "yjt"}).text


def test_retired_and_undone(site: ConsoleSite) -> None:
    browser, made = browser_of(site), site.make("devices")
    path = f"/registry/devices/{made['id']}"

    assert browser.post(f"{path}/move", data={"to": "retired"}).status_code == 303
    assert f'action="{path}/restore"' in browser.get(path).text
    assert browser.post(f"{path}/restore").status_code == 303
    assert site.as_("registrar").get(f"/api/v1/devices/{made['id']}").json()["state"] == "stock"
    assert browser.post(f"{path}/restore").status_code == 409


def test_a_change_keeps_what_was_typed(site: ConsoleSite) -> None:
    browser, made = browser_of(site), site.make("devices")
    path = f"/registry/devices/{made['id']}/edit"

    assert browser.post(path, data={"version": "1", "note": "旧"}).status_code == 303
    late = browser.post(path, data={"version": "1", "note": "<script>新</script>"})
    assert late.status_code == 409
    assert "&lt;script&gt;新" in late.text
    assert 'name="version" value="2"' in late.text


def test_a_delivery_is_a_file(site: ConsoleSite) -> None:
    browser = browser_of(site)
    site.make("devices", uid="cb-3")

    taken = browser.post(
        "/registry/devices/delivery", data={"prefix": "cb-", "first": "1", "digits": "1", "count": "5"}
    )
    assert (taken.status_code, "cb-3" in taken.text) == (409, True)
    file = browser.post("/registry/devices/delivery", data={"uids": "a-1\r\na-2", "batch": "B1"})
    assert 'filename="device-secrets.csv"' in file.headers["content-disposition"]
    assert [row["uid"] for row in csv.DictReader(io.StringIO(file.text))] == ["a-1", "a-2"]
    sheet = browser.get("/registry/devices/labels", params={"batch": "B1"}).text
    assert sheet.count('class="label"') == 2
    assert "a-1" in sheet


def test_models_are_kept(site: ConsoleSite) -> None:
    browser = browser_of(site)

    assert browser.post("/registry/devices/models/new", data={"name": "YJT-2", "triggers": ""}).status_code == 422
    given = {"name": "YJT-2", "triggers": "key\npendant", "heartbeat_s": "600"}
    assert browser.post("/registry/devices/models/new", data=given).status_code == 303
    assert browser.post("/registry/devices/models/new", data=given).status_code == 409
    page = browser.get("/registry/devices/models").text
    [edit] = set(re.findall(r'href="(/registry/devices/models/[0-9a-f-]+/edit)"', page))
    assert browser.post(edit, data=given | {"heartbeat_s": "x", "version": "1"}).status_code == 422
    assert browser.post(edit, data=given | {"heartbeat_s": "60", "version": "1"}).status_code == 303
    assert browser.post(edit, data=given | {"heartbeat_s": "60", "version": "1"}).status_code in (303, 409)
    assert browser.post(edit.replace("/edit", "/remove")).status_code == 303


def test_help_is_entered_with_its_hours_and_its_place(site: ConsoleSite) -> None:
    browser = browser_of(site)
    given: dict[str, Any] = {
        "kind": "clinic", "name": "吴家堡卫生站", "lat": "34.33", "lon": "108.71", "crs": "gcj02", "hours_mode": "rows",
        "hours0.days": ["1", "2", "3"], "hours0.from": "08:00", "hours0.to": "12:00", "hours1.from": "",
        "capabilities": ["", "home_visit", "针灸\r\n推拿"],
    }  # fmt: skip

    wrong = browser.post("/registry/resources/new", data=given | {"hours0.days": [], "lat": "95", "phone": "x"})
    assert (wrong.status_code, "吴家堡卫生站" in wrong.text, 'value="95"' in wrong.text) == (422, True, True)
    made = browser.post("/registry/resources/new", data=given)
    assert made.status_code == 303
    path = made.headers["location"]
    kept = site.as_("registrar").get(path.replace("/registry", "/api/v1")).json()
    assert kept["hours"] == [{"days": [1, 2, 3], "from": "08:00", "to": "12:00"}]
    assert (kept["capabilities"], kept["given"]["crs"]) == (["home_visit", "针灸", "推拿"], "gcj02")

    form = browser.get(f"{path}/edit").text
    assert ('value="08:00"' in form, 'value="34.33"' in form, "针灸" in form) == (True, True, True)
    assert browser.post(f"{path}/edit", data=given | {"hours_mode": "always", "version": "1"}).status_code == 303
    assert browser.post(f"{path}/edit", data=given | {"name": "别的", "version": "1"}).status_code == 409
    assert "day and night" in browser.get(path).text
    assert "吴家堡卫生站" in browser.post("/registry/resources", data={"q": "吴家"}).text
    assert browser.post(f"{path}/remove").status_code == 303
    assert f'action="{path}/restore"' in browser.get("/registry/resources").text
    assert browser.post(f"{path}/restore").status_code == 303


def test_maps_are_scripts_of_this_site(site: ConsoleSite) -> None:
    browser, made = browser_of(site), site.make("resources", name="医院 ${x} {{ y }}")

    for path in ("map.js", "picker.js", "picker.js?lat=34.3&lon=108.7", f"{made['id']}/map.js"):
        answer = browser.get(f"/registry/resources/{path}")
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8", path
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert 'id="map_places"' in browser.get("/registry/resources/map").text


@pytest.mark.parametrize("role", ["officer", "auditor"])
def test_who_only_reads_is_shown_no_button_and_may_press_none(site: ConsoleSite, role: str) -> None:
    device, help_ = site.make("devices"), site.make("resources")
    browser = browser_of(site, role)

    for path in (f"/registry/devices/{device['id']}", f"/registry/resources/{help_['id']}"):
        page = browser.get(path)
        assert page.status_code == 200
        assert f'action="{path}' not in page.text
        assert f"{path}/edit" not in page.text
    for path in ("devices/new", "devices/delivery", "resources/new"):
        assert browser.get(f"/registry/{path}").status_code == 403
    assert browser.post(f"/registry/devices/{device['id']}/move", data={"to": "retired"}).status_code == 403
    assert browser.post(f"/registry/resources/{help_['id']}/remove").status_code == 403
