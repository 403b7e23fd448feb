"""The rights of devices on a Mosquitto of the site's, fed from the registry through its dynamic-security plugin.

The plugin of Mosquitto 2.0 knows no pattern for "the user's own name", so every device gets a role of its own. It
hashes passwords by itself and has to be told the secret, which the registry knows only at the moment it is made: rights
are given then. A device that missed that moment (`Sync.missing`) gets in after its secret has been made anew.
"""

import json
import logging
import ssl
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.errors import Rejected, TryAgain
from gateway import wire
from gateway.client import SHARE
from gateway.mqtt_rights import is_usable_uid

CONTROL = "$CONTROL/dynamic-security/v1"
ANSWER_WITHIN_S = 10.0
GATEWAY_ROLE = "carebell-gateway"
DEVICE_ROLE = "carebell-device-"
log = logging.getLogger(__name__)

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sync:
    """How the broker's devices differed from the registry's: `removed` were unknown here, `missing` unknown there."""

    removed: tuple[str, ...]
    missing: tuple[str, ...]


class DynamicSecurity:
    """`url` carries the login of somebody who may use the plugin's control topic.

    Every method connects, does its work and leaves. Raises TryAgain when the broker or the plugin does not answer,
    Rejected when the plugin refuses.
    """

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._where = urlsplit(url)
        self._tls = tls

    def prepare(self, gateway_user: str, gateway_password: str) -> None:
        """Deny what is not granted, and let the gateways in; may be repeated."""
        defaults = [
            {"acltype": acltype, "allow": acltype in ("publishClientReceive", "unsubscribe")}
            for acltype in ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
        ]
        heard = [_may("subscribePattern", f"{share}{wire.PREFIX}/#") for share in ("", SHARE)]
        grants = [_may("publishClientSend", f"{wire.PREFIX}/#"), *heard]
        with self._session() as plugin:
            plugin.ask([{"command": "setDefaultACLAccess", "acls": defaults}])
            plugin.put_role(GATEWAY_ROLE, grants)
            plugin.put_client(gateway_user, gateway_password, GATEWAY_ROLE)

    def devices(self) -> set[str]:
        """The uids that have a login; changes nothing."""
        with self._session() as plugin:
            return plugin.device_uids()

    def provision(self, uid: str, secret: str) -> None:
        """Let a device in with this secret and give it its own topics; its connections with an older one end."""
        if not is_usable_uid(uid):
            raise Rejected("this uid cannot stand in a topic")
        with self._session() as plugin:
            plugin.put_role(DEVICE_ROLE + uid, _device_grants(uid))
            plugin.put_client(uid, secret, DEVICE_ROLE + uid)

    def withdraw(self, uid: str) -> None:
        """Let a device in no more; its connection ends."""
        with self._session() as plugin:
            plugin.remove([uid])

    def sync(self, registered: Collection[str]) -> Sync:
        """Remove devices that the registry does not know. Clients and roles of others are left alone."""
        with self._session() as plugin:
            known = plugin.device_uids()
            removed = tuple(sorted(known - set(registered)))
            plugin.remove(removed)
        return Sync(removed, tuple(sorted(set(registered) - known)))

    @contextmanager
    def _session(self) -> Iterator["_Plugin"]:
        where = self._where
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.suppress_exceptions = True
        if where.username:
            client.username_pw_set(unquote(where.username), unquote(where.password or ""))
        is_secure = where.scheme == "mqtts"
        if is_secure:
            client.tls_set_context(self._tls or ssl.create_default_context())
        plugin = _Plugin(client)
        try:
            client.connect(where.hostname or "", where.port or (8883 if is_secure else 1883))
        except OSError as problem:
            raise TryAgain("the broker cannot be reached") from problem
        client.loop_start()
        try:
            plugin.wait_until_ready()
            yield plugin
        finally:
            client.disconnect()
            client.loop_stop()


class _Plugin:
    """One conversation with the plugin."""

    def __init__(self, client: mqtt.Client) -> None:
        self._client = client
        self._changed = threading.Condition()
        self._is_ready = False
        self._refusal: str | None = None
        self._answers: dict[str, dict[str, Any]] = {}
        self._asked = 0
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def wait_until_ready(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ready or self._refusal, ANSWER_WITHIN_S)
            if self._refusal:
                raise Rejected(f"the broker refuses: {self._refusal}")
            if not self._is_ready:
                raise TryAgain("the broker does not answer")

    def put_role(self, name: str, grants: Sequence[Command]) -> None:
        self.ask([{"command": "createRole", "rolename": name}], tolerated="already exists")
        self.ask([{"command": "modifyRole", "rolename": name, "acls": list(grants)}])

    def put_client(self, username: str, password: str, role: str) -> None:
        roles = [{"rolename": role, "priority": -1}]
        self.ask([{"command": "createClient", "username": username, "password": password}], tolerated="already exists")
        self.ask(
            [
                {"command": "setClientPassword", "username": username, "password": password},
                {"command": "modifyClient", "username": username, "roles": roles},
                {"command": "enableClient", "username": username},
            ]
        )

    def remove(self, uids: Sequence[str]) -> None:
        for uid in uids:
            gone = [
                {"command": "deleteClient", "username": uid},
                {"command": "deleteRole", "rolename": DEVICE_ROLE + uid},
            ]
            self.ask(gone, tolerated="not found")

    def device_uids(self) -> set[str]:
        (found,) = self.ask([{"command": "listRoles", "verbose": False, "count": -1, "offset": 0}])
        roles = found.get("roles", [])
        return {role.removeprefix(DEVICE_ROLE) for role in roles if role.startswith(DEVICE_ROLE)}

    def ask(self, commands: Sequence[Command], *, tolerated: str | None = None) -> list[dict[str, Any]]:
        """Send commands and give their data; an error that holds the tolerated words is none."""
        keys = [f"c{self._asked + n}" for n in range(len(commands))]
        self._asked += len(commands)
        asked = [command | {"correlationData": key} for command, key in zip(commands, keys, strict=True)]
        self._client.publish(CONTROL, json.dumps({"commands": asked}).encode(), qos=1)
        with self._changed:
            if not self._changed.wait_for(lambda: all(key in self._answers for key in keys), ANSWER_WITHIN_S):
                raise TryAgain("the broker's dynamic-security plugin does not answer")
            answers = [self._answers.pop(key) for key in keys]
        for command, answer in zip(commands, answers, strict=True):
            error = answer.get("error")
            if error and not (tolerated and tolerated in error):
                raise Rejected(f"the broker's dynamic-security plugin refuses {command['command']}: {error}")
        return [answer.get("data", {}) for answer in answers]

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self._note(refusal=str(reason))
        else:
            client.subscribe(f"{CONTROL}/response", qos=1)

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        self._note(refusal=refused[0] if refused else None)

    def _note(self, refusal: str | None) -> None:
        with self._changed:
            self._refusal, self._is_ready = refusal, refusal is None
            self._changed.notify_all()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        answers = json.loads(message.payload).get("responses", [])
        with self._changed:
            self._answers |= {answer.get("correlationData", ""): answer for answer in answers}
            self._changed.notify_all()


def _device_grants(uid: str) -> list[Command]:
    own = [_may("publishClientSend", wire.up_topic(uid, kind)) for kind in wire.UP_KINDS]
    heard = [_may("subscribePattern", f"{wire.PREFIX}/{uid}/#"), _may("subscribeLiteral", wire.CENTRE_STATE)]
    return own + heard


def _may(acltype: str, topic: str) -> Command:
    return {"acltype": acltype, "topic": topic, "priority": 0, "allow": True}
