"""Answers kept under idempotency keys: who sends the same request again gets the same answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import Engine, delete
from sqlmodel import Session, col

from storage.database import writing
from storage.tables import ReplyRow, aware, now
from vibeboard.faults import Rejected

KEPT_FOR = timedelta(hours=24)
AT_WORK_FOR = timedelta(seconds=30)
"""After so long the process that had the request in hand is taken for dead."""


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Replies:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, owner: str, key: str, fingerprint: str) -> Reply | None:
        """The kept answer of a request, or nothing: then it is the caller's to do, and to `keep`.

        Raises:
            Rejected: the key was used for another request (`key_reused`), or the first is at work (`in_progress`).
        """
        with writing(self._engine) as session:
            row = session.get(ReplyRow, (owner, key), with_for_update=True)
            if row is not None and now() - aware(row.created_at) < (KEPT_FOR if row.status else AT_WORK_FOR):
                return _kept(row, fingerprint)
            session.merge(ReplyRow(owner=owner, key=key, fingerprint=fingerprint))
            session.execute(delete(ReplyRow).where(col(ReplyRow.created_at) < now() - KEPT_FOR))
            session.commit()
        return None

    def keep(self, owner: str, key: str, reply: Reply) -> None:
        with writing(self._engine) as session:
            row = session.get_one(ReplyRow, (owner, key))
            row.status, row.body, row.headers = reply.status, reply.body.decode(), json.dumps(dict(reply.headers))
            session.add(row)
            session.commit()

    def forget(self, owner: str, key: str) -> None:
        """The request did nothing: it may be sent again."""
        with Session(self._engine) as session:
            mine = (col(ReplyRow.owner) == owner, col(ReplyRow.key) == key)
            session.execute(delete(ReplyRow).where(*mine))
            session.commit()


def _kept(row: ReplyRow, fingerprint: str) -> Reply:
    if row.fingerprint != fingerprint:
        raise Rejected("key_reused", f"idempotency key {row.key} was used for another request: choose a new one")
    if not row.status:
        raise Rejected("in_progress", f"the first request with idempotency key {row.key} is at work: ask again soon")
    return Reply(row.status, json.loads(row.headers), row.body.encode())
