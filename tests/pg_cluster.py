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
from typing import LiteralString

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
        return self.copy_of("template1", name)

    def copy_of(self, template: str, name: str) -> str:
        """As `url_for`, with all that is in the template; nobody may be connected to that."""
        self.drop(name)
        with psycopg.connect(self.server("postgres"), autocommit=True) as connection:
            names = sql.Identifier(name), sql.Identifier(template)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return self.server(name).replace("postgresql://", "postgresql+psycopg://")

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        with psycopg.connect(self.server("postgres"), autocommit=True) as connection:
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

    def server(self, database: str) -> str:
        """The address as psycopg and psql take it."""
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


_SHAPE = """
SELECT md5(string_agg(one, ' ' ORDER BY one)) FROM (
    SELECT format('%s %s %s', oid, relname, relnatts) AS one FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', oid, tgenabled) FROM pg_trigger
) AS everything
"""


class SpareDatabase:
    """One copy of a template for many tests in turn: emptied in a thousandth of the time that a new one takes.

    `take()` gives its address; `give_back()` ends who is still connected and empties it, but for the tables `kept`. Was
    a table, an index or a trigger changed, the next to take it gets a new copy.
    """

    def __init__(self, cluster: Cluster, template: str, kept: tuple[str, ...] = ()) -> None:
        self._cluster, self._template, self._kept = cluster, template, kept
        self._name = f"{template}_spare"
        self._url = self._shape = ""

    def take(self) -> str:
        if not self._url:
            self._url = self._cluster.copy_of(self._template, self._name)
            with psycopg.connect(self._cluster.server(self._name)) as connection:
                self._shape = _one(connection, _SHAPE)
        return self._url

    def give_back(self) -> None:
        with psycopg.connect(self._cluster.server(self._name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            if _one(connection, _SHAPE) != self._shape:
                self._url = ""
                return
            connection.execute("SET session_replication_role = replica")  # Without triggers and foreign keys.
            for (table,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall():
                if table not in self._kept:
                    connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for (sequence,) in connection.execute("SELECT sequencename FROM pg_sequences").fetchall():
                connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))


def _one(connection: psycopg.Connection[tuple[str]], query: LiteralString) -> str:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


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
