"""The console's HTTP server: has its address before anything else starts, and lets go of open streams at its end."""

import logging
import os
import socket
import threading

import uvicorn
from fastapi import FastAPI

from console.live import Hub

STOP_WITHIN_S = 3
_BACKLOG = 2048
log = logging.getLogger(__name__)


class ConsoleServer(uvicorn.Server):
    """`listen` (raises OSError with one clear line), then `run_until`, which ends with a signal too."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=STOP_WITHIN_S,
                forwarded_allow_ips="127.0.0.1",
            )
        )  # fmt: skip
        self._app, self._address = app, (host, port)
        self._listener: socket.socket | None = None
        self._stop_wanted = threading.Event()

    def listen(self) -> None:
        """Take the address; until `run_until` serves, browsers wait."""
        host, port = self._address
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as problem:
            reason = os.strerror(problem.errno) if problem.errno and problem.errno > 0 else problem.strerror
            raise OSError(problem.errno, f"cannot listen for browsers on {host} port {port}: {reason}") from problem
        log.info("listening for browsers on %s port %d", host, self._listener.getsockname()[1])

    def run_until(self, stop_wanted: threading.Event) -> None:
        """Serve until that is set, be it before the start was over: a signal of that time uvicorn has not seen."""
        self._stop_wanted = stop_wanted
        self.run()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        if self._listener is None and sockets is None:
            self.listen()
        super().run(sockets=sockets or [s for s in (self._listener,) if s is not None])

    async def on_tick(self, counter: int) -> bool:
        return self._stop_wanted.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """An event stream never ends by itself, and would hold up the end until it is cut."""
        hub: Hub | None = getattr(self._app.state, "hub", None)
        if hub is not None:
            hub.close()
        await super().shutdown(sockets=sockets)

    def close(self) -> None:
        """Give the address back where `run_until` was never reached."""
        if self._listener is not None:
            self._listener.close()
