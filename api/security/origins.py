"""Which web pages may call: the service's own, and those that a setting names (RFC 6454)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

import httpx2
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import problem
from vibeboard.faults import Fault, FaultKind, Rejected

_PORTS = {"http": 80, "https": 443}
_SECURE = {"ws": "http", "wss": "https"}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008


class Origin(NamedTuple):
    """`https`, `studio.example`, 443. Names are lower case and in their ASCII form. `str` spells it as browsers do."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS.get(self.scheme) else f":{self.port}")


def origin_of(url: httpx2.URL) -> Origin:
    """The origin of an absolute http or https URL."""
    return Origin(url.scheme, url.raw_host.decode("ascii").lower(), url.port or _PORTS.get(url.scheme, 0))


def parse_origins(text: str, setting: str) -> frozenset[Origin]:
    """`https://a.example, b.example:8443` as origins; without a scheme it is https.

    Raises:
        Rejected: `bad_setting`, for what is no origin.
    """
    return frozenset(_parse(part.strip(), setting) for part in text.split(",") if part.strip())


def _parse(part: str, setting: str) -> Origin:
    whole = part if "://" in part else f"https://{part}"
    try:
        url = httpx2.URL(whole)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in _PORTS or not url.host or url.userinfo or url.raw_path != b"/" or "*" in url.host:
        raise Rejected("bad_setting", f"{setting}: {part!r} is no origin: write host, host:port or https://host:port")
    return origin_of(url)


class OriginCheck:
    """ASGI: refuses what a foreign page sends. Browsers say in `Origin` which page that is, always for a WebSocket and
    for what may change something; what may not is hidden from the page by the browser itself.

    In single-user mode nobody shows a token, so the service must also be called by a name of this machine: a foreign
    page whose own name points here (DNS rebinding) would be of the same origin. Otherwise who sends no `Origin`, a
    program, opens a WebSocket only with a bearer token.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[Origin], *, single_user: bool) -> None:
        self._app, self._origins, self._single_user = app, origins, single_user

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refusal(scope) if scope["type"] in ("http", "websocket") else ""
        if not refused:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            fault = Fault(kind=FaultKind.REJECTED, code="forbidden", message=refused)
            await problem(fault)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refused})

    def _refusal(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        own = _own(scope["scheme"], headers)
        if self._single_user and not (own and _is_here(own.host)):
            return "call this service by 127.0.0.1, [::1] or localhost"
        if scope["type"] == "http" and scope["method"] in _SAFE:
            return ""
        said = headers.getlist("origin")
        if said:
            allowed = _allows(said, self._origins | {own})
            return "" if allowed else "VIBEBOARD_ORIGINS names the pages that may call; this page is none of them"
        needs_token = scope["type"] == "websocket" and not self._single_user
        if needs_token and not headers.get("authorization", "").lower().startswith("bearer "):
            return "without an Origin header send Authorization: Bearer TOKEN"
        return ""


def _own(scheme: str, headers: Headers) -> Origin | None:
    try:
        own = origin_of(httpx2.URL(f"{_SECURE.get(scheme, scheme)}://{headers.get('host', '')}"))
    except httpx2.InvalidURL:
        return None
    return own if own.host else None


def _allows(said: list[str], origins: frozenset[Origin | None]) -> bool:
    try:
        return len(said) == 1 and origin_of(httpx2.URL(said[0])) in origins
    except httpx2.InvalidURL:
        return False


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
