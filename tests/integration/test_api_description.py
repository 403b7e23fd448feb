"""/openapi.json says what there is, and every route that is not public asks who wants to know."""

import re
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from openapi_spec_validator import validate

from console.app import ROUTERS
from console.deps import allowed, current_user
from core.db import Database
from tests.console_site import ConsoleSite, problem_of

ACTIONS = ("claim", "release", "note", "call", "accept", "arrived", "close", "link")
LISTS = ("alarms", "elders", "contacts", "devices", "resources", "areas", "policies", "users")
PUBLIC = {
    "/api/v1/session",  # Signing in; the other methods ask by themselves.
    "/healthz", "/readyz",
    "/metrics",  # Asks by itself: a collector on this machine may read it, too.
    "/sign-in", "/sign-in/oidc", "/sign-in/oidc/back", "/login", "/sign-out", "/preferences",
    "/r/{token}",  # The signed link is the credential.
    "/desk/map.css", "/desk/sheet.css",
}  # fmt: skip
PUBLIC_BELOW = ("/hooks/",)  # The provider's signature is the credential.
NO_LISTS = {
    "/api/v1/areas/shapes",  # A GeoJSON FeatureCollection, which maps and other programs read as it is.
}
SIGNED = allowed("alarms.read").__qualname__


@pytest.fixture
def site(db: Database) -> ConsoleSite:
    return ConsoleSite(db)


@pytest.fixture
def document(site: ConsoleSite) -> dict[str, Any]:
    return dict(site.open().get("/openapi.json").json())


def test_description_is_valid_and_has_a_version(document: dict[str, Any]) -> None:
    validate(document)

    assert document["info"]["version"]


def test_description_names_the_contract(document: dict[str, Any]) -> None:
    wanted = {f"/api/v1/{name}" for name in (*LISTS, "nearby", "events", "session", "sandbox/phones", "sandbox/log")}

    assert wanted <= set(document["paths"])
    assert "put" in document["paths"]["/api/v1/policies/{name}"]
    assert [a for a in ACTIONS if "post" not in document["paths"].get(f"/api/v1/alarms/{{alarm_id}}/{a}", {})] == []


def test_every_operation_may_answer_a_problem(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, (method, path)
    assert "HTTPValidationError" not in str(document)


def test_everything_that_lists_does_it_page_by_page(document: dict[str, Any]) -> None:
    lists = {path: get for path, get in _reads(document) if _is_list(document, get) and path not in NO_LISTS}

    assert len(lists) > 25
    for path, get in lists.items():
        asked = {one["name"]: one["schema"] for one in get["parameters"] if one["in"] == "query"}
        assert {"limit", "cursor"} <= set(asked), path
        assert asked["limit"]["minimum"] == 1, path
        assert set(_answered(document, get)["required"]) >= {"items", "next_cursor"}, path


@pytest.mark.parametrize("limit", ["0", "abc", "-1", "1000000"])
def test_no_list_takes_a_limit_that_is_none(site: ConsoleSite, document: dict[str, Any], limit: str) -> None:
    lists = [path for path, get in _reads(document) if _is_list(document, get) and path not in NO_LISTS]

    for path in (one for one in lists if "/sandbox/" not in one):  # Here that channel is off.
        asked = re.sub(r"{\w+}", "0198f5a0-0000-7000-8000-000000000000", path)
        refused = problem_of(site.as_("admin").get(asked, params={"limit": limit, "lat": "34", "lon": "108"}), 422)
        assert refused["errors"][0]["where"] == "query.limit", path


def test_no_list_gives_more_than_it_was_asked_for(site: ConsoleSite, document: dict[str, Any]) -> None:
    lists = [path for path, get in _reads(document) if _is_list(document, get) and path not in NO_LISTS]
    for what in ("contacts", "contacts", "areas", "areas"):
        site.make(what)
    assert site.as_("admin").put("/api/v1/policies/night", json={"ring_s": 20}).status_code == 200

    for path in (one for one in lists if "{" not in one and "/sandbox/" not in one):
        answer = site.as_("admin").get(path, params={"limit": 1, "lat": "34", "lon": "108"})
        if answer.status_code != 404:  # Where the official list of areas is not installed.
            assert len(answer.json()["items"]) <= 1, path


def test_policies_are_told_page_by_page_the_untouched_default_first(site: ConsoleSite) -> None:
    admin, names, cursor = site.as_("admin"), list[str](), ""
    for name in ("night", "day"):
        admin.put(f"/api/v1/policies/{name}", json={"ring_s": 20})

    for _ in range(3):
        page = admin.get("/api/v1/policies", params={"limit": 1, "cursor": cursor}).json()
        names += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]

    assert names == ["default", "night", "day"]
    assert cursor is None


def _reads(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What GET may ask for in JSON, by path."""
    reads = ((path, operations["get"]) for path, operations in document["paths"].items() if "get" in operations)
    return [(path, get) for path, get in reads if _answered(document, get)]


def _is_list(document: dict[str, Any], get: dict[str, Any]) -> bool:
    answered = _answered(document, get)
    return answered.get("type") == "array" or bool({"items", "features"} & set(answered.get("properties", ())))


def _answered(document: dict[str, Any], get: dict[str, Any]) -> dict[str, Any]:
    """The schema of the JSON that it answers; empty where it answers something else."""
    schema = get["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return dict(schema)


@pytest.mark.parametrize("member", ["kind", "disposition", "role", "satisfaction"])
def test_words_are_listed_in_the_description(document: dict[str, Any], member: str) -> None:
    described = [
        s["properties"][member] for s in document["components"]["schemas"].values() if member in s.get("properties", {})
    ]

    assert any("enum" in str(one) for one in described)


def test_every_route_that_is_not_public_asks_who_is_there() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    asking = [r for r in routes if r.path not in PUBLIC and not r.path.startswith(PUBLIC_BELOW)]

    assert len(asking) > 50
    assert [f"{r.methods} {r.path}" for r in asking if not _asks(r.dependant)] == []


def _asks(dependant: Dependant) -> bool:
    mine = dependant.call is current_user or getattr(dependant.call, "__qualname__", "") == SIGNED
    return mine or any(_asks(inner) for inner in dependant.dependencies)
