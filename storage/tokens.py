"""Who may call the service: tokens, of which only hashes are kept."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col, or_, select

from storage.database import changed, writing
from storage.tables import TokenRow, aware, now
from vibeboard.digest import sha256
from vibeboard.faults import Rejected

API, BROWSER = "api", "browser"
BROWSER_LASTS = timedelta(minutes=15)
TOUCHED_EVERY = timedelta(minutes=1)
_SHOWN = re.compile(r"vb_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class Tokens:
    """A token is `vb_ID_SECRET`, of which the secret is 256 random bits and is shown once. It cannot be guessed, so a
    plain sha256 keeps it: a slow hash is for what people think up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self, owner: str, name: str, scopes: Collection[str], expires_at: datetime | None = None
    ) -> tuple[TokenRow, str]:
        """A token for a program, and its text. Without `expires_at` it lasts until it is revoked."""
        row, shown = _new(owner, name, scopes, API, expires_at)
        with Session(self._engine) as session:
            _keep(session, row)
        return row, shown

    def create_browser(self, owner: str, maker: str, scopes: Collection[str]) -> tuple[TokenRow, str]:
        """A token for a web page, made by who shows the API token with the id `maker`, which becomes its name. It ends
        after `BROWSER_LASTS`, or with its maker if that is sooner.

        Raises:
            Rejected: `forbidden`, if the maker is no API token, is over, or lacks one of the scopes.
        """
        with writing(self._engine) as session:
            query = select(TokenRow).where(TokenRow.id == maker, TokenRow.owner == owner, TokenRow.kind == API)
            made_by = session.exec(query.with_for_update()).first()
            if made_by is None or _is_over(made_by):
                raise Rejected("forbidden", "a browser token is made with an API token that is valid: send one")
            lacks = sorted(set(scopes) - set(made_by.scopes.split()))
            if lacks:
                raise Rejected("forbidden", f"scopes: this API token lacks {', '.join(lacks)}; ask for what it has")
            ends = min(now() + BROWSER_LASTS, aware(made_by.expires_at or datetime.max))
            row, shown = _new(owner, maker, scopes, BROWSER, ends)
            session.execute(delete(TokenRow).where(col(TokenRow.kind) == BROWSER, col(TokenRow.expires_at) < now()))
            _keep(session, row)
        return row, shown

    def find(self, shown: str) -> TokenRow | None:
        """The token that was shown, if it is one and is neither revoked nor expired."""
        match = _SHOWN.fullmatch(shown)
        if match is None:
            return None
        with Session(self._engine) as session:
            row = session.get(TokenRow, match[1])
        if row is None or not hmac.compare_digest(row.hash, sha256(match[2].encode())) or _is_over(row):
            return None
        if row.last_used_at is None or now() - aware(row.last_used_at) >= TOUCHED_EVERY:
            self._touch(row)
        return row

    def list(self, owner: str) -> list[TokenRow]:
        """The tokens of an owner, the newest first, those that are over too."""
        query = select(TokenRow).where(TokenRow.owner == owner)
        with Session(self._engine) as session:
            return list(session.exec(query.order_by(col(TokenRow.created_at).desc(), col(TokenRow.id))))

    def revoke(self, owner: str, token_id: str) -> bool:
        """End a token, and with it the browser tokens that it made; false if the owner has none of this id that
        could be ended."""
        meant = or_(col(TokenRow.id) == token_id, (col(TokenRow.kind) == BROWSER) & (col(TokenRow.name) == token_id))
        fence = (col(TokenRow.owner) == owner, col(TokenRow.revoked_at).is_(None), meant)
        with Session(self._engine) as session:
            ended = changed(session, update(TokenRow).where(*fence).values(revoked_at=now()))
            session.commit()
        return ended > 0

    def _touch(self, row: TokenRow) -> None:
        with Session(self._engine) as session:
            session.execute(update(TokenRow).where(col(TokenRow.id) == row.id).values(last_used_at=now()))
            session.commit()


def _new(
    owner: str, name: str, scopes: Collection[str], kind: str, expires_at: datetime | None
) -> tuple[TokenRow, str]:
    token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = TokenRow(
        id=token_id,
        owner=owner,
        name=name,
        hash=sha256(secret.encode()),
        scopes=" ".join(sorted(set(scopes))),
        kind=kind,
        expires_at=expires_at,
    )
    return row, f"vb_{token_id}_{secret}"


def _keep(session: Session, row: TokenRow) -> None:
    session.add(row)
    session.commit()
    session.refresh(row)


def _is_over(row: TokenRow) -> bool:
    expired = row.expires_at is not None and aware(row.expires_at) <= now()
    return expired or row.revoked_at is not None
