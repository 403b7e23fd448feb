"""The endpoint at the socket: take-over, deadlines, broken streams, bounds. Never a hang, a crash or a leak."""

import gc
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import TryAgain
from gateway.endpoint import Endpoint
from gateway.endpoint_connection import Connection
from gateway.mqtt_codec import encode
from gateway.mqtt_packets import (
    V5,
    V311,
    ConnAck,
    Connect,
    Disconnect,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    Reason,
    Subscribe,
    Subscription,
    Will,
)
from tests.integration.endpoint_door import PATIENCE_S, SECRET, Client, RememberingDoor, serving, wait_until

UID = "dev-7"
ALARM = f"cb/v1/{UID}/up/alarm"
RECEIPT = f"cb/v1/{UID}/down/receipt"
CENTRE = "cb/v1/centre/state"
WILL = Will(f"cb/v1/{UID}/up/state", b'{"online": false}', 1, True)
CONNECT = encode(Connect(V311, "c", username=UID, password=SECRET.encode()), V311)
both_levels = pytest.mark.parametrize("level", [V311, V5])


@pytest.fixture
def door() -> RememberingDoor:
    return RememberingDoor()


@pytest.fixture
def endpoint(door: RememberingDoor) -> Iterator[Endpoint]:
    with serving(door, connect_s=0.5, login_s=0.5, stop_s=1.0, connections=600, connections_per_uid=3) as endpoint:
        yield endpoint


def press_once(endpoint: Endpoint, uid: str = "dev-well") -> None:
    """Somebody else's press, to see that nothing else suffers."""
    with Client(endpoint.port, V311) as device:
        device.log_in(uid).send(Publish(f"cb/v1/{uid}/up/alarm", b"{}", 1, packet_id=1))
        assert device.next() == PubAck(1)


# Who is connected.


@both_levels
def test_the_same_client_again_takes_over(endpoint: Endpoint, door: RememberingDoor, level: int) -> None:
    with Client(endpoint.port, level) as old, Client(endpoint.port, level) as new:
        old.log_in(UID, "one", will=WILL)
        new.log_in(UID, "one", will=WILL)
        assert old.next() == (Disconnect(Reason.SESSION_TAKEN_OVER) if level == V5 else None)
        assert old.is_closed_by_server()
        assert endpoint.connected_uids() == {UID}
        assert door.payloads("state") == [WILL.payload]
        assert [event[0] for event in door.events] == ["connected", "connected"]
        new.socket.close()
        wait_until(lambda: ("disconnected", UID, "lost") in door.events, "the news that the device is gone")
        assert endpoint.counters.taken_over == 1
        assert endpoint.counters.sessions == 0


def test_another_device_with_the_same_client_id_takes_nothing_over(endpoint: Endpoint) -> None:
    with Client(endpoint.port) as one, Client(endpoint.port) as other:
        one.log_in(UID, "same")
        other.log_in("dev-8", "same")
        one.send(PingReq())
        assert one.next() == PingResp()
        assert endpoint.connected_uids() == {UID, "dev-8"}


def test_a_device_has_a_few_connections_and_then_the_oldest_goes(endpoint: Endpoint) -> None:
    clients = [Client(endpoint.port).log_in(UID, f"c{n}").listen(f"cb/v1/{UID}/down/#") for n in range(4)]
    assert clients[0].next() == Disconnect(Reason.QUOTA_EXCEEDED)
    acked = threading.Event()
    assert endpoint.send(UID, RECEIPT, b"all", on_acked=acked.set)
    for client in clients[1:]:
        assert client.next() == Publish(RECEIPT, b"all", 1, packet_id=1)
    clients[3].send(PubAck(1))
    assert acked.wait(PATIENCE_S)
    endpoint.kick(UID)
    for client in clients[1:]:
        assert client.next() == Disconnect(Reason.ADMINISTRATIVE_ACTION)
    for client in clients:
        client.socket.close()
    assert not endpoint.send(UID, RECEIPT, b"nobody")


def test_more_connections_than_allowed_are_turned_away(door: RememberingDoor) -> None:
    with serving(door, connections=1) as endpoint, Client(endpoint.port) as first:
        first.log_in(UID)
        with Client(endpoint.port) as second:
            assert second.is_closed_by_server()
        assert endpoint.counters.refused_connects["too_many"] == 1


def test_a_taken_port_is_one_clear_line(endpoint: Endpoint, door: RememberingDoor) -> None:
    with pytest.raises(OSError, match=rf"cannot listen for devices on 127.0.0.1 port {endpoint.port}: Address already"):
        Endpoint("127.0.0.1", endpoint.port, door).start()


# The login.


@both_levels
def test_a_login_that_cannot_be_checked_is_not_a_wrong_one(
    endpoint: Endpoint, door: RememberingDoor, level: int
) -> None:
    def fail() -> None:
        raise TryAgain("the database is away")

    door.on_login = fail
    with Client(endpoint.port, level) as device:
        device.send(Connect(level, "c", username=UID, password=b"x"))
        assert device.next() == ConnAck(Reason.SERVER_UNAVAILABLE if level == V5 else 3)
        assert device.is_closed_by_server()


def test_a_login_that_takes_too_long_is_given_up(endpoint: Endpoint, door: RememberingDoor) -> None:
    release = threading.Event()
    door.on_login = lambda: release.wait(PATIENCE_S)
    with Client(endpoint.port) as device:
        device.send(Connect(V5, "c", username=UID, password=SECRET.encode()))
        assert device.next() == ConnAck(Reason.SERVER_UNAVAILABLE)
    release.set()
    wait_until(lambda: endpoint.counters.connections == 0, "the end of the connection")
    assert door.events == []


def test_what_was_sent_without_waiting_counts_even_if_the_device_has_gone(
    endpoint: Endpoint, door: RememberingDoor
) -> None:
    with Client(endpoint.port, V311) as device:
        device.socket.sendall(CONNECT + encode(Publish(ALARM, b"help", 1, packet_id=1), V311))
        device.socket.shutdown(socket.SHUT_WR)
        wait_until(lambda: door.payloads() == [b"help"], "the press")


# Acknowledgements.


@both_levels
def test_acknowledgements_of_another_thread_come_in_one_burst_and_receipts_after_them(
    endpoint: Endpoint, door: RememberingDoor, level: int
) -> None:
    door.holds = True
    count = 200
    with Client(endpoint.port, level) as device:
        device.log_in(UID).listen(f"cb/v1/{UID}/down/#")
        device.send(*(Publish(ALARM, b"%d" % n, 1, packet_id=n) for n in range(1, count + 1)))
        wait_until(lambda: len(door.held) == count, "all presses")
        for ack in door.held:
            ack(True)
            ack(True)
        endpoint.send_many([(UID, RECEIPT, b"%d" % n, None) for n in range(20)])
        assert [device.next() for _ in range(count)] == [PubAck(n) for n in range(1, count + 1)]
        assert [device.next() for _ in range(20)] == [
            Publish(RECEIPT, b"%d" % n, 1, packet_id=n + 1) for n in range(20)
        ]


def test_a_door_that_fails_is_a_device_that_sends_again(endpoint: Endpoint, door: RememberingDoor) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the queue is full")

    door.on_published = fail
    with Client(endpoint.port) as device:
        device.log_in(UID).send(Publish(ALARM, b"help", 1, packet_id=1))
        assert device.next() == PubAck(1, Reason.UNSPECIFIED_ERROR)
        door.on_published = None
        device.send(Publish(ALARM, b"help", 1, True, packet_id=1))
        assert device.next() == PubAck(1)
    assert endpoint.counters.errors == 1


def test_a_flood_is_held_until_its_commits_and_nothing_of_it_is_lost(door: RememberingDoor) -> None:
    door.holds = True
    with serving(door, unacknowledged=8) as endpoint, Client(endpoint.port, V311) as device:
        device.log_in(UID)
        device.send(*(Publish(ALARM, b"%d" % n, 1, packet_id=n) for n in range(1, 101)))
        wait_until(lambda: len(door.held) == 8, "as many as may wait")
        answered = 0
        while answered < 100:
            wait_until(lambda: door.held, "a press to commit")
            assert len(door.held) <= 8
            door.held.pop(0)(True)
            answered += 1
            assert device.next() == PubAck(answered)
        assert door.payloads() == [b"%d" % n for n in range(1, 101)]


# The centre's word.


@both_levels
def test_the_centre_is_heard_at_once_when_it_changes_and_when_it_leaves(door: RememberingDoor, level: int) -> None:
    endpoint = Endpoint("127.0.0.1", 0, door)
    endpoint.set_centre_state(b"up")
    endpoint.start()
    with Client(endpoint.port, level) as device:
        device.log_in(UID, will=WILL).listen(CENTRE)
        assert device.next() == Publish(CENTRE, b"up", 1, True, packet_id=1)
        endpoint.set_centre_state(b"busy")
        assert device.next() == Publish(CENTRE, b"busy", 1, packet_id=2)
        endpoint.stop()
        assert device.next() == Publish(CENTRE, b'{"online": false}', 1, packet_id=3)
        assert device.next() == (Disconnect(Reason.SERVER_SHUTTING_DOWN) if level == V5 else None)
        assert device.is_closed_by_server()
    assert not endpoint.is_alive
    assert door.payloads("state") == []
    assert ("disconnected", UID, "gracefully") in door.events


def test_a_commit_under_way_is_still_acknowledged_at_the_end(door: RememberingDoor) -> None:
    door.holds = True
    endpoint = Endpoint("127.0.0.1", 0, door)
    endpoint.start()
    with Client(endpoint.port, V311) as device, ThreadPoolExecutor(1) as pool:
        device.log_in(UID).send(Publish(ALARM, b"", 1, packet_id=1))
        wait_until(lambda: door.held, "the press")
        stopping = pool.submit(endpoint.stop)
        door.held[0](True)
        assert device.next() == PubAck(1)
        assert device.is_closed_by_server()
        stopping.result(PATIENCE_S)


# Deadlines.


@pytest.mark.parametrize("beginning", [b"", CONNECT[:1], CONNECT[:-1], b"\x10\xff"])
def test_whoever_never_says_who_they_are_is_closed(endpoint: Endpoint, beginning: bytes) -> None:
    with Client(endpoint.port) as device:
        device.socket.sendall(beginning)
        assert device.is_closed_by_server()
    assert endpoint.counters.refused_connects["no_connect"] == 1


def test_a_slow_loris_does_not_buy_time(endpoint: Endpoint) -> None:
    with Client(endpoint.port) as device:
        device.socket.sendall(bytes.fromhex("10 90 4e"))  # A CONNECT of 10,000 bytes, to come.
        with pytest.raises(OSError, match=r"reset|pipe"):
            drip(device)
        assert endpoint.counters.refused_connects["no_connect"] == 1
        press_once(endpoint)


def drip(device: Client) -> None:
    pause = threading.Event()
    for _ in range(10_000):
        device.socket.sendall(b"x")
        pause.wait(0.02)


@both_levels
def test_a_silent_device_is_gone_and_its_will_is_handed_on(
    endpoint: Endpoint, door: RememberingDoor, level: int
) -> None:
    with Client(endpoint.port, level) as device:
        device.log_in(UID, keep_alive_s=1, will=WILL)
        assert device.next() == (Disconnect(Reason.KEEP_ALIVE_TIMEOUT) if level == V5 else None)
        assert door.payloads("state") == [WILL.payload]
        assert ("disconnected", UID, "lost") in door.events


# Broken streams.


def close(client: Client) -> None:
    client.socket.close()


def reset(client: Client) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


@pytest.mark.parametrize("leave", [close, reset])
def test_a_stream_cut_at_any_byte_leaves_nothing_behind(
    endpoint: Endpoint, door: RememberingDoor, leave: Callable[[Client], None]
) -> None:
    subscribe = encode(Subscribe(1, (Subscription(f"cb/v1/{UID}/down/#", 1),)), V311)
    stream = CONNECT + subscribe + encode(Publish(ALARM, b"x", 1, packet_id=1), V311)
    for cut in range(len(stream)):
        client = Client(endpoint.port, V311)
        client.socket.sendall(stream[:cut])
        leave(client)
    wait_until(lambda: endpoint.counters.connections == 0, "the end of all connections")
    assert endpoint.connected_uids() == frozenset()
    assert door.payloads() == []
    assert endpoint.counters.errors == 0
    press_once(endpoint)
    wait_until(lambda: endpoint.counters.connections == 0 and not connections_in_memory(), "the last trace of them")


def connections_in_memory() -> int:
    gc.collect()
    return sum(isinstance(thing, Connection) for thing in gc.get_objects())


GARBAGE = {
    "zeros": bytes(5_000),
    "ones": b"\xff" * 5_000,
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "tls": bytes.fromhex("16030100f8010000f40303") + bytes(200),
    "a megabyte": b"x" * 2**20,
    "connect of 256 MiB": b"\x10\xff\xff\xff\x7f" + bytes(100_000),
    "twice": CONNECT + CONNECT,
    "publish of 1 MiB": CONNECT + encode(Publish(ALARM, bytes(2**20), 1, packet_id=1), V311),
    "after the login": CONNECT + b"\xf7" * 100,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
def test_garbage_is_closed_and_nobody_else_notices(endpoint: Endpoint, door: RememberingDoor, garbage: bytes) -> None:
    with Client(endpoint.port, V311) as other:
        other.log_in("dev-other")
        with Client(endpoint.port) as stranger:
            try:
                stranger.socket.sendall(garbage)
                while stranger.socket.recv(65_536):
                    pass
            except ConnectionError:
                pass
        other.send(Publish("cb/v1/dev-other/up/alarm", b"{}", 1, packet_id=1))
        assert other.next() == PubAck(1)
    wait_until(lambda: endpoint.counters.connections == 0, "the end of all connections")
    counters = endpoint.counters
    assert counters.malformed + counters.oversize == 1
    assert counters.errors == 0
    assert door.published_ == [("dev-other", "alarm", b"{}")]


def test_a_device_that_does_not_read_is_dropped(door: RememberingDoor) -> None:
    with serving(door, window=4_000, queue=4_000) as endpoint, Client(endpoint.port, receive_buffer=4_096) as deaf:
        deaf.log_in(UID).listen(f"cb/v1/{UID}/down/#")
        sent = sum(endpoint.send(UID, RECEIPT, bytes(8_000)) for _ in range(3_000))
        assert sent > 100
        wait_until(lambda: not endpoint.connected_uids(), "the end of patience")
        assert endpoint.counters.slow_readers == 1
        assert not endpoint.send(UID, RECEIPT, b"")
        press_once(endpoint)


def test_hundreds_of_idle_devices_cost_a_press_nothing(endpoint: Endpoint, door: RememberingDoor) -> None:
    count = 500
    with ThreadPoolExecutor(8) as pool:
        devices = list(pool.map(lambda n: Client(endpoint.port).log_in(f"idle-{n}"), range(count)))
    assert endpoint.counters.connections == endpoint.counters.sessions == count
    assert len(endpoint.connected_uids()) == count
    press_once(endpoint)
    for device in devices:
        device.send(PingReq())
        assert device.next() == PingResp()
        device.socket.close()
    wait_until(lambda: endpoint.counters.connections == endpoint.counters.sessions == 0, "the end of all connections")
    assert sum(event[0] == "disconnected" for event in door.events) == count + 1


def test_the_counters_are_flat_for_the_metrics(endpoint: Endpoint) -> None:
    press_once(endpoint)
    numbers = endpoint.counters.snapshot()
    assert numbers["publishes"] == numbers["acks"] == numbers["connects"] == 1
    assert all(isinstance(number, int) for number in numbers.values())
