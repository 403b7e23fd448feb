"""What is peculiar to the site's broker: gateways that die, its restart, retained messages, several gateways."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from alarms.events import Cancel, Press
from alarms.service import PressReceipt
from gateway import wire
from gateway.client import BrokerClient
from gateway.counts import Counts
from tests.gateway_site import Site, SpeakingDevice, soon
from tests.integration.gateway.conftest import open_client
from tests.mosquitto import Mosquitto


def test_alarms_wait_for_a_gateway_that_is_away(site: Site, broker: Mosquitto) -> None:
    gateway = open_client(site, broker, "a")
    gateway.stop()
    device = site.connect(broker.port, site.register("dev-7"))
    for n in range(50):
        device.said("alarm", wire.write_alarm(f"p-{n}"))
    open_client(site, broker, "a")
    soon(lambda: len({r.msg_id for r in device.receipts()}) == 50, "50 receipts")
    assert len(site.presses("dev-7")) == 50


class Stuck:
    """An alarm service whose database never answers, as seen by a gateway that is killed meanwhile."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def presses(self, batch: Sequence[Press], /) -> list[PressReceipt]:
        self.asked.set()
        raise OperationalError("", {}, Exception())

    def handle(self, event: Cancel, /) -> object:
        raise OperationalError("", {}, Exception())


def test_what_a_killed_gateway_had_not_stored_comes_again(site: Site, broker: Mosquitto) -> None:
    stuck = Stuck()
    gateway = site.gateway(lambda door: BrokerClient(broker.url(), door, name="a", counts=door.counts), alarms=stuck)
    soon(lambda: gateway.is_ready, "the gateway")
    device = site.connect(broker.port, site.register("dev-7"))
    device.said("alarm", wire.write_alarm("p-1"))
    assert stuck.asked.wait(15)
    assert site.presses("dev-7") == []
    open_client(site, broker, "a")  # It takes the session over, as a new process after a kill does.
    device.receipt("p-1")
    assert len(site.presses("dev-7")) == 1
    gateway.intake.stop(drain_s=0)


def test_two_gateways_hear_every_alarm_and_keep_one(site: Site, broker: Mosquitto) -> None:
    first, second = open_client(site, broker, "a"), open_client(site, broker, "b")
    device = site.connect(broker.port, site.register("dev-7"))
    for n in range(30):
        device.said("alarm", wire.write_alarm(f"p-{n}"))
    soon(lambda: len({r.msg_id for r in device.receipts()}) == 30, "every receipt")
    soon(lambda: first.counts["received_alarm"] == second.counts["received_alarm"] == 30, "both to hear all")
    soon(lambda: first.intake.waiting + second.intake.waiting == 0, "both to be done")
    assert len(site.presses("dev-7")) == 30
    assert [row.press_count for row in site.alarm_rows("dev-7")] == [30]
    assert len({r.alarm_id for r in device.receipts()}) == 1


def test_one_gateway_s_end_does_not_say_that_nobody_listens(site: Site, broker: Mosquitto) -> None:
    first, _second = open_client(site, broker, "a"), open_client(site, broker, "b")
    device = site.connect(broker.port, "dev-7")
    device.client.subscribe(wire.CENTRE_STATE, 1)

    def states() -> list[bool | None]:
        return [wire.read_centre_state(h.payload) for h in device.heard if h.topic == wire.CENTRE_STATE]

    soon(lambda: True in states(), "the first state")
    first.stop()
    soon(lambda: False in states() and states()[-1] is True, "the other one to speak up")


def test_a_message_that_the_broker_had_retained_is_not_a_press(site: Site, broker: Mosquitto) -> None:
    device = site.connect(broker.port, site.register("dev-7"))
    device.said("alarm", wire.write_alarm("kept"), retain=True)
    gateway = open_client(site, broker, "new-here")
    device.said("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
    assert [row.msg_id for row in site.presses("dev-7")] == ["p-1"]
    assert gateway.counts["received_alarm"] == 1


def test_presses_are_heard_again_after_the_broker_s_restart(site: Site, broker: Mosquitto) -> None:
    gateway = open_client(site, broker, "a")
    device = site.connect(broker.port, site.register("dev-7"))
    device.say("alarm", wire.write_alarm("before"))
    device.receipt("before")
    broker.kill()
    soon(lambda: not gateway.is_ready, "the gateway to notice")
    device.say("alarm", wire.write_alarm("meanwhile"))
    broker.start()
    soon(lambda: gateway.is_ready, "the gateway to be back", within_s=30)
    device.receipt("meanwhile")
    assert sorted(row.msg_id for row in site.presses("dev-7")) == ["before", "meanwhile"]
    assert site.deaths == []


def test_a_gateway_may_start_before_its_broker(site: Site, broker: Mosquitto) -> None:
    broker.stop()
    gateway = site.gateway(lambda door: BrokerClient(broker.url(), door, name="a", counts=door.counts))
    assert not gateway.is_ready
    broker.start()
    soon(lambda: gateway.is_ready, "the broker to be found", within_s=30)


def test_what_is_no_device_s_topic_is_counted_and_never_a_press(site: Site, broker: Mosquitto) -> None:
    gateway = open_client(site, broker, "a")
    device = site.connect(broker.port, site.register("dev-7"))
    for topic in ("cb/v1//up/alarm", "cb/v1/dev-7/x/up/alarm"):
        device.said("alarm", b"{}", topic=topic)
    device.say("alarm", wire.write_alarm("p-1"))
    device.receipt("p-1")
    assert gateway.counts["refused_topics"] == 1  # The broker delivers only the one that the filter covers.


class Recorder:
    """A door that answers as it is told."""

    def __init__(self, answer: Callable[[int], bool] | None) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.acks: list[Callable[[bool], None]] = []
        self.unheard_uids: list[str] = []
        self._answer = answer

    def published(self, uid: str, kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        self.taken.append((uid, kind, payload))
        self.acks.append(ack)
        if payload == b"explode":
            raise RuntimeError("a fault of our own")
        if self._answer is not None:
            ack(self._answer(len(self.taken)))

    def unheard(self, uid: str) -> None:
        self.unheard_uids.append(uid)


@pytest.fixture
def speaker(broker: Mosquitto) -> object:
    device = SpeakingDevice(broker.port, "dev-7")
    yield device
    device.close()


def _listen(broker: Mosquitto, door: Recorder, counts: Counts) -> BrokerClient:
    client = BrokerClient(broker.url(), door, name="r", counts=counts)
    client.set_centre_state(wire.centre_state(online=True))
    client.start()
    soon(lambda: client.is_connected, "the broker")
    return client


def test_a_refused_message_comes_again_and_is_let_go_in_the_end(broker: Mosquitto, speaker: SpeakingDevice) -> None:
    door, counts = Recorder(lambda n: False), Counts()
    client = _listen(broker, door, counts)
    speaker.said("alarm", b"x")
    soon(lambda: counts["broker_messages_given_up"] == 1, "the third time", within_s=60)
    assert len(door.taken) == 3
    client.stop()


def test_an_acknowledgement_from_before_a_reconnect_is_dropped(broker: Mosquitto, speaker: SpeakingDevice) -> None:
    door, counts = Recorder(None), Counts()
    client = _listen(broker, door, counts)
    speaker.said("alarm", b"x")
    soon(lambda: door.acks, "the press")
    broker.stop()  # politely, so that it keeps what was not acknowledged
    soon(lambda: not client.is_connected, "the end of the connection")
    door.acks[0](True)
    assert counts["late_acks_dropped"] == 1
    broker.start()
    soon(lambda: len(door.taken) == 2, "the press again", within_s=30)
    client.stop()


def test_a_fault_in_the_door_does_not_make_the_client_deaf(broker: Mosquitto, speaker: SpeakingDevice) -> None:
    door, counts = Recorder(lambda n: True), Counts()
    client = _listen(broker, door, counts)
    speaker.said("alarm", b"explode")
    speaker.said("alarm", b"x")
    soon(lambda: ("dev-7", "alarm", b"x") in door.taken, "the next press")
    assert client.is_alive
    client.stop()


def test_what_nobody_listens_to_is_not_taken_for_heard(broker: Mosquitto) -> None:
    door, counts = Recorder(None), Counts()
    client = _listen(broker, door, counts)
    heard = threading.Event()
    assert client.send("away", wire.down_topic("away", "progress"), b"{}", on_acked=heard.set)
    soon(lambda: door.unheard_uids == ["away"], "the broker's word")
    assert not heard.is_set()
    client.stop()


def test_a_broker_that_does_not_know_the_gateway_leaves_it_unready(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, is_guarded=True)
    counts = Counts()
    client = BrokerClient(broker.url("gateway", "wrong"), Recorder(None), name="a", counts=counts)
    client.start()
    soon(lambda: counts["broker_refusals"], "the refusal")
    assert not client.is_connected
    client.stop()
    broker.stop()
