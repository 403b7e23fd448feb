"""A sandbox phone that calls the centre."""

from fastapi import APIRouter

from console import calls_in
from console.deps import CentreDep
from console.routes.sandbox import CallShown, Network, Number, User, call_shown
from notifier import inbound

router = APIRouter(prefix="/api/v1/sandbox", tags=["sandbox"])


@router.post("/phones/{number}/dial")
def dial(number: Number, centre: CentreDep, network: Network, user: User) -> CallShown:
    """Ring the centre: in the sandbox nobody is put through, the call is noted and an officer has it on their list."""
    calls_in.missed_of(centre).came(number)
    language = centre.settings.locale
    return call_shown(network.called(number, inbound.said(language, "noted")))
