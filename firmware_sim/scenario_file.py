"""Reading scenario files. Every mistake of a file is found before anything is pressed, and named with its line."""

from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from firmware_sim.scenario import (
    FIX_MEMBERS,
    PHONE_MEMBERS,
    VERBS,
    BadScenario,
    Check,
    PhoneSpec,
    Scenario,
    Step,
    Verb,
    text,
)
from gateway.wire import FixMsg

_TOP = ("name", "about", "phones", "steps")


def read_scenario(yaml_text: str, where: str) -> Scenario:
    """The scenario of a file's text; `where` names the file in messages. Raises BadScenario."""
    loader = yaml.SafeLoader(yaml_text)
    try:
        root = loader.get_single_node()
        reader = _Reader(where, loader)
        scenario = reader.scenario(root)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        raise BadScenario([f"{place}: {getattr(problem, 'problem', None) or 'is not YAML'}"]) from None
    finally:
        loader.dispose()
    if reader.problems:
        raise BadScenario([found for _, found in sorted(reader.problems)])
    return scenario


def shipped() -> dict[str, str]:
    """The scenarios that come with the program: name to text."""
    folder = resources.files("firmware_sim").joinpath("scenarios")
    found = {f.name.removesuffix(".yaml"): f for f in folder.iterdir() if f.name.endswith(".yaml")}
    return {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}


def load_scenario(name: str) -> Scenario:
    """A file's scenario, or a shipped one by its name. Raises BadScenario."""
    known = shipped()
    if name in known and not Path(name).exists():
        return read_scenario(known[name], name)
    try:
        return read_scenario(Path(name).read_text(encoding="utf-8"), name)
    except OSError as problem:
        listed = ", ".join(known)
        raise BadScenario([f"{name}: {problem.strerror}; the scenarios that come along are {listed}"]) from None
    except UnicodeDecodeError:
        raise BadScenario([f"{name}: is not UTF-8"]) from None


class _Reader:
    """One file being read: collects every problem with its line instead of stopping at the first."""

    def __init__(self, where: str, loader: yaml.SafeLoader) -> None:
        self.problems: list[tuple[int, str]] = []
        self._where, self._loader = where, loader

    def scenario(self, root: yaml.Node | None) -> Scenario:
        members = self._members(root, "a scenario", _TOP)
        phones = self._phones(members.get("phones"))
        steps = self._steps(members.get("steps"), phones, root)
        name = self._value(members["name"], text, "name") if "name" in members else self._where
        about = self._value(members["about"], text, "about") if "about" in members else ""
        return Scenario(name or "", about or "", phones, steps)

    def _bad(self, node: yaml.Node | None, what: str) -> None:
        line = node.start_mark.line + 1 if node is not None else 1
        self.problems.append((line, f"{self._where}:{line}: {what}"))

    def _plain(self, node: yaml.Node) -> Any:
        return self._loader.construct_object(node, deep=True)

    def _value(self, node: yaml.Node, check: Check, name: str) -> Any:
        try:
            return check(self._plain(node))
        except (ValueError, yaml.YAMLError) as problem:
            self._bad(node, f"{name}: {getattr(problem, 'problem', None) or problem}")
            return None

    def _members(self, node: yaml.Node | None, what: str, known: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._bad(node, f"{what} must be members of the form name: value")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            if name not in known:
                self._bad(key, f"{what} has no member {name!r}; there are {', '.join(known) or 'none'}")
            elif name in found:
                self._bad(key, f"{name} is given twice")
            else:
                found[name] = value
        return found

    def _phones(self, node: yaml.Node | None) -> tuple[PhoneSpec, ...]:
        if node is None:
            return (PhoneSpec("phone"),)
        if isinstance(node, yaml.SequenceNode):
            names = [self._value(item, text, "a phone's name") for item in node.value]
            return tuple(PhoneSpec(name) for name in names if name)
        if not isinstance(node, yaml.MappingNode) or not node.value:
            self._bad(node, "phones must be a list of names, or names with their members")
            return ()
        return tuple(self._phone(str(key.value), value) for key, value in node.value)

    def _phone(self, name: str, node: yaml.Node) -> PhoneSpec:
        if isinstance(node, yaml.ScalarNode) and self._plain(node) is None:
            return PhoneSpec(name)
        members = self._members(node, f"phone {name}", (*PHONE_MEMBERS, *FIX_MEMBERS))
        plain = {m: self._value(members[m], check, m) for m, check in PHONE_MEMBERS.items() if m in members}
        place = {m: self._value(members[m], check, m) for m, check in FIX_MEMBERS.items() if m in members}
        if place and not {"lat", "lon"} <= place.keys():
            self._bad(node, f"phone {name} needs both lat and lon")
            place = {}
        fix = FixMsg(**place) if place and None not in place.values() else None
        return PhoneSpec(name, fix=fix, **plain)

    def _steps(
        self, node: yaml.Node | None, phones: tuple[PhoneSpec, ...], root: yaml.Node | None
    ) -> tuple[Step, ...]:  # fmt: skip
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self._bad(node or root, "a scenario needs steps, a list with a - before each")
            return ()
        steps = [self._step(item, phones) for item in node.value]
        return tuple(step for step in steps if step is not None)

    def _step(self, node: yaml.Node, phones: tuple[PhoneSpec, ...]) -> Step | None:
        name, given = self._named(node)
        verb = VERBS.get(name or "")
        if verb is None:
            known = ", ".join(VERBS)
            what = "a step is one name, its values behind it" if name is None else f"there is no step {name!r}"
            self._bad(node, f"{what}; there are {known}")
            return None
        before = len(self.problems)
        members = self._step_members(node, str(name), verb, given)
        phone = members.pop("phone", phones[0].name if phones else "")
        if phones and phone not in [p.name for p in phones]:
            self._bad(node, f"{name}: there is no phone {phone!r}; there are {', '.join(p.name for p in phones)}")
        if len(self.problems) > before:
            return None
        try:
            action = verb.make(**members)
        except ValueError as problem:
            self._bad(node, f"{name}: {problem}")
            return None
        told = members | ({"phone": phone} if len(phones) > 1 else {})
        shown = ", ".join(f"{k} {_shown(v)}" for k, v in told.items())
        return Step(node.start_mark.line + 1, f"{name} {shown}".strip(), phone, action)

    def _named(self, node: yaml.Node) -> tuple[str | None, yaml.Node | None]:
        """The step's name and what it is given: `- cancel`, `- wait: 3` or `- press: {kind: fall}`."""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value), None
        if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
            key, value = node.value[0]
            return str(key.value), value
        return None, None

    def _step_members(self, node: yaml.Node, name: str, verb: Verb, given: yaml.Node | None) -> dict[str, Any]:
        checks = {**verb.members, "phone": text}
        nodes: dict[str, yaml.Node] = {}
        if isinstance(given, yaml.MappingNode):
            nodes = self._members(given, name, tuple(checks))
        elif given is not None and self._plain(given) is not None:
            if verb.short is None:
                self._bad(given, f"{name} takes {', '.join(verb.members) or 'no value'}")
            else:
                nodes = {verb.short: given}
        for needed in verb.needs:
            if needed not in nodes:
                self._bad(node, f"{name} needs {needed}")
        return {m: self._value(value, checks[m], f"{name}: {m}") for m, value in nodes.items()}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str("all" if value is None else value)
