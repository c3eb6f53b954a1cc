"""`Idempotency-Key` on requests that spend: sent twice, done once, answered alike."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Header, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.service import caller_of, service_of
from storage.replies import Replies, Reply
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Rejected

_KEPT_HEADERS = ("content-type", "location", "etag")
_LONGEST = 200

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A name of your choice for this request: sent again with it, it is done once and answered alike",
        max_length=_LONGEST,
        min_length=1,
    ),
]


class IdempotentRoute(APIRoute):
    """A route whose answer is kept under the caller's key. What a handler makes has the id of
    `api.service.identity_of`, so that a request which was broken off by a crash makes nothing twice either."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if not key or request.method in ("GET", "HEAD"):
                return await handle(request)
            if len(key) > _LONGEST:
                raise Rejected("bad_key", f"the idempotency key has {len(key)} characters: write at most {_LONGEST}")
            owner = (await run_in_threadpool(caller_of, request)).owner
            replies = Replies(service_of(request).store.engine)
            fingerprint = request.state.fingerprint = await _fingerprint(request)
            kept = await run_in_threadpool(replies.begin, owner, key, fingerprint)
            if kept is not None:
                return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})
            return await _done(handle, request, replies, owner, key)

        return once


async def _fingerprint(request: Request) -> str:
    """Tells requests under one key apart. A form counts by its parts: each sending of it has a boundary of its own."""
    asked = f"{request.method} {request.url.path}?{request.url.query}\n"
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return sha256(asked.encode() + await request.body())
    form = await request.form()
    return sha256(asked.encode() + canonical([[name, *await _part(value)] for name, value in form.multi_items()]))


async def _part(value: UploadFile | str) -> tuple[str | None, str]:
    """The name of a file and the hash of what is in it, which can then be read again; of a field, without a name."""
    if isinstance(value, str):
        return None, sha256(value.encode())
    content = await value.read()
    await value.seek(0)
    return value.filename or "", sha256(content)


async def _done(
    handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request, replies: Replies, owner: str, key: str
) -> Response:
    """Handle the request and keep its answer; one that failed did nothing, and may be sent again."""
    response: Response | None = None
    try:
        with replies.renewed(owner, key):
            response = await handle(request)
    finally:
        if response is None:
            await run_in_threadpool(replies.forget, owner, key)
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    await run_in_threadpool(replies.keep, owner, key, Reply(response.status_code, headers, bytes(response.body)))
    return response
