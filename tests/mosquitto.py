"""Debian's mosquitto on a free port, for the tests; gone afterwards."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

START_WITHIN_S = 15
ADMIN = "site-admin"
ADMIN_PASSWORD = "made-up-admin-password"


class Mosquitto:
    """`stop()` ends it politely, `kill()` does not; `start()` begins again with the same files and port.

    With `is_guarded` the dynamic-security plugin lets nobody in but ADMIN until it is fed.
    """

    def __init__(self, folder: Path, *, is_guarded: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        self._folder = folder
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            "\n".join([*self._common(), *(self._guarded() if is_guarded else ("allow_anonymous true",))])
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def url(self, user: str = "", password: str = "") -> str:
        login = f"{user}:{password}@" if user else ""
        return f"mqtt://{login}127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self._folder / "log").open("ab") as out:
            self._process = subprocess.Popen(
                [_program("mosquitto"), "-c", self._config], stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"mosquitto: {(self._folder / 'log').read_text()[-800:]}") from None
                time.sleep(0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def _common(self) -> list[str]:
        lines = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {self._folder}/",
            "autosave_interval 1",
            "autosave_on_changes true",
            "max_queued_messages 0",
        ]
        return [*lines, "user root"] if os.geteuid() == 0 else lines

    def _guarded(self) -> list[str]:
        rights = self._folder / "dynamic-security.json"
        subprocess.run(
            [_program("mosquitto_ctrl"), "dynsec", "init", rights, ADMIN, ADMIN_PASSWORD],
            check=True,
            capture_output=True,
        )
        plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
        return ["allow_anonymous false", f"plugin {plugin}", f"plugin_opt_config_file {rights}"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join(["/usr/sbin", "/usr/bin", os.environ.get("PATH", "")]))
    if found is None:
        raise RuntimeError(f"no {name} on this machine: `make test` installs mosquitto where it can")
    return found
