"""`carebell sim`: simulated devices from the command line, over real MQTT."""

import getpass
import json
import os
import random
import secrets
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import requests
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from carebell.registering import CannotRegister, register_devices
from carebell.sim_devices import devices_file, own_devices
from core.clock import SystemClock
from core.settings import Settings, SettingsError, load_settings
from firmware_sim.connection import Address, Line, Login, Loop, reachable
from firmware_sim.device import Phone
from firmware_sim.events import CancelPressed, Effect, Lit, NotTaken, Pressed, Progressed, Publish, Receipted, Said
from firmware_sim.fleet import Fleet, Plan
from firmware_sim.logins import DEVICES_FILE, BadLogins, read_logins
from firmware_sim.scenario import BadScenario
from firmware_sim.scenario_file import load_scenario, shipped
from firmware_sim.stage import NoPhone, Stage
from gateway.wire import KINDS, STAGES

FAILED, WRONG_USAGE = 1, 2
CONNECT_LIMIT_S = 10.0
AFTER_RECEIPT_S = 1.0  # The first progress usually follows the receipt at once: show it.

app = typer.Typer(no_args_is_help=True, help="Simulated devices: one press, a scenario, a fleet.")
out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)

HostOption = Annotated[str | None, typer.Option("--host", help="Where devices connect (default: the settings')")]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535)]
DevicesOption = Annotated[
    Path | None,
    typer.Option("--devices", help=f"CSV or JSON file of uid,secret (default: {DEVICES_FILE} in the data folder)"),
]
OldOption = Annotated[bool, typer.Option("--mqtt311", help="Speak MQTT 3.1.1 instead of 5")]


@app.command()
def press(
    uid: str,
    kind: Annotated[str, typer.Option(help=" | ".join(KINDS))] = "sos",
    secret_file: Annotated[Path | None, typer.Option(help="A file that holds the device's secret alone")] = None,
    devices: DevicesOption = None,
    host: HostOption = None,
    port: PortOption = None,
    test: Annotated[bool, typer.Option("--test", help="A test press: nobody is rung")] = False,
    trigger: Annotated[str | None, typer.Option(help="Which trigger of several, such as pendant")] = None,
    cancel_after: Annotated[float | None, typer.Option(min=0, help="Cancel after so many seconds")] = None,
    wait: Annotated[str, typer.Option(help=f"Until when to listen: receipt | {' | '.join(STAGES)}")] = "receipt",
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for it")] = 30.0,
    mqtt311: OldOption = False,
) -> None:
    """Press one device's key; prints the receipt and what the device is told. Exit code 1 when that does not come.

    The secret is read from --secret-file or --devices, found in the data folder, or asked for.
    """
    _one_of("--kind", kind, KINDS)
    _one_of("--wait", wait, ("receipt", *STAGES))
    settings = _settings()
    login = Login(uid, _secret(settings, uid, secret_file, devices))
    loop = Loop(_address(settings, host, port), SystemClock().now)
    try:
        listener = _Listener()
        phone = Phone(uid, f"sim{secrets.token_hex(5)}")
        line = loop.add(
            Line(loop, login, phone, listener.hear, is_v5=not mqtt311, client_id=f"{uid}-sim-{secrets.token_hex(3)}")
        )
        with _status(f"connecting to {loop.address.host}:{loop.address.port}"):
            line.connect()
            loop.run(CONNECT_LIMIT_S, lambda: line.phone.is_linked or line.problem is not None)
        if not line.phone.is_linked:
            _fail(f"{uid} cannot connect to {loop.address.host}:{loop.address.port}: {line.problem or 'no answer'}")
        is_done = _pressed(loop, line, listener, Pressed(kind, test, trigger), cancel_after, wait, timeout)
    finally:
        loop.close()
    if not is_done:
        _fail(f"{wait} did not come within {timeout:g} s")


@app.command("run")
def run_scenario(
    scenario: Annotated[str, typer.Argument(help=f"A YAML file, or one that comes along: {', '.join(shipped())}")],
    devices: DevicesOption = None,
    host: HostOption = None,
    port: PortOption = None,
    seed: Annotated[int | None, typer.Option(help="Choose the same devices every time")] = None,
) -> None:
    """Play a scenario, step by step. Exit code 1 when an expectation fails, 2 when the file is wrong."""
    settings = _settings()
    try:
        story = load_scenario(scenario)
        is_complete = all(p.uid and p.secret for p in story.phones)
        if devices is not None:
            logins = read_logins(devices)
        else:
            logins = [] if is_complete else own_devices(settings, len(story.phones), _print_plain)
        rng = random.Random(seed)  # noqa: S311 - which phone plays whom is no secret
        stage = Stage(story, logins, _address(settings, host, port), SystemClock().now, rng, _print_plain)
    except (BadScenario, BadLogins, NoPhone) as problem:
        err.print(f"carebell: {escape(str(problem))}")
        raise typer.Exit(WRONG_USAGE) from None
    out.print(f"[bold]{escape(story.name)}[/bold]  {escape(story.about)}")
    out.print(", ".join(f"{name} is {uid}" for name, uid in stage.uids.items()))
    try:
        reports = stage.play()
    except ConnectionError as problem:
        _fail(str(problem))
    failed = [report for report in reports if report.problem is not None]
    out.print(f"{len(reports) - len(failed)} of {len(story.steps)} steps went well")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def fleet(
    devices_wanted: Annotated[int, typer.Option("--devices", min=1, help="How many phones")] = 100,
    rate: Annotated[float, typer.Option(min=0.01, help="Presses a second, all phones together")] = 10.0,
    seconds: Annotated[float, typer.Option(min=0.1)] = 10.0,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help=f"CSV or JSON of uid,secret (default: the data folder's {DEVICES_FILE}; what it lacks is registered)",
        ),
    ] = None,
    register_as: Annotated[
        str | None,
        typer.Option(
            "--register-as",
            help="Register new devices as this user; the password is asked for or read from standard input",
        ),
    ] = None,
    register_with_token: Annotated[
        bool, typer.Option("--register-with-token", help="As --register-as, with a token read from standard input")
    ] = False,
    host: HostOption = None,
    port: PortOption = None,
    kind: Annotated[str, typer.Option(help=" | ".join(KINDS))] = "sos",
    test: Annotated[bool, typer.Option("--test", help="Test presses: nobody is rung")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON line")] = False,
    mqtt311: OldOption = False,
) -> None:
    """Many phones that press at a steady rate; counts presses, receipts, what was lost, and the time it took.

    Exit code 1 when a press was lost or given two alarms, or a phone could not connect.
    """
    _one_of("--kind", kind, KINDS)
    settings = _settings()
    say = (lambda text: err.print(escape(text))) if as_json else (lambda text: out.print(escape(text)))
    try:
        if register_as or register_with_token:
            logins = register_devices(
                settings.public_url, devices_wanted, username=register_as, password=_asked(register_as), say=say
            )
        elif file is not None:
            logins = read_logins(file)
        else:
            logins = own_devices(settings, devices_wanted, say)
    except BadLogins as problem:
        err.print(f"carebell: {escape(str(problem))}")
        raise typer.Exit(WRONG_USAGE) from None
    except (CannotRegister, requests.RequestException) as problem:
        _fail(f"devices cannot be registered at {settings.public_url}: {problem}")
    if len(logins) < devices_wanted:
        _usage("--devices", f"the file holds only {len(logins)} devices")
    plan = Plan(devices_wanted, rate, seconds, kind, test, not mqtt311)
    phones = Fleet(_address(settings, host, port), logins, plan, SystemClock().now, f"f{secrets.token_hex(5)}")
    with _bar(is_wanted=not as_json) as bar:
        task = bar.add_task("presses", total=max(1, round(rate * seconds)))
        report = phones.run(say, lambda presses: bar.update(task, completed=presses))
    sys.stdout.write((json.dumps(report.as_json()) if as_json else report.line()) + "\n")
    if not report.is_good:
        raise typer.Exit(FAILED)


class _Listener:
    """Prints what a phone does and hears, and remembers what was waited for."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    def hear(self, _line: Line, effect: Effect) -> None:
        match effect:
            case Publish() if effect.msg_id is not None:
                again = "" if effect.try_no == 1 else f" (again, try {effect.try_no})"
                _print(f"[bold]>[/bold] {effect.topic.rsplit('/', 1)[-1]} {effect.msg_id}{again}")
            case Receipted():
                self.heard.add("receipt")
                _print(f"[green]<[/green] receipt after {effect.waited_s * 1000:.0f} ms: alarm {effect.alarm_id}")
            case Progressed():
                self.heard.add(effect.stage)
                _print(f"[green]<[/green] {effect.stage}: {escape(effect.text)}")
            case NotTaken():
                _print(f"[red]<[/red] not taken by anybody (MQTT reason {effect.reason}); will be sent again")
            case Lit() if effect.lamp == "not_heard":
                _print("[yellow]lamp: not heard[/yellow]")
            case Said() | _:
                pass


def _pressed(
    loop: Loop, line: Line, listener: _Listener, event: Pressed, cancel_after: float | None, wait: str, timeout: float
) -> bool:
    """Press, cancel if wanted, and listen; whether what was waited for has come."""
    line.happen(event)
    with _status(f"waiting for {wait}"):
        if cancel_after is not None:
            loop.run(cancel_after)
            line.happen(CancelPressed())
            loop.run(CONNECT_LIMIT_S, lambda: not any(m.topic == "cancel" for m in line.phone.outbox))
        is_done = loop.run(timeout, lambda: {wait, "receipt"} <= listener.heard)
        if is_done and wait == "receipt" and not event.is_test and event.kind != "duress":
            loop.run(AFTER_RECEIPT_S, lambda: "calling" in listener.heard)
    return is_done


def _settings() -> Settings:
    try:
        return load_settings(os.environ, Path(".env"))
    except SettingsError as problem:
        err.print(f"carebell: {escape(str(problem))}")
        raise typer.Exit(WRONG_USAGE) from None


def _address(settings: Settings, host: str | None, port: int | None) -> Address:
    """Where devices connect: what was asked for, else the site's broker, else the centre's own endpoint."""
    broker = urlsplit(settings.mqtt_url)
    if settings.mqtt_url and host is None:
        is_tls = broker.scheme == "mqtts"
        return Address(broker.hostname or "127.0.0.1", port or broker.port or (8883 if is_tls else 1883), is_tls)
    own = reachable(settings.mqtt_host)
    return Address(host or own, port or settings.mqtt_port, settings.mqtt_tls_cert is not None)


def _secret(settings: Settings, uid: str, secret_file: Path | None, devices: Path | None) -> str:
    if secret_file is not None:
        try:
            return secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            _usage("--secret-file", f"{secret_file} cannot be read")
    path = devices or devices_file(settings)
    if devices is not None or path.exists():
        try:
            found = [login.secret for login in read_logins(path) if login.uid == uid]
        except BadLogins as problem:
            _usage("--devices", str(problem))
        if found:
            return found[0]
        if devices is not None:
            _usage("--devices", f"{uid} is not in {path}")
    return _asked("device", f"Secret of {uid}: ")


def _asked(what: str | None, prompt: str | None = None) -> str:
    """A password, token or secret: asked for on a terminal, else one line of standard input."""
    shown = prompt or ("Password: " if what else "Token: ")
    given = getpass.getpass(shown) if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not given:
        _usage(None, f"{shown.rstrip(': ')} was not given")
    return given


def _one_of(option: str, value: str, words: Sequence[str]) -> None:
    if value not in words:
        _usage(option, f"there is no {value!r}; choose from {', '.join(words)}")


def _usage(option: str | None, what: str) -> NoReturn:
    raise typer.BadParameter(what, param_hint=option)


def _fail(what: str) -> NoReturn:
    err.print(f"carebell: {escape(what)}")
    raise typer.Exit(FAILED)


def _print(markup: str) -> None:
    out.print(f"{SystemClock().now().astimezone():%H:%M:%S} {markup}")


def _print_plain(line: str) -> None:
    out.print(escape(line))


def _status(what: str) -> AbstractContextManager[Any]:
    return out.status(escape(what)) if out.is_terminal else nullcontext()


def _bar(*, is_wanted: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=out, transient=True, disable=not (is_wanted and out.is_terminal))
