"""What a session asks of whoever owns its socket, in the order it happened."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody says who they are: answer with `accept` or `refuse`. Nothing is read meanwhile."""

    username: str
    password: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """A message of the device, or its Will (qos 0): hand it on, and `acknowledge` it if its qos is not 0."""

    kind: str
    payload: bytes
    qos: int
    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The device now hears at least one of its down/ topics."""


@dataclass(frozen=True, slots=True)
class CentreStateWanted:
    """The device has subscribed to the retained state of the centre."""


@dataclass(frozen=True, slots=True)
class Acked:
    """A message given to `deliver` has arrived."""

    token: Any


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over; close the socket once the output is sent."""

    graceful: bool


Event = Login | Published | Subscribed | CentreStateWanted | Acked | Closed
