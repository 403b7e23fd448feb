"""What an idle device costs the MQTT endpoint: many connections, logged in and subscribed, in one process.

    python bench/idle_connections.py [--connections 10000]

Prints one JSON line. The endpoint runs in another process, whose resident memory is read from /proc before and after.
The kernel's own socket buffers are not in it. Needs as many file descriptors as connections in each process.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.endpoint_rate import AckingDoor
from gateway.endpoint import Endpoint
from gateway.mqtt_codec import encode
from gateway.mqtt_limits import Limits
from gateway.mqtt_packets import V5, Connect, PingReq, Publish, Subscribe, Subscription, Will

AT_ONCE = 200
SPARE_DESCRIPTORS = 200


def serve(connections: int) -> None:
    endpoint = Endpoint("127.0.0.1", 0, AckingDoor(), limits=Limits(connections=connections + SPARE_DESCRIPTORS))
    endpoint.start()
    print(endpoint.port, flush=True)
    sys.stdin.read()
    endpoint.stop()


async def connect(port: int, uid: str, gate: asyncio.Semaphore) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        will = Will(f"cb/v1/{uid}/up/state", b'{"online": false}', qos=1, retain=True)
        writer.write(encode(Connect(V5, uid, True, 600, uid, b"x", will), V5))
        writer.write(encode(Subscribe(1, (Subscription(f"cb/v1/{uid}/down/#", 1),)), V5))
        await reader.readexactly(2)
        await reader.read(100)
        return reader, writer


async def press(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uid: str) -> float:
    started = time.perf_counter()
    writer.write(encode(Publish(f"cb/v1/{uid}/up/alarm", b"{}", 1, packet_id=1), V5))
    await reader.readexactly(4)
    return time.perf_counter() - started


async def measure(port: int, connections: int, pid: int) -> dict[str, object]:
    gate = asyncio.Semaphore(AT_ONCE)
    first = await connect(port, "idle-first", gate)
    before, started = _resident_bytes(pid), time.perf_counter()
    held = await asyncio.gather(*(connect(port, f"idle-{n}", gate) for n in range(connections)))
    connect_s = time.perf_counter() - started
    for reader, writer in held:
        writer.write(encode(PingReq(), V5))
        await reader.read(100)
    after = _resident_bytes(pid)
    waits = sorted([await press(*first, "idle-first") for _ in range(200)])
    cpu = _cpu_s(pid)
    await asyncio.sleep(5)
    return {
        "connections": len(held),
        "connects_per_s": round(connections / connect_s),
        "bytes_per_connection": (after - before) // connections,
        "resident_mib": round(after / 2**20, 1),
        "press_to_ack_p50_ms": round(waits[100] * 1000, 2),
        "press_to_ack_p99_ms": round(waits[197] * 1000, 2),
        "idle_cpu_pct": round((_cpu_s(pid) - cpu) / 5 * 100, 1),
    }


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    _allow_descriptors(options.connections + SPARE_DESCRIPTORS)
    if options.serve:
        serve(options.connections)
        return
    command = [sys.executable, __file__, "--serve", "--connections", str(options.connections)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        port = int(server.stdout.readline())
        figures = asyncio.run(measure(port, options.connections, server.pid))
        server.stdin.close()
        server.wait(timeout=30)
    print(json.dumps({"bench": "idle_connections", **figures}))


if __name__ == "__main__":
    main()
