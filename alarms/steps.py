"""The turns a case can take: accepted, arrived, closed, taken by an officer, back to open."""

from datetime import datetime, timedelta
from typing import Any

from alarms.ladder import Ladder
from alarms.values import Case, Decision, Line, changed
from core.errors import Conflict

PRIORITY_PER_FAILURE = 10  # When help that was promised did not come.
EVERY_CALL = ("help", "asked", "sent", "officer", "follow_up_helper", "follow_up_elder")
ARRIVAL_GRACE_S = 300  # A helper who said "8 minutes" and takes 12 has not failed.


def reopened(decision: Decision, why: str, now: datetime, *, in_next_round: bool = True) -> Decision:
    """Help has failed, or is needed again: back to the start of the chain, more urgent than before.

    In the same round the chain goes on behind those who were already called.
    """
    decision = decision.drop(why, now, "follow_up_helper", "follow_up_elder", "officer")
    case = changed(
        decision.case, state="open", round=decision.case.round + in_next_round, accepted_at=None, accepted_by=None,
        eta_min=None, arrived_at=None, closed_at=None, disposition=None, satisfaction=None, due_at=None, due_for=None,
        officers_wanted=decision.case.claimed_by is None, priority=decision.case.priority + PRIORITY_PER_FAILURE,
    )  # fmt: skip
    return decision.then(case, Line("reopened", "system", {"why": why}), progress=tell(case, "calling"))


def accepted(
    decision: Decision, ladder: Ladder, now: datetime, *, who: dict[str, Any], author: str, eta_min: int | None
) -> Decision:
    """Somebody confirmed that they are going: the other calls end, the follow-up becomes due."""
    case = decision.case
    line = Line("accepted", author, {"name": who["name"], "role": who["role"], "eta_min": eta_min})
    if case.state not in ("open", "closed"):
        return decision.then(case, line)
    if case.state == "closed":
        raise Conflict("the alarm is closed")
    late_s = eta_min * 60 + ARRIVAL_GRACE_S if eta_min is not None else ladder.timing.arrival_within_s
    case = changed(
        case, state="accepted", accepted_at=now, accepted_by=who, eta_min=eta_min, officers_wanted=False,
        due_at=now + timedelta(seconds=late_s), due_for="arrival",
    )  # fmt: skip
    decision = decision.then(case, line, progress=tell(case, "on_the_way"))
    decision = decision.drop("accepted", now, "help", "asked", "officer", "follow_up_helper", "follow_up_elder")
    return decision.unsend("accepted", now)


def arrived(decision: Decision, author: str, now: datetime) -> Decision:
    case = decision.case
    if case.state not in ("open", "accepted"):
        return decision
    case = changed(
        case, state="arrived", arrived_at=now, accepted_at=case.accepted_at or now,
        officers_wanted=False, due_at=None, due_for=None,
        accepted_by=case.accepted_by or {"name": author, "role": "officer", "contact_id": None},
    )  # fmt: skip
    decision = decision.then(case, Line("arrived", author), progress=tell(case, "arrived"))
    return decision.drop("arrived", now, "help", "asked", "sent", "officer").unsend("arrived", now)


def closed(decision: Decision, author: str, now: datetime, *, disposition: str, satisfaction: str | None) -> Decision:
    """End of the case; without a satisfaction the elder is still asked (`chain` plans that follow-up)."""
    decision = decision.drop("closed", now, *EVERY_CALL)
    decision = decision.unsend("closed", now)
    case = changed(
        decision.case, state="closed", closed_at=now, disposition=disposition, officers_wanted=False,
        satisfaction=satisfaction or decision.case.satisfaction, due_at=None, due_for=None,
        offered_to=None, offer=None, offer_due_at=None, question=None, asked_at=None,
    )  # fmt: skip
    line = Line("closed", author, {"disposition": disposition, "satisfaction": case.satisfaction})
    return decision.then(case, line, progress=tell(case, "closed"))


def tell(case: Case, stage: str) -> str | None:
    """The progress stage, unless the device must stay silent."""
    return None if case.is_silent or case.is_test else stage


def taken(decision: Decision, user_id: str, author: str, now: datetime) -> Decision:
    """An officer has it: the other officers' phones stop ringing, the chain of contacts goes on."""
    case = changed(
        decision.case, claimed_by=user_id, claimed_at=now, officers_wanted=False,
        offered_to=None, offer=None, offer_due_at=None,
    )  # fmt: skip
    return decision.then(case, Line("claimed", author)).drop("claimed", now, "officer")
