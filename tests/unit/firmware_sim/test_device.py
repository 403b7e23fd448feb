"""The simulated phone: a press is kept until it is heard, whatever else happens."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.device import NOT_HEARD_S, Phone, step
from firmware_sim.events import (
    Acked,
    BeatDue,
    CancelPressed,
    ClockSet,
    Deafened,
    Effect,
    Event,
    Heard,
    Linked,
    Lit,
    Moved,
    NotTaken,
    PowerSet,
    Pressed,
    PressedRaw,
    Progressed,
    Publish,
    Receipted,
    ReceiptLost,
    Refused,
    Said,
    SentTwice,
    Ticked,
    Unlinked,
)
from gateway import wire
from gateway.wire import FixMsg

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOME = FixMsg(34.3296, 108.7093, 12.0, START, "gnss")


@dataclass
class Story:
    """A phone, the time, and everything it has done."""

    phone: Phone = field(default_factory=lambda: Phone("dev-7", "b"))
    now: datetime = START
    done: list[Effect] = field(default_factory=list)

    def happens(self, *events: Event) -> list[Effect]:
        effects: list[Effect] = []
        for event in events:
            self.phone, now = step(self.phone, event, self.now)
            effects += now
        self.done += effects
        return effects

    def passes(self, seconds: float) -> list[Effect]:
        """Time passes, with a tick at each moment the phone asks for."""
        until, effects = self.now + timedelta(seconds=seconds), list[Effect]()
        while (due_at := self.phone.due_at()) is not None and due_at <= until:
            self.now = max(self.now, due_at)
            effects += self.happens(Ticked())
        self.now = until
        return effects

    def receipt(self, msg_id: str | None, alarm_id: str = "alarm-1") -> Heard:
        return Heard(wire.down_topic("dev-7", "receipt"), wire.receipt(msg_id, alarm_id, self.now))

    def presses_sent(self) -> list[str]:
        return [e.msg_id or "" for e in self.done if isinstance(e, Publish) and e.topic.endswith("/alarm")]


@pytest.fixture
def story() -> Story:
    story = Story()
    story.happens(Linked())
    story.done.clear()
    return story


def content(effect: Effect) -> dict[str, Any]:
    assert isinstance(effect, Publish)
    found = json.loads(effect.payload)
    assert isinstance(found, dict)
    return found


def test_a_press_goes_out_at_once_and_the_receipt_ends_it(story: Story) -> None:
    sent, lit = story.happens(Pressed("fall"))
    assert content(sent) | {"at": None} == {
        "msg_id": "b-1", "kind": "fall", "at": None, "battery_pct": 100, "rssi_dbm": -84, "mains": True,
        "firmware": "sim-1.0", "test": False,
    }  # fmt: skip
    assert lit == Lit("waiting")

    story.passes(0.5)
    told, lit = story.happens(story.receipt("b-1"))

    assert told == Receipted("b-1", "alarm-1", story.now, 0.5, is_first=True)
    assert lit == Lit("heard")
    assert story.passes(3600) == []


def test_it_is_sent_again_with_growing_gaps_of_at_most_thirty_seconds(story: Story) -> None:
    story.happens(Pressed())
    moments: list[float] = []
    while len(moments) < 7:
        story.passes(1)
        if any(isinstance(e, Publish) for e in story.done[1:]):
            moments.append((story.now - START).total_seconds())
            story.done[1:] = []
    assert moments == [2, 6, 14, 30, 60, 90, 120]
    assert story.phone.waiting[0].msg_id == "b-1"


def test_without_a_network_presses_are_kept_in_order_with_the_time_of_the_key() -> None:
    story = Story()
    assert story.happens(Pressed()) == [Lit("not_heard")]
    story.passes(40)
    story.happens(Pressed("fall"))
    story.passes(20)

    sent = [e for e in story.happens(Linked()) if isinstance(e, Publish)]

    assert [(content(e)["kind"], content(e)["at"][14:19]) for e in sent[:2]] == [("sos", "00:00"), ("fall", "00:40")]
    assert sent[2].topic == "cb/v1/dev-7/up/state"
    assert sent[2].retain


def test_after_a_reconnect_what_waits_goes_out_at_once_and_gaps_begin_anew(story: Story) -> None:
    story.happens(Pressed())
    story.passes(29)
    story.happens(Unlinked())
    assert story.passes(300) == []
    story.done.clear()
    story.happens(Linked())
    assert story.presses_sent() == ["b-1"]
    story.passes(2)
    assert story.presses_sent() == ["b-1", "b-1"]


def test_each_press_has_an_id_of_its_own(story: Story) -> None:
    for _ in range(3):
        story.happens(Pressed())
    assert story.presses_sent() == ["b-1", "b-2", "b-3"]


def test_a_cancel_names_its_press_and_is_done_when_it_is_acknowledged(story: Story) -> None:
    story.happens(Pressed(), story.receipt("b-1"))
    cancel = next(e for e in story.happens(CancelPressed()) if isinstance(e, Publish))
    assert content(cancel) | {"at": None} == {"msg_id": "b-2", "alarm_msg_id": "b-1", "at": None}
    story.passes(2)
    story.happens(Acked("b-2"))
    assert story.phone.outbox == ()


def test_an_acknowledgement_alone_does_not_end_a_press(story: Story) -> None:
    story.happens(Pressed(), Acked("b-1"))
    assert [m.msg_id for m in story.phone.waiting] == ["b-1"]


def test_a_message_that_nobody_took_is_sent_again(story: Story) -> None:
    story.happens(Pressed())
    assert story.happens(Refused("b-1", 16)) == [NotTaken("b-1", 16)]
    story.passes(2)
    assert story.presses_sent() == ["b-1", "b-1"]


def test_a_receipt_that_is_lost_on_the_way_changes_nothing(story: Story) -> None:
    story.happens(Deafened(2), Pressed())
    assert story.happens(story.receipt("b-1"), story.receipt("b-1")) == [ReceiptLost("b-1")] * 2
    assert [m.msg_id for m in story.phone.waiting] == ["b-1"]
    story.happens(story.receipt("b-1"))
    assert story.phone.waiting == ()


def test_one_that_never_hears_a_receipt_says_so_by_its_lamp_and_goes_on(story: Story) -> None:
    story.happens(Deafened(None), Pressed())
    for _ in range(20):
        story.passes(10)
        story.happens(story.receipt("b-1"))
    assert story.phone.lamp == "not_heard"
    assert set(story.presses_sent()) == {"b-1"}
    assert len(story.presses_sent()) == 10


def test_the_same_press_can_be_sent_again_after_its_receipt(story: Story) -> None:
    story.happens(Pressed(), story.receipt("b-1"))
    story.happens(SentTwice(3))
    assert story.presses_sent() == ["b-1"] * 4
    again = story.happens(story.receipt("b-1"))
    assert again == [Receipted("b-1", "alarm-1", story.now, 0.0, is_first=False)]


@pytest.mark.parametrize(
    ("stage", "lamp"),
    [("calling", "calling"), ("on_the_way", "on_the_way"), ("arrived", "arrived"), ("closed", "off")],
)
def test_progress_is_shown_and_spoken(story: Story, stage: str, lamp: str) -> None:
    story.happens(Pressed(), story.receipt("b-1"))
    heard = Heard(wire.down_topic("dev-7", "progress"), wire.progress("alarm-1", stage, "有人来了", "zh-CN"))
    assert story.happens(heard) == [
        Progressed("alarm-1", stage, "有人来了", "zh-CN"), Said("有人来了", "zh-CN"), Lit(lamp),
    ]  # fmt: skip


def test_after_duress_nothing_is_shown_and_nothing_spoken(story: Story) -> None:
    told = wire.progress("alarm-1", "calling", "…", "zh-CN")
    story.happens(Pressed("duress"))
    story.passes(NOT_HEARD_S * 2)
    story.happens(story.receipt("b-1"), Heard(wire.down_topic("dev-7", "progress"), told))
    assert not [e for e in story.done if isinstance(e, Lit | Said)]


@pytest.mark.parametrize("error_s", [-1.8e9, 2.4e9, -1e12, 1e12])
def test_a_wrong_clock_is_only_wrong(story: Story, error_s: float) -> None:
    sent = story.happens(ClockSet(error_s), Pressed())[0]
    assert wire.read_alarm(sent.payload if isinstance(sent, Publish) else b"").pressed_at is not None
    story.passes(2)
    assert story.presses_sent() == ["b-1", "b-1"]


def test_a_low_battery_presses_by_itself_once(story: Story) -> None:
    story.happens(PowerSet(16, mains=False, drain_pct_per_h=60))
    story.passes(90)
    story.happens(BeatDue(), BeatDue())
    kinds = [content(e)["kind"] for e in story.done if isinstance(e, Publish) and e.topic.endswith("/alarm")]
    assert kinds == ["low_battery"]


def test_an_empty_phone_is_silent_until_it_is_plugged_in(story: Story) -> None:
    story.happens(PowerSet(0.5, mains=False, drain_pct_per_h=600))
    story.passes(3600)
    story.done.clear()
    assert story.happens(Pressed(), BeatDue(), Ticked()) == []
    story.happens(PowerSet(mains=True), Pressed())
    assert len(story.presses_sent()) == 1


def test_heartbeats_come_in_time_and_say_how_it_is() -> None:
    story = Story(Phone("dev-7", "b", heartbeat_every_s=30, battery_pct=50))
    story.happens(Linked())
    story.passes(90)
    beats = [content(e) for e in story.done if isinstance(e, Publish) and e.topic.endswith("/heartbeat")]
    assert [beat["at"][14:19] for beat in beats] == ["00:00", "00:30", "01:00", "01:30"]
    assert beats[0]["battery_pct"] == 50


def test_a_fix_is_told_and_goes_with_the_next_press(story: Story) -> None:
    told = story.happens(Moved(HOME))[0]
    assert wire.read_location(told.payload if isinstance(told, Publish) else b"").fix == HOME
    assert content(story.happens(Pressed())[0])["location"]["lat"] == HOME.lat


@pytest.mark.parametrize(
    ("name", "members", "topic"),
    [("locate", {}, "location"), ("test", {}, "alarm"), ("config", {"heartbeat_every_s": 20}, "heartbeat")],
)
def test_commands_are_obeyed(story: Story, name: str, members: dict[str, Any], topic: str) -> None:
    story.happens(Moved(HOME, is_told=False))
    effects = story.happens(Heard(wire.down_topic("dev-7", "command"), wire.command(name, **members)))
    assert [e.topic for e in effects if isinstance(e, Publish)] == [wire.up_topic("dev-7", topic)]


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b'{"msg_id": 7}', b'{"stage": "dancing"}'])
@pytest.mark.parametrize("kind", ["receipt", "progress", "command"])
def test_nonsense_from_the_centre_does_no_harm(story: Story, kind: str, payload: bytes) -> None:
    story.happens(Pressed())
    assert story.happens(Heard(wire.down_topic("dev-7", kind), payload)) == []


def test_when_the_centre_says_that_nobody_listens_the_lamp_says_so(story: Story) -> None:
    story.happens(Pressed(), Heard(wire.CENTRE_STATE, wire.centre_state(online=False)))
    assert story.phone.lamp == "not_heard"


EVENTS = st.one_of(
    st.builds(Pressed, st.sampled_from(wire.KINDS), st.booleans()),
    st.sampled_from([CancelPressed(), Linked(), Unlinked(), Ticked(), BeatDue(), SentTwice(2), PressedRaw(b"{")]),
    st.builds(Deafened, st.one_of(st.none(), st.integers(0, 3))),
    st.builds(ClockSet, st.floats(-1e11, 1e11)),
    st.integers(1, 12).map(lambda n: ("receipt", n)),
    st.integers(1, 12).map(lambda n: Acked(f"b-{n}")),
    st.floats(0.1, 60).map(lambda seconds: ("passes", seconds)),
)


@given(st.lists(EVENTS, max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_press_is_ever_forgotten_before_its_receipt(events: list[Any]) -> None:
    story = Story()
    for event in events:
        if isinstance(event, tuple) and event[0] == "passes":
            story.passes(event[1])
        elif isinstance(event, tuple):
            story.happens(story.receipt(f"b-{event[1]}"))
        else:
            story.happens(event)
    heard = {e.msg_id for e in story.done if isinstance(e, Receipted)}
    sent = {m for m in story.presses_sent() if m}
    waiting = {m.msg_id for m in story.phone.waiting}
    assert sent <= heard | waiting

    story.happens(Deafened(0), Linked())
    assert waiting <= set(story.presses_sent())
    for msg_id in sorted(waiting):
        story.happens(story.receipt(msg_id))
    assert story.phone.waiting == ()


@given(st.lists(EVENTS, max_size=40))
@settings(max_examples=200, deadline=None)
def test_nothing_is_published_without_a_link(events: list[Any]) -> None:
    story = Story()
    for event in events:
        was_linked = story.phone.is_linked
        if isinstance(event, tuple) and event[0] == "passes":
            effects = story.passes(event[1])
        else:
            effects = story.happens(story.receipt(f"b-{event[1]}") if isinstance(event, tuple) else event)
        if not was_linked and not isinstance(event, Linked):
            assert not [e for e in effects if isinstance(e, Publish)]
