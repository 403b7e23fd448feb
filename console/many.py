"""One word for many alarms: each is decided by itself, through the alarms' one door, and told how it went."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alarms.board import Known, known_of
from alarms.events import OfficerAction
from alarms.service import Handled
from console.centre import Centre
from console.routes.alarms import action_of, service_of
from console.schemas import ActionBody
from core.errors import CarebellError, Conflict, NotFound, TryAgain
from registry.sessions import SignedIn

MOST_AT_ONCE = 500
TOGETHER = 20  # Alarms in one transaction: a press never waits for a whole street to be answered.
ACTIONS: Mapping[str, str] = {
    "claim": "Take them",
    "release": "Give them back",
    "note": "Write one line into the timeline of each",
    "accept": "One arrangement for all: who is going, and in how many minutes",
    "arrived": "Help is there for all of them",
}


@dataclass(frozen=True, slots=True)
class Done:
    """It went through; `is_news` is false where nothing had to be changed."""

    id: str
    number: int
    state: str | None
    is_news: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """It did not, and why; `number` is None where there is no such alarm for this user."""

    id: str
    number: int | None
    status: int
    detail: str


@dataclass(slots=True)
class Outcome:
    """How each of them went, in the order they were named."""

    done: list[Done] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def perform_many(centre: Centre, user: SignedIn, ids: Sequence[str], action: str, body: ActionBody) -> Outcome:
    """Do the same to each of these alarms; those that cannot be seen are refused like those that are not there."""
    wanted = list(dict.fromkeys(ids))
    with centre.db.read() as session:
        known = known_of(session, wanted, user)
    outcome = Outcome()
    for part in _parts(wanted):
        here = [one for one in part if one in known]
        outcome.refused += [Refused(one, None, 404, "there is no such alarm") for one in part if one not in known]
        events = [action_of(centre, user, one, action, body) for one in here]
        for alarm_id, result in zip(here, _handled(centre, events), strict=True):
            _keep(outcome, known[alarm_id], result, is_news=action != "claim" or known[alarm_id].held_by != user.id)
    return outcome


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), TOGETHER):
        yield ids[start : start + TOGETHER]


def _handled(centre: Centre, events: Sequence[OfficerAction]) -> Sequence[Handled | CarebellError]:
    try:
        return service_of(centre).handle_all(events) if events else []
    except TryAgain as problem:
        return [problem] * len(events)  # What was done before stays done, and is told.


def _keep(outcome: Outcome, known: Known, result: Handled | CarebellError, *, is_news: bool) -> None:
    if isinstance(result, CarebellError):
        outcome.refused.append(Refused(known.id, known.number, _status(result), str(result)))
    else:
        outcome.done.append(Done(known.id, known.number, result.state, is_news))


def _status(problem: CarebellError) -> int:
    match problem:
        case NotFound():
            return 404
        case Conflict():
            return 409
        case TryAgain():
            return 503
        case _:
            return 422
