"""The event stream over real HTTP: from a console's first look to its return after a break."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn

from console import calls_in
from tests.console_site import ConsoleSite, problem_of
from tests.world import World

EVENTS = "/api/v1/events"
PATIENCE_S = 15.0
Told = tuple[str, str | None, dict[str, Any]]


class Streams:
    """A console that listens on a port; `open` is a stream of (event, id, data)."""

    def __init__(self, site: ConsoleSite) -> None:
        self.site = site
        config = uvicorn.Config(site.app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self.token = self._token()
        self._thread.start()
        for _ in range(1_000):
            if self._server.started:
                break
            threading.Event().wait(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}{EVENTS}"

    def _token(self) -> str:
        self.site.add_user("listener", "officer")
        return self.site.token("listener")

    @contextmanager
    def open(self, query: str = "", **headers: str) -> Iterator[Iterator[Told]]:
        signed = {"authorization": f"Bearer {self.token}"} | headers
        with httpx.stream("GET", self.url + query, headers=signed, timeout=PATIENCE_S) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _events(answer)

    def stop(self) -> None:
        """Stops the console as its process does."""
        self.site.app.state.hub.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()


def _events(answer: httpx.Response) -> Iterator[Told]:
    members: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line and members.get("event"):
            yield members["event"], members.get("id"), json.loads(members["data"])
            members = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            members[name] = value


def alarms(stream: Iterator[Told], many: int) -> list[Told]:
    found = []
    for told in stream:
        if told[0] == "alarm":
            found.append(told)
        if len(found) == many:
            return found
    raise AssertionError("the stream ended early")


@pytest.fixture
def streams(world: World) -> Iterator[Streams]:
    site = ConsoleSite(world.db, world.clock)
    site.centre.alarms, site.centre.wake = world.alarms, world.wake
    made = Streams(site)
    yield made
    made.stop()


def test_a_console_hears_of_a_press_with_the_alarm_itself(streams: Streams, world: World) -> None:
    with streams.open() as stream:
        assert next(stream)[0] == "hello"
        alarm_id = world.press().alarm_id
        (_, number, told), *_ = alarms(stream, 2)

    assert number == str(told["seq"])
    assert told["what"] == "pressed"
    assert (told["alarm"]["id"], told["alarm"]["elder"]["name"]) == (alarm_id, "赵桂明")


def test_who_comes_back_misses_nothing_and_hears_nothing_twice(streams: Streams, world: World) -> None:
    world.press()
    with streams.open(**{"last-event-id": "0"}) as stream:
        seen = alarms(stream, 1)
    for _ in range(5):
        world.press()

    with streams.open(**{"last-event-id": str(seen[-1][1])}) as stream:
        seen += alarms(stream, 6)

    numbers = [told["seq"] for _, _, told in seen]
    assert numbers == list(range(1, 8))


def test_without_credentials_there_is_no_stream(streams: Streams) -> None:
    problem_of(httpx.get(streams.url), 401)
    token = streams.site.as_("registrar").headers["authorization"]
    problem_of(httpx.get(streams.url, headers={"authorization": token}), 403)


def test_an_open_stream_does_not_hold_up_the_end(streams: Streams, world: World) -> None:
    with streams.open() as stream:
        next(stream)
        streams.site.app.state.hub.close()
        assert [told for told in stream if told[0] == "alarm"] == []


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "待接"), ("en", "Unclaimed")])
def test_a_board_is_brought_the_line_as_it_now_is(streams: Streams, world: World, language: str, word: str) -> None:
    with streams.open(f"?lines={language}") as stream:
        assert next(stream)[0] == "hello"
        alarm_id = world.press().alarm_id
        (_, _, told), *_ = alarms(stream, 1)

    assert f'id="line-{alarm_id}"' in told["line"]
    assert word.lower() in told["line"].lower()


def test_a_closed_alarm_has_no_line(streams: Streams, world: World) -> None:
    alarm_id = world.press().alarm_id
    officer = streams.site.as_("supervisor")
    officer.post(f"/api/v1/alarms/{alarm_id}/claim").raise_for_status()
    officer.post(f"/api/v1/alarms/{alarm_id}/close", json={"disposition": "helped"}).raise_for_status()

    with streams.open("?lines=en", **{"last-event-id": "0"}) as stream:
        (_, _, told), *_ = alarms(stream, 1)

    assert told["line"] == ""


def test_without_a_language_no_line_is_brought(streams: Streams, world: World) -> None:
    world.press()
    with streams.open(**{"last-event-id": "0"}) as stream:
        (_, _, told), *_ = alarms(stream, 1)

    assert "line" not in told


def test_who_looks_and_changed_lists_are_told_without_a_place_of_their_own(streams: Streams, world: World) -> None:
    alarm_id = world.press().alarm_id
    signed = {"authorization": f"Bearer {streams.token}"}
    base = streams.url.removesuffix(EVENTS)

    def said(stream: Iterator[Told], name: str) -> tuple[str | None, dict[str, Any]]:
        return next((number, data) for event, number, data in stream if event == name)

    with streams.open() as stream:
        look = {"console": "a" * 24, "alarm": alarm_id}
        assert httpx.post(f"{base}/desk/look", data=look, headers=signed).status_code == 204
        number, data = said(stream, "looks")
        assert number is None
        assert [one["name"] for one in data["alarms"][alarm_id]] == ["listener"]

        httpx.post(f"{base}/desk/look", data=look | {"is_gone": "1"}, headers=signed)
        assert said(stream, "looks") == (None, {"alarms": {}})

        httpx.post(f"{base}/api/v1/todos", json={"text": "x", "due_at": "2026-11-21T03:00:00Z"}, headers=signed)
        calls_in.missed_of(streams.site.centre).came("+8613912345678")
        assert said(stream, "todos") == (None, {})
