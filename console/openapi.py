"""The finishing touches of /openapi.json: what every operation may answer besides its success."""

from typing import Any

from console.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/Problem"
_PROBLEM = {
    "description": "What went wrong, as a problem document (RFC 9457)",
    "content": {MEDIA_TYPE: {"schema": {"$ref": _REF}}},
}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Every operation answers errors as problem documents; FastAPI's own validation error is not what we send."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    described = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(described.pop("$defs", {}))
    schemas["Problem"] = described
    document["components"]["responses"] = {"Problem": _PROBLEM}
    for operations in document["paths"].values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                _finish(operation["responses"])
    return document


def _finish(responses: dict[str, Any]) -> None:
    for status, response in list(responses.items()):
        content = response.get("content", {})
        schema = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        if schema.endswith("/HTTPValidationError"):
            del responses[status]
        elif schema == _REF:
            content[MEDIA_TYPE] = content.pop("application/json")
    responses["default"] = {"$ref": "#/components/responses/Problem"}
