"""The registry's pages, in the order of its navigation; each is shown to who may open it."""

from dataclasses import dataclass

from starlette.requests import Request

from console.i18n import N_
from registry.sessions import SignedIn


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation; `permission` is what its list needs."""

    path: str
    title: str
    permission: str


SECTIONS = (
    Section("/registry/findings", N_("To put right"), "registry.write"),
    Section("/registry/elders", N_("Elders"), "registry.read"),
    Section("/registry/contacts", N_("Contacts"), "registry.read"),
    Section("/registry/devices", N_("Devices"), "registry.read"),
    Section("/registry/resources", N_("Resources"), "registry.read"),
    Section("/registry/areas", N_("Areas"), "registry.read"),
    Section("/registry/map", N_("Map"), "registry.read"),
    Section("/registry/policies", N_("Policies"), "registry.read"),
    Section("/registry/codes", N_("Code tables"), "codes.write"),
    Section("/registry/import", N_("Import and export"), "registry.write"),
    Section("/registry/users", N_("Users"), "users.read"),
    Section("/registry/log", N_("Audit log"), "logs.read"),
    Section("/registry/privacy", N_("Privacy"), "privacy.write"),
)


def sections_for(request: Request, user: SignedIn | None) -> list[Section]:
    """What this user may open."""
    if user is None:
        return []
    known: frozenset[str] = request.app.state.paths
    return [one for one in SECTIONS if one.path in known and user.may(one.permission)]
