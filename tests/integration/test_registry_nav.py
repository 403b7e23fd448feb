"""The registry's navigation shows each role what it may open, and leads there."""

from pathlib import Path

import pytest

from tests.console_site import ConsoleSite, open_database

HTML = {"accept": "text/html"}


@pytest.fixture
def site(tmp_path: Path) -> ConsoleSite:
    return ConsoleSite(open_database("sqlite", tmp_path, "nav"))


def test_an_auditor_finds_the_log(site: ConsoleSite) -> None:
    answer = site.as_("auditor").get("/registry/log", headers=HTML)

    assert answer.status_code == 200
    assert 'href="/registry/log" aria-current="page"' in answer.text
    assert 'href="/registry/privacy"' not in answer.text


@pytest.mark.parametrize("role", ["admin", "supervisor", "registrar", "officer", "auditor"])
def test_the_front_door_leads_to_a_page_one_may_open(site: ConsoleSite, role: str) -> None:
    somebody = site.as_(role)

    answer = somebody.get("/registry", headers=HTML, follow_redirects=False)

    assert answer.headers["location"] == "/registry/elders"
    assert somebody.get(answer.headers["location"], headers=HTML).status_code == 200


def test_who_may_open_none_of_it_is_told_so(site: ConsoleSite) -> None:
    assert site.as_("tester").get("/registry", headers=HTML).status_code == 404
