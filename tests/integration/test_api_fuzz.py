"""What the description promises holds for whatever a client may send: no 5xx, no answer that it does not describe."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from alarms.check_calls import CheckCalls
from registry import sessions
from registry.store import USERS, find
from tests.console_site import ConsoleSite, open_database
from tests.world import DAUGHTER, ELDER, World, settle_in

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
WITHOUT_END = "/api/v1/events"  # A stream; tests/integration/test_api_events.py reads it.
EXAMPLES = {"admin": 8, "registrar": 3, "officer": 3, "auditor": 2}
ORDER = ("GET", "PUT", "PATCH", "POST", "DELETE")  # What takes things away comes last.


class Fuzzed:
    """A console with one of everything, and its own description of itself."""

    def __init__(self, site: ConsoleSite, known: dict[str, str]) -> None:
        self.site, self.known = site, known
        self.schema = schemathesis.openapi.from_asgi("/openapi.json", site.app)
        found = [one.ok() for one in self.schema.get_all_operations() if isinstance(one, Ok)]
        self.operations = sorted(
            (one for one in found if one.path != WITHOUT_END), key=lambda one: ORDER.index(one.method.upper())
        )

    def token(self, role: str) -> str:
        """A new one each time: some operations end the session they are called with."""
        with self.site.db.write() as session:
            user = find(session, USERS, USERS.c.username == f"some-{role}")
            assert user is not None
            return sessions.begin(session, user["id"], self.site.clock.now())


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    db = open_database("sqlite", tmp_path_factory.mktemp("fuzz"), "")
    settle_in(db)
    world = World(db)
    site = ConsoleSite(db, world.clock)
    site.centre.alarms, site.centre.sandbox = world.alarms, world.network
    world.alarms.check_calls = CheckCalls(db, world.clock, site.registry.phone_checks, [world.network])
    alarm_id = world.press().alarm_id
    world.advance(seconds=120)
    for role in EXAMPLES:
        site.as_(role)
    known = {
        "alarm_id": alarm_id, "elder_id": ELDER.id, "contact_id": DAUGHTER.id, "device": "dev-7", "name": "default",
        "number": DAUGHTER.phone, "resource_id": site.make("resources")["id"], "area_id": site.make("areas")["id"],
        "user_id": site.registry.users.by_name("some-officer")["id"],
    }  # fmt: skip
    yield Fuzzed(site, known)
    db.close()


@pytest.mark.parametrize("role", EXAMPLES)
def test_answers_are_as_described(fuzzed: Fuzzed, role: str) -> None:
    wrong: dict[str, str] = {}
    for operation in fuzzed.operations:
        try:
            _try(fuzzed, operation, role)
        except FailureGroup as failure:
            wrong[operation.label] = str(failure)[:1500]

    assert not wrong, "\n\n".join(f"{label}\n{text}" for label, text in wrong.items())


def _try(fuzzed: Fuzzed, operation: Any, role: str) -> None:
    """Half of the cases are about what is there."""

    @settings(
        max_examples=EXAMPLES[role], derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet,
    )  # fmt: skip
    @given(case=_cases(operation), is_there=st.booleans())
    def run(case: Any, is_there: bool) -> None:
        if is_there:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = fuzzed.known.get(name, case.path_parameters[name])
        fuzzed.site.app.state.guard.succeeded((f"some-{role}", "account"))
        answer = case.call(headers={"Authorization": f"Bearer {fuzzed.token(role)}"})
        case.validate_response(answer, checks=CHECKS)

    check: Callable[[], None] = run
    check()


def _cases(operation: Any) -> st.SearchStrategy[Any]:
    """What fits the description, and where it can be broken what does not."""
    fitting: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    has_input = bool(operation.body) or any(True for _ in operation.iter_parameters())
    unfit: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return st.one_of(fitting, unfit) if has_input else fitting
