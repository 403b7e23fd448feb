"""The code tables: what an administrator adds, renames and withdraws is so everywhere, and nothing is lost by it."""

import csv
import io
import json
import re
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, select
from starlette.testclient import TestClient

from core.clock import ManualClock
from core.db import Database
from registry import code_tables, importing
from registry.audit import AUDIT
from registry.code_tables import CODES
from registry.importing import Options
from registry.search import catch_up
from registry.store import ELDERS, RESOURCES
from tests.console_site import PASSWORD, ConsoleSite, problem_of
from tests.world import START

CODES_PATH = "/api/v1/codes"
HUNDRED = {"vocabulary": "elder_kind", "code": "centenarian", "zh": "百岁老人", "en": "over a hundred"}
OURS = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db, clock=ManualClock(START))


@pytest.fixture
def admin(site: ConsoleSite) -> TestClient:
    return site.as_("admin")


def browser_of(site: ConsoleSite, role: str = "admin", language: str = "en") -> Any:
    site.add_user(f"page-{role}", role)
    browser = site.open(**OURS)
    answer = browser.post("/sign-in", data={"username": f"page-{role}", "password": PASSWORD}, follow_redirects=False)
    browser.cookies.update(answer.cookies)
    browser.cookies.set("carebell_session", next(iter(answer.cookies.values())))
    browser.cookies.set("carebell_lang", language)
    browser.follow_redirects = False
    return browser


def add(admin: TestClient, **members: Any) -> dict[str, Any]:
    answer = admin.post(CODES_PATH, json=HUNDRED | members)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def listed(client: TestClient, vocabulary: str = "elder_kind") -> dict[str, dict[str, Any]]:
    answer = client.get(CODES_PATH, params={"vocabulary": vocabulary, "limit": 200})
    return {one["code"]: one for one in answer.json()["items"]}


def field_of(problem: dict[str, Any]) -> tuple[str, str]:
    [error] = problem["errors"]
    return error["where"], error["what"]


def kept(site: ConsoleSite, name: str) -> list[str]:
    with site.db.read() as session:
        return list(session.connection().execute(select(ELDERS.c.kinds).where(ELDERS.c.name == name)).scalar_one())


def taken_in(site: ConsoleSite, kind: str, data: bytes, **options: Any) -> importing.Outcome:
    return importing.run(site.registry, kind, data, Options(**options))


def lines(*rows: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


# -- the HTTP interface


def test_a_centre_that_changed_nothing_has_the_programs_codes(site: ConsoleSite) -> None:
    known = listed(site.as_("officer"))

    assert next(iter(known)) == "party_member"
    assert list(known)[-1] == "other"
    assert known["veteran"] == {
        "id": "elder_kind.veteran", "vocabulary": "elder_kind", "code": "veteran", "zh": "退役军人", "en": "veteran",
        "rank": 50, "is_offered": True, "is_built_in": True, "has_own_words": False, "version": 1,
    }  # fmt: skip
    with site.db.read() as session:
        assert session.connection().execute(select(CODES.c.id)).all() == []


def test_the_list_goes_on_page_by_page(site: ConsoleSite) -> None:
    reader, seen, cursor = site.as_("registrar"), [], None
    while True:
        answer = reader.get(CODES_PATH, params={"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        seen += [one["id"] for one in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 28
    assert reader.get(f"{CODES_PATH}/capability.dialysis").json()["zh"] == "透析"
    problem_of(reader.get(f"{CODES_PATH}/capability.nothing"), 404)
    problem_of(reader.get(CODES_PATH, params={"vocabulary": "colours"}), 422)


def test_a_code_of_the_site_is_one_as_good_as_the_others(site: ConsoleSite, admin: TestClient) -> None:
    registrar = site.as_("registrar")
    refused = problem_of(registrar.post("/api/v1/elders", json={"name": "赵桂明", "kinds": ["centenarian"]}), 422)
    assert field_of(refused) == ("body.kinds", "there is no such kind of person")

    add(admin)
    made = registrar.post("/api/v1/elders", json={"name": "赵桂明", "kinds": ["centenarian", "veteran"]})

    assert made.json()["kinds"] == ["centenarian", "veteran"]
    other = site.make("elders", name="钱一")
    path = f"/api/v1/elders/{other['id']}"
    assert registrar.patch(path, json={"kinds": ["centenarian"]}).status_code == 200
    assert field_of(problem_of(registrar.patch(path, json={"kinds": ["titan"]}), 422))[0] == "body.kinds"
    assert field_of(problem_of(registrar.patch(path, json={"kinds": ["泰坦"]}), 422))[0] == "body.kinds.0"


def test_lists_and_the_search_are_narrowed_by_a_code_of_the_site(site: ConsoleSite, admin: TestClient) -> None:
    registrar = site.as_("registrar")
    assert field_of(problem_of(registrar.get("/api/v1/elders", params={"kind": "centenarian"}), 422)) == (
        "query.kind",
        "there is no such kind of person",
    )
    add(admin)
    site.make("elders", name="赵桂明", kinds=["centenarian"])
    site.make("elders", name="赵二", kinds=["veteran"])
    catch_up(site.db)

    plain = registrar.get("/api/v1/elders", params={"kind": "centenarian"}).json()
    worded = registrar.get("/api/v1/elders", params={"kind": "centenarian", "q": "赵"}).json()
    found = registrar.post("/api/v1/search", json={"q": "赵", "filters": {"kinds": ["centenarian"]}}).json()

    assert [one["name"] for answer in (plain, worded, found) for one in answer["items"]] == ["赵桂明"] * 3


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"code": "veteran"}, "body.code"),
        ({"code": "Veteran"}, "body.code"),
        ({"code": "1st"}, "body.code"),
        ({"code": "x" * 41}, "body.code"),
        ({"zh": ""}, "body.zh"),
        ({"zh": None}, "body.zh"),
        ({"zh": "x" * 61}, "body.zh"),
        ({"zh": "退役军人"}, "body.zh"),
        ({"zh": "Veteran"}, "body.zh"),
        ({"zh": "独居、空巢"}, "body.zh"),
        ({"zh": "独居﹔空巢"}, "body.zh"),
        ({"en": "living alone"}, "body.en"),
        ({"en": "old, very"}, "body.en"),
        ({"vocabulary": "colours"}, "body.vocabulary"),
        ({"rank": -1}, "body.rank"),
        ({"colour": "red"}, "body.colour"),
    ],
)
def test_a_code_that_cannot_be_is_refused_at_its_member(admin: TestClient, members: dict[str, Any], field: str) -> None:
    assert field_of(problem_of(admin.post(CODES_PATH, json=HUNDRED | members), 422))[0] == field


def test_a_code_comes_before_other_and_is_made_where_it_is_left_out(admin: TestClient) -> None:
    made = add(admin, code=None)

    assert made["code"] == "over_a_hundred"
    assert list(listed(admin))[-2:] == ["over_a_hundred", "other"]
    assert add(admin, code=None, zh="失明", en=None)["code"] == "own"


def test_words_are_changed_and_the_programs_come_back(admin: TestClient) -> None:
    path = f"{CODES_PATH}/elder_kind.veteran"

    changed = admin.patch(path, json={"zh": "军人", "en": "soldier"}, headers={"if-match": '"1"'}).json()
    late = admin.patch(path, json={"zh": "老兵"}, headers={"if-match": '"1"'})
    back = admin.patch(path, json={"zh": None, "en": "veteran", "version": 2}).json()

    assert (changed["zh"], changed["en"], changed["version"], changed["has_own_words"]) == ("军人", "soldier", 2, True)
    assert problem_of(late, 409)["detail"] == "somebody changed this code meanwhile: it is at version 2"
    assert (back["zh"], back["en"], back["version"], back["has_own_words"]) == ("退役军人", "veteran", 3, False)
    assert admin.patch(path, json={"zh": "退役军人"}).json()["version"] == 3
    assert field_of(problem_of(admin.patch(path, json={"zh": "独居"}), 422))[0] == "body.zh"
    problem_of(admin.patch(f"{CODES_PATH}/elder_kind.titan", json={"zh": "泰坦"}), 404)


def test_a_code_of_the_site_keeps_chinese_words(admin: TestClient) -> None:
    made = add(admin)

    assert field_of(problem_of(admin.patch(f"{CODES_PATH}/{made['id']}", json={"zh": None}), 422))[0] == "body.zh"
    assert admin.patch(f"{CODES_PATH}/{made['id']}", json={"en": None}).json()["en"] is None


def test_what_is_withdrawn_stays_where_it_is(site: ConsoleSite, admin: TestClient) -> None:
    elder = site.make("elders", name="赵桂明", kinds=["veteran"])
    path = f"{CODES_PATH}/elder_kind.veteran"

    assert admin.patch(path, json={"is_offered": False}).json()["is_offered"] is False

    registrar = site.as_("registrar")
    mine = f"/api/v1/elders/{elder['id']}"
    assert registrar.patch(mine, json={"kinds": ["veteran", "disabled"]}).status_code == 200
    assert registrar.get("/api/v1/elders", params={"kind": "veteran"}).json()["items"] != []
    assert admin.patch(path, json={"is_offered": True}).json()["is_offered"] is True


def test_only_an_unused_code_of_the_site_is_removed_and_it_comes_back(site: ConsoleSite, admin: TestClient) -> None:
    made = add(admin)
    path = f"{CODES_PATH}/{made['id']}"
    elder = site.make("elders", name="赵桂明", kinds=["centenarian"])

    used = problem_of(admin.delete(path), 409)
    site.as_("registrar").delete(f"/api/v1/elders/{elder['id']}")
    removed = problem_of(admin.delete(path), 409)
    built_in = problem_of(admin.delete(f"{CODES_PATH}/open_reason.other"), 409)
    site.as_("registrar").post(f"/api/v1/elders/{elder['id']}/restore")
    site.as_("registrar").patch(f"/api/v1/elders/{elder['id']}", json={"kinds": []})
    late = admin.delete(path, headers={"if-match": '"7"'})

    assert used["detail"] == "files with this code: 1; take it out of what is offered instead"
    assert removed["detail"] == used["detail"]
    assert built_in["detail"] == "this code belongs to the program: take it out of what is offered instead"
    problem_of(late, 409)
    assert admin.delete(path, headers={"if-match": f'"{made["version"]}"'}).status_code == 204
    assert "centenarian" not in listed(admin)
    problem_of(admin.delete(path), 404)
    again = {"kinds": ["centenarian"]}
    problem_of(site.as_("registrar").patch(f"/api/v1/elders/{elder['id']}", json=again), 422)
    assert admin.post(f"{path}/restore").json()["zh"] == "百岁老人"
    problem_of(admin.post(f"{path}/restore"), 409)
    problem_of(admin.post(f"{CODES_PATH}/elder_kind.titan/restore"), 404)
    assert admin.delete(path).status_code == 204
    assert add(admin, zh="百岁", en=None)["zh"] == "百岁"


def test_whether_a_code_was_given_is_asked_of_the_index(site: ConsoleSite, admin: TestClient) -> None:
    add(admin)
    elder = site.make("elders", name="赵桂明", kinds=["centenarian"])
    assert is_given(site) is True
    site.as_("registrar").patch(f"/api/v1/elders/{elder['id']}", json={"kinds": []})
    assert is_given(site) is False


def is_given(site: ConsoleSite) -> bool:
    with site.db.read() as session:
        return code_tables.was_given(session, "elder_kind", "centenarian")


def test_a_removed_code_does_not_come_back_beside_one_of_the_same_words(admin: TestClient) -> None:
    first = add(admin)
    admin.delete(f"{CODES_PATH}/{first['id']}")
    add(admin, code="hundred")

    problem_of(admin.post(f"{CODES_PATH}/{first['id']}/restore"), 422)


def test_every_change_is_in_the_log(site: ConsoleSite, admin: TestClient) -> None:
    made = add(admin)
    path = f"{CODES_PATH}/{made['id']}"
    admin.patch(path, json={"zh": "百岁", "is_offered": False})
    admin.patch(path, json={"zh": "百岁"})
    admin.delete(path)
    admin.post(f"{path}/restore")

    with site.db.read() as session:
        wanted = select(AUDIT).where(AUDIT.c.subject_kind == "code").order_by(AUDIT.c.seq)
        told = session.connection().execute(wanted).all()

    assert [(one.action, one.actor, one.subject_id) for one in told] == [
        (f"code.{verb}", "some-admin", "elder_kind.centenarian") for verb in ("add", "change", "remove", "restore")
    ]
    assert told[1].data == {"members": ["zh", "is_offered"]}


@pytest.mark.parametrize("role", ["registrar", "supervisor", "officer", "auditor"])
def test_who_reads_files_reads_the_words_and_changes_none(site: ConsoleSite, role: str) -> None:
    client = site.as_(role)

    assert client.get(CODES_PATH).status_code == 200
    problem_of(client.post(CODES_PATH, json=HUNDRED), 403)
    problem_of(client.patch(f"{CODES_PATH}/elder_kind.veteran", json={"zh": "军人"}), 403)
    assert client.get("/registry/codes", headers={"accept": "text/html"}).status_code == 403
    assert "/registry/codes" not in client.get("/registry/elders", headers={"accept": "text/html"}).text


def test_an_administrator_of_some_areas_changes_no_table_of_everybodys(site: ConsoleSite) -> None:
    site.make("areas", code="610402", name="秦都区", level="district")
    client = site.of_areas("admin", "610402")

    assert client.get(CODES_PATH).status_code == 200
    problem_of(client.post(CODES_PATH, json=HUNDRED), 403)


# -- files in and out


@pytest.mark.parametrize("written", ["百岁老人；独居", "centenarian; living_alone", "Over a hundred、living alone"])
def test_an_import_reads_the_sites_words(site: ConsoleSite, admin: TestClient, written: str) -> None:
    data = lines(("姓名", "人员类别"), ("赵桂明", written))
    before = taken_in(site, "elders", data)
    assert [(row, column) for row, column, _ in before.refusals] == [(2, "人员类别")]
    add(admin)

    assert taken_in(site, "elders", data).added == 1

    assert kept(site, "赵桂明") == ["centenarian", "living_alone"]


def test_each_row_of_an_import_with_an_unknown_kind_is_refused_with_all_that_is_wrong(
    site: ConsoleSite, admin: TestClient
) -> None:
    add(admin)
    data = lines(
        ("姓名", "人员类别", "区域代码"), ("赵一", "百岁老人", ""), ("赵二", "泰坦", ""), ("赵三", "titan", "999999"),
    )  # fmt: skip

    outcome = taken_in(site, "elders", data, rows="good")

    assert outcome.added == 1
    assert sorted(outcome.refusals) == [
        (3, "人员类别", "there is no such kind of person"),
        (4, "人员类别", "there is no such kind of person"),
        (4, "区域代码", "there is no such area"),
    ]


def test_an_import_brings_a_file_up_to_date_with_a_code_of_the_site(site: ConsoleSite, admin: TestClient) -> None:
    add(admin)
    site.make("elders", name="赵桂明", phone="13900000001", kinds=["veteran"])
    data = lines(("姓名", "电话", "人员类别"), ("赵桂明", "13900000001", "百岁老人"))

    assert len(taken_in(site, "elders", data, on_existing="update").results) == 1

    assert kept(site, "赵桂明") == ["centenarian"]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "fhir"])
def test_what_is_exported_is_imported_again(site: ConsoleSite, admin: TestClient, format_: str) -> None:
    add(admin)
    admin.patch(f"{CODES_PATH}/elder_kind.veteran", json={"zh": "军人"})
    elder = site.make("elders", name="赵桂明", kinds=["centenarian", "veteran"])
    registrar = site.as_("registrar")
    asked = {"format": format_, "reason": "核对"}
    data = registrar.post("/api/v1/exports/elders", json=asked).content
    registrar.patch(f"/api/v1/elders/{elder['id']}", json={"name": "旧"})

    outcome = taken_in(site, "elders", data)

    assert (outcome.added, outcome.refusals) == (1, ())
    assert kept(site, "赵桂明") == ["centenarian", "veteran"]
    if format_ == "csv":
        assert "百岁老人；军人" in data.decode()


def test_what_help_can_do_is_read_and_written_in_words(site: ConsoleSite, admin: TestClient) -> None:
    add(admin, vocabulary="capability", code="oxygen", zh="供氧", en="oxygen")
    data = lines(
        ("类型", "名称", "纬度", "经度", "服务能力"), ("医院", "市医院", "34.33", "108.71", "供氧；透析；会下棋"),
    )  # fmt: skip

    assert taken_in(site, "resources", data).added == 1

    with site.db.read() as session:
        assert session.connection().execute(select(RESOURCES.c.capabilities)).scalar_one() == [
            "oxygen", "dialysis", "会下棋",
        ]  # fmt: skip
    asked = {"format": "csv", "reason": "核对"}
    assert "供氧；透析；会下棋" in site.as_("registrar").post("/api/v1/exports/resources", json=asked).text


def test_the_workbook_to_fill_in_names_what_the_site_offers(site: ConsoleSite, admin: TestClient) -> None:
    add(admin)
    admin.patch(f"{CODES_PATH}/elder_kind.childless", json={"is_offered": False})

    book = load_workbook(io.BytesIO(site.as_("registrar").get("/api/v1/import-templates/elders").content))

    [explained] = [row[3] for row in book["说明"].iter_rows(values_only=True) if row[0] == "人员类别"]
    assert "百岁老人" in str(explained)
    assert "无子女" not in str(explained)


def test_a_bundle_with_a_kind_that_nobody_knows_is_refused(site: ConsoleSite) -> None:
    extension = {"url": "urn:carebell:kinds", "valueCode": "titan"}
    patient = {"resourceType": "Patient", "id": "1", "name": [{"text": "赵桂明"}], "extension": [extension]}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]}

    outcome = taken_in(site, "elders", json.dumps(bundle).encode())

    assert outcome.refusals == ((1, "extension('urn:carebell:kinds')", "there is no such kind of person"),)


def test_the_tables_are_read_once_however_many_rows_there_are(site: ConsoleSite, admin: TestClient) -> None:
    """By an import, by what it changes, and by the page of a list."""
    add(admin)
    for n in range(20):
        site.make("elders", name=f"赵{n}", phone=f"139000000{n:02d}", kinds=["centenarian"])
    data = lines(("姓名", "电话", "人员类别"), *((f"赵{n}", f"139000000{n:02d}", "百岁老人；独居") for n in range(20)))
    catch_up(site.db)
    browser, asked = browser_of(site), []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    def read_codes() -> int:
        number = len([one for one in asked if "FROM codes" in one])
        asked.clear()
        return number

    engines = {site.db.engine, site.db._writing}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        assert len(taken_in(site, "elders", data, on_existing="update", rows="good").results) == 20
        assert read_codes() <= 3
        assert "over a hundred" in browser.get("/registry/elders").text
        assert read_codes() == 1
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


# -- the pages


def test_an_administrator_adds_a_kind_and_a_registrar_chooses_it(site: ConsoleSite) -> None:
    browser = browser_of(site)
    assert 'href="/registry/codes" aria-current="page"' in browser.get("/registry/codes").text

    wrong = browser.post("/registry/codes/new", data=HUNDRED | {"zh": "退役军人"})
    assert wrong.status_code == 422
    assert re.search(r'id="zh-error">is what another code of this table is called', wrong.text)
    assert 'value="over a hundred"' in wrong.text
    made = browser.post("/registry/codes/new", data=HUNDRED | {"code": ""})
    assert made.headers["location"] == "/registry/codes#elder_kind.over_a_hundred"

    registrar = browser_of(site, "registrar")
    assert "<span>over a hundred</span>" in registrar.get("/registry/elders/new").text
    saved = registrar.post("/registry/elders/new", data={"name": "赵桂明", "kinds": ["", "over_a_hundred"]})
    file = registrar.get(saved.headers["location"]).text
    assert '<span class="tag">over a hundred</span>' in file
    catch_up(site.db)
    narrowed = registrar.get("/registry/elders", params={"kind": "over_a_hundred"}).text
    assert '<option value="over_a_hundred" selected>over a hundred</option>' in narrowed
    assert "赵桂明" in narrowed
    refused = registrar.post("/registry/elders/new", data={"name": "钱一", "kinds": ["", "titan"]})
    assert refused.status_code == 422
    assert 'id="kinds-error">there is no such kind of person' in refused.text
    registrar.cookies.set("carebell_lang", "zh-CN")
    assert '<span class="tag">百岁老人</span>' in registrar.get(saved.headers["location"]).text
    page = browser.get("/registry/codes").text
    assert '<a href="/registry/elders?kind=over_a_hundred">1</a>' in page


def test_words_are_changed_on_the_page_and_the_second_is_told(site: ConsoleSite) -> None:
    browser, path = browser_of(site), "/registry/codes/elder_kind.veteran/edit"
    assert 'value="退役军人"' in browser.get(path).text

    assert browser.post(path, data={"zh": "军人", "en": "", "version": "1"}).status_code == 303
    late = browser.post(path, data={"zh": "老兵", "en": "", "version": "1"})

    assert late.status_code == 409
    assert ('value="老兵"' in late.text, 'name="version" value="2"' in late.text) == (True, True)
    assert "own words" in browser.get("/registry/codes").text
    assert browser.post("/registry/codes/elder_kind.veteran/reset").status_code == 303
    assert listed(site.as_("admin"))["veteran"]["zh"] == "退役军人"


def test_what_is_withdrawn_is_shown_where_a_file_has_it(site: ConsoleSite) -> None:
    elder = site.make("elders", name="赵桂明", kinds=["veteran"])
    browser, registrar = browser_of(site), browser_of(site, "registrar")
    chip = 'name="kinds" value="veteran"'

    done = browser.post("/registry/codes/elder_kind.veteran/withdraw")
    told = browser.get(done.headers["location"]).text

    assert 'action="/registry/codes/elder_kind.veteran/offer"' in told
    assert "not offered" in told
    assert chip not in registrar.get("/registry/elders/new").text
    assert f"{chip} checked" in registrar.get(f"/registry/elders/{elder['id']}/edit").text
    assert '<span class="tag">veteran</span>' in registrar.get(f"/registry/elders/{elder['id']}").text
    assert browser.post("/registry/codes/elder_kind.veteran/offer").status_code == 303
    assert chip in registrar.get("/registry/elders/new").text


def test_a_code_is_moved_and_the_keyboard_stays_on_it(site: ConsoleSite) -> None:
    browser = browser_of(site)

    done = browser.post("/registry/codes/elder_kind.veteran/up")
    page = browser.get(done.headers["location"]).text

    assert list(listed(site.as_("admin")))[3:5] == ["veteran", "disabled"]
    assert 'formaction="/registry/codes/elder_kind.veteran/up" autofocus' in page
    assert browser.post("/registry/codes/elder_kind.party_member/up").status_code == 303
    assert next(iter(listed(site.as_("admin")))) == "party_member"
    assert browser.post("/registry/codes/elder_kind.veteran/sideways").status_code == 404


def test_a_removal_on_the_page_is_undone_and_one_in_use_is_refused(site: ConsoleSite, admin: TestClient) -> None:
    browser, made = browser_of(site), add(admin)

    gone = browser.post(f"/registry/codes/{made['id']}/remove")
    told = browser.get(gone.headers["location"]).text
    assert f'action="/registry/codes/{made["id"]}/restore"' in told
    assert f'id="{made["id"]}"' not in told
    browser.post(f"/registry/codes/{made['id']}/restore")
    site.make("elders", kinds=["centenarian"])
    browser.cookies.set("carebell_lang", "zh-CN")
    refused = browser.get(browser.post(f"/registry/codes/{made['id']}/remove").headers["location"]).text
    assert "有 1 份档案使用此代码" in refused
    assert f'id="{made["id"]}"' in refused


def test_a_file_is_opened_for_a_reason_of_the_site(site: ConsoleSite, admin: TestClient) -> None:
    add(admin, vocabulary="open_reason", code="inspection", zh="上级检查", en="An inspection")
    elder = site.make("elders", name="赵桂明", health={"conditions": ["高血压"]})
    officer, path = browser_of(site, "officer"), f"/registry/elders/{elder['id']}"

    assert "<span>An inspection</span>" in officer.get(path).text
    officer.post(f"{path}/open", data={"why": "other", "text": ""})
    officer.post(f"{path}/open", data={"why": "titan", "text": "因为"})
    assert "高血压" not in officer.get(path).text
    officer.post(f"{path}/open", data={"why": "inspection", "text": "季度"})

    assert "高血压" in officer.get(path).text
    with site.db.read() as session:
        reasons = select(AUDIT.c.reason).where(AUDIT.c.action == "elder.open")
        assert session.connection().execute(reasons).scalars().all() == ["上级检查: 季度"]


def test_a_reason_in_ones_own_words_is_always_offered(site: ConsoleSite, admin: TestClient) -> None:
    told = problem_of(admin.patch(f"{CODES_PATH}/open_reason.other", json={"is_offered": False}), 409)

    assert told["detail"] == "this reason is always offered: a file must open for what is in no table"
    page = browser_of(site).get("/registry/codes").text
    assert 'formaction="/registry/codes/open_reason.call/withdraw"' in page
    assert 'formaction="/registry/codes/open_reason.other/withdraw"' not in page


def test_help_can_do_what_the_site_calls_it(site: ConsoleSite, admin: TestClient) -> None:
    add(admin, vocabulary="capability", code="oxygen", zh="供氧", en="brings oxygen")
    one = site.make("resources", name="市医院", capabilities=["oxygen", "dialysis", "会下棋"])
    registrar = browser_of(site, "registrar")

    page = registrar.get("/registry/resources", params={"can": "oxygen"}).text
    assert "brings oxygen, dialysis, 会下棋" in page
    assert '<option value="oxygen" selected>brings oxygen</option>' in page
    assert "brings oxygen, dialysis, 会下棋" in registrar.get(f"/registry/resources/{one['id']}").text
    admin.patch(f"{CODES_PATH}/capability.oxygen", json={"is_offered": False})
    form = registrar.get(f"/registry/resources/{one['id']}/edit").text
    assert 'value="oxygen" checked><span>brings oxygen</span>' in form
    assert 'value="oxygen"' not in registrar.get("/registry/resources/new").text
    codes = browser_of(site).get("/registry/codes").text
    assert '<a href="/registry/resources?can=oxygen">1</a>' in codes


def test_who_is_removed_counts_for_nobody(site: ConsoleSite, admin: TestClient) -> None:
    add(admin)
    elder = site.make("elders", name="赵桂明", kinds=["centenarian"])
    site.make("elders", name="钱一", kinds=None)
    site.make("elders", name="钱二", kinds=["centenarian", "other"])
    site.as_("registrar").delete(f"/api/v1/elders/{elder['id']}")

    page = browser_of(site).get("/registry/codes").text

    assert '<a href="/registry/elders?kind=centenarian">1</a>' in page
