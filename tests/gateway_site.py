"""A gateway with real neighbours for the tests: database, alarm service, devices that speak MQTT by paho."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from sqlalchemy import select
from sqlmodel import SQLModel

from alarms.models import Alarm, DownMessage, PressRow
from alarms.service import AlarmService
from core.clock import Clock, SystemClock
from core.db import Database
from core.ids import new_id
from core.wake import Wake
from gateway import wire
from gateway.door import GatewayDoor
from gateway.gateway import Gateway, Line
from registry.models import Device, DeviceFix, DevicePresence, Elder, table_of
from registry.secrets import hash_secret

SOON_S = 15.0
SECRET = "a made-up secret"
T = TypeVar("T")


def soon(condition: Callable[[], T], what: str = "it", within_s: float = SOON_S) -> T:
    """Wait until something is true and return it."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {within_s} s for {what}"
        threading.Event().wait(0.01)
    return found


class Site:
    """A centre as far as devices can tell; `gateway(...)` opens one with the given lines, `close()` ends all."""

    def __init__(self, db: Database, folder: Path, clock: Clock | None = None) -> None:
        self.db, self.clock, self.folder = db, clock or SystemClock(), folder
        self.wake = Wake(db)
        self.alarms = AlarmService(db, self.clock, self.wake)
        self.gateways: list[Gateway] = []
        self.devices: list[SpeakingDevice] = []
        self.deaths: list[str] = []

    def gateway(self, *lines: Callable[[GatewayDoor], Line], alarms: Any = None, **options: Any) -> Gateway:
        gateway = Gateway(
            self.db, self.clock, self.wake, alarms or self.alarms, lines,
            spool_folder=self.folder / "spool", on_death=lambda: self.deaths.append("gateway"), **options,
        )  # fmt: skip
        gateway.start()
        self.gateways.append(gateway)
        return gateway

    def register(self, uid: str, *, state: str = "in_service", elder: bool = True) -> str:
        now = self.clock.now()
        elder_id = new_id() if elder else None
        with self.db.write() as session:
            if elder_id:
                session.add(Elder(id=elder_id, name=f"elder of {uid}", created_at=now, updated_at=now))
                session.flush()
            session.add(
                Device(
                    id=new_id(),
                    uid=uid,
                    elder_id=elder_id,
                    state=state,
                    secret_hash=hash_secret(SECRET),
                    created_at=now,
                    updated_at=now,
                )
            )
        return uid

    def connect(self, port: int, uid: str, **options: Any) -> "SpeakingDevice":
        device = SpeakingDevice(port, uid, **options)
        self.devices.append(device)
        return device

    def rows(self, model: type[SQLModel], **where: Any) -> list[Any]:
        table = table_of(model)
        with self.db.read() as session:
            wanted = select(table).where(*(table.c[name] == value for name, value in where.items()))
            return list(session.execute(wanted))

    def presses(self, uid: str) -> list[Any]:
        return self.rows(PressRow, device_uid=uid)

    def alarm_rows(self, uid: str) -> list[Any]:
        return self.rows(Alarm, device_uid=uid)

    def down(self, uid: str) -> list[Any]:
        return self.rows(DownMessage, uid=uid)

    def presence(self, uid: str) -> Any:
        return next(iter(self.rows(DevicePresence, uid=uid)), None)

    def fix(self, uid: str) -> Any:
        return next(iter(self.rows(DeviceFix, uid=uid)), None)

    def close(self) -> None:
        for device in self.devices:
            device.client.disconnect()
        for device in self.devices:
            device.close()
        for gateway in self.gateways:
            gateway.stop()
        self.wake.stop()


@dataclass(frozen=True)
class Heard:
    topic: str
    payload: bytes
    retain: bool


class SpeakingDevice:
    """A device by paho: connects, subscribes to what is its own, remembers what it hears and what was acknowledged."""

    def __init__(
        self,
        port: int,
        uid: str,
        *,
        password: str = SECRET,
        v5: bool = True,
        subscriptions: Sequence[str] = ("down/receipt", "down/progress", "down/command"),
        client_id: str | None = None,
    ) -> None:
        self.uid, self.port = uid, port
        self.heard: list[Heard] = []
        self.acks: dict[int, int] = {}
        self.connack: int | None = None
        self.is_subscribed = threading.Event()
        self.granted: list[int] = []
        self._subscriptions = [(f"cb/v1/{uid}/{name}", 1) for name in subscriptions]
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id or f"d-{uid}", protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311
        )
        self.client.username_pw_set(uid, password)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish
        self.client.connect_async("127.0.0.1", port, keepalive=30)
        self.client.loop_start()
        soon(lambda: self.connack is not None, f"{uid}'s CONNACK")
        if self.connack == 0 and self._subscriptions:
            assert self.is_subscribed.wait(SOON_S)

    def say(self, kind: str, payload: bytes, *, qos: int = 1, retain: bool = False, topic: str | None = None) -> int:
        """Publish on an own topic; the number under which `acks` will have the reason code."""
        return self.client.publish(topic or wire.up_topic(self.uid, kind), payload, qos=qos, retain=retain).mid

    def said(self, kind: str, payload: bytes, **options: Any) -> int:
        """Like `say`, and wait for the acknowledgement: its reason code."""
        mid = self.say(kind, payload, **options)
        soon(lambda: mid in self.acks, f"the PUBACK of {self.uid}")
        return self.acks[mid]

    def payloads(self, kind: str) -> list[bytes]:
        return [h.payload for h in self.heard if h.topic == wire.down_topic(self.uid, kind)]

    def receipts(self) -> list[wire.ReceiptMsg]:
        return [r for r in map(wire.read_receipt, self.payloads("receipt")) if r]

    def receipt(self, msg_id: str | None) -> wire.ReceiptMsg:
        def found() -> list[wire.ReceiptMsg]:
            return [r for r in self.receipts() if r.msg_id == msg_id]

        return soon(found, f"a receipt for {msg_id}")[0]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure and self._subscriptions:
            client.subscribe(self._subscriptions)
        self.connack = reason.value

    def _on_subscribe(self, _c: Any, _data: Any, _mid: int, reasons: Any, _p: Properties | None) -> None:
        self.granted += [reason.value for reason in reasons]
        self.is_subscribed.set()

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        self.acks[mid] = reason.value
