"""The `carebell` command. Exit codes: 0 done, 1 failed, 2 wrong usage or wrong settings."""

import getpass
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from carebell import areas, sim, site, watching
from carebell import doctor as checkup
from carebell.faults_told import database_fault, file_fault
from carebell.settings_given import FAILED, settings_or_exit
from core import log
from core.clock import SystemClock
from core.errors import CarebellError
from core.settings import Settings
from registry import audit, rekey
from registry.bulk import BULK_KINDS
from registry.faults import faults
from registry.profile import USER_ROLES
from registry.user_intake import UserNew, UserPatch

app = typer.Typer(
    name="carebell", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False,
    help="From the pressed key to the phone that rings, and on until somebody is there.",
)  # fmt: skip
db_app = typer.Typer(no_args_is_help=True, help="The database's schema.")
user_app = typer.Typer(no_args_is_help=True, help="The console's users.")
audit_app = typer.Typer(no_args_is_help=True, help="The log of who did what to whose file.")
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(user_app, name="user")
app.add_typer(sim.app, name="sim")
app.add_typer(areas.app, name="areas")


def run_roles(settings: Settings, *roles: str, upgrade: bool = False) -> None:
    """Run these roles until a signal comes."""
    from carebell.wiring import Carebell  # Everything there is: a short command need not load it.

    log.set_up()
    centre = Carebell(settings, frozenset(roles), upgrade=upgrade)
    serve(centre)


def serve(centre: "Carebell") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Start, serve until SIGINT or SIGTERM, stop."""
    stop_wanted = threading.Event()

    def on_signal(_signum: int, _frame: FrameType | None) -> None:
        stop_wanted.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        centre.start()
        centre.run(stop_wanted)
    finally:
        centre.stop()


@app.command()
def up() -> None:
    """Run the whole centre in one process: devices' endpoint, gateway, engine, console."""
    run_roles(settings_or_exit(), "gateway", "engine", "console", upgrade=True)


@app.command()
def demo() -> None:
    """Run `up` on a throw-away data folder with a made-up city, and devices that press from time to time."""
    from carebell.demo import run_demo

    log.set_up(logging.WARNING)
    run_demo(settings_or_exit(), serve)


@app.command()
def gateway() -> None:
    """Run the gateway alone: devices connect to it, or it takes their messages from the site's broker."""
    run_roles(settings_or_exit(), "gateway")


@app.command()
def engine() -> None:
    """Run the escalation engine alone."""
    run_roles(settings_or_exit(), "engine")


@app.command()
def console() -> None:
    """Run the console alone."""
    run_roles(settings_or_exit(), "console")


@app.command()
def watchdog() -> None:
    """Watch from outside: say so when an alarm's next step is overdue or the console does not answer."""
    log.set_up()
    settings = settings_or_exit()
    db = site.open_database(settings, upgrade=False)
    watching.watch(settings, db, SystemClock(), site.secret_key(settings))


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema to head."""
    site.open_database(settings_or_exit(), upgrade=True).close()
    typer.echo("The schema is at head.")


@db_app.command("rekey")
def db_rekey() -> None:
    """Seal anew, with the first of CAREBELL_DATA_KEYS, what an older one sealed; the centre may go on running."""
    from carebell.progress import shown

    db = site.open_database(settings_or_exit(), upgrade=False)
    with shown() as say:
        found = rekey.rekey(db, say)
    typer.echo(f"{found.looked_at} rows looked at, {found.resealed} sealed anew.")
    if found.locked:
        typer.echo(f"carebell: no key at hand opens {found.locked} rows; they were left as they are", err=True)
        raise typer.Exit(FAILED)
    typer.echo("The older keys are needed no more.")


@audit_app.command("verify")
def audit_verify(
    expect: Annotated[str | None, typer.Option(help="A last hash noted earlier; it must be in the log")] = None,
) -> None:
    """Walk the whole log: nothing was changed, dropped, slipped in or cut off. Prints the last hash, to be noted
    elsewhere."""
    db = site.open_database(settings_or_exit(), upgrade=False)
    with db.read() as session:
        verdict = audit.verify(session)
        is_there = expect is None or audit.holds(session, expect)
    if verdict.broken_at == verdict.entries + 1:
        told = f"the log does not end where it was left: what came after entry {verdict.entries} was cut off"
        typer.echo(f"carebell: {told}, or the whole was written anew", err=True)
        raise typer.Exit(FAILED)
    if verdict.broken_at is not None:
        typer.echo(f"carebell: the log is broken at entry {verdict.broken_at}", err=True)
        raise typer.Exit(FAILED)
    if not is_there:
        typer.echo("carebell: the log does not hold the expected hash: its end was cut off", err=True)
        raise typer.Exit(FAILED)
    typer.echo(f"{verdict.entries} entries hold together; the last hash is {verdict.last_hash}")


@db_app.command("reindex")
def db_reindex() -> None:
    """Make the index of the search anew; until a file's turn it is found as before."""
    from carebell.progress import shown
    from registry import search

    settings = settings_or_exit()
    db = site.open_database(settings, upgrade=settings.is_sqlite)
    with shown() as say:
        done = search.reindex(db, say)
    db.close()
    typer.echo(f"{done} files are indexed.")


@user_app.command("add")
def user_add(
    name: str,
    role: Annotated[str, typer.Option(help=" | ".join(USER_ROLES))],
    phone: Annotated[str | None, typer.Option(help="Where this officer is rung")] = None,
    display_name: Annotated[str | None, typer.Option(help="The name shown on the desk")] = None,
) -> None:
    """Create a user; the password is asked for, or read from standard input."""
    if role not in USER_ROLES:
        raise typer.BadParameter(f"there is no role {role!r}; roles are {', '.join(USER_ROLES)}", param_hint="--role")
    settings = settings_or_exit()
    password = _password_asked()
    registry = site.registry_of(settings, upgrade=settings.is_sqlite)
    given = {"username": name, "role": role, "password": password, "phone": phone, "display_name": display_name}
    try:
        new = UserNew.model_validate(given)
    except ValidationError as problem:
        where, what = next(iter(faults(problem.errors(include_input=False, include_url=False), given).items()))
        typer.echo(f"carebell: {where or 'user'}: {what}", err=True)
        raise typer.Exit(FAILED) from None
    registry.users.add(new)
    typer.echo(f"User {name} added with role {role}.")


@user_app.command("password")
def user_password(name: str) -> None:
    """Give a user a new password, asked for or read from standard input; it ends their sessions and tokens."""
    settings = settings_or_exit()
    password = _password_asked()
    try:
        patch = UserPatch.model_validate({"password": password})
    except ValidationError:
        typer.echo("carebell: a password has 8 to 200 characters", err=True)
        raise typer.Exit(FAILED) from None
    users = site.registry_of(settings, upgrade=settings.is_sqlite).users
    users.change(users.by_name(name)["id"], patch)
    users.unlock(users.by_name(name)["id"])
    typer.echo(f"User {name} has a new password.")


@user_app.command("unlock")
def user_unlock(name: str) -> None:
    """Let a user try again who is locked because of too many wrong passwords."""
    settings = settings_or_exit()
    users = site.registry_of(settings, upgrade=settings.is_sqlite).users
    users.unlock(users.by_name(name)["id"])
    typer.echo(f"User {name} is not locked.")


def _password_asked() -> str:
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help=" | ".join((*BULK_KINDS, "areas")))],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or a FHIR R4 bundle")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing")] = False,
    rows: Annotated[str, typer.Option(help="all: every row or none; good: each row that is right")] = "all",
    on_existing: Annotated[
        str, typer.Option(help="What is there already: refuse | update | skip", metavar="WHAT")
    ] = "refuse",
    skip_refused: Annotated[bool, typer.Option("--skip-refused", help="The same as --rows good")] = False,
) -> None:
    """Take elders, contacts, devices or resources from a file; every refused row is named, and nothing is half done.

    `carebell import template KIND` writes a workbook to be filled in."""
    from carebell import importing  # A workbook's reader is slow to load and needed here alone.
    from carebell.progress import shown
    from registry.importing import Options

    if kind == "template":
        write_template(str(file))
        return
    if kind == "areas":
        areas.import_(file, dry_run=dry_run, skip_refused=skip_refused or rows == "good")
        return
    if kind not in BULK_KINDS:
        raise typer.BadParameter(f"kinds are {', '.join(BULK_KINDS)}, areas", param_hint="KIND")
    if rows not in ("all", "good"):
        raise typer.BadParameter("all or good", param_hint="--rows")
    if on_existing not in ("refuse", "update", "skip"):
        raise typer.BadParameter("refuse, update or skip", param_hint="--on-existing")
    settings = settings_or_exit()
    registry = site.registry_of(settings, upgrade=settings.is_sqlite)
    options = Options(
        dry_run=dry_run, rows="good" if skip_refused or rows == "good" else "all",
        on_existing="update" if on_existing == "update" else "skip" if on_existing == "skip" else "refuse",
    )  # fmt: skip
    with shown() as say:
        report = importing.import_file(registry, kind, file, options, say=say)
    for line in report.lines():
        typer.echo(line)
    if report.refused:
        raise typer.Exit(FAILED)


def write_template(kind: str) -> None:
    """Write KIND-template.xlsx into the current folder, unless there is one."""
    from registry.import_template import template

    if kind not in BULK_KINDS:
        raise typer.BadParameter(f"kinds are {', '.join(BULK_KINDS)}", param_hint="KIND")
    path = Path(f"{kind}-template.xlsx")
    with path.open("xb") as out:
        out.write(template(kind))
    typer.echo(f"{path} is there: fill it in, then carebell import {kind} {path}")


@app.command("export")
def export(
    kind: Annotated[str, typer.Argument(help=" | ".join(BULK_KINDS))],
    file: Annotated[Path, typer.Argument(help="A new file: .csv, .xlsx or .json (a FHIR R4 bundle)")],
    reason: Annotated[str, typer.Option(help="Why; kept in the log and in the file")],
    sealed: Annotated[bool, typer.Option("--sealed", help="With ID numbers, health and the way in")] = False,
    area: Annotated[str | None, typer.Option(help="The code of an area: what lies in it")] = None,
    english: Annotated[
        bool, typer.Option("--english", help="Columns and codes as the HTTP interface has them")
    ] = False,
) -> None:
    """Take files out of the registry; who, when and why stand in the log."""
    from registry.audit import Actor
    from registry.exporting import Exports, Format, Wanted

    formats: dict[str, Format] = {".csv": "csv", ".xlsx": "xlsx", ".json": "fhir"}
    if kind not in BULK_KINDS:
        raise typer.BadParameter(f"kinds are {', '.join(BULK_KINDS)}", param_hint="KIND")
    if file.suffix not in formats:
        raise typer.BadParameter("a name that ends with .csv, .xlsx or .json", param_hint="FILE")
    settings = settings_or_exit()
    registry = site.registry_of(settings, upgrade=settings.is_sqlite)
    by = Actor(name=getpass.getuser())
    wanted = Wanted(kind, formats[file.suffix], reason, sealed, area, not english)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:  # The file first: what could not be written is not logged as taken out.
        with os.fdopen(descriptor, "wb") as out:
            out.writelines(Exports(registry, by, may_read_sealed=True).stream(wanted))
    except BaseException:
        file.unlink()  # Half a file is none.
        raise
    typer.echo(f"{file} is written; only you can read it.")


@app.command("offline-list")
def offline_list(
    file: Annotated[Path, typer.Argument(help="Where to write it, .html; an older one is replaced")],
    reason: Annotated[str, typer.Option(help="Why; kept in the log and in the file")],
    area: Annotated[str | None, typer.Option(help="The code of an area: at most 20,000 elders are in one list")] = None,
) -> None:
    """Write the sealed list of elders and contacts for the day without the system.

    The passphrase is asked for, or is the first line of standard input.
    """
    from carebell import offline_list as lists

    if file.suffix != ".html":
        raise typer.BadParameter("a name that ends with .html", param_hint="FILE")
    settings = settings_or_exit()
    registry = site.registry_of(settings, upgrade=settings.is_sqlite)
    passphrase = lists.asked_passphrase()
    count = lists.write(registry, file, passphrase, reason=reason, area=area, language=settings.locale)
    typer.echo(f"{file} holds {count} elders; it opens in any browser with the passphrase.")


@app.command()
def doctor() -> None:
    """Check settings, database, broker, channels, clock and disk: one line each."""
    settings = settings_or_exit()
    findings = checkup.examine(settings, SystemClock())
    for finding in findings:
        typer.echo(finding.line)
    if any(not finding.is_well for finding in findings):
        raise typer.Exit(FAILED)


def main() -> None:
    """The console script."""
    try:
        app()
    except CarebellError as problem:
        typer.echo(f"carebell: {problem}", err=True)
        sys.exit(FAILED)
    except OSError as problem:
        typer.echo(f"carebell: {file_fault(problem)}", err=True)
        sys.exit(FAILED)
    except SQLAlchemyError as problem:
        typer.echo(f"carebell: {database_fault(problem)}", err=True)
        sys.exit(FAILED)
