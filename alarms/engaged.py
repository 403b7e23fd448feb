"""Two alarms, one phone: a contact of several elders, or a duty officer, cannot be rung twice at once.

That the line is engaged by a call of our own says nothing about the person: somebody else is called meanwhile, and
where there is nobody else, the line is waited for.
"""

from datetime import datetime, timedelta

from alarms.ladder import Ladder
from alarms.turns import ENGAGED, candidates
from alarms.values import Attempt, Case, Decision, Line, changed, ended

LOOK_AGAIN_S = 3  # A line may be free at any moment; each look costs a transaction.
WAITED_IN_VAIN = "our own calls held the line all the time"


def line_engaged(case: Case, attempt: Attempt, ladder: Ladder, now: datetime) -> Decision:
    """Move on and come back, or wait; `plan` calls the next one."""
    if attempt.state != "due":
        return Decision(case)
    if _has_others(case, attempt, ladder, now):
        return _given_up(case, attempt, ENGAGED, now)
    if attempt.purpose == "help" and attempt.ends_by is not None and attempt.ends_by <= now:
        return _given_up(case, attempt, WAITED_IN_VAIN, now)
    again_s = ladder.officer_ring_s if attempt.purpose == "officer" else LOOK_AGAIN_S
    waits = changed(
        attempt, due_at=now + timedelta(seconds=again_s),
        ends_by=attempt.ends_by or now + timedelta(seconds=attempt.ring_s),
    )  # fmt: skip
    lines = () if attempt.ends_by else (_line(attempt),)
    return Decision(case.with_attempt(waits), lines)


def _given_up(case: Case, attempt: Attempt, why: str, now: datetime) -> Decision:
    return Decision(case.with_attempt(ended(attempt, "cancelled", now, detail=why)), (_line(attempt),))


def _line(attempt: Attempt) -> Line:
    return Line("line_engaged", "system", {"name": attempt.name, "role": attempt.role, "purpose": attempt.purpose})


def _has_others(case: Case, attempt: Attempt, ladder: Ladder, now: datetime) -> bool:
    """Whether somebody else would come sooner then, so that moving on cannot go round in a ring."""
    same = [a for a in case.attempts if a.is_call and a.purpose == attempt.purpose]
    if attempt.purpose == "officer":
        turns = [a.contact_id for a in same]
        return any(turns.count(officer.id) < turns.count(attempt.contact_id) for officer in ladder.officers)
    if attempt.purpose != "help":
        return False
    moved_on = case.with_attempt(ended(attempt, "cancelled", now, detail=ENGAGED))
    waiting = candidates(moved_on, ladder, now)
    own = next((c.place for c in waiting if c.person.id == attempt.contact_id), None)
    return own is not None and any(c.place < own and not c.is_asked for c in waiting)
