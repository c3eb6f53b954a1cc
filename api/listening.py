"""A small HTTP server beside other work of a process: where it listens, and whom it lets in."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import NamedTuple

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem
from vibeboard.faults import Rejected

OPEN_PATHS = ("/healthz",)
"""For who asks only whether the process is alive."""
_GRACE_S = 5
_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:/\s]+)):(\d{1,5})")
_PORT = re.compile(r":\d+$")


class Address(NamedTuple):
    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        return _is_here(self.host)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """`127.0.0.1:8188` or `[::1]:8188`.

    Raises:
        Rejected: it is no such address.
    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or int(match[3]) > 65_535:
        raise Rejected("bad_address", f"--listen {text!r} is no address: write host:port, such as 127.0.0.1:8188")
    return Address(match[1] or match[2], int(match[3]))


def open_door(address: Address, token: str) -> socket.socket:
    """A socket that listens.

    Raises:
        Rejected: others could reach it and nothing would be asked of them, or the address is not to be had.
    """
    if not address.is_loopback and not token:
        raise Rejected(
            "no_token",
            f"--listen {address} can be reached from elsewhere: set VIBEBOARD_WORKER_TOKEN to a long random word that "
            "callers show, or listen on 127.0.0.1",
        )
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Rejected("cannot_listen", f"--listen {address}: {reason}; name another address or port") from error


class Guard:
    """ASGI: lets in who shows the `token` as a bearer. Without one, who calls this machine by a name of its own: a
    browser that a foreign page sends here by a name that it made point here has another (DNS rebinding)."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            try:
                self._check(Headers(scope=scope))
            except Rejected as error:
                refusal = problem(error.fault)
                refusal.headers["WWW-Authenticate"] = "Bearer"
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check(self, headers: Headers) -> None:
        if self._token and not self._knows(headers):
            raise Rejected("unauthorized", "show the worker's token: Authorization: Bearer TOKEN")
        if not self._token and not _is_here(_PORT.sub("", headers.get("host", "")).strip("[]")):
            raise Rejected("forbidden", "call this worker by 127.0.0.1, [::1] or localhost, or give it a token")

    def _knows(self, headers: Headers) -> bool:
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(shown.strip().encode(), self._token)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _Server(uvicorn.Server):
    """Leaves signals to the process that it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: ASGIApp, door: socket.socket) -> AsyncIterator[None]:
    """Answer at the door meanwhile, in this loop; what is being answered at the end has some seconds."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
