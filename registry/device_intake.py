"""A one-key phone, as what comes in says it."""

from registry.intake import DeviceState, Given, Id, Patch, Short, Uid


class DeviceNew(Given):
    """A one-key phone to be kept."""

    uid: Uid
    elder_id: Id | None = None
    model: Short | None = None
    state: DeviceState = "stock"


class DevicePatch(Patch):
    """What is new about a device; null for `elder_id` takes it from its elder."""

    NULLABLE = frozenset({"elder_id", "model"})
    elder_id: Id | None = None
    model: Short | None = None
    state: DeviceState | None = None
