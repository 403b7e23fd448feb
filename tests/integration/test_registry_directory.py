"""What an alarm asks the registry, on both databases: right, in dialling order, and in few queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from core.db import Database
from registry import directory
from tests.console_site import ConsoleSite


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db)


@contextmanager
def counted(db: Database) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield statements
    event.remove(db.engine, "before_cursor_execute", note)


def test_profile_names_whom_to_call_in_dialling_order(site: ConsoleSite) -> None:
    elder = site.make("elders", language="en", lat=34.3, lon=108.7)
    wanted = [("family", 1), ("family", 2), ("community", 1), ("doctor", 0), ("other", 0)]
    made = {
        (role, rank): site.make("contacts", elder_id=elder["id"], role=role, rank=rank) for role, rank in wanted[::-1]
    }
    gone = site.make("contacts", elder_id=elder["id"], role="family", rank=0)
    site.as_("registrar").delete(f"/api/v1/contacts/{gone['id']}")
    device = site.make("devices", elder_id=elder["id"])
    site.as_("registrar").put("/api/v1/policies/default", json={"ring_s": 7})

    with site.db.read() as session:
        profile = directory.profiles(session, [device["uid"]])[device["uid"]]

    assert [c.id for c in profile.contacts] == [made[place]["id"] for place in wanted]
    assert profile.elder is not None
    assert (profile.elder.id, profile.elder.language, profile.elder.lat) == (elder["id"], "en", 34.3)
    assert profile.device.uid == device["uid"]
    assert profile.policy.settings.ring_s == 7


def test_many_devices_cost_no_more_queries_than_one(site: ConsoleSite) -> None:
    uids = []
    for _ in range(5):
        elder = site.make("elders")
        site.make("contacts", elder_id=elder["id"])
        uids.append(site.make("devices", elder_id=elder["id"])["uid"])
    lonely = site.make("devices")["uid"]

    with site.db.read() as session, counted(site.db) as statements:
        found = directory.profiles(session, [*uids, lonely, "nobody"])

    assert found.keys() == {*uids, lonely}
    assert found[lonely].elder is None
    assert len(statements) <= 3


def test_officers_on_duty_have_a_phone_and_an_account(site: ConsoleSite) -> None:
    admin = site.as_("admin")
    people = [
        ("li", "officer", "13801000001"), ("zhou", "supervisor", "13801000002"), ("silent", "officer", None),
        ("gone", "officer", "13801000003"), ("clerk", "registrar", "13801000004"),
    ]  # fmt: skip
    for name, role, phone in people:
        given = {"username": name, "password": "long enough", "role": role, "phone": phone}
        made = admin.post("/api/v1/users", json=given).json()
        if name == "gone":
            assert admin.delete(f"/api/v1/users/{made['id']}").status_code == 204

    with site.db.read() as session:
        found = directory.officers_on_duty(session, site.clock.now())

    assert [(o.name, o.phone) for o in found] == [("li", "+8613801000001"), ("zhou", "+8613801000002")]
