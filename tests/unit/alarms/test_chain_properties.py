"""Whatever happens, in whatever order and however often: what must hold of a case after every single step."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alarms.case import decide
from alarms.events import CallReport, Deadline, Event, LineEngaged, OfficerAction, Press, RelativeAnswer
from alarms.handing import LEADER_ASKED
from alarms.handing import STEPS as HANDING
from alarms.ladder import Ladder, Person, arranged
from alarms.turns import ENGAGED, why_later
from alarms.values import Attempt, Case, Decision
from core.errors import Rejected
from registry.profile import CALL_ORDER, CONTACT_ROLES, OFFICER_RUNG, PolicySettings, Rung
from tests.unit.alarms.rehearsal import (
    DAUGHTER,
    DOCTOR,
    ELDER,
    GUARD,
    NEIGHBOUR,
    OFFICER,
    PLAIN,
    SECOND_OFFICER,
    SON,
    VOLUNTEER,
    Rehearsal,
)

LEASE_S = 12
KINDS = ("sos", "sos", "fall", "duress", "low_battery", "mains_lost", "something new")
STATUSES = (
    "ringing", "ringing", "answered", "answered", "completed", "busy", "no_answer", "voicemail", "rejected", "failed",
    "cancelled", "no_key", "accepted", "declined", "sent", "delivered", "undelivered", "replied", "initiated", "",
)  # fmt: skip
DIGITS = (None, None, "", "1", "1", "2", "3", "7", "12", " 1", "*")
ACTIONS = ("claim", "release", "note", "call", "accept", "arrived", "close", "dance", *HANDING.keys())
PEOPLE = (DAUGHTER, SON, NEIGHBOUR, DOCTOR, GUARD, VOLUNTEER)
NIGHTS = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "06:00"}]
TRIP = [{"from": "2026-11-21", "to": "2026-11-21"}]
TROUBLES: tuple[dict[str, Any], ...] = (
    {}, {}, {}, {"hours": NIGHTS}, {"away": TRIP}, {"takes_texts": False}, {"wrong": True}, {"more": True},
    {"more": True, "hours": NIGHTS}, {"more": True, "wrong": True},
)  # fmt: skip
WORDS_OF_THE_CLICK = {"accepted": "accept", "arrived": "arrived", "closed": "close"}
UNDER_WAY = ("sending", "ringing", "answered")


def troubled(person: Person, trouble: dict[str, Any]) -> Person:
    """Somebody as the registrar's file has them: away, at night only, with a second number or a wrong first one."""
    rest = {name: value for name, value in trouble.items() if name not in ("wrong", "more")}
    more = (person.phone.replace("+86139", "+86137"),) if "more" in trouble else ()
    wrong = frozenset({person.phone}) if "wrong" in trouble else frozenset()
    return replace(person, more_phones=more, wrong_phones=wrong, **rest)


people = st.tuples(*(st.one_of(st.none(), st.builds(troubled, st.just(p), st.sampled_from(TROUBLES))) for p in PEOPLE))
roles = st.sampled_from([*CONTACT_ROLES, OFFICER_RUNG])
rung_lists = st.lists(
    st.builds(Rung, roles, st.sampled_from([None, 5, 40]), st.sampled_from([None, 1, 3])), max_size=6
).map(tuple)
timings = st.builds(
    replace, st.just(PLAIN), tries_per_contact=st.integers(1, 2), follow_up_tries=st.integers(1, 2),
    round_pause_s=st.sampled_from([0, 10]), follow_up_at_night=st.booleans(), send_messages=st.booleans(),
    rungs=st.one_of(st.just(()), rung_lists),
)  # fmt: skip


def tries_of(person: Person | None, timing: PolicySettings) -> int:
    rung = timing.rung(person.role) if person else None
    return (rung and rung.tries) or timing.tries_per_contact


def ladder_of(
    people: tuple[Person | None, ...], officers: tuple[Person, ...], elder: Person | None, timing: PolicySettings
) -> Ladder:
    rungs, others = arranged([p for p in people if p is not None], timing)
    return Ladder(rungs, lambda: officers, elder, others, timing)


ladders = st.builds(
    ladder_of, people, st.sampled_from([(OFFICER,), (OFFICER, SECOND_OFFICER), ()]),
    st.sampled_from([ELDER, ELDER, None]), timings,
)  # fmt: skip
users = st.sampled_from([OFFICER, SECOND_OFFICER])


class Stage(Rehearsal):
    """A rehearsal that remembers each step, and what it was answered to."""

    def __init__(self, on: Ladder, **press: Any) -> None:
        self.before: Case | None = None
        self.event: Event | None = None
        self.last: Decision | None = None
        super().__init__(on, **press)

    def _decide(self, case: Case | None, event: Event) -> None:
        decision = decide(case, event, self.ladder, now=self.now)
        self.before, self.event, self.last = case, event, decision
        super()._decide(case, event)


class AnyCase(RuleBasedStateMachine):
    """Drives `decide` as the whole world might; the bookkeeping here knows nothing of the rules."""

    @initialize(ladder=ladders, kind=st.sampled_from(KINDS), is_test=st.sampled_from([False, False, False, True]))
    def opened(self, ladder: Ladder, kind: str, is_test: bool) -> None:
        self.scene = Stage(ladder, kind=kind, is_test=is_test)
        self.presses = 1
        self.reports: list[CallReport] = []
        self.outcomes: dict[int, str] = {}
        self.round_failed_at: datetime | None = None
        self.is_settled = False
        self._check_opening(kind, is_test)

    def send(self, event: Event) -> None:
        """One event; whatever is refused must have changed nothing."""
        case, lines = self.scene.case, len(self.scene.lines)
        try:
            self.scene.send(event)
        except Rejected:
            assert self.scene.case is case
            assert len(self.scene.lines) == lines
            return
        self._check_step()

    # What may happen

    @rule(kind=st.sampled_from(KINDS), is_test=st.sampled_from([False, False, True]))
    def pressed_again(self, kind: str, is_test: bool) -> None:
        if self.scene.case.state != "closed":
            self.presses += 1
            self.send(Press("dev-7", f"m-{self.presses}", self.scene.now, kind=kind, is_test=is_test))

    @rule()
    def cancelled(self) -> None:
        self.scene.cancel()
        self._check_step()

    @rule()
    def engine_begins_what_is_due(self) -> None:
        """As `alarms.claims.claim_due` and the engine do: one phone is never rung twice at once."""
        scene = self.scene
        busy = {a.phone for a in scene.case.attempts if a.is_call and a.state in UNDER_WAY}
        for attempt in scene.case.attempts:
            is_due = attempt.state == "due" and attempt.due_at <= scene.now
            if is_due and attempt.is_call and attempt.phone in busy:
                self.send(LineEngaged(str(attempt.id), scene.now))
            elif is_due:
                busy.add(attempt.phone)
                lease = scene.now + timedelta(seconds=LEASE_S)
                begun = replace(attempt, state="sending", lease_until=lease, started_at=attempt.started_at or scene.now)
                scene.case = scene.case.with_attempt(begun)

    @precondition(lambda self: any(a.is_call and a.state == "due" for a in self.scene.case.attempts))
    @rule(data=st.data())
    def a_line_is_engaged_by_another_alarm(self, data: st.DataObject) -> None:
        attempt = data.draw(st.sampled_from([a for a in self.scene.case.attempts if a.is_call and a.state == "due"]))
        self.scene.now = max(self.scene.now, attempt.due_at)
        self.send(LineEngaged(str(attempt.id), self.scene.now))

    @rule(data=st.data(), status=st.sampled_from(STATUSES), digits=st.sampled_from(DIGITS))
    def channel_reports(self, data: st.DataObject, status: str, digits: str | None) -> None:
        self._report(self._attempt(data), status, digits)

    @precondition(lambda self: any(a.is_call and a.is_live for a in self.scene.case.attempts))
    @rule(data=st.data(), then=st.sampled_from(["1", "1", "1", "2", "3", "busy", "no_answer", "hang up"]))
    def somebody_answers(self, data: st.DataObject, then: str) -> None:
        """The likely case: a phone that is to ring does, and something comes of it."""
        attempt = data.draw(st.sampled_from([a for a in self.scene.case.attempts if a.is_call and a.is_live]))
        self.scene.now = max(self.scene.now, attempt.due_at)
        self.engine_begins_what_is_due()
        self._report(attempt, "ringing", None)
        if then in ("busy", "no_answer"):
            self._report(attempt, then, None)
            return
        self._report(attempt, "answered", None)
        self._report(attempt, "completed" if then == "hang up" else "answered", None if then == "hang up" else then)

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def channel_repeats_itself(self, data: st.DataObject) -> None:
        self.send(data.draw(st.sampled_from(self.reports)))

    @rule(data=st.data(), is_going=st.booleans(), eta_min=st.sampled_from([None, 0, 8, 120]))
    def relative_answers(self, data: st.DataObject, is_going: bool, eta_min: int | None) -> None:
        attempt = self._attempt(data)
        if attempt is not None and attempt.role in CONTACT_ROLES:
            self.send(RelativeAnswer(str(attempt.id), is_going, self.scene.now, eta_min))

    @rule(
        action=st.sampled_from(ACTIONS), user=users, may_override=st.booleans(),
        whom=st.sampled_from([None, *PEOPLE, ELDER]), eta_min=st.sampled_from([None, 5]),
        text=st.sampled_from([None, "x"]), colleague=users,
        satisfaction=st.sampled_from([None, None, "satisfied", "unreachable", "splendid"]),
        disposition=st.sampled_from([None, "helped", "test", "splendid"]),
    )  # fmt: skip
    def officer_clicks(
        self, action: str, user: Person, may_override: bool, whom: Person | None, eta_min: int | None, text: str | None,
        colleague: Person, satisfaction: str | None, disposition: str | None,
    ) -> None:  # fmt: skip
        self.send(
            OfficerAction(
                "case-1",
                action,
                user.id,
                user.name,
                self.scene.now,
                may_override=may_override,
                text=text,
                contact_id=whom.id if whom else None,
                eta_min=eta_min,
                satisfaction=satisfaction,
                disposition=disposition,
                to_user_id=colleague.id,
                to_user_name=colleague.name,
            )
        )

    @rule(seconds=st.sampled_from([0.5, 2, 13, 25, 61, 700, 3600, 50_000]))
    def time_passes(self, seconds: float) -> None:
        self.scene.later(seconds)

    @rule()
    def alarms_deadline(self) -> None:
        """Early, late or a second time."""
        self.send(Deadline("case-1", self.scene.now))

    @rule()
    def next_thing_falls_due(self) -> None:
        """Time jumps to the next row that wants attention, and the engine looks."""
        case = self.scene.case
        live = [a for a in case.attempts if a.is_live]
        rows = [case.due_at, *(a.due_at if a.state == "due" else a.ends_by or a.lease_until for a in live)]
        due = [at for at in rows if at is not None]
        if due:
            self.scene.now = max(self.scene.now, min(due))
            self.alarms_deadline()
            for attempt in case.attempts:
                self.send(Deadline("case-1", self.scene.now, attempt.id))
            self.engine_begins_what_is_due()

    @rule(data=st.data())
    def attempts_deadline(self, data: st.DataObject) -> None:
        attempt = self._attempt(data)
        if attempt is not None:
            self.send(Deadline("case-1", self.scene.now, attempt.id))

    def _attempt(self, data: st.DataObject) -> Attempt | None:
        attempts = self.scene.case.attempts
        return data.draw(st.sampled_from(attempts[-8:])) if attempts else None

    def _report(self, attempt: Attempt | None, status: str, digits: str | None) -> None:
        if attempt is not None:
            report = CallReport(str(attempt.id), status, self.scene.now, digits, "sandbox", f"ref-{attempt.seq}")
            self.reports.append(report)
            self.send(report)

    def _check_opening(self, kind: str, is_test: bool) -> None:
        """Whatever the rungs of a policy are, a cry for help rings somebody at once."""
        ladder, case = self.scene.ladder, self.scene.case
        if is_test or kind in ("low_battery", "mains_lost"):
            return
        if ladder.rungs:
            assert len(case.live("help")) == 1
        else:
            assert not [p for p in ladder.others if p.role in CALL_ORDER], "somebody could be called and is not"
            assert case.live("officer") or not ladder.officers

    # What must hold of one step

    def _check_step(self) -> None:
        before, after, event = self.scene.before, self.scene.case, self.scene.event
        assert before is not None
        assert after.priority >= before.priority
        assert after.round >= before.round
        assert after.attempt_count >= before.attempt_count
        self._check_words(before, after, event)
        self._check_claims(before, after, event)
        self._check_hang_ups(before, after)
        self._check_rounds()
        self._check_turns(before, after)

    def _check_words(self, before: Case, after: Case, event: object) -> None:
        """A case moves towards its end by a person's word only; a test, and silence after arrival, by time."""
        if before.state == after.state:
            return
        match after.state, event:
            case "open", _:
                return
            case ("accepted" | "arrived" | "closed") as state, OfficerAction(action=action):
                assert WORDS_OF_THE_CLICK[state] == action
            case "accepted", RelativeAnswer(is_going=is_going):
                assert is_going
            case "accepted", CallReport(digits=digits):
                assert (digits or "").strip()[:1] == "1"
                assert before.attempt(event.attempt_id).purpose in ("help", "asked", "message")
            case (("arrived" | "follow_up"), CallReport(digits="1" | "12" | " 1")):
                assert before.attempt(event.attempt_id).purpose.startswith("follow_up")
            case "closed", CallReport(digits=digits):
                assert (digits or "").strip()[:1] in ("1", "3")
                assert before.attempt(event.attempt_id).purpose == "follow_up_elder"
            case "closed", Deadline():
                assert before.is_test
            case "follow_up", OfficerAction(action=action):
                assert before.state == "arrived" or action == "arrived"
            case "follow_up", _:
                assert before.state == "arrived"
            case state, _:
                raise AssertionError(f"{before.state} became {state} by {event}")

    def _check_claims(self, before: Case, after: Case, event: object) -> None:
        if before.claimed_by == after.claimed_by:
            return
        match event:
            case OfficerAction(action="claim" | "take_over", user_id=user_id, may_override=is_leader):
                assert after.claimed_by == user_id
                is_given = before.offered_to == user_id or (is_leader and event.action == "take_over")
                assert is_given or before.claimed_by is None
            case OfficerAction(action="assign", to_user_id=user_id, may_override=True):
                assert after.claimed_by == user_id
            case OfficerAction(action="release"):
                assert after.claimed_by is None
            case CallReport():
                call = before.attempt(event.attempt_id)
                assert after.claimed_by == call.contact_id
                assert before.claimed_by is None or call.detail == LEADER_ASKED
                assert call.purpose == "officer"
            case _:
                raise AssertionError(f"{after.claimed_by} came to hold the case by {event}")

    def _check_hang_ups(self, before: Case, after: Case) -> None:
        """A phone that rings for nothing any more is made to stop."""
        assert self.scene.last is not None
        hung_up = {a.seq for a in self.scene.last.hang_up}
        now = {a.seq: a.state for a in after.attempts}
        for call in before.attempts:
            if call.is_call and call.state in UNDER_WAY and now[call.seq] == "cancelled":
                is_told = isinstance(self.scene.event, CallReport) and self.scene.event.attempt_id == call.id
                assert is_told or call.seq in hung_up

    def _check_rounds(self) -> None:
        """Between two rounds in which all have failed, time passes or somebody asked for help again."""
        assert self.scene.last is not None
        what = [line.what for line in self.scene.last.lines]
        if "reopened" in what or "pressed_again" in what:
            self.round_failed_at = None
        if "round_failed" in what:
            assert self.round_failed_at is None or self.round_failed_at < self.scene.now
            self.round_failed_at = self.scene.now

    def _check_turns(self, before: Case, after: Case) -> None:
        """Nobody is left out, nobody goes before who could be reached, and no number is rung more often than wanted."""
        assert self.scene.last is not None
        ladder, known = self.scene.ladder, {a.seq for a in before.attempts}
        new = [a for a in after.attempts if a.seq not in known and a.is_call and a.purpose == "help"]
        rung = [a for a in after.attempts if a.is_call and a.purpose == "help" and a.round == after.round]
        tries = [(a.contact_id, a.phone) for a in rung if a.detail != ENGAGED]
        assert all(tries.count(each) <= tries_of(ladder.person(each[0]), ladder.timing) for each in tries)
        refused = {a.contact_id for a in after.attempts if a.round == after.round and a.outcome == "declined"}
        refused |= {a.contact_id for a in after.attempts if a.is_live and a.purpose == "asked"}
        untried = [p for p in ladder.rungs if p.id not in {a.contact_id for a in rung} | refused]
        for call in new:
            person = ladder.person(call.contact_id)
            assert person is not None
            assert call.phone in person.phones
            if why_later(person, ladder, self.scene.now) is not None:
                assert not [p for p in untried if why_later(p, ladder, self.scene.now) is None]
        if any(line.what == "round_failed" for line in self.scene.last.lines):
            assert untried == []

    # What must hold at all times

    @invariant()
    def is_never_forgotten(self) -> None:
        case = self.scene.case
        if case.state == "closed" or case.claimed_by is not None or case.due_at is not None:
            return
        calls = [a for a in case.attempts if a.is_call and a.is_live]
        assert calls, "nothing will ever happen to this case"
        assert all(a.state == "due" or a.ends_by or a.lease_until for a in calls), "a call without an end"

    @invariant()
    def every_press_counts(self) -> None:
        assert self.scene.case.press_count == self.presses

    @invariant()
    def outcomes_are_final(self) -> None:
        for attempt in self.scene.case.attempts:
            if attempt.is_call and not attempt.is_live:
                assert attempt.outcome == attempt.state
                assert self.outcomes.setdefault(attempt.seq, attempt.state) == attempt.state
            else:
                assert attempt.seq not in self.outcomes, "a call that was over is under way again"

    @invariant()
    def chain_calls_one_after_the_other(self) -> None:
        case = self.scene.case
        helped = case.live("help")
        assert len(helped) <= 1
        assert not (helped and case.state != "open")
        assert len([a for a in case.live("officer") if a.detail != LEADER_ASKED]) <= 1
        ringing = {a.contact_id for a in case.attempts if a.is_call and a.state in UNDER_WAY and a.purpose == "asked"}
        assert not any(a.state == "due" and a.due_at <= self.scene.now and a.contact_id in ringing for a in helped)

    @invariant()
    def phones_ring_as_long_as_their_rung_says(self) -> None:
        timing = self.scene.ladder.timing
        for call in self.scene.case.attempts:
            if call.is_call and call.purpose == "help":
                rung = timing.rung(call.role)
                assert call.ring_s == ((rung and rung.ring_s) or timing.ring_s)

    @invariant()
    def closed_is_quiet(self) -> None:
        case = self.scene.case
        if case.state == "closed":
            assert all(a.purpose == "follow_up_elder" for a in case.attempts if a.is_call and a.is_live)
            assert case.due_at is None

    @invariant()
    def silent_and_test_alarms_ring_nobody_they_must_not(self) -> None:
        case = self.scene.case
        if case.is_silent:
            assert not [a for a in case.live("follow_up_elder") if a.state == "due"]
        if case.is_test:
            assert not case.live("help", "officer", "follow_up_helper", "follow_up_elder")


AnyCase.TestCase.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    phases=[Phase.explicit, Phase.generate], report_multiple_bugs=False,
)  # fmt: skip
TestAnyCase = AnyCase.TestCase
