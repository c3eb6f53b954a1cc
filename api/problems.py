"""Errors as RFC 9457 problem documents: what is wrong, in which field, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from reprlib import Repr
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import Route

from gpu_runtime.executor import fault_of
from vibeboard.faults import Fault, FaultError, FaultKind, FieldError, Rejected

MEDIA = "application/problem+json"
COMPONENTS = "#/components/schemas/"
"""Where an OpenAPI document has its schemas."""

_STATUS_OF_KIND = {
    FaultKind.REPAIRABLE: 422,
    FaultKind.TRANSIENT: 503,
    FaultKind.REJECTED: 422,
    FaultKind.CANCELLED: 409,
    FaultKind.BUG: 500,
}
_STATUS_OF_CODE = {
    "unauthorized": 401,
    "forbidden": 403,
    "missing_blob": 404,
    "answered_before": 409,
    "project_busy": 409,
    "open_turn": 409,
    "wrong_state": 409,
    "in_progress": 409,
    "key_reused": 422,
    "changed_meanwhile": 412,
    "condition_missing": 428,
    "too_large": 413,
    "unsupported_media": 415,
    "bad_range": 416,
    "too_many_requests": 429,
    "store_away": 503,
    "database_unreachable": 503,
    "store_busy": 503,
}
_RETRY_S = 5
_JSON_UNSAID = "send JSON with the header Content-Type: application/json"
"""A body that is not said to be JSON is bytes, as `curl -d` sends it."""
_MOST_SHOWN = 200
_SHORT = Repr()
"""Of what was sent: however long and deep it is."""


class WrongField(BaseModel):
    """`path` is where in the request: `body.width`, `query.limit`."""

    path: str
    expected: str
    got: str = ""


class Problem(BaseModel):
    """RFC 9457. `code` is stable and for programs; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = ""
    errors: list[WrongField] = []


class ProblemAnswer(JSONResponse):
    """What was sent may hold halves of surrogate pairs, which JSON can spell and UTF-8 cannot: they become `?`."""

    media_type = MEDIA

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def status_of(fault: Fault) -> int:
    """The HTTP status of a fault."""
    if fault.code.startswith("no_such_") or fault.code in ("no_edit", "no_engine"):
        return 404
    return _STATUS_OF_CODE.get(fault.code, _STATUS_OF_KIND[fault.kind])


def problem(fault: Fault, request: Request | None = None) -> JSONResponse:
    """The answer that a fault becomes. The trace of a bug stays in the log."""
    status = status_of(fault)
    body = Problem(
        type=f"urn:vibeboard:problem:{fault.code}",
        title=fault.code.replace("_", " "),
        status=status,
        detail="something went wrong on our side; the log has the details" if status == 500 else fault.message,
        code=fault.code,
        instance=request.url.path if request else "",
        errors=[WrongField(path=item.path, expected=item.expected, got=item.got) for item in fault.fields],
    )
    headers = {"Retry-After": str(round(fault.retry_after_s or _RETRY_S))} if status in (429, 503) else {}
    return ProblemAnswer(body.model_dump(), status, headers)


@contextmanager
def of_field(path: str, got: Any) -> Iterator[None]:
    """Whatever is refused in here is refused for what a field of the request holds."""
    try:
        yield
    except Rejected as error:
        wrong = FieldError(path=path, expected=error.fault.message, got=_shown(got))
        raise Rejected(error.fault.code, error.fault.message, (wrong,)) from error


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses=` of a route or router of an `api.document.DocumentedApp`, which has the schema."""
    content = {MEDIA: {"schema": {"$ref": f"{COMPONENTS}{Problem.__name__}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


ALWAYS = documented(400, 401, 403, 413, 422, 429, 503)
"""What any route may answer."""


def install(app: FastAPI) -> None:
    """Make every error of an app a problem document."""
    app.add_exception_handler(FaultError, _fault)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FaultError)
    return problem(error.fault, request)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    wrong = [_wrong_field(item) for item in error.errors()]
    body = Problem(
        type="urn:vibeboard:problem:invalid_request",
        title="invalid request",
        status=422,
        detail="; ".join(f"{item.path}: {item.expected}" for item in wrong[:5]),
        code="invalid_request",
        instance=request.url.path,
        errors=wrong,
    )
    return ProblemAnswer(body.model_dump(), 422)


def _wrong_field(item: Mapping[str, Any]) -> WrongField:
    path, given = ".".join(map(str, item["loc"])), item.get("input")
    expected = _JSON_UNSAID if path == "body" and isinstance(given, bytes) else str(item["msg"])
    return WrongField(path=path, expected=expected, got=_shown(given))


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return (value if isinstance(value, str) else _SHORT.repr(value))[:_MOST_SHOWN]


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = str(error.detail).lower().replace(" ", "_") if error.status_code < 500 else "bug"
    body = Problem(
        type=f"urn:vibeboard:problem:{code}",
        title=str(error.detail),
        status=error.status_code,
        detail=f"{request.method} {request.url.path}: {error.detail}; /openapi.json lists what there is",
        code=code,
        instance=request.url.path,
    )
    headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers
    return ProblemAnswer(body.model_dump(), error.status_code, headers)


def _allowed(request: Request) -> str:
    """Every method of a path (RFC 9110, 10.2.1); each has a route of its own, and who refuses knows one."""
    routes = (item.original_route for item in iter_route_contexts(request.app.routes))
    here = [item for item in routes if isinstance(item, Route) and item.path_regex.match(request.scope["path"])]
    return ", ".join(sorted({method for item in here for method in item.methods or ()}))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    return problem(fault_of(error), request)
