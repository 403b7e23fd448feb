"""Every route as every role: 401 for nobody, 403 without the right, neither with it; and no form from another site."""

import re
from collections.abc import Iterable, Iterator

import pytest
from starlette.routing import BaseRoute, Route
from starlette.testclient import TestClient

from console.deps import COOKIE, SAFE_METHODS
from console.sight import NOBODYS, SIGHTS
from core.clock import ManualClock
from core.db import Database
from registry import sessions
from registry.profile import USER_ROLES
from registry.rights import PERMISSIONS, permissions_of
from registry.store import USERS, find
from tests.console_site import ConsoleSite, open_database
from tests.rights_table import ROUTES, routes
from tests.world import World, settle_in

TABLE = routes()
PUBLIC = frozenset({"public"})
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
VALUES = {"number": "+8613900000001", "action": "note"}  # Where x is refused before the right is asked for.
OTHER_CREDENTIAL = ("/hooks/", "/r/")  # A provider's signature, the link in a message: no cookie of ours is used.
FOREIGN = {"sec-fetch-site": "cross-site", "origin": "http://evil.example"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleSite]:
    """One of each role at a console that has everything; the database is one, since rights do not depend on it."""
    db: Database = open_database("sqlite", tmp_path_factory.mktemp("rights"), "")
    settle_in(db)
    world = World(db)
    made = ConsoleSite(db, ManualClock(world.clock.now()))
    made.centre.alarms, made.centre.sandbox = world.alarms, world.network
    for role in USER_ROLES:
        made.add_user(f"some-{role}", role)
    yield made
    db.close()


def token(site: ConsoleSite, role: str) -> str:
    """A new one each time: some routes end the session they are called with."""
    with site.db.write() as session:
        user = find(session, USERS, USERS.c.username == f"some-{role}")
        assert user is not None
        return sessions.begin(session, user["id"], site.clock.now())


def there(site: ConsoleSite) -> set[tuple[str, str]]:
    """What the application itself answers to: (method, path)."""
    return {
        (method, route.path) for route in _within(site.app.routes) for method in route.methods or () if method != "HEAD"
    }


def _within(found: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in found:
        router = getattr(route, "original_router", None)
        if isinstance(route, Route):
            yield route
        elif router is not None:
            yield from _within(router.routes)


def call(client: TestClient, method: str, path: str, **headers: str) -> int:
    filled = PARAMETER.sub(lambda name: VALUES.get(name[1], "x"), path)
    return client.request(method, filled, headers=headers, follow_redirects=False).status_code


def test_every_route_is_in_the_table(site: ConsoleSite) -> None:
    missing = sorted(there(site) - TABLE.keys(), key=lambda route: (route[1], route[0]))
    gone = sorted(TABLE.keys() - there(site))
    lines = "\n".join(f"{method:<6} {path:<50} ???" for method, path in missing)

    assert not missing, (
        f"new routes: say in tests/rights_table.py who may call them, a line a route at its place by path:\n{lines}\n"
        f"??? is the permission that the route asks for with console.deps.allowed: {', '.join(sorted(PERMISSIONS))}; "
        "`anybody` for console.deps.CurrentUser; `public` where no sign-in is needed. Lists add "
        "user.scope.where(TABLE), bodies that name an elder call console.deps.check_elder (docs/adr/0007)."
    )
    assert not gone, f"take these out of tests/rights_table.py: {gone}"


def test_the_table_is_sorted_and_knows_its_words() -> None:
    lines = [(path, method) for method, path, _ in (line.split() for line in ROUTES.strip().splitlines())]

    assert lines == sorted(set(lines)), "sort tests/rights_table.py by path, then method; no line twice"
    assert set().union(*TABLE.values()) - PERMISSIONS == PUBLIC


def test_every_name_in_a_path_is_somebodys_file_or_nobodys(site: ConsoleSite) -> None:
    names = {name for _, path in there(site) for name in PARAMETER.findall(path)}

    unknown = sorted(names - SIGHTS.keys() - NOBODYS)

    assert not unknown, (
        f"{unknown}: in console/sight.py, add to SIGHTS what names something of an elder (then a user with areas is "
        "refused what lies elsewhere), and to NOBODYS what does not."
    )


@pytest.mark.parametrize("route", sorted(TABLE), ids=lambda route: " ".join(route))
def test_nobody_gets_in_without_credentials(site: ConsoleSite, route: tuple[str, str]) -> None:
    status = call(site.open(), *route)

    if TABLE[route] != PUBLIC:
        assert status == 401
    elif route[0] == "GET":
        assert status not in (401, 403)
    assert status < 500


@pytest.mark.parametrize("role", USER_ROLES)
def test_every_role_gets_exactly_what_it_may(site: ConsoleSite, role: str) -> None:
    wrong = []
    for (method, path), rights in TABLE.items():
        if rights == PUBLIC:
            continue
        status = call(site.open(authorization=f"Bearer {token(site, role)}"), method, path)
        may = rights <= permissions_of(role)
        fits = status not in (401, 403) and (status < 500 or status == 503) if may else status == 403
        if not fits:
            wrong.append(f"{method} {path}: {status}, though {role} may{'' if may else ' not'}")

    assert wrong == []


def test_no_form_of_another_site_is_taken(site: ConsoleSite) -> None:
    taken = []
    for method, path in TABLE:
        if method in SAFE_METHODS or path.startswith(OTHER_CREDENTIAL):
            continue
        browser = site.open()
        browser.cookies[COOKIE] = token(site, "admin")
        if call(browser, method, path, **FOREIGN) != 403:
            taken.append(f"{method} {path}")

    assert taken == [], "another site's page can make a browser do this: call console.deps.refuse_foreign"


def test_a_role_that_nobody_knows_may_do_nothing() -> None:
    assert permissions_of("emperor") == frozenset()
