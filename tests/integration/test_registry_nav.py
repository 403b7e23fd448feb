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


def test_the_front_door_leads_to_a_page_one_may_open(site: ConsoleSite) -> None:
    for role in ("admin", "auditor", "registrar", "officer"):
        answer = site.as_(role).get("/registry", headers=HTML, follow_redirects=False)
        assert answer.status_code in (303, 404)
        if answer.status_code == 303:
            assert site.as_(role).get(answer.headers["location"], headers=HTML).status_code == 200
