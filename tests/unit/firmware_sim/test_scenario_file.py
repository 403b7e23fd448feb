"""Scenario files: what is wrong is named with its line, before anything is pressed."""

from pathlib import Path

import pytest

from firmware_sim.events import ClockSet, Deafened, Moved, Pressed
from firmware_sim.scenario import BadScenario, Expect, Repeat, Scenario, Wait, WrongClock
from firmware_sim.scenario_file import load_scenario, read_scenario, shipped


def problems(text: str) -> list[str]:
    with pytest.raises(BadScenario) as found:
        read_scenario(text, "s.yaml")
    return found.value.problems


def steps(*lines: str) -> Scenario:
    return read_scenario("steps:\n" + "".join(f"  - {line}\n" for line in lines), "s.yaml")


def test_every_shipped_scenario_can_be_read() -> None:
    names = set(shipped())
    assert {"press", "repeat", "cancel", "offline", "duplicate", "wrong_clock", "low_battery", "never_heard"} <= names
    for name in names:
        scenario = load_scenario(name)
        assert scenario.about
        assert any(isinstance(step.action, Expect) for step in scenario.steps)


def test_steps_have_a_short_and_a_long_form() -> None:
    scenario = steps(
        "press", "press: fall", "press: {kind: smoke, test: true}", "wait: 2", "repeat: 3", "drop_receipts: all",
        "drop_receipts: 2", "wrong_clock: 1970-01-01T00:00:00Z", "wrong_clock: {by_s: -60}",
        "location: {lat: 34.3, lon: 108.7, crs: gcj02}", "expect: {receipt: true, within_s: 2}", "fall",
    )  # fmt: skip
    actions = [step.action for step in scenario.steps]
    assert actions[:7] == [
        Pressed(), Pressed("fall"), Pressed("smoke", is_test=True), Wait(2.0), Repeat(3), Deafened(None), Deafened(2),
    ]  # fmt: skip
    assert isinstance(actions[7], WrongClock)
    assert actions[7].to is not None
    assert actions[7].to.isoformat() == "1970-01-01T00:00:00+00:00"
    assert actions[8] == WrongClock(by_s=-60)
    assert actions[8].event(actions[7].to) == ClockSet(-60)
    assert isinstance(actions[9], Moved)
    assert (actions[9].fix.lat, actions[9].fix.crs) == (34.3, "gcj02")
    assert actions[10] == Expect(receipt=True, within_s=2.0)
    assert [step.line for step in scenario.steps] == list(range(2, 14))


def test_phones_can_be_named_and_described() -> None:
    scenario = read_scenario(
        "phones:\n  a: {uid: dev-1, secret: x, heartbeat_every_s: 5}\n  b:\nsteps:\n  - press: {phone: b}\n", "s.yaml"
    )
    assert [(p.name, p.uid, p.heartbeat_every_s) for p in scenario.phones] == [("a", "dev-1", 5.0), ("b", None, None)]
    assert scenario.steps[0].phone == "b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps:\n  - pres\n", "s.yaml:2: there is no step 'pres'; there are press, fall"),
        ("steps:\n  - press\n  - wait\n", "s.yaml:3: wait needs seconds"),
        ("steps:\n  - wait: -1\n", "s.yaml:2: wait: seconds: must be a number from 0 to 86400"),
        ("steps:\n  - wait: soon\n", "s.yaml:2: wait: seconds: must be a number"),
        ("steps:\n  - press: banana\n", "s.yaml:2: press: kind: must be one of sos, fall"),
        ("steps:\n  - press: {\n      tset: true}\n", "s.yaml:3: press has no member 'tset'; there are kind, test"),
        ("steps:\n  - press: {test: 1}\n", "s.yaml:2: press: test: must be true or false"),
        ("steps:\n  - press: {phone: who}\n", "s.yaml:2: press: there is no phone 'who'; there are phone"),
        ("steps:\n  - cancel: 3\n", "s.yaml:2: cancel takes no value"),
        ("steps:\n  - battery: 101\n", "s.yaml:2: battery: pct: must be a number from 0 to 100"),
        ("steps:\n  - location: {lat: 3}\n", "s.yaml:2: location needs lon"),
        ("steps:\n  - wrong_clock\n", "s.yaml:2: wrong_clock: give either to or by_s"),
        ("steps:\n  - wrong_clock: noon\n", "s.yaml:2: wrong_clock: to: must be an instant"),
        ("steps:\n  - drop_receipts: some\n", "s.yaml:2: drop_receipts: receipts: must be all, or how many"),
        ("steps:\n  - expect: {within_s: 3}\n", "s.yaml:2: expect: expects nothing"),
        ("steps:\n  - expect: {progress: soon}\n", "s.yaml:2: expect: progress: must be one of calling"),
        ("steps:\n  - {press: , wait: 2}\n", "s.yaml:2: a step is one name"),
        ("steps: []\n", "s.yaml:1: a scenario needs steps"),
        ("name: x\n", "s.yaml:1: a scenario needs steps"),
        ("", "s.yaml:1: a scenario must be members"),
        ("name: [\n", "s.yaml:2: expected the node content"),
        ("steps: [press]\nwhat: 3\n", "s.yaml:2: a scenario has no member 'what'"),
        ("steps: [press]\nsteps: [press]\n", "s.yaml:2: steps is given twice"),
        ("phones: 3\nsteps: [press]\n", "s.yaml:1: phones must be a list of names"),
        ("phones: {a: {lat: 3}}\nsteps: [press]\n", "s.yaml:1: phone a needs both lat and lon"),
        ("phones: {a: 3}\nsteps: [press]\n", "s.yaml:1: phone a must be members"),
        ("name: !!python/object:os.system x\nsteps: [press]\n", "s.yaml:1: name: could not determine a constructor"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(text))


def test_all_mistakes_are_named_at_once_in_their_order() -> None:
    found = problems("what: 1\nsteps:\n  - pres\n  - wait: -1\n")
    assert [problem.split(":")[1] for problem in found] == ["1", "3", "4"]


def test_a_file_that_is_not_there_names_those_that_come_along(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="press, repeat"):
        load_scenario(str(tmp_path / "none.yaml"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadScenario, match="UTF-8"):
        load_scenario(str(path))
