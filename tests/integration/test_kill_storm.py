"""2,000 presses while the real process is killed five times: all are stored, none twice, no alarm is left alone."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from alarms.models import Alarm, PressRow
from alarms.views import alarm_briefs
from core.clock import SystemClock
from core.db import Database
from core.ids import new_id
from gateway import wire
from gateway.mqtt_codec import Decoder, encode
from gateway.mqtt_packets import V5, ConnAck, Connect, Packet, PubAck, Publish, SubAck, Subscribe, Subscription
from registry.models import Contact, Device, Elder, table_of
from registry.secrets import hash_secret
from tests.world import open_quickly

DEVICES, PRESSES, KILLS = 60, 2000, 5
SECRET = "a made-up secret"
READY_WITHIN_S, DONE_WITHIN_S = 120.0, 600.0
RESEND_S, RECONNECT_S = 2.0, 0.2
ROOT = Path(__file__).parents[2]
SENT = {f"dev-{n}": [f"storm-{n}-{m}" for m in range(n, PRESSES, DEVICES)] for n in range(DEVICES)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def register(db: Database) -> None:
    """Devices that have an elder each, and whom to call for them."""
    now = SystemClock().now()
    made = {"created_at": now, "updated_at": now, "version": 1}
    numbers = range(DEVICES)
    elders = [{"id": f"elder-{n}", "name": f"elder {n}", "health": {}, "language": "zh-CN"} | made for n in numbers]
    contacts = [
        {"id": f"contact-{n}", "elder_id": f"elder-{n}", "name": f"contact {n}", "role": "family", "rank": 1}
        | {"phone": f"+8613900{n:06d}", "language": "zh-CN", "is_key_holder": False}
        | made
        for n in numbers
    ]
    secret_hash = hash_secret(SECRET)
    devices = [
        {"id": new_id(), "uid": f"dev-{n}", "elder_id": f"elder-{n}", "state": "in_service", "secret_hash": secret_hash}
        | made
        for n in numbers
    ]
    with db.write() as session:
        for model, rows in ((Elder, elders), (Contact, contacts), (Device, devices)):
            session.execute(insert(table_of(model)), rows)


class Process:
    """`carebell up`, as a site runs it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.mqtt_port, self._log = free_port(), folder / "centre.log"
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("CAREBELL_")} | {
            "CAREBELL_DATA_DIR": str(folder / "data"), "CAREBELL_DATABASE_URL": database_url,
            "CAREBELL_MQTT_PORT": str(self.mqtt_port), "CAREBELL_HTTP_PORT": str(free_port()),
            "CAREBELL_SECRET_KEY": "not a secret, but long enough to be one", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "carebell", "up"], env=self._environment, cwd=self._folder, stdout=log,
                stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._listens():
            said = self._log.read_text()[-2000:]
            assert self._running.poll() is None, said
            assert time.monotonic() < deadline, said
            threading.Event().wait(0.05)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.mqtt_port)) == 0

    def kill(self) -> None:
        if self._running is not None:
            self._running.send_signal(signal.SIGKILL)
            self._running.wait()


class StormDevice:
    """Sends one press after the other, each again and again until its receipt has come, over any number of links."""

    def __init__(self, uid: str, port: int) -> None:
        self.uid, self._port = uid, port
        self._to_send = list(reversed(SENT[uid]))
        self.receipts: set[str] = set()
        self.refusals: list[Packet] = []

    @property
    def is_done(self) -> bool:
        return not self._to_send

    async def run(self) -> None:
        while not self.is_done:
            try:
                await self._on_one_link()
            except (OSError, EOFError, TimeoutError):
                await asyncio.sleep(RECONNECT_S)

    async def _on_one_link(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            decoder = Decoder(V5)
            connect = Connect(V5, self.uid, username=self.uid, password=SECRET.encode())
            receipts = Subscription(f"cb/v1/{self.uid}/down/receipt", 1)
            writer.write(encode(connect, V5) + encode(Subscribe(1, (receipts,)), V5))
            self._press(writer)
            while not self.is_done:
                try:
                    data = await asyncio.wait_for(reader.read(4096), RESEND_S)
                except TimeoutError:
                    self._press(writer)
                    continue
                if not data:
                    raise EOFError
                decoder.feed(data)
                while (packet := decoder.next_packet()) is not None:
                    self._heard(packet, writer)
        finally:
            writer.close()

    def _press(self, writer: asyncio.StreamWriter) -> None:
        payload = f'{{"msg_id": "{self._to_send[-1]}", "battery_pct": 80}}'.encode()
        publish = Publish(f"cb/v1/{self.uid}/up/alarm", payload, qos=1, packet_id=len(self._to_send))
        writer.write(encode(publish, V5))

    def _heard(self, packet: Packet, writer: asyncio.StreamWriter) -> None:
        match packet:
            case Publish(payload=payload, packet_id=packet_id):
                writer.write(encode(PubAck(packet_id), V5))
                receipt = wire.read_receipt(payload)
                assert receipt is not None
                assert receipt.msg_id is not None
                msg_id = receipt.msg_id
                self.receipts.add(msg_id)
                if self._to_send and self._to_send[-1] == msg_id:
                    self._to_send.pop()
                    if self._to_send:
                        self._press(writer)
            case ConnAck(reason=reason) | PubAck(reason=reason) if reason:
                self.refusals.append(packet)
            case ConnAck() | PubAck() | SubAck():
                pass


class Storm:
    """All devices at once, on a loop of their own."""

    def __init__(self, port: int) -> None:
        self.devices = [StormDevice(uid, port) for uid in SENT]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="storm", daemon=True)

    async def _run(self) -> None:
        await asyncio.gather(*(device.run() for device in self.devices))

    @property
    def receipts(self) -> int:
        return sum(len(device.receipts) for device in self.devices)

    def begin(self) -> None:
        self._thread.start()

    def wait_for(self, receipts: int, deadline: float) -> None:
        while self.receipts < receipts:
            assert time.monotonic() < deadline, f"{self.receipts} of {receipts} receipts"
            assert self._thread.is_alive() or self.receipts >= receipts, "the storm ended by itself"
            threading.Event().wait(0.005)

    def end(self, deadline: float) -> None:
        self._thread.join(max(0.0, deadline - time.monotonic()))
        assert not self._thread.is_alive()


@pytest.fixture
def centre(db_url: str, tmp_path: Path) -> Iterator[Process]:
    db = open_quickly(db_url)
    register(db)
    db.close()
    process = Process(tmp_path, db_url)
    yield process
    process.kill()


def test_two_thousand_presses_and_five_kills(centre: Process, db_url: str) -> None:
    deadline = time.monotonic() + DONE_WITHIN_S
    storm = Storm(centre.mqtt_port)
    centre.start()
    storm.begin()
    for kill in range(1, KILLS + 1):
        storm.wait_for(kill * PRESSES // (KILLS + 1), deadline)
        centre.kill()
        centre.start()
    storm.wait_for(PRESSES, deadline)
    storm.end(deadline)

    assert [device.refusals for device in storm.devices if device.refusals] == []
    assert {device.uid: sorted(device.receipts) for device in storm.devices} == {
        uid: sorted(sent) for uid, sent in SENT.items()
    }
    check_what_is_stored(db_url)


def check_what_is_stored(db_url: str) -> None:
    presses, alarms = table_of(PressRow), table_of(Alarm)
    db = Database(db_url)
    with db.read() as session:
        stored = sorted(map(tuple, session.execute(select(presses.c.device_uid, presses.c.msg_id))))
        counted = session.scalars(select(alarms.c.press_count)).all()
        looked_after = alarm_briefs(session, SystemClock().now(), limit=500)[0]
    db.close()
    assert stored == sorted((uid, msg_id) for uid, sent in SENT.items() for msg_id in sent)
    assert len(counted) == DEVICES
    assert sum(counted) == PRESSES
    assert [alarm["number"] for alarm in looked_after if not alarm["next_action_at"]] == []
