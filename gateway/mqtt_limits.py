"""How much of everything the endpoint takes, and how much it has seen."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the MQTT endpoint; times in seconds, sizes in bytes."""

    connections: int = 12_000
    connections_per_uid: int = 4
    connect_s: float = 10.0  # From the TCP connection to a complete CONNECT.
    login_s: float = 5.0  # For the door's answer.
    login_threads: int = 4
    logins_waiting: int = 2_000
    keep_alive_max_s: int = 3_600  # Imposed on MQTT 5 clients that ask for more, or for none.
    connect_packet_bytes: int = 16 * 1024  # Whoever has not logged in yet gets less memory.
    packet_bytes: int = 64 * 1024
    payload_bytes: int = 8 * 1024  # The contract's bound.
    unacknowledged: int = 256  # Messages of one device that wait for their commit; beyond it, it is not read.
    window: int = 32  # Messages in flight to one device.
    queue: int = 128  # Messages behind that window.
    filters: int = 32  # Subscriptions of one connection.
    write_buffer_bytes: int = 256 * 1024  # A device that does not read this much is dropped.
    handovers: int = 100_000  # Acknowledgements and messages on their way from other threads to the loop.
    stop_s: float = 3.0
    litter_s: float = 10.0  # How long what failed TLS handshakes leave behind may lie.


@dataclass(slots=True)
class Counters:
    """Counts since the start, written by the endpoint's own thread."""

    connections: int = 0  # Open now, logged in or not.
    sessions: int = 0  # Logged in now.
    connects: int = 0
    publishes: int = 0
    acks: int = 0
    messages_down: int = 0
    messages_down_dropped: int = 0
    refused_publishes: int = 0
    refused_subscribes: int = 0
    malformed: int = 0
    oversize: int = 0
    keep_alive_timeouts: int = 0
    taken_over: int = 0
    slow_readers: int = 0
    wills: int = 0
    errors: int = 0  # Exceptions of our own, each of which cost one connection at most.
    refused_connects: Counter[str] = field(default_factory=Counter)

    def snapshot(self) -> dict[str, int]:
        """Flat, for metrics; refused connects by reason as refused_connects_{reason}."""
        numbers = {name: getattr(self, name) for name in self.__slots__ if name != "refused_connects"}
        return numbers | {f"refused_connects_{reason}": count for reason, count in self.refused_connects.items()}
