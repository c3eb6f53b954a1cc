"""The bytes of an asset over HTTP (RFC 9110): ranges, entity tags, and a name that harms nobody."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from api.problems import documented, problem
from storage.assets import FilmAsset
from vibeboard.faults import Rejected

IMMUTABLE = "private, max-age=31536000, immutable"
"""The bytes under a hash never change (RFC 8246)."""
_BYTES = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes", "content": _BYTES},
    206: {"description": "The ranges that were asked for", "content": _BYTES},
    304: {"description": "They are what If-None-Match names"},
    **documented(404, 416),
}
"""For `responses=` of a route that answers with bytes."""

_SHOWN = re.compile(r"(image|video|audio)/(?!svg)|application/pdf$|text/plain$")
_RANGE = re.compile(r"(\d{1,18})-(\d{0,18})|-(\d{1,18})")
_MOST_RANGES = 20


def disposition(asset: FilmAsset) -> str:
    """Whether a browser shows it, and the name under which it saves it (RFC 6266)."""
    how = "inline" if _SHOWN.match(asset.media) else "attachment"
    return f"{how}; filename*=UTF-8''{quote(name_of(asset), safe='')}"


def name_of(asset: FilmAsset) -> str:
    """What it was uploaded as, or what it is to who made it."""
    if asset.upload:
        return asset.upload.name
    return f"{asset.uses[0].role}-{asset.ref.sha256[:8]}{mimetypes.guess_extension(asset.media) or '.bin'}"


def answer(request: Request, asset: FilmAsset, path: Path) -> Response:
    """The bytes in `path`, or those of them that are asked for."""
    headers = {
        "ETag": f'"{asset.ref.sha256}"',
        "Cache-Control": IMMUTABLE,
        "Content-Disposition": disposition(asset),
        "X-Content-Type-Options": "nosniff",
    }
    if _is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        _must_be_inside(request, headers["ETag"], asset.ref.size)
    except Rejected as error:
        refused = problem(error.fault, request)
        refused.headers["Content-Range"] = f"bytes */{asset.ref.size}"
        return refused
    return _File(path, headers=headers, media_type=asset.media)


def _is_known(request: Request, tag: str) -> bool:
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    return tag in known or known == ["*"]


def _must_be_inside(request: Request, tag: str, size: int) -> None:
    """
    Raises:
        Rejected: `bad_range`, for a range that is none, or has nothing of the file.
    """
    unit, _, wanted = request.headers.get("range", "").partition("=")
    if not _is_bytes(unit) or request.headers.get("if-range", tag) != tag:
        return
    asked = wanted.split(",")
    if len(asked) > _MOST_RANGES or not all(_is_inside(part.strip(), size) for part in asked):
        raise Rejected("bad_range", f"Range: the file has {size} bytes; write bytes=0-{max(size - 1, 0)} or a part")


def _is_bytes(unit: str) -> bool:
    return unit.strip().lower() == "bytes"


def _is_inside(part: str, size: int) -> bool:
    found = _RANGE.fullmatch(part)
    if not found:
        return False
    first, last, suffix = found.groups()
    if suffix:
        return int(suffix) > 0 and size > 0
    return int(first) < size and (not last or int(first) <= int(last))


class _File(FileResponse):
    """Ranges in units that are not known are as if they were not there (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = [(name, value) for name, value in scope["headers"] if name != b"range" or _is_bytes_range(value)]
        await super().__call__({**scope, "headers": kept}, receive, send)


def _is_bytes_range(value: bytes) -> bool:
    return _is_bytes(value.decode("latin-1").partition("=")[0])
