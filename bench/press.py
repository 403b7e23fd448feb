"""From the press to the first call, beside the bare floor measured in the same run.

    python bench/press.py [--seconds 10] [--flood 3000] [--rounds 3]

Devices and the telephone provider live in this process; the centre (`carebell up`, channel twilio, SQLite) and the
floor (bench/floor.py: the same endpoint, database layer and telephone client, one row and one POST for a press) each
run in one of their own. For each: latency from the publish to the provider's POST at 10 and
100 presses a second, and the rate at which a flood of presses is worked off, counted until the last POST has come.
Every press is of another elder, so that each opens an alarm and makes a call. Prints one JSON line; figures are the
medians of the rounds.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from carebell import site
from core.clock import SystemClock
from core.settings import Settings
from gateway.mqtt_codec import encode
from gateway.mqtt_packets import Connect, Publish
from registry.models import Contact, Device, Elder, Policy, table_of
from registry.secrets import hash_secret

ROOT = Path(__file__).resolve().parents[1]
SECRET = "bench"
LEVEL = 4
LOGINS_AT_ONCE = 64
DRAIN_S = 60.0
START_S = 60.0


def uid_of(number: int) -> str:
    return f"bench-{number:08d}"


def phone_of(number: int) -> str:
    return f"+86139{number:08d}"


class Provider(asyncio.Protocol):
    """Just enough of the telephone provider: takes POSTs, notes when a number was first asked for, answers."""

    called: dict[str, float]

    def __init__(self, called: dict[str, float]) -> None:
        self.called = called
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            length = next((int(x[15:]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:")), 0)
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        where = body.find(b"To=%2B")
        if where >= 0:
            number = "+" + body[where + 6 : where + 19].decode()
            self.called.setdefault(number, time.perf_counter())
        sid = f"CA{len(self.called):032x}"
        answer = json.dumps({"sid": sid, "status": "queued", "account_sid": "AC" + "0" * 32}).encode()
        head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer)
        self._transport.write(head + answer)


class Unit(asyncio.Protocol):
    """One device: logs in, presses once, waits for its acknowledgement."""

    def __init__(self, number: int) -> None:
        self.uid = uid_of(number)
        self.is_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.acked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(encode(Connect(LEVEL, self.uid, username=self.uid, password=SECRET.encode()), LEVEL))

    def data_received(self, data: bytes) -> None:
        if not self.is_in.done():
            self.is_in.set_result(None)
        else:
            self.acked_at = self.acked_at or time.perf_counter()

    def press(self) -> float:
        payload = json.dumps({"msg_id": f"m-{self.uid}", "kind": "sos", "battery_pct": 83}).encode()
        self._transport.write(encode(Publish(f"cb/v1/{self.uid}/up/alarm", payload, 1, packet_id=1), LEVEL))
        return time.perf_counter()

    def close(self) -> None:
        self._transport.close()


async def log_in(port: int, numbers: range) -> list[Unit]:
    gate = asyncio.Semaphore(LOGINS_AT_ONCE)

    async def one(number: int) -> Unit:
        async with gate:
            unit = Unit(number)
            await asyncio.get_running_loop().create_connection(lambda: unit, "127.0.0.1", port)
            await asyncio.wait_for(unit.is_in, START_S)
            return unit

    return list(await asyncio.gather(*(one(number) for number in numbers)))


async def called_all(called: dict[str, float], wanted: list[str]) -> int:
    """Wait until every number was called; how many never were."""
    deadline = time.perf_counter() + DRAIN_S
    while time.perf_counter() < deadline:
        if all(number in called for number in wanted):
            return 0
        await asyncio.sleep(0.02)
    return sum(number not in called for number in wanted)


async def paced(units: list[Unit], rate: int, called: dict[str, float]) -> dict[str, float]:
    """Presses at a steady rate; latencies in milliseconds."""
    sent: dict[str, float] = {}
    begun = time.perf_counter()
    for n, unit in enumerate(units):
        await asyncio.sleep(max(0.0, begun + n / rate - time.perf_counter()))
        sent[phone_of(int(unit.uid[-8:]))] = unit.press()
    lost = await called_all(called, list(sent))
    took = sorted((called[number] - at) * 1000 for number, at in sent.items() if number in called)
    return {"p50_ms": took[len(took) // 2], "p99_ms": took[int(len(took) * 0.99)], "lost": lost}


async def flood(units: list[Unit], called: dict[str, float]) -> dict[str, float]:
    """All at once; the rate at which they are worked off, until the last call."""
    begun = time.perf_counter()
    for unit in units:
        unit.press()
    lost = await called_all(called, [phone_of(int(unit.uid[-8:])) for unit in units])
    ended = max(called[phone_of(int(unit.uid[-8:]))] for unit in units if phone_of(int(unit.uid[-8:])) in called)
    unacked = sum(not unit.acked_at for unit in units)
    return {"per_s": len(units) / (ended - begun), "lost": lost + unacked}


async def measure(port: int, called: dict[str, float], seconds: int, flooding: int) -> dict[str, dict[str, float]]:
    ends = (0, 50, 50 + 10 * seconds, 50 + 110 * seconds, 50 + 110 * seconds + flooding)
    units = await log_in(port, range(ends[-1]))
    await paced(units[: ends[1]], 20, called)  # Warms up caches, pools and connections.
    figures = {
        "at_10": await paced(units[ends[1] : ends[2]], 10, called),
        "at_100": await paced(units[ends[2] : ends[3]], 100, called),
        "flood": await flood(units[ends[3] :], called),
    }
    for unit in units:
        unit.close()
    return figures


def plant(folder: Path, count: int) -> None:
    """The elders, each with a device and one contact, as a registry has them."""
    settings = Settings(data_dir=folder)
    db = site.open_database(settings, upgrade=True)
    now = SystemClock().now()
    stamps = {"created_at": now, "updated_at": now, "version": 1}
    numbers = range(count)
    with db.write() as session:
        connection = session.connection()
        person = {"language": "zh-CN"} | stamps
        elders = [
            {"id": f"e{n}", "name": "赵桂明", "lat": 34.33, "lon": 108.71, "health": {}} | person for n in numbers
        ]
        daughter = {"name": "李娜", "role": "family", "rank": 1, "is_key_holder": False} | person
        contacts = [{"id": f"c{n}", "elder_id": f"e{n}", "phone": phone_of(n)} | daughter for n in numbers]
        phone = {"state": "in_service", "secret_hash": hash_secret(SECRET)} | stamps
        devices = [{"id": f"d{n}", "uid": uid_of(n), "elder_id": f"e{n}"} | phone for n in numbers]
        policy = {"id": "p", "name": "default", "version": 1, "updated_at": now,
                  "settings": {"ring_s": 300, "send_messages": False}}  # fmt: skip
        for model, rows in ((Elder, elders), (Contact, contacts), (Device, devices), (Policy, [policy])):
            connection.execute(insert(table_of(model)), rows)
    db.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(folder: Path, url: str, port: int) -> dict[str, str]:
    """The settings of the centre and of the floor alike."""
    http = free_port()
    settings = {
        "DATA_DIR": str(folder),
        "NOTIFIER": "twilio",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "x" * 32,
        "TWILIO_FROM": "+861012345678",
        "TWILIO_API_URL": url,
        "MQTT_PORT": str(port),
        "HTTP_PORT": str(http),
        "PUBLIC_URL": f"http://127.0.0.1:{http}",
    }
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CAREBELL_")}
    return inherited | {f"CAREBELL_{k}": v for k, v in settings.items()} | {"PYTHONPATH": str(ROOT)}


async def run_floor(folder: Path, url: str, called: dict[str, float], options: argparse.Namespace) -> Any:
    command = [sys.executable, str(ROOT / "bench" / "floor.py")]
    env = environment(folder, url, 0)
    pipe = subprocess.PIPE
    with ended(subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, text=True)) as process:
        assert process.stdout is not None
        port = int(await asyncio.to_thread(process.stdout.readline))
        return await measure(port, called, options.seconds, options.flood)


async def run_centre(folder: Path, url: str, called: dict[str, float], options: argparse.Namespace) -> Any:
    plant(folder, 50 + 110 * options.seconds + options.flood)
    port = free_port()
    env = environment(folder, url, port)
    command = [sys.executable, "-m", "carebell", "up"]
    with (
        open(folder / "log", "w") as log,
        ended(subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log, text=True)) as process,
    ):
        deadline = time.perf_counter() + START_S
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if process.poll() is not None or time.perf_counter() > deadline:
                raise SystemExit((folder / "log").read_text()[-2000:])
            await asyncio.sleep(0.1)
        return await measure(port, called, options.seconds, options.flood)


async def one_round(options: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for name, run in (("floor", run_floor), ("carebell", run_centre)):
        called: dict[str, float] = {}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(Provider, called), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with tempfile.TemporaryDirectory(prefix="carebell-bench-") as folder:
            found[name] = await run(Path(folder), url, called, options)
        server.close()
    return found


def median(rounds: list[dict[str, Any]], who: str, phase: str, what: str) -> float:
    return round(statistics.median(float(each[who][phase][what]) for each in rounds), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10, help="of each steady rate")
    parser.add_argument("--flood", type=int, default=3000, help="presses at once")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [asyncio.run(one_round(options)) for _ in range(options.rounds)]
    figures = {
        who: {
            f"{phase}_{what}": median(rounds, who, phase, what)
            for phase, what in (
                ("at_10", "p50_ms"), ("at_10", "p99_ms"), ("at_100", "p50_ms"), ("at_100", "p99_ms"),
                ("flood", "per_s"),
            )
        }
        for who in ("floor", "carebell")
    }  # fmt: skip
    floor, carebell = figures["floor"], figures["carebell"]
    ratios = {key: round(carebell[key] / floor[key], 2) for key in floor}
    lost = sum(int(each[who][phase]["lost"]) for each in rounds for who in figures for phase in each[who])
    print(
        json.dumps({"bench": "press", "rounds": options.rounds, "lost": lost, **figures, "carebell_to_floor": ratios})
    )


if __name__ == "__main__":
    main()
