"""ASGI around the service: ids of requests, headers that tell browsers what they must not do, bodies within bounds."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-site",
    "Cache-Control": "no-store",
}
_ONLY_HTTPS = "max-age=31536000"


class RequestId:
    """Every answer names its request in `X-Request-Id`: as the client did, if that is a plain word, else by an id that
    is new. Handlers and logs find it in `request.state.request_id`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("x-request-id", "")
        request_id = said if _SAFE_ID.fullmatch(said) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        await self._app(scope, receive, _adding(send, {"X-Request-Id": request_id}))


class SecurityHeaders:
    """Every answer over HTTP has these headers, unless it sets its own: browsers do not guess what a file is, run or
    load nothing from it, put it into no other page, keep no copy, and over https come by https only (OWASP Secure
    Headers, RFC 6797)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            https = {"Strict-Transport-Security": _ONLY_HTTPS} if scope["scheme"] == "https" else {}
            send = _adding(send, _ALWAYS | https)
        await self._app(scope, receive, send)


def _adding(send: Send, headers: dict[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer = MutableHeaders(scope=message)
            for name, value in headers.items():
                answer.setdefault(name, value)
        await send(message)

    return sending


class BodyLimit:
    """A request whose body is over `most(scope)` bytes, by its own word or as it comes, is answered 413. It is never
    held: reading stops there. The answer is the app's own, since reading raises what the app knows."""

    def __init__(self, app: ASGIApp, most: Callable[[Scope], int]) -> None:
        self._app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _counting(receive, self._most(scope), _declared(scope))
        await self._app(scope, receive, send)


def _declared(scope: Scope) -> int:
    """What a request says of its length; a server has seen to it that it is a number."""
    return int(Headers(scope=scope).get("content-length", "0"))


def _counting(receive: Receive, most: int, declared: int) -> Receive:
    read = 0

    async def receiving() -> Message:
        nonlocal read
        if declared > most:
            raise HTTPException(413, "Content Too Large")
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, "Content Too Large")
        return message

    return receiving
