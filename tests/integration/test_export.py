"""What goes out says who took it and why, comes in again as it was, and holds nothing that was not asked for."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from openpyxl import load_workbook
from sqlalchemy import event, update

from registry.store import ELDERS
from tests.console_site import ConsoleSite, open_database, problem_of
from tests.import_site import ImportSite

NUMBER = "610402194103050024"


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConsoleSite]:
    db = open_database(request.param, tmp_path, "export")
    made = ConsoleSite(db)
    registrar = made.as_("registrar")
    elder = registrar.post("/api/v1/elders", json={
        "name": "=赵桂明", "phone": "13900000007", "address": "渭阳西路3号院", "lat": 34.33, "lon": 108.71,
        "crs": "gcj02",
        "id_number": NUMBER, "service_card": "XY-1", "kinds": ["living_alone", "party_member"],
        "health": {"conditions": ["高血压", "冠心病"], "allergies": ["青霉素"], "medication": ["阿司匹林"]},
        "access": {"door_code": "1234", "dog": True},
    }).json()  # fmt: skip
    registrar.post("/api/v1/contacts", json={
        "elder_id": elder["id"], "name": "李强", "role": "family", "phone": "13812345678", "rank": 1,
        "relation": "儿子",
        "more_phones": [{"phone": "029-33123456", "label": "单位"}],
        "hours": [{"days": [1, 2, 3, 4, 5], "from": "08:00", "to": "18:00"}],
    })  # fmt: skip
    registrar.post("/api/v1/devices", json={"uid": "cb-1", "elder_id": elder["id"]})
    registrar.post(
        "/api/v1/resources", json={"kind": "clinic", "name": "卫生站", "lat": 34.3, "lon": 108.7, "phone": "120"}
    )
    yield made
    db.close()


def taken(site: ConsoleSite, kind: str, **asked: Any) -> bytes:
    answer = site.as_("registrar").post(f"/api/v1/exports/{kind}", json={"reason": "半年核对", **asked})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment;")
    return bytes(answer.content)


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_csv_says_who_and_why_first_and_starts_no_formula(site: ConsoleSite) -> None:
    mark, header, row = lines(taken(site, "elders"))

    assert mark[0].startswith("# Carebell elders, ")
    assert mark[0].endswith(": 半年核对")
    told = dict(zip(header, row, strict=True))
    assert (told["姓名"], told["电话"], told["坐标系"]) == ("'=赵桂明", "'+8613900000007", "gcj02")
    assert told["人员类别"] == "独居；党员"
    assert "身份证号" not in told
    assert "疾病" not in told
    assert b"1234" not in taken(site, "elders").replace(b"13812345678", b"")


@pytest.mark.parametrize("form", ["csv", "xlsx", "fhir"])
def test_what_went_out_comes_in_again_as_it_was(site: ConsoleSite, form: str, tmp_path: Path) -> None:
    target = ImportSite(site.db, tmp_path)

    for kind in ("elders", "contacts", "resources")[: 2 if form == "fhir" else 3]:
        content = taken(site, kind, format=form, with_sealed=kind == "elders")
        report = target.import_bytes(kind, content, on_existing="update")
        assert (report.read, report.outcome.same, report.refusals) == (1, 1, ()), kind


def test_sealed_members_go_along_for_who_may_read_them(site: ConsoleSite) -> None:
    _, header, row = lines(taken(site, "elders", with_sealed=True))

    told = dict(zip(header, row, strict=True))
    assert (told["身份证号"], told["疾病"], told["门禁密码"], told["养狗"]) == (NUMBER, "高血压；冠心病", "1234", "是")


def test_it_is_logged_with_its_reason(site: ConsoleSite) -> None:
    taken(site, "contacts", area_code=None)

    entry = site.as_("auditor").get("/api/v1/log", params={"action": "registry.export"}).json()["items"][0]
    assert (entry["action"], entry["subject_id"], entry["reason"]) == ("registry.export", "contacts", "半年核对")


def test_who_may_not_export_gets_nothing(site: ConsoleSite) -> None:
    asked = {"reason": "半年核对"}

    for role in ("officer", "supervisor", "auditor", "tester"):
        problem_of(site.as_(role).post("/api/v1/exports/elders", json=asked), 403)
    problem_of(site.open().post("/api/v1/exports/elders", json=asked), 401)
    problem_of(site.as_("registrar").post("/api/v1/exports/elders", json={}), 422)
    problem_of(site.as_("registrar").post("/api/v1/exports/devices", json=asked | {"format": "fhir"}), 422)


def test_a_workbook_carries_the_mark_in_its_properties(site: ConsoleSite) -> None:
    book = load_workbook(io.BytesIO(taken(site, "elders", format="xlsx")))

    assert book.properties.description.endswith(": 半年核对")
    name = book.active["A2"]
    assert (name.value, name.data_type) == ("=赵桂明", "s")


def test_a_bundle_is_fhir_and_is_read_again(site: ConsoleSite, tmp_path: Path) -> None:
    content = taken(site, "elders", format="fhir", with_sealed=True)

    bundle = Bundle.model_validate(json.loads(content))
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry or () if entry.resource is not None]
    assert kinds == [
        "Patient", "Condition", "Condition", "AllergyIntolerance", "MedicationStatement", "RelatedPerson",
    ]  # fmt: skip
    target = ImportSite(site.db, tmp_path)
    assert target.import_bytes("elders", content, on_existing="update").refusals == ()
    assert target.import_bytes("contacts", content, on_existing="update").refusals == ()
    plain = json.loads(taken(site, "elders", format="fhir"))
    assert [entry["resource"]["resourceType"] for entry in plain["entry"]] == ["Patient", "RelatedPerson"]


WHOLE_ELDER = {
    "name": "钱秀兰", "address": "人民路　1号", "lat": 34.33, "lon": 108.71, "phone": "13900000008",
    "language": "en", "area_code": "610402", "id_number": "610402194512240021", "service_card": "XY-2",
    "kinds": ["living_alone", "party_member"], "marks": ["vip"], "joined_on": "2026-01-02",
    "service_from": "2026-02-03", "name_reading": "qián xiù lán", "addressed_as": "钱老师",
    "access_notes": "钥匙在邻居处；\n二楼", "access": {
        "key_holder": "王阿姨", "door_code": "1234#", "floor": "3", "dog": False, "note": "敲门要重",
    },
    "health": {
        "conditions": ["高血压"], "medication": ["阿司匹林"], "allergies": ["青霉素"], "implants": ["起搏器", "支架"],
        "blood_group": "A Rh+", "mobility": "轮椅", "hearing": "左耳聋", "sight": "白内障", "speech": "口吃",
        "dialect": "陕西话", "living": "独居", "notes": "怕黑",
    },
}  # fmt: skip
WHOLE_CONTACTS: list[dict[str, Any]] = [
    {
        "name": "陈大夫", "role": "doctor", "phone": "13812345671", "rank": 7, "language": "en", "is_key_holder": True,
        "more_phones": [{"phone": "029-33123456", "label": "单位"}, {"phone": "13812345672"}], "note": "夜间不接",
        "hours": [{"days": [1, 2, 5], "from": "08:00", "to": "24:00"}], "languages": ["中文", "陕西话"],
        "away": [{"from": "2026-01-20", "to": "2026-02-10", "note": "过年（回家）；也许"}], "lat": 34.3, "lon": 108.7,
    },
    {"name": "门卫", "role": "security", "phone": "13812345673", "rank": 7},
]  # fmt: skip
NOT_TAKEN_ALONG = {
    "id", "elder_id", "version", "created_at", "updated_at", "household_id", "home_given", "id_number_key",
    "access_confirmed_on",
}  # fmt: skip


def test_a_bundle_carries_everything_to_another_centre(site: ConsoleSite, tmp_path: Path) -> None:
    registrar = site.as_("registrar")
    area = {"code": "610402", "name": "秦都区", "level": "district"}
    assert site.as_("admin").post("/api/v1/areas", json=area).status_code == 201
    elder = registrar.post("/api/v1/elders", json=WHOLE_ELDER)
    assert elder.status_code == 201, elder.text
    for contact in WHOLE_CONTACTS:
        made = registrar.post("/api/v1/contacts", json=contact | {"elder_id": elder.json()["id"]})
        assert made.status_code == 201, made.text
    content = taken(site, "elders", format="fhir", with_sealed=True)
    Bundle.model_validate(json.loads(content))
    (tmp_path / "other").mkdir()
    other = ConsoleSite(open_database("sqlite", tmp_path / "other", "other"))
    assert other.as_("admin").post("/api/v1/areas", json=area).status_code == 201
    here, there = ImportSite(site.db, tmp_path), ImportSite(other.db, tmp_path)

    for kind in ("elders", "contacts"):
        assert there.import_bytes(kind, content).refusals == ()
        assert here.import_bytes(kind, content, on_existing="update").outcome.changed == 0
        old, new = (
            [{name: value for name, value in row.items() if name not in NOT_TAKEN_ALONG} for row in one.rows(kind)]
            for one in (here, there)
        )
        assert new == old
    other.db.close()


def test_what_is_sealed_is_in_a_bundle_only_where_it_was_asked_for(site: ConsoleSite) -> None:
    assert site.as_("registrar").post("/api/v1/elders", json=WHOLE_ELDER | {"area_code": None}).status_code == 201

    plain = taken(site, "elders", format="fhir").decode()

    for sealed in ("610402194512240021", "1234#", "王阿姨", "起搏器", "A Rh+", "钥匙在邻居处", "怕黑"):
        assert sealed not in plain
    assert "钱老师" in plain


def test_many_rows_take_few_statements(site: ConsoleSite) -> None:
    for n in range(30):
        elder = site.make("elders")
        site.make("contacts", elder_id=elder["id"], phone=f"138{n:08d}")
    statements: list[str] = []
    event.listen(site.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    assert len(lines(taken(site, "contacts"))) == 33

    assert len(statements) < 16


def test_a_scope_holds_for_exports(site: ConsoleSite) -> None:
    with site.db.write() as session:
        session.connection().execute(update(ELDERS).values(area_path="/610000/610400"))
    site.as_("admin").post("/api/v1/areas", json={"code": "610500", "name": "渭南市", "level": "city"})
    user = {"username": "weinan", "password": "correct horse battery", "role": "registrar", "areas": ["610500"]}
    assert site.as_("admin").post("/api/v1/users", json=user).status_code == 201
    weinan = site.open(authorization=f"Bearer {site.token('weinan')}")

    answer = weinan.post("/api/v1/exports/elders", json={"reason": "半年核对"})

    assert len(lines(answer.content)) == 2


def test_a_template_is_a_workbook_that_can_be_imported(site: ConsoleSite, tmp_path: Path) -> None:
    registrar = site.as_("registrar")
    target = ImportSite(site.db, tmp_path)

    for kind in ("elders", "contacts", "devices", "resources"):
        content = registrar.get(f"/api/v1/import-templates/{kind}").content
        book = load_workbook(io.BytesIO(content))
        assert book.sheetnames == ["填写", "说明"]
        assert target.import_bytes(kind, content).refusals == (), kind
    assert load_workbook(io.BytesIO(content)).worksheets[0].data_validations.dataValidation
    assert registrar.get("/api/v1/import-templates/elders", params={"format": "csv"}).content.startswith(
        b"\xef\xbb\xbf"
    )


@pytest.mark.parametrize(("reason", "status"), [("核对", 200), ("查", 422), (" 查 ", 422)])
def test_a_chinese_word_is_a_reason(site: ConsoleSite, reason: str, status: int) -> None:
    browser = site.as_("registrar")

    assert browser.post("/api/v1/exports/elders", json={"reason": reason}).status_code == status
    assert 'minlength="2"' in browser.get("/registry/import").text
    asked = {"kind": "elders", "format": "csv", "reason": reason}
    page = browser.post("/registry/import/export", data=asked, follow_redirects=False)
    assert (page.status_code == 200) == (status == 200)
