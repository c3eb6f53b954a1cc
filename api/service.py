"""What the routes work with, and who may do what."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import Depends, Path, Request
from starlette.requests import HTTPConnection

from api.own_workers import OwnWorkers
from api.security.rates import Rates, address_key
from api.studio import Studio
from storage.films import Films
from storage.records import Records
from storage.store import Store
from storage.tables import LOCAL, aware
from storage.tokens import Tokens
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

UNAUTHORIZED = "unauthorized"
_KEYS = uuid.UUID("6f7a3f0e-5c6b-4f43-9a6e-2f8d9f6f1f5a")


class Scope(StrEnum):
    """`read` looks, `write` changes what costs nothing, `spend` makes, `admin` sees to tokens and machines."""

    READ = "read"
    WRITE = "write"
    SPEND = "spend"
    ADMIN = "admin"


class Caller(NamedTuple):
    """Who asks: the owner of films, and what may be done in that name, until `expires_at`. `token` is empty in
    single-user mode."""

    owner: str
    scopes: frozenset[Scope]
    token: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Service:
    """`single_user`: bound to loopback, who asks is the person at this machine and needs no token. `workers` are those
    of this process, if it has any."""

    store: Store
    settings: Settings
    studio: Studio
    single_user: bool
    rates: Rates
    workers: OwnWorkers | None = None

    @property
    def films(self) -> Films:
        return Films(self.store)

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.store.engine)


def service_of(connection: HTTPConnection) -> Service:
    service: Service = connection.app.state.service
    return service


def caller_of(connection: HTTPConnection) -> Caller:
    """Who asks, by the bearer token of the request; found once for each.

    Raises:
        Rejected: `unauthorized`, without a token that is valid.
    """
    known: Caller | None = getattr(connection.state, "caller", None)
    if known is None:
        known = connection.state.caller = _find_caller(connection)
    return known


def _find_caller(connection: HTTPConnection) -> Caller:
    service = service_of(connection)
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        if service.single_user and not kind:
            return Caller(LOCAL, frozenset(Scope))
        raise Rejected(UNAUTHORIZED, "send Authorization: Bearer TOKEN; vibeboard tokens create makes one")
    return caller_with(service, secret.strip())


def not_too_often(connection: HTTPConnection) -> None:
    """Count a request for its owner, or without a valid token for the address that it comes from. The person at this
    machine is not counted.

    Raises:
        Transient: `too_many_requests`.
    """
    service = service_of(connection)
    if service.single_user:
        return
    try:
        caller = f"owner {caller_of(connection).owner}"
    except Rejected:
        caller = address_key(connection.client.host if connection.client else "")
    service.rates.admit(caller)


def asked_anew(connection: HTTPConnection) -> Callable[[], Caller]:
    """Looks up each time who it is by the request: a connection may outlive its token."""
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        return partial(caller_with, service_of(connection), secret.strip())
    return partial(caller_of, connection)


def count(service: Service, who: Callable[[], Caller]) -> None:
    """Count what comes over an open connection as requests are.

    Raises:
        Transient: `too_many_requests`.
    """
    if not service.single_user:
        service.rates.admit(f"owner {who().owner}")


def caller_with(service: Service, secret: str) -> Caller:
    """Who has a token.

    Raises:
        Rejected: `unauthorized`, for one that is unknown, revoked or expired.
    """
    token = service.tokens.find(secret)
    if token is None:
        raise Rejected(UNAUTHORIZED, "this token is unknown, revoked or expired: vibeboard tokens create makes one")
    expires = aware(token.expires_at) if token.expires_at else None
    return Caller(token.owner, frozenset(map(Scope, token.scopes.split())), token.id, expires)


def must_have(caller: Caller, scope: Scope) -> None:
    """
    Raises:
        Rejected: `forbidden`, without the scope.
    """
    if scope not in caller.scopes:
        has = ", ".join(sorted(caller.scopes)) or "none"
        raise Rejected("forbidden", f"this needs a token with the scope {scope}; this one has {has}")


TheService = Annotated[Service, Depends(service_of)]


class _Needs:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(self, request: Request) -> Caller:
        caller = caller_of(request)
        must_have(caller, self._scope)
        return caller


Reader = Annotated[Caller, Depends(_Needs(Scope.READ))]
Writer = Annotated[Caller, Depends(_Needs(Scope.WRITE))]
Spender = Annotated[Caller, Depends(_Needs(Scope.SPEND))]
Admin = Annotated[Caller, Depends(_Needs(Scope.ADMIN))]

ProjectId = Annotated[str, Path(description="A film's id", pattern=r"^[0-9a-zA-Z_-]{1,64}$")]


def _film(scope: Scope):  # type: ignore[no-untyped-def]  # noqa: ANN202  (a dependency of FastAPI)
    def film(project_id: ProjectId, request: Request) -> Records:
        caller = caller_of(request)
        must_have(caller, scope)
        return film_of(service_of(request), caller, project_id)

    return film


def film_of(service: Service, caller: Caller, project_id: str) -> Records:
    """A film of the caller's.

    Raises:
        Rejected: `no_such_film`, also if it is somebody else's.
    """
    service.films.get(caller.owner, project_id)
    return Records(service.store, project_id)


def begin_film(service: Service, caller: Caller, identity: str, name: str) -> Records:
    """A new film of the caller's, or the one that has the id already."""
    return Records(service.store, service.films.add(caller.owner, identity, name or "untitled").id)


ReadFilm = Annotated[Records, Depends(_film(Scope.READ))]
WriteFilm = Annotated[Records, Depends(_film(Scope.WRITE))]
SpendFilm = Annotated[Records, Depends(_film(Scope.SPEND))]


def identity_of(request: Request) -> str:
    """The id for what a request makes: the same for a request that is repeated with its idempotency key. A key that is
    used for something else when its answer is not kept any more makes something else."""
    key = request.headers.get("idempotency-key")
    if not key:
        return uuid.uuid4().hex
    return uuid.uuid5(_KEYS, f"{caller_of(request).owner}\n{key}\n{request.state.fingerprint}").hex


Identity = Annotated[str, Depends(identity_of)]
