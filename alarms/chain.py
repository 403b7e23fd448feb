"""Who is called next: after every event, `plan` leaves no open case without a next step or a named officer."""

from datetime import datetime, timedelta

from alarms.ladder import Ladder, Person, polite_time
from alarms.steps import closed, reopened
from alarms.turns import ENGAGED, Candidate, calls_of, candidates, next_turn, why_later
from alarms.values import Attempt, Case, Decision, Line, changed
from registry.profile import TECHNICAL

MESSAGE_AFTER_S = 1.0  # The message goes beside the call, never in front of it.
ATTENTION_S = 5  # The shortest look at a case for which nobody can be called at all.
LATER_WORDS = {
    "outside_hours": "behind the others: outside their hours", "away": "behind the others: away",
    "wrong_number": "behind the others: the number is said to be wrong",
}  # fmt: skip
ROUND_PAUSE_S = 1  # The least, whatever the policy says: phones that are all busy would be dialled without end.
TEST_OPEN_S = 600  # How long a test press stays on the board before it closes by itself.


def place(
    decision: Decision,
    person: Person,
    purpose: str,
    ladder: Ladder,
    now: datetime,
    *,
    due_at: datetime | None = None,
    with_message: bool = False,
    phone: str | None = None,
    detail: str | None = None,
) -> Decision:
    """Add a call to this person, due at `due_at` (now when None), and the message beside it when wanted.

    `phone` is one of theirs, without it the first that is not known to be wrong; `detail` says why it is that one.
    """
    case = decision.case
    call = Attempt(
        seq=case.attempt_count + 1, purpose=purpose, medium="voice", role=person.role, name=person.name,
        phone=phone or person.good_phone, due_at=due_at or now, contact_id=person.id, language=person.language,
        round=case.round, try_no=1 + len(calls_of(case, purpose, person.id)),
        ring_s=ladder.officer_ring_s if purpose == "officer" else ladder.ring_s_of(person), detail=detail,
    )  # fmt: skip
    added: tuple[Attempt, ...] = (call,)
    if with_message:
        later = call.due_at + timedelta(seconds=MESSAGE_AFTER_S)
        added += (changed(call, seq=call.seq + 1, purpose="message", medium="sms", due_at=later, detail=None),)
    case = changed(case, attempts=case.attempts + added, attempt_count=case.attempt_count + len(added))
    return decision.then(case)


def plan(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    """Make the next step of a case certain.

    A case that is not closed leaves with a call that is due or under way, or a deadline, or an officer's name.
    """
    case = decision.case
    if case.state == "closed":
        return _ask_after_closing(decision, ladder, now)
    if case.is_test:
        return _ends_by_itself(decision, now)
    if case.state != "open":
        decision = _follow_up(decision, ladder, now)
    if decision.case.state == "open" and case.kind not in TECHNICAL:
        decision = _help(decision, ladder, now)
    decision = _officers(decision, ladder, now)
    return _not_forgotten(decision, ladder, now)


def alarm_due(case: Case, ladder: Ladder, now: datetime) -> Decision:
    """The alarm's own deadline; early, late and repeated wake-ups do no harm."""
    if case.due_at is None or now < case.due_at:
        return Decision(case)
    why, case = case.due_for, changed(case, due_at=None, due_for=None)
    match why:
        case "round":
            return Decision(changed(case, round=case.round + 1))
        case "arrival" if case.state == "accepted":
            who = case.accepted_by or {}
            return reopened(Decision(case, (Line("arrival_late", "system", dict(who)),)), "arrival_late", now)
        case "follow_up":
            return _unreachable(Decision(case))
        case "test_over":
            return closed(Decision(case), "system", now, disposition="test", satisfaction=None)
        case _:
            return Decision(case)


def _is_written_to(case: Case, person: Person) -> bool:
    return any(a.contact_id == person.id and not a.is_call for a in case.attempts)


def _help(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    """One contact after the other; when all have failed the duty officers are wanted and a new round is set."""
    case, timing = decision.case, ladder.timing
    if case.live("help"):
        return decision
    waiting = candidates(case, ladder, now)
    if waiting:
        chosen = next_turn(case, waiting)
        if case.claimed_by is None and _officers_join(case, chosen, ladder):
            case = changed(case, officers_wanted=True)
            decision = decision.then(case)
        if chosen.is_asked:  # An officer is having the last one called; that call's end comes back here.
            return decision
        if case.due_for in ("round", "attention"):
            decision = decision.then(changed(case, due_at=None, due_for=None))
        return _called(decision, chosen, ladder, now)
    if case.due_for == "round":
        return decision
    pause_s = max(timing.round_pause_s, ROUND_PAUSE_S if ladder.rungs else ladder.officer_ring_s)
    case = changed(
        case, officers_wanted=case.claimed_by is None, due_at=now + timedelta(seconds=pause_s), due_for="round"
    )
    return decision.then(case, Line("round_failed", "system", {"round": case.round, "called": len(ladder.rungs)}))


def _officers_join(case: Case, chosen: Candidate, ladder: Ladder) -> bool:
    """Whether the policy's rung of the officers is behind us: before this person's, or gone by where a number rings
    again."""
    is_again = any(a.phone == chosen.phone and a.detail != ENGAGED for a in calls_of(case, "help", chosen.person.id))
    return ladder.officers_join(chosen.person, is_again=is_again)


def _called(decision: Decision, chosen: Candidate, ladder: Ladder, now: datetime) -> Decision:
    """The call of whoever's turn it is; what is not as usual about it stands in the timeline or beside the call."""
    case, person, lines = decision.case, chosen.person, []
    if not any(a.is_call and a.purpose == "help" and a.round == case.round for a in case.attempts):
        for each in ladder.rungs:
            if (why := why_later(each, ladder, now)) is not None:
                data = {"name": each.name, "role": each.role, "contact_id": each.id, "why": why}
                lines.append(Line("put_back", "system", data))
    wants_message = ladder.timing.send_messages and case.round == 1 and not _is_written_to(case, person)
    if wants_message and not person.takes_texts and not calls_of(case, "help", person.id):
        lines.append(Line("message_left_out", "system", {"name": person.name, "role": person.role}))
    with_message = wants_message and person.takes_texts
    detail = _unusual(chosen)
    decision = decision.then(case, *lines) if lines else decision
    return place(decision, person, "help", ladder, now, with_message=with_message, phone=chosen.phone, detail=detail)


def _unusual(chosen: Candidate) -> str | None:
    """What an officer should know about a call before it is made."""
    words = [LATER_WORDS[chosen.why_later]] if chosen.why_later in LATER_WORDS else []
    phones = chosen.person.phones
    if chosen.phone != phones[0]:
        words.append(f"number {phones.index(chosen.phone) + 1} of {len(phones)}")
    return ", ".join(words) or None


def _officers(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    """Ring the duty officers in turn until one claims; nobody's phone is rung again before a ring time has passed."""
    case = decision.case
    if not case.officers_wanted or case.claimed_by is not None or case.live("officer"):
        return decision
    officers = ladder.officers
    if not officers:
        return decision

    def earlier(person: Person) -> list[Attempt]:
        return [a for a in case.attempts if a.purpose == "officer" and a.contact_id == person.id]

    person = min(officers, key=lambda p: len(earlier(p)))
    due_at, calls = now, earlier(person)
    if calls:
        due_at = max(now, (calls[-1].started_at or calls[-1].due_at) + timedelta(seconds=ladder.officer_ring_s))
    decision = place(decision, person, "officer", ladder, now, due_at=due_at)
    return decision if calls else decision.then(decision.case, Line("officers_rung", "system", {"name": person.name}))


def _follow_up(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    """The helper, then the elder; silence of both before anybody has arrived means that help has failed."""
    case, timing = decision.case, ladder.timing
    if case.live("follow_up_helper", "follow_up_elder"):
        return decision
    wanted_at = (case.accepted_at or now) + timedelta(seconds=timing.follow_up_after_s)
    wanted_at = max(now, polite_time(wanted_at, timing, ladder.timezone))
    helper = _helper(case, ladder)
    asked = 0
    for purpose, person in (("follow_up_helper", helper), ("follow_up_elder", _elder(case, ladder))):
        if person is None:
            continue
        calls = calls_of(case, purpose, person.id)
        asked += len(calls)
        if any(a.outcome in ("accepted", "declined") for a in calls) or len(calls) >= timing.follow_up_tries:
            continue
        due_at = now + timedelta(seconds=timing.follow_up_retry_s) if calls else (now if asked else wanted_at)
        decision = place(decision, person, purpose, ladder, now, due_at=due_at)
        return _waiting(decision, purpose, now, due_at)
    if case.state == "accepted":
        return reopened(decision, "follow_up_failed", now) if asked else decision
    if case.satisfaction is not None or case.due_for == "follow_up":
        return decision
    if asked:
        return _unreachable(decision)
    return decision.then(changed(case, due_at=wanted_at, due_for="follow_up"))


def _helper(case: Case, ladder: Ladder) -> Person | None:
    """Whoever is going, to be rung again: of the ladder, or help nearby that was sent in this round."""
    who = (case.accepted_by or {}).get("contact_id")
    found = ladder.person(who)
    if found is not None or who is None:
        return found
    call = next((a for a in reversed(case.attempts) if a.purpose == "sent" and a.contact_id == who), None)
    return Person(who, call.name, call.role, call.phone, call.language) if call else None


def _waiting(decision: Decision, purpose: str, now: datetime, due_at: datetime) -> Decision:
    case = decision.case
    begins = purpose == "follow_up_elder" and case.state == "arrived" and due_at <= now
    return decision.then(changed(case, state="follow_up")) if begins else decision


def _elder(case: Case, ladder: Ladder) -> Person | None:
    """The elder's own phone, except where a ringing phone would give a silent alarm away."""
    return None if case.is_silent else ladder.elder


def _unreachable(decision: Decision) -> Decision:
    """Nobody could say whether all is well: an officer must."""
    case = changed(
        decision.case, state="follow_up", satisfaction=decision.case.satisfaction or "unreachable",
        officers_wanted=decision.case.claimed_by is None,
    )  # fmt: skip
    return decision.then(case, Line("follow_up_answered", "system", {"satisfaction": case.satisfaction}))


def _ask_after_closing(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    """A case that was closed without a word on satisfaction still has the elder asked."""
    case, timing = decision.case, ladder.timing
    if case.satisfaction is not None or case.live("follow_up_elder"):
        return decision
    if case.is_test or case.disposition == "test" or case.kind in TECHNICAL:  # Nobody was to be helped.
        return decision
    elder = _elder(case, ladder)
    calls = calls_of(case, "follow_up_elder", elder.id) if elder else []
    if elder is None or len(calls) >= timing.follow_up_tries:
        line = Line("follow_up_answered", "system", {"satisfaction": "unreachable"})
        return decision.then(changed(case, satisfaction="unreachable"), line)
    after_s = timing.follow_up_retry_s if calls else timing.follow_up_after_s
    due_at = polite_time(now + timedelta(seconds=after_s), timing, ladder.timezone)
    return place(decision, elder, "follow_up_elder", ladder, now, due_at=due_at)


def _ends_by_itself(decision: Decision, now: datetime) -> Decision:
    case = decision.case
    if case.is_probe or case.due_for in ("test_over", "arrival"):
        return decision
    return decision.then(changed(case, due_at=now + timedelta(seconds=TEST_OPEN_S), due_for="test_over"))


def _not_forgotten(decision: Decision, ladder: Ladder, now: datetime) -> Decision:
    case = decision.case
    if case.claimed_by is not None or case.due_at is not None or any(a.is_call and a.is_live for a in case.attempts):
        return decision
    wait_s = max(ATTENTION_S, ladder.officer_ring_s)
    case = changed(case, officers_wanted=True, due_at=now + timedelta(seconds=wait_s), due_for="attention")
    return _officers(decision.then(case), ladder, now)
