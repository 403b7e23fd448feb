"""A device's bytes as an event: the same for what comes over the wire and for what the spool has kept."""

from datetime import datetime

from alarms.events import Cancel, Press
from gateway import wire
from geo.fix import age_s

CLOCK_PROBLEM = "the device's clock is wrong"


def press_of(uid: str, payload: bytes, received_at: datetime, said: wire.AlarmMsg, made_up_id: str) -> Press:
    """The press; a time of the device that cannot be is said to be wrong and not used."""
    is_believable = said.pressed_at is None or age_s(said.pressed_at, received_at) is not None
    return Press(
        device_uid=uid,
        msg_id=said.msg_id or made_up_id,
        received_at=received_at,
        kind=said.kind,
        has_own_id=said.msg_id is not None,
        pressed_at=said.pressed_at if is_believable else None,
        location=None if said.location is None else said.location.as_json(),
        is_test=said.is_test,
        problems=said.problems if is_believable else (*said.problems, CLOCK_PROBLEM),
        content=said.content,
        raw=payload[: wire.MAX_PAYLOAD],
    )


def cancel_of(uid: str, payload: bytes, received_at: datetime, made_up_id: str) -> Cancel:
    said = wire.read_cancel(payload)
    return Cancel(
        device_uid=uid,
        msg_id=said.msg_id or made_up_id,
        received_at=received_at,
        alarm_msg_id=said.alarm_msg_id,
        content=said.content,
        raw=payload[: wire.MAX_PAYLOAD],
    )
