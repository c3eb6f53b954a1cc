"""Tokens of the caller: made, listed, revoked; short-lived ones for a browser."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import Field

from api.problems import documented
from api.service import Admin, Caller, Reader, Scope, TheService
from api.shapes import Page
from storage.tables import TokenRow, aware, now
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/tokens", tags=["tokens"])

TokenId = Annotated[str, Path(pattern=r"^[0-9a-zA-Z]{1,64}$", description="A token's id")]
_LONGEST_DAYS = 3660


class NewToken(Frozen):
    """A token for a program, with some of the caller's scopes."""

    name: str = Field(min_length=1, max_length=200, examples=["render farm"])
    scopes: tuple[Scope, ...] = Field(default=(Scope.READ,), min_length=1, max_length=4)
    days: int | None = Field(default=None, ge=1, le=_LONGEST_DAYS, description="It expires after so many [never]")


class BrowserToken(Frozen):
    """A token for a page, with some of the caller's scopes."""

    scopes: tuple[Scope, ...] = Field(default=(Scope.READ,), min_length=1, max_length=4, examples=[["read", "write"]])


class Token(Frozen):
    id: str
    name: str
    kind: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, row: TokenRow) -> Self:
        times = {
            name: aware(moment) if (moment := getattr(row, name)) else None
            for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
        }
        scopes = tuple(Scope(scope) for scope in row.scopes.split())
        return cls(id=row.id, name=row.name, kind=row.kind, scopes=scopes, **times)


class MadeToken(Frozen):
    """`secret` is the token itself. It is shown once: only its hash is kept."""

    token: Token
    secret: str


@router.post("", status_code=201)
def make_token(ask: NewToken, service: TheService, caller: Admin) -> MadeToken:
    """Make a token for a program. It can do no more than the caller, and for no longer."""
    _must_have_all(caller, ask.scopes)
    ends = [now() + timedelta(days=ask.days)] if ask.days else []
    expires = min([*ends, *([caller.expires_at] if caller.expires_at else [])], default=None)
    row, secret = service.tokens.create(caller.owner, ask.name, ask.scopes, expires)
    return MadeToken(token=Token.of(row), secret=secret)


@router.post("/browser", status_code=201, responses=documented(409))
def make_browser_token(ask: BrowserToken, service: TheService, caller: Reader) -> MadeToken:
    """Make a token for a page, which ends after 15 minutes. It takes an API token to make one, and makes no tokens
    itself."""
    if Scope.ADMIN in ask.scopes:
        raise Rejected("forbidden", "scopes: a page gets no admin; leave it out")
    if not caller.token:
        raise Rejected("wrong_state", "this service needs no token: it is for the person at this machine")
    row, secret = service.tokens.create_browser(caller.owner, caller.token, ask.scopes)
    return MadeToken(token=Token.of(row), secret=secret)


@router.get("")
def list_tokens(service: TheService, caller: Admin) -> Page[Token]:
    """Your tokens, the newest first."""
    return Page(items=tuple(Token.of(row) for row in service.tokens.list(caller.owner)))


@router.delete("/{token_id}", status_code=204, responses=documented(404))
def revoke_token(token_id: TokenId, service: TheService, caller: Admin) -> None:
    """End a token, and the browser tokens that were made with it."""
    if not service.tokens.revoke(caller.owner, token_id):
        raise Rejected("no_such_token", f"you have no token {token_id} that could be ended: GET /api/tokens lists them")


def _must_have_all(caller: Caller, scopes: tuple[Scope, ...]) -> None:
    lacks = sorted(set(scopes) - caller.scopes)
    if lacks:
        raise Rejected("forbidden", f"scopes: this token lacks {', '.join(lacks)} and cannot give it")
