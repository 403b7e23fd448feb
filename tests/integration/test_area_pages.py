"""The areas' page: one level at a time; what is wrong stands beside its field, and nothing moves by mistake."""

import pytest

from core.db import Database
from tests.console_site import ConsoleSite

HTML = {"accept": "text/html"}


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    made = ConsoleSite(db)
    made.make("areas", code="610400", name="咸阳市", level="city")
    made.make("areas", code="610402", name="秦都区", level="district", parent_code="610400")
    return made


def page(site: ConsoleSite, path: str = "/registry/areas", role: str = "registrar") -> str:
    answer = site.as_(role).get(path, headers=HTML)
    assert answer.status_code == 200
    return answer.text


def test_one_level_at_a_time_with_the_way_back(site: ConsoleSite) -> None:
    top, inside = page(site), page(site, "/registry/areas?in=610400")

    assert ("咸阳市" in top, "秦都区" in top) == (True, False)
    assert "秦都区" in inside
    assert 'href="/registry/areas?in=610402"' in inside
    assert site.as_("registrar").get("/registry/areas?in=999", headers=HTML).status_code == 404


def test_an_area_is_added_changed_and_removed(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    given = {"code": "610402001", "name": "吴家堡街道", "level": "street", "parent_code": "610402"}
    assert registrar.post("/registry/areas", data=given, headers=HTML, follow_redirects=False).status_code == 303
    added = next(
        one for one in registrar.get("/api/v1/areas").json()["items"] if one["code"] == "610402001"
    )  # fmt: skip
    assert added["path"] == "/610400/610402/610402001"

    changed = {"name": "吴家堡街道办", "parent_code": "610400", "level": "street"}
    registrar.post(f"/registry/areas/{added['id']}", data=changed, headers=HTML)
    assert registrar.get(f"/api/v1/areas/{added['id']}").json()["path"] == "/610400/610402001"

    registrar.post(f"/registry/areas/{added['id']}/remove", headers=HTML)
    assert registrar.get(f"/api/v1/areas/{added['id']}").status_code == 404


def test_what_cannot_be_stands_beside_its_field(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    city = next(one for one in registrar.get("/api/v1/areas").json()["items"] if one["code"] == "610400")

    taken = registrar.post(
        "/registry/areas", data={"code": "610402", "name": "又一个", "level": "district", "parent_code": "610400"},
        headers=HTML,
    )  # fmt: skip
    ring = registrar.post(
        f"/registry/areas/{city['id']}", data={"name": "咸阳市", "parent_code": "610402", "level": "city"}, headers=HTML
    )
    full = registrar.post(f"/registry/areas/{city['id']}/remove", headers=HTML)

    assert (taken.status_code, ring.status_code, full.status_code) == (422, 422, 409)
    assert "已有使用此代码的区域" in taken.text
    assert 'value="又一个"' in taken.text
    assert 'aria-invalid="true"' in ring.text or 'role="alert"' in ring.text
    assert "其下还有别的区域" in full.text


def test_who_only_reads_is_shown_no_form(site: ConsoleSite) -> None:
    assert "<form class=" not in page(site, "/registry/areas?in=610402", role="auditor").partition('class="page')[2]


CSV = "code,name,level,parent_code\n610402003,西兰路街道,,\n"


def test_tree_unfolds_level_by_level_with_counts(site: ConsoleSite) -> None:
    site.make("elders", name="赵桂明", area_code="610402")

    top = page(site)
    branch = site.as_("registrar").get("/registry/areas/branch?in=610400", headers=HTML)

    assert "<details><summary" in top
    assert 'hx-get="/registry/areas/branch?in=610400"' in top
    assert "1 位老人" in top
    assert 'href="/registry/areas?in=610402"' in branch.text
    assert "1 位老人" in branch.text
    assert "<html" not in branch.text
    assert site.as_("registrar").get("/registry/areas/branch?in=999", headers=HTML).status_code == 404


def test_csv_is_looked_at_first_and_written_from_what_was_looked_at(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    looked = registrar.post(
        "/registry/areas/csv", data={"dry_run": "1"}, files={"file": ("a.csv", CSV.encode("gb18030"))}, headers=HTML
    )
    assert looked.status_code == 200
    assert "将新增 1" in looked.text or "1" in looked.text
    assert "西兰路街道" in looked.text, "the text comes back with the form"
    assert not any(one["code"] == "610402003" for one in registrar.get("/api/v1/areas").json()["items"])

    written = registrar.post("/registry/areas/csv", data={"dry_run": "0", "text": CSV}, headers=HTML)

    assert written.status_code == 200
    assert any(one["code"] == "610402003" for one in registrar.get("/api/v1/areas").json()["items"])


def test_csv_with_faults_is_told_row_by_row_and_nothing_is_written(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    cycle = "code,name,level,parent_code\nA-1,甲,district,A-2\nA-2,乙,district,A-1\n610402004,<script>,,\n"

    told = registrar.post("/registry/areas/csv", data={"dry_run": "0"}, files={"file": ("a.csv", cycle)}, headers=HTML)
    nothing = registrar.post("/registry/areas/csv", data={"dry_run": "0"}, headers=HTML)
    unknown = registrar.post("/registry/areas/csv", files={"file": ("a.csv", "x,y\n1,2\n")}, headers=HTML)

    assert (told.status_code, nothing.status_code, unknown.status_code) == (422, 422, 422)
    assert '<td class="num">2</td>' in told.text
    assert "<script>," not in told.text
    assert 'class="problem"' in nothing.text
    assert 'class="problem"' in unknown.text
    assert {one["code"] for one in registrar.get("/api/v1/areas").json()["items"]} == {"610400", "610402"}


def test_removed_area_comes_back_as_it_was(site: ConsoleSite) -> None:
    registrar = site.as_("registrar")
    added = site.make("areas", code="A-7", name="河湾", level="street", parent_code="610402")
    registrar.post(f"/registry/areas/{added['id']}/remove", headers=HTML)

    back = registrar.post("/registry/areas/restore?code=A-7", headers=HTML, follow_redirects=False)

    assert back.status_code == 303
    found = next(one for one in registrar.get("/api/v1/areas").json()["items"] if one["code"] == "A-7")
    assert (found["name"], found["level"], found["path"]) == ("河湾", "street", "/610400/610402/A-7")
    assert registrar.post("/registry/areas/restore?code=A-7", headers=HTML).status_code == 409
    assert registrar.post("/registry/areas/restore?code=never", headers=HTML).status_code == 404
