"""The rules of the chain, told as short scenes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alarms.events import CallReport, OfficerAction
from core.errors import Conflict, Rejected
from tests.unit.alarms.rehearsal import (
    DAUGHTER,
    DOCTOR,
    ELDER,
    NEIGHBOUR,
    OFFICER,
    SECOND_OFFICER,
    SON,
    Rehearsal,
    ladder,
)


def test_family_then_community_then_doctor() -> None:
    scene = Rehearsal(ladder())
    assert [scene.ends("busy"), scene.silence(), scene.ends("voicemail"), scene.key("1")] == [
        DAUGHTER.name, SON.name, NEIGHBOUR.name, DOCTOR.name,
    ]  # fmt: skip
    assert scene.case.state == "accepted"
    assert scene.case.accepted_by == {"name": DOCTOR.name, "role": "doctor", "contact_id": DOCTOR.id}
    assert scene.progress == ["calling", "on_the_way"]


@pytest.mark.parametrize("outcome", ["busy", "rejected", "voicemail", "failed", "no_answer", "completed"])
def test_everything_but_a_confirmation_moves_on_at_once(outcome: str) -> None:
    scene = Rehearsal(ladder())
    scene.ends(outcome)
    assert scene.waiting == [("help", SON.name)]
    assert scene.case.state == "open"


@pytest.mark.parametrize("digits", ["", "hang up", "7", "#"])
def test_answered_without_the_key_is_no_key(digits: str) -> None:
    scene = Rehearsal(ladder())
    scene.key(digits)
    assert [a.outcome for a in scene.case.attempts] == ["no_key", None]
    assert scene.waiting == [("help", SON.name)]


def test_key_2_declines_and_is_not_asked_again_this_round() -> None:
    scene = Rehearsal(ladder(DAUGHTER, SON, tries_per_contact=2))
    scene.key("2")
    assert scene.ends("busy") == SON.name
    assert scene.waiting == [("help", SON.name)]


def test_each_contact_is_tried_again_only_after_all_others() -> None:
    scene = Rehearsal(ladder(DAUGHTER, SON, tries_per_contact=2))
    assert [scene.ends("busy") for _ in range(4)] == [DAUGHTER.name, SON.name, DAUGHTER.name, SON.name]
    assert scene.waiting == [("officer", OFFICER.name)]


def test_when_all_fail_the_officers_ring_and_the_chain_starts_again() -> None:
    scene = Rehearsal(ladder(DAUGHTER, officers=(OFFICER, SECOND_OFFICER)))
    scene.ends("busy")
    assert scene.waiting == [("officer", OFFICER.name)]
    scene.ends("busy")
    assert scene.waiting == [("officer", SECOND_OFFICER.name)]
    scene.ring()
    scene.deadline()
    assert scene.case.round == 2
    assert scene.waiting == [("officer", SECOND_OFFICER.name), ("help", DAUGHTER.name)]


def test_the_only_officer_is_not_rung_again_before_a_ring_time_has_passed() -> None:
    scene = Rehearsal(ladder(DAUGHTER))
    scene.ends("busy")
    scene.ends("busy")
    again = scene.case.attempts[-1]
    assert (again.purpose, again.due_at) == ("officer", scene.now + timedelta(seconds=15))


def test_an_officer_who_takes_it_stops_the_officers_not_the_chain() -> None:
    scene = Rehearsal(ladder(DAUGHTER))
    scene.ends("busy")
    scene.key("1")
    assert scene.case.claimed_by == OFFICER.id
    assert scene.waiting == []
    scene.deadline()
    assert scene.waiting == [("help", DAUGHTER.name)]


def test_nobody_to_call_at_all_still_has_a_next_step() -> None:
    scene = Rehearsal(ladder(officers=(), elder=None))
    scene.ladder = replace(scene.ladder, rungs=())
    for _ in range(4):
        if scene.waiting:
            scene.ends("failed")
        else:
            scene.deadline()
        assert scene.case.due_at is not None or scene.waiting


def test_acceptance_hangs_up_the_others_and_plans_the_follow_up() -> None:
    scene = Rehearsal(ladder())
    first = scene.ring()
    scene.click("call", contact_id=DOCTOR.id)
    doctors = scene.case.attempts[-1]
    scene.report(doctors, "ringing")
    scene.report(doctors, "answered", "1")
    assert scene.case.attempt(first.id).outcome == "cancelled"
    assert scene.hung_up == [DAUGHTER.name]
    assert scene.waiting == [("follow_up_helper", DOCTOR.name)]
    assert scene.case.attempts[-1].due_at == scene.now + timedelta(seconds=600)


def test_follow_up_of_helper_and_elder_closes_the_alarm() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.later(600)
    assert scene.key("1") == DAUGHTER.name
    assert scene.case.state == "follow_up"
    assert scene.key("1") == ELDER.name
    assert (scene.case.state, scene.case.satisfaction, scene.case.disposition) == ("closed", "satisfied", "helped")
    assert scene.progress == ["calling", "on_the_way", "arrived", "closed"]


def test_an_elder_without_help_is_back_at_the_start() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.later(600)
    scene.key("1")
    before = scene.case.priority
    scene.key("2")
    assert scene.case.state == "open"
    assert scene.case.priority > before
    assert ("help", DAUGHTER.name) in scene.waiting
    assert ("officer", OFFICER.name) in scene.waiting


def test_silence_of_helper_and_elder_means_that_help_failed() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.later(600)
    assert [scene.silence(), scene.silence()] == [DAUGHTER.name, ELDER.name]
    assert scene.case.state == "open"


def test_an_unreachable_elder_after_arrival_is_an_officers_matter() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.click("arrived")
    scene.later(600)
    scene.key("1")
    scene.silence()
    assert (scene.case.state, scene.case.satisfaction) == ("follow_up", "unreachable")
    assert scene.waiting == [("officer", OFFICER.name)]


def test_help_that_is_late_sends_the_alarm_back_to_open() -> None:
    scene = Rehearsal(ladder(follow_up_after_s=86_400))
    scene.page(scene.ring(), is_going=True, eta_min=8)
    assert scene.case.due_at == scene.now + timedelta(minutes=8, seconds=300)
    scene.deadline()
    assert scene.case.state == "open"
    assert "arrival_late" in scene.told


def test_cancel_closes_nothing_and_calls_go_on() -> None:
    scene = Rehearsal(ladder())
    scene.ring()
    scene.cancel()
    assert (scene.case.state, scene.waiting) == ("open", [("help", DAUGHTER.name)])
    assert scene.case.cancelled_at == scene.now


def test_every_repeat_counts_and_raises_the_priority() -> None:
    scene = Rehearsal(ladder())
    seen = [scene.case.priority]
    for n in range(3):
        scene.press(f"again-{n}")
        seen.append(scene.case.priority)
    assert scene.case.press_count == 4
    assert seen == sorted(set(seen))


def test_a_press_after_arrival_begins_again() -> None:
    scene = Rehearsal(ladder())
    scene.key("1")
    scene.click("arrived")
    scene.press()
    assert scene.case.state == "open"
    assert ("help", DAUGHTER.name) in scene.waiting


def test_duress_shows_nothing_and_never_rings_the_elder() -> None:
    scene = Rehearsal(ladder(), kind="duress")
    scene.key("1")
    scene.later(600)
    scene.key("1")
    assert scene.progress == []
    assert ELDER.name not in [name for _, name in scene.waiting]


@pytest.mark.parametrize("kind", ["low_battery", "mains_lost", "tamper"])
def test_a_fault_of_the_device_rings_the_officers_not_the_family(kind: str) -> None:
    assert Rehearsal(ladder(), kind=kind).waiting == [("officer", OFFICER.name)]


def test_a_test_press_calls_nobody_and_ends_by_itself() -> None:
    scene = Rehearsal(ladder(), is_test=True)
    assert scene.waiting == []
    scene.deadline()
    assert (scene.case.state, scene.case.disposition) == ("closed", "test")
    assert scene.waiting == []


def test_a_real_press_turns_a_test_into_an_alarm() -> None:
    scene = Rehearsal(ladder(), is_test=True)
    scene.press()
    assert not scene.case.is_test
    assert scene.waiting == [("help", DAUGHTER.name)]
    assert scene.case.priority >= 80


def test_two_claims_one_wins() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    scene.click("claim")
    with pytest.raises(Conflict):
        scene.click("claim", SECOND_OFFICER)


def test_only_the_holder_closes() -> None:
    scene = Rehearsal(ladder())
    with pytest.raises(Conflict):
        scene.click("close", disposition="helped")
    scene.click("claim")
    with pytest.raises(Rejected):
        scene.click("close", disposition="splendid")
    scene.click("close", disposition="helped", satisfaction="satisfied", text="spoke with her")
    assert scene.case.state == "closed"
    assert scene.waiting == []


def test_closing_without_a_word_on_satisfaction_still_asks_the_elder() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    scene.click("close", disposition="false_alarm")
    assert scene.waiting == [("follow_up_elder", ELDER.name)]
    scene.later(600)
    scene.key("2")
    assert scene.case.state == "open"


def test_a_released_alarm_rings_the_room() -> None:
    scene = Rehearsal(ladder())
    scene.click("claim")
    scene.click("release")
    assert ("officer", OFFICER.name) in scene.waiting


def test_a_key_that_comes_late_still_is_a_word() -> None:
    scene = Rehearsal(ladder())
    first = scene.ring()
    scene.report(first, "no_answer")
    scene.report(first, "answered", "1")
    assert scene.case.attempt(first.id).outcome == "no_answer"
    assert scene.case.state == "accepted"


def test_repeated_and_disordered_reports_change_nothing() -> None:
    scene = Rehearsal(ladder())
    first = scene.ring()
    for status in ("answered", "ringing", "busy", "answered", "no_answer", "ringing", "completed", "busy"):
        scene.report(first, status)
    assert scene.case.attempt(first.id).outcome == "busy"
    assert scene.waiting == [("help", SON.name)]


def test_relatives_page_declines_and_the_next_is_called() -> None:
    scene = Rehearsal(ladder())
    scene.page(scene.ring(), is_going=False)
    assert scene.waiting == [("help", SON.name)]
    assert scene.hung_up == [DAUGHTER.name]


def test_messages_go_beside_the_call_and_a_reply_accepts() -> None:
    scene = Rehearsal(ladder(send_messages=True))
    call, message = scene.case.attempts
    assert (message.medium, message.contact_id) == ("sms", DAUGHTER.id)
    assert message.due_at > call.due_at
    scene.report(message, "sent")
    scene.report(message, "delivered")
    scene.report(message, "sent")
    assert scene.case.attempts[1].state == "delivered"
    scene.report(message, "replied", "1")
    assert scene.case.state == "accepted"


@pytest.mark.parametrize(
    ("hour_utc", "at_night", "waits_s"),
    [(2, False, 600), (16, True, 600), (16, False, 8 * 3600), (12.9, False, 11.1 * 3600)],
)
def test_follow_up_keeps_polite_hours(hour_utc: float, at_night: bool, waits_s: float) -> None:
    """16:00 UTC is midnight in Shanghai; the next polite hour is 08:00 local."""
    scene = Rehearsal(ladder(follow_up_at_night=at_night, arrival_within_s=86_400))
    scene.now = scene.now.replace(hour=0) + timedelta(hours=hour_utc)
    scene.key("1")
    assert scene.case.attempts[-1].due_at - scene.now == timedelta(seconds=waits_s)


def test_what_belongs_elsewhere_is_refused() -> None:
    scene = Rehearsal(ladder())
    with pytest.raises(Rejected):
        scene.send(CallReport("a99", "busy", scene.now))
    with pytest.raises(Rejected):
        scene.send(OfficerAction("case-1", "dance", OFFICER.id, OFFICER.name, scene.now))
    with pytest.raises(Rejected):
        scene.click("call", contact_id="nobody")
    with pytest.raises(Rejected):
        scene.click("note")
