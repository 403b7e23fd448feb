"""The console's collaborators, built by the wiring and handed to `console.app.create_app`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alarms.recordings import Recordings
from alarms.service import AlarmService
from core.clock import Clock
from core.db import Database
from core.processes import Process
from core.settings import Settings
from core.wake import Wake
from notifier.sandbox import SandboxNetwork
from registry.service import RegistryService

Check = Callable[[], str | None]
"""What stands in the way of taking an alarm now, in one line; None when nothing does. Quick, never raising."""

Figures = Callable[[], Mapping[str, float]]
"""Counters by name (`gateway_refused_total`); names that end in `_total` only rise."""


@dataclass(kw_only=True)
class Centre:
    """Everything a request may need.

    `checks` decide `/readyz`; `figures` of this process, or where several share the work those of all `processes`, fill
    `/metrics`; `sandbox` is the sandbox telephone network or None where that
    channel is off. The parts that a role does not run stay None.
    """

    settings: Settings
    db: Database
    clock: Clock
    wake: Wake
    registry: RegistryService
    alarms: AlarmService | None = None
    sandbox: SandboxNetwork | None = None
    recordings: Recordings | None = None
    checks: Mapping[str, Check] = field(default_factory=dict)
    figures: tuple[Figures, ...] = ()
    processes: Callable[[], Sequence[Process]] | None = None
