"""Every error as an RFC 9457 problem document, or as a small page where a person is looking."""

import html
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from alarms.closing import Unanswered
from console.deps import Owes, SignInNeeded
from console.signin import TooManyTries, WrongPassword
from core.errors import CarebellError, Conflict, Forbidden, NotFound, Rejected, TryAgain
from geo.shapes import BadShape
from registry.entry import CodeRequired
from registry.faults import faults
from registry.intake import BadMember

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
SIGN_IN_PAGE = "/sign-in"
ACCOUNT_PAGE = "/account"
MACHINE_PATHS = ("/api/", "/hooks/", "/healthz", "/readyz", "/metrics", "/openapi.json")
log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One member that is wrong."""

    where: str = Field(description="Where it is, for example `body.name` or `query.limit`", examples=["body.name"])
    what: str = Field(description="What is wrong with it", examples=["is needed"])


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(default="about:blank", description="about:blank: the status says it all")
    title: str = Field(description="The status in words", examples=["Not Found"])
    status: int = Field(description="The HTTP status", examples=[404])
    detail: str | None = Field(default=None, description="What is wrong, for a person")
    errors: list[FieldProblem] | None = Field(default=None, description="The members that are wrong")
    at: list[float] | None = Field(
        default=None,
        description="Where on the map it is wrong: longitude, latitude",
        examples=[[108.71, 34.33]],
    )
    code_required: bool | None = Field(
        default=None, description="Name and password fit, and the code of the second factor is missing"
    )


def problem(
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document as a response."""
    content = Problem(title=_title(status), status=status, detail=detail, errors=list(errors) or None)
    return JSONResponse(content.model_dump(exclude_none=True), status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Teach the app to answer every error that a route may raise; what is unforeseen is caught at the edge."""

    def of(status: int, *kinds: type[Exception], headers: Mapping[str, str] | None = None) -> None:
        def answer(request: Request, error: Exception) -> Response:
            detail = str(error) if isinstance(error, CarebellError) else None
            return respond(request, status, detail, errors=_members(error), headers=headers)

        for kind in kinds:
            app.add_exception_handler(kind, answer)

    of(422, Rejected, DataError)
    of(404, NotFound)
    of(409, Conflict, IntegrityError)
    of(403, Forbidden)
    app.add_exception_handler(BadShape, _bad_shape)
    app.add_exception_handler(CodeRequired, _code_required)
    app.add_exception_handler(Owes, _owes)
    of(401, SignInNeeded, WrongPassword, headers={"WWW-Authenticate": "Bearer"})
    of(503, TryAgain, OperationalError, InterfaceError, PoolTimeout, headers={"Retry-After": str(RETRY_AFTER_S)})
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(TooManyTries, _too_many)


def _members(error: Exception) -> list[FieldProblem]:
    """The members of the body that an error is about."""
    match error:
        case BadMember():
            return [FieldProblem(where=f"body.{error.member}", what=error.what)]
        case Unanswered():
            return [FieldProblem(where=f"body.{item}", what=what) for item, what in error.problems.items()]
        case _:
            return []


def respond(
    request: Request,
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The problem as a document, or as a page where a person is looking; who must sign in is led there."""
    if not is_page(request):
        return problem(status, detail, errors=errors, headers=headers)
    if status == 401 and request.method == "GET" and "hx-request" not in request.headers:
        return RedirectResponse(f"{SIGN_IN_PAGE}?next={quote(request.url.path)}", 303)
    render = getattr(request.app.state, "error_page", None)
    if render is not None:
        page: Response = render(request, status, _title(status), detail)
        page.headers.update(headers or {})
        return page
    text = html.escape(f"{status} {_title(status)}"), html.escape(detail or "")
    return HTMLResponse(f"<!doctype html><title>{text[0]}</title><h1>{text[0]}</h1><p>{text[1]}</p>", status, headers)


def wrong_query(name: str, what: str) -> RequestValidationError:
    """A parameter of the address that is written as it should be, and means nothing."""
    return RequestValidationError([{"type": "value_error", "loc": ("query", name), "msg": what, "input": None}])


def is_page(request: Request) -> bool:
    """Whether a person's browser asks for a page, and not a program for data."""
    wants_html = "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers
    return wants_html and not request.url.path.startswith(MACHINE_PATHS)


def _invalid(request: Request, error: Exception) -> Response:
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    given = {
        "body": getattr(error, "body", None), "query": request.query_params, "path": request.path_params,
        "header": request.headers, "cookie": request.cookies,
    }  # fmt: skip
    # The input is never echoed: it may be a password, and need not be JSON at all.
    told = list(faults(found, given).items())[:20]
    errors = [FieldProblem(where=where, what=what.encode("utf-8", "replace").decode()) for where, what in told]
    return respond(request, 422, "; ".join(f"{e.where}: {e.what}" for e in errors[:3]), errors=errors)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return respond(request, 500)
    detail = error.detail if error.detail != _title(error.status_code) else None
    return respond(request, error.status_code, detail, headers=error.headers)


def _too_many(request: Request, error: Exception) -> Response:
    wait_s = error.wait_s if isinstance(error, TooManyTries) else RETRY_AFTER_S
    return respond(request, 429, str(error), headers={"Retry-After": str(wait_s)})


def _code_required(request: Request, error: Exception) -> Response:
    content = Problem(title=_title(401), status=401, detail=str(error), code_required=True)
    return JSONResponse(content.model_dump(exclude_none=True), 401, {"WWW-Authenticate": "Bearer"}, MEDIA_TYPE)


def _bad_shape(request: Request, error: Exception) -> Response:
    told = error if isinstance(error, BadShape) else BadShape(str(error))
    content = Problem(
        title=_title(422), status=422, detail=str(told), errors=[FieldProblem(where="body.geometry", what=told.what)],
        at=None if told.at is None else [told.at[1], told.at[0]],
    )  # fmt: skip
    return JSONResponse(content.model_dump(exclude_none=True), 422, media_type=MEDIA_TYPE)


def _owes(request: Request, error: Exception) -> Response:
    """A person is led to where it can be done."""
    if is_page(request) and request.method == "GET" and "hx-request" not in request.headers:
        return RedirectResponse(ACCOUNT_PAGE, 303)
    return respond(request, 403, str(error))


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
