"""HTML forms: what a browser sends becomes an input of the registry, and what is wrong stands beside its field.

A field's name is its member's; a member of a member is written with a dot (`health.conditions`). An empty field is a
member that was left out, or null where the input knows null. Lists come as several fields or as lines of a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

from registry.faults import fault_text
from registry.intake import BadMember

Input = TypeVar("Input", bound=BaseModel)
_YES = frozenset({"1", "on", "true", "yes"})


@dataclass(frozen=True, slots=True)
class Form:
    """What is in the fields (as typed, or from a row) and what is wrong with it; `problem` is about the whole."""

    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def value(self, name: str) -> Any:
        """The field's value for a text field; lists become lines."""
        found = _at(self.values, name)
        if isinstance(found, list):
            return "\n".join(map(str, found))
        return "" if found is None else found

    def chosen(self, name: str, option: str) -> bool:
        """Whether an option of a field of several is chosen."""
        found = _at(self.values, name)
        return option in found if isinstance(found, list) else str(found) == option

    def ticked(self, name: str) -> bool:
        found = _at(self.values, name)
        return found is True or (isinstance(found, str) and found in _YES)

    def error(self, name: str) -> str | None:
        return self.errors.get(name)


@dataclass(frozen=True, slots=True)
class Checked(Generic[Input]):
    """`given` is the input when nothing is wrong; `form` shows the fields again either way."""

    given: Input | None
    form: Form


def read(model: type[Input], data: FormData, **more: Any) -> Checked[Input]:
    """The form as the input it stands for. `more` are members that are not fields, such as the elder's id."""
    schema = model.model_json_schema()
    typed = _typed(schema, schema.get("$defs", {}), data)
    try:
        return Checked(model.model_validate(typed | more), Form(_shown(data)))
    except ValidationError as wrong:
        return Checked(None, Form(_shown(data), errors_of(wrong)))


def errors_of(wrong: ValidationError) -> dict[str, str]:
    """The first fault of each field, as a text for the catalogue."""
    found: dict[str, str] = {}
    for error in wrong.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
        found.setdefault(name, fault_text(error["type"], error["msg"], error.get("ctx", {})))
    return found


def refused(form: Form, fault: BadMember) -> Form:
    """The form again, with what the registry could not take beside its field."""
    return Form(form.values, {**form.errors, fault.member: fault.what}, form.problem)


def _typed(schema: Mapping[str, Any], defs: Mapping[str, Any], data: FormData, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, about in schema.get("properties", {}).items():
        key = prefix + name
        kinds, inner = _kinds(about, defs)
        if inner is not None and any(k.startswith(f"{key}.") for k in data):
            found[name] = _typed(inner, defs, data, f"{key}.")
        elif key in data:
            value = _value([str(v) for v in data.getlist(key)], kinds)
            if value is not None:
                found[name] = value
            elif "null" in kinds:
                found[name] = None
    return found


def _kinds(about: Mapping[str, Any], defs: Mapping[str, Any]) -> tuple[set[str], Mapping[str, Any] | None]:
    """The JSON types that a member may have, and what is known of it where it is an object."""
    kinds: set[str] = set()
    inner = None
    for one in about.get("anyOf", [about]):
        known = defs[one["$ref"].rsplit("/", 1)[1]] if "$ref" in one else one
        if "type" in known:
            kinds.add(known["type"])
        elif "enum" in known or "const" in known:
            kinds.add("string")
        if known.get("type") == "object" and "properties" in known:
            inner = known
    return kinds, inner


def _value(texts: Sequence[str], kinds: set[str]) -> Any:
    if "array" in kinds:
        return [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    text = texts[-1].strip()
    if "boolean" in kinds and "string" not in kinds:
        return text.lower() in _YES
    if text == "":
        return None
    for kind, make in (("integer", int), ("number", float)):
        if kind in kinds:
            try:
                return make(text)
            except ValueError:
                continue
    return texts[-1]


def _shown(data: FormData) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for key in data:
        texts = [str(v) for v in data.getlist(key)]
        place = shown
        *above, last = key.split(".")
        for part in above:
            place = place.setdefault(part, {})
        place[last] = texts if len(texts) > 1 else texts[0]
    return shown


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found
