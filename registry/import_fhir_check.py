"""Whether a resource of a bundle is as FHIR R4 has it, told element by element.

The models are those of R4B, in which the resources read here are the same as in R4. They are loaded when the first
bundle comes: a centre that takes in none does not wait for them.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

MODELS = ("Patient", "RelatedPerson", "Condition", "AllergyIntolerance", "MedicationStatement")
MOST_TOLD = 5  # Of one entry: what follows is mostly of the same kind.
MOST_OF_A_VALUE = 24
NOT_REPEATED = frozenset({
    "name", "telecom", "address", "identifier", "birthDate", "photo", "contact", "text", "note", "extension",
    "contained",
})  # fmt: skip
"""Elements that say who somebody is, where, or what their number is: a report goes through many hands."""
REASONS = {
    "extra_forbidden": "FHIR R4 knows no such element here", "missing": "is needed", "list_type": "must be a list",
}  # fmt: skip
OTHERWISE = "is not as FHIR R4 has it"


def faults_of(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """(element's path and, where it names nobody, what it says; reason) of what is wrong with a resource of MODELS."""
    kind = resource["resourceType"]
    try:
        _model(kind).model_validate(resource)
    except ValidationError as wrong:
        return [*_told(kind, wrong)][:MOST_TOLD]
    except (RecursionError, ArithmeticError):  # A number or a depth that no file means.
        return [(kind, OTHERWISE)]
    return []


@cache
def _model(kind: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    return found


def _told(kind: str, wrong: ValidationError) -> Iterator[tuple[str, str]]:
    for error in wrong.errors(include_url=False, include_context=False):
        loc = [part for part in error["loc"] if part != "root" and not str(part).startswith("function-")]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
        said = "" if not loc or loc[0] in NOT_REPEATED else _short(error.get("input"))
        yield f"{path or kind}{said}", REASONS.get(error["type"], OTHERWISE)


def _short(value: Any) -> str:
    if not isinstance(value, str | int | float | bool):
        return ""
    text = "".join(sign for sign in str(value) if sign.isprintable())
    return f" ({text if len(text) <= MOST_OF_A_VALUE else f'{text[:MOST_OF_A_VALUE]}…'})"
