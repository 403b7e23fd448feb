"""A private PostgreSQL cluster on a free port, for the tests; gone afterwards."""

import atexit
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

START_WITHIN_S = 30


@functools.cache
def shared() -> "Cluster":
    """The one cluster of this process, started when first asked for and stopped when the process ends."""
    cluster = Cluster()
    atexit.register(cluster.stop)
    return cluster


class Cluster:
    """`url_for(name)` makes an empty database and gives its address; `stop()` ends the server and removes its files."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="carebell-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def url_for(self, name: str) -> str:
        """The address of a database of that name, made empty; one that exists is dropped first."""
        with psycopg.connect(self._server("postgres"), autocommit=True) as connection:
            identifier = sql.Identifier(name)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        return self._server(name).replace("postgresql://", "postgresql+psycopg://")

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        with psycopg.connect(self._server("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                self._process.send_signal(sign)
                try:
                    self._process.wait(5)
                    break
                except subprocess.TimeoutExpired:
                    continue
        shutil.rmtree(self._folder, ignore_errors=True)

    def _server(self, database: str) -> str:
        return f"postgresql://carebell@127.0.0.1:{self._port}/{database}"

    def _start(self) -> None:
        prefix, owner = _ordinary_user()
        if owner:
            shutil.chown(self._folder, owner)
        data, log = self._folder / "data", self._folder / "log"
        made = subprocess.run(
            [*prefix, _program("initdb"), "-D", str(data), "-U", "carebell", "-A", "trust", "-E", "UTF8", "--locale=C"],
            capture_output=True, text=True, cwd="/", check=False,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr[-800:]}")
        options = ("listen_addresses=127.0.0.1", "max_connections=200", "fsync=off", "full_page_writes=off")
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*prefix, _program("postgres"), "-D", str(data), "-p", str(self._port), "-k", str(self._folder)]
                + [part for option in options for part in ("-c", option)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_WITHIN_S
        while "ready to accept connections" not in log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"postgres did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    places = ["/usr/local/bin", *sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if found is None:
        raise RuntimeError(f"no {name} on this machine: `make test` installs PostgreSQL where it can")
    return found


def _ordinary_user() -> tuple[list[str], str | None]:
    """How to become somebody else than root (initdb and postgres refuse root), and who that is."""
    if os.geteuid():
        return [], None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"], name
    raise RuntimeError("no unprivileged user for PostgreSQL")
