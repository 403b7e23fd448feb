"""Who may do what: one table, asked by one mechanism (`console.deps.allowed`)."""

from types import MappingProxyType

PERMISSIONS = frozenset({
    "alarms.read", "alarms.act", "alarms.supervise",
    "health.read",
    "registry.read", "registry.write", "registry.export", "policies.write",
    "devices.command",
    "users.read", "users.write",
    "sandbox.read", "sandbox.use",
    "metrics.read", "logs.read",
    "privacy.write",
    "knowledge.read", "knowledge.write",
    "codes.write",
    "offline.make",
    "recordings.listen", "recordings.download",
})  # fmt: skip
"""`alarms.supervise` acts on what another officer holds; `health.read` shows illness and access notes;
`devices.command` makes a device ring, say where it is, test itself or take settings; `registry.export` takes files
out of the registry; `privacy.write` hands over or erases a person's data and sets how long data is kept;
`knowledge.write` edits what is said and done at an alarm; `codes.write` edits the code tables; `offline.make` makes the
list for the day without the system, which holds health data as well; `recordings.download` takes recordings out of the
centre. There is no permission to edit a log, for anybody."""

_OFFICER = frozenset({
    "alarms.read", "alarms.act", "health.read", "registry.read", "devices.command", "sandbox.read", "sandbox.use",
    "recordings.listen",
})  # fmt: skip
_SUPERVISOR = _OFFICER | {
    "alarms.supervise", "policies.write", "users.read", "metrics.read", "knowledge.write", "offline.make",
    "recordings.download",
}  # fmt: skip
_REGISTRAR = frozenset({
    "health.read", "registry.read", "registry.write", "registry.export", "policies.write", "sandbox.read",
    "knowledge.write", "offline.make",
})  # fmt: skip

_BY_ROLE = MappingProxyType(
    {
        "officer": _OFFICER,
        "supervisor": _SUPERVISOR,
        "registrar": _REGISTRAR,
        "tester": frozenset({"alarms.read", "devices.command", "sandbox.read", "sandbox.use", "metrics.read"}),
        "auditor": frozenset(
            {"alarms.read", "registry.read", "users.read", "logs.read", "metrics.read", "sandbox.read"}
        ),
        "admin": PERMISSIONS,
    }
)


_EVERY_ROLE = frozenset({"knowledge.read"})


def permissions_of(role: str) -> frozenset[str]:
    """What a role may do; a role nobody knows may do nothing."""
    return _BY_ROLE[role] | _EVERY_ROLE if role in _BY_ROLE else frozenset()
