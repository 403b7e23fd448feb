"""CONNECT and its answer: what is refused at sight, what is offered, and how each version says so. Pure."""

from typing import Final

from gateway.mqtt_encode import encode
from gateway.mqtt_limits import Limits
from gateway.mqtt_packets import V5, V311, ConnAck, Connect, Properties, Reason, number_of, property_of
from gateway.mqtt_properties import (
    ASSIGNED_CLIENT_ID,
    AUTHENTICATION_METHOD,
    MAXIMUM_PACKET_SIZE,
    MAXIMUM_QOS,
    RECEIVE_MAXIMUM,
    SERVER_KEEP_ALIVE,
    SESSION_EXPIRY,
    SHARED_SUBSCRIPTION_AVAILABLE,
    SUBSCRIPTION_ID_AVAILABLE,
)
from gateway.mqtt_rights import is_usable_uid, own_up_kind

_RETURN_CODES_311: Final = {
    Reason.UNSUPPORTED_VERSION: 1,
    Reason.CLIENT_ID_NOT_VALID: 2,
    Reason.SERVER_UNAVAILABLE: 3,
    Reason.SERVER_BUSY: 3,
    Reason.SERVER_SHUTTING_DOWN: 3,
    Reason.BAD_USERNAME_OR_PASSWORD: 4,
}
_NOT_AUTHORIZED_311: Final = 5


def refused_at_sight(packet: Connect) -> Reason | None:
    """Why a CONNECT cannot be let in, as far as that can be told without asking whether its password is right."""
    if property_of(packet.properties, AUTHENTICATION_METHOD) is not None:
        return Reason.BAD_AUTHENTICATION_METHOD
    if not packet.client_id and not packet.clean_start and packet.level == V311:
        return Reason.CLIENT_ID_NOT_VALID
    if not packet.username or not packet.password or not is_usable_uid(packet.username):
        return Reason.BAD_USERNAME_OR_PASSWORD
    # A Will at QoS 2 is taken: it is handed to the door like any message, so its QoS asks nothing of us.
    if packet.will and own_up_kind(packet.username, packet.will.topic) is None:
        return Reason.NOT_AUTHORIZED
    return None


def kept_alive_s(connect: Connect, limits: Limits) -> int:
    """The keepalive that counts; MQTT 5 lets the server impose one, which finds dead connections."""
    if connect.level == V5 and not 0 < connect.keep_alive_s <= limits.keep_alive_max_s:
        return limits.keep_alive_max_s
    return connect.keep_alive_s


def welcome(connect: Connect, limits: Limits, *, client_id: str) -> bytes:
    return encode(ConnAck(0, properties=_offer(connect, limits, client_id)), connect.level)


def _offer(connect: Connect, limits: Limits, client_id: str) -> Properties:
    offer: list[tuple[int, int | str]] = [
        (RECEIVE_MAXIMUM, limits.unacknowledged),
        (MAXIMUM_QOS, 1),
        (MAXIMUM_PACKET_SIZE, limits.packet_bytes),
        (SUBSCRIPTION_ID_AVAILABLE, 0),
        (SHARED_SUBSCRIPTION_AVAILABLE, 0),
    ]
    if number_of(connect.properties, SESSION_EXPIRY, 0):
        offer.append((SESSION_EXPIRY, 0))
    keep_alive_s = kept_alive_s(connect, limits)
    if keep_alive_s != connect.keep_alive_s:
        offer.append((SERVER_KEEP_ALIVE, keep_alive_s))
    if not connect.client_id:
        offer.append((ASSIGNED_CLIENT_ID, client_id))
    return tuple(offer)


def refusal(reason: Reason, level: int | None) -> bytes:
    """CONNACK for a client of any level, also of one that does not exist (specification 3.1.2.2 in both versions)."""
    if level is not None and level >= V5:
        return encode(ConnAck(reason), V5)
    return encode(ConnAck(_RETURN_CODES_311.get(reason, _NOT_AUTHORIZED_311)), V311)
