"""How an alarm climbs, as what comes in says it."""

from typing import Annotated

from pydantic import Field

from registry.intake import Patch, YesNo


class PolicyPatch(Patch):
    """How an alarm climbs; members that are left out stay as they are. Every `_s` is in seconds, hours are local."""

    ring_s: Annotated[int, Field(strict=True, ge=1, le=300)] | None = None
    tries_per_contact: Annotated[int, Field(strict=True, ge=1, le=10)] | None = None
    follow_up_after_s: Annotated[int, Field(strict=True, ge=1, le=604_800)] | None = None
    follow_up_tries: Annotated[int, Field(strict=True, ge=1, le=10)] | None = None
    follow_up_retry_s: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    follow_up_at_night: YesNo | None = None
    officer_ring_s: Annotated[int, Field(strict=True, ge=1, le=300)] | None = None
    round_pause_s: Annotated[int, Field(strict=True, ge=0, le=3600)] | None = None
    arrival_within_s: Annotated[int, Field(strict=True, ge=1, le=86_400)] | None = None
    polite_from_hour: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None
    polite_to_hour: Annotated[int, Field(strict=True, ge=1, le=24)] | None = None
    send_messages: YesNo | None = None
