"""How many QoS 1 publishes a second the MQTT endpoint acknowledges, behind a door that stores nothing.

    python bench/endpoint_rate.py [--connections 50] [--messages 100000] [--in-flight 20] [--level 4]

Prints one JSON line. Devices are raw sockets in this process, the endpoint runs in another.
"""

import argparse
import asyncio
import functools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gateway.endpoint import Endpoint
from gateway.mqtt_codec import encode
from gateway.mqtt_packets import V5, Connect, Publish

PAYLOAD = json.dumps({"msg_id": "01JD8Z0000000000000000000", "kind": "sos", "battery_pct": 83}).encode()
PUBACK_BYTES = 4


class AckingDoor:
    """Lets everybody in and acknowledges at once."""

    def authenticate(self, username: str, password: bytes) -> str | None:
        return username

    def published(self, uid: str, topic_kind: str, payload: bytes, ack: Callable[[bool], None]) -> None:
        ack(True)

    def connected(self, uid: str, peer: str) -> None: ...
    def disconnected(self, uid: str, graceful: bool) -> None: ...
    def subscribed(self, uid: str) -> None: ...


def serve() -> None:
    endpoint = Endpoint("127.0.0.1", 0, AckingDoor())
    endpoint.start()
    print(endpoint.port, flush=True)
    sys.stdin.read()
    endpoint.stop()


class Device(asyncio.Protocol):
    def __init__(self, uid: str, level: int, messages: int, in_flight: int) -> None:
        self._packets = [
            encode(Publish(f"cb/v1/{uid}/up/alarm", PAYLOAD, 1, packet_id=n + 1), level) for n in range(in_flight)
        ]
        self._connect = encode(Connect(level, uid, username=uid, password=b"x"), level)
        self._left = messages
        self._unacked = 0
        self._position = 0
        self._buffered = 0
        self.is_connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._connect)

    def publish(self) -> None:
        room = min(len(self._packets) - self._unacked, self._left)
        burst = [self._packets[(self._position + n) % len(self._packets)] for n in range(room)]
        self._position = (self._position + room) % len(self._packets)
        self._left -= room
        self._unacked += room
        self._transport.write(b"".join(burst))

    def data_received(self, data: bytes) -> None:
        if not self.is_connected.done():
            self.is_connected.set_result(None)
            return
        acks, self._buffered = divmod(self._buffered + len(data), PUBACK_BYTES)
        self._unacked -= acks
        if self._left:
            self.publish()
        elif not self._unacked:
            self.is_done.set_result(None)


def _self(device: Device) -> Device:
    return device


async def load(port: int, connections: int, messages: int, in_flight: int, level: int) -> float:
    loop = asyncio.get_running_loop()
    each = messages // connections
    devices = [Device(f"bench-{number}", level, each, in_flight) for number in range(connections)]
    for device in devices:
        await loop.create_connection(functools.partial(_self, device), "127.0.0.1", port)
    await asyncio.gather(*(device.is_connected for device in devices))
    started = time.perf_counter()
    for device in devices:
        device.publish()
    await asyncio.gather(*(device.is_done for device in devices))
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument("--level", type=int, default=4, choices=(4, V5))
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    with subprocess.Popen(
        [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = int(server.stdout.readline())
        seconds = asyncio.run(load(port, options.connections, options.messages, options.in_flight, options.level))
        server.stdin.close()
        server.wait(timeout=30)
    count = options.messages // options.connections * options.connections
    figures = {"connections": options.connections, "in_flight": options.in_flight, "level": options.level}
    print(json.dumps({"bench": "endpoint_rate", **figures, "publishes": count, "per_s": round(count / seconds)}))


if __name__ == "__main__":
    main()
