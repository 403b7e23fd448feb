import pytest

from registry.profile import USER_ROLES
from registry.rights import PERMISSIONS, permissions_of

CHANGES = {"alarms.act", "alarms.supervise", "registry.write", "policies.write", "users.write", "devices.command"}


def test_admin_may_do_everything() -> None:
    assert permissions_of("admin") == PERMISSIONS


def test_nobody_may_edit_a_log() -> None:
    assert [p for p in PERMISSIONS if p.startswith("logs.")] == ["logs.read"]


def test_auditor_changes_nothing_and_reads_no_illness() -> None:
    rights = permissions_of("auditor")

    assert not rights & CHANGES
    assert "health.read" not in rights
    assert "logs.read" in rights


@pytest.mark.parametrize("role", [r for r in USER_ROLES if r != "admin"])
def test_only_the_admin_keeps_the_users(role: str) -> None:
    assert "users.write" not in permissions_of(role)
    assert permissions_of(role) < PERMISSIONS


@pytest.mark.parametrize("role", ["", "emperor", "Admin"])
def test_unknown_role_may_do_nothing(role: str) -> None:
    assert permissions_of(role) == frozenset()


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("officer", "alarms.act", "registry.write"),
        ("supervisor", "alarms.supervise", "registry.write"),
        ("registrar", "registry.write", "alarms.act"),
        ("tester", "sandbox.use", "registry.read"),
    ],
)
def test_each_role_has_its_own_work(role: str, may: str, may_not: str) -> None:
    assert may in permissions_of(role)
    assert may_not not in permissions_of(role)


def test_who_serves_or_tests_a_device_may_command_it() -> None:
    may = {role for role in USER_ROLES if "devices.command" in permissions_of(role)}

    assert may == {"officer", "supervisor", "tester", "admin"}
