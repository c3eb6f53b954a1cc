"""Answers kept under idempotency keys: who sends the same request again gets the same answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import NamedTuple

from sqlalchemy import Engine, delete, update
from sqlmodel import Session, col

from storage.database import writing
from storage.tables import ReplyRow, aware, now
from vibeboard.faults import FaultError, Rejected

KEPT_FOR = timedelta(hours=24)
DEAD_AFTER = timedelta(seconds=30)
"""Who has had a request in hand for so long without saying so anew is taken for dead."""
_RENEWED_EVERY_S = 10.0
log = logging.getLogger("vibeboard.replies")


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
            if row is not None and (kept := _kept(row, fingerprint)):
                return kept
            session.merge(ReplyRow(owner=owner, key=key, fingerprint=fingerprint))
            session.execute(delete(ReplyRow).where(col(ReplyRow.created_at) < now() - KEPT_FOR))
            session.commit()
        return None

    @contextmanager
    def renewed(self, owner: str, key: str) -> Iterator[None]:
        """Say for as long as this lasts, from a thread of its own, that the request is at work."""
        done = Event()
        Thread(target=self._renew, args=(owner, key, done), name="reply", daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _renew(self, owner: str, key: str, done: Event) -> None:
        mine = (col(ReplyRow.owner) == owner, col(ReplyRow.key) == key, col(ReplyRow.status) == 0)
        while not done.wait(_RENEWED_EVERY_S):
            try:
                with writing(self._engine) as session:
                    session.execute(update(ReplyRow).where(*mine).values(created_at=now()))
                    session.commit()
            except FaultError as error:
                log.warning("a request at work could not say so: %s; trying again", error)

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


def _kept(row: ReplyRow, fingerprint: str) -> Reply | None:
    age = now() - aware(row.created_at)
    if age >= KEPT_FOR:
        return None
    if row.fingerprint != fingerprint:
        raise Rejected("key_reused", f"idempotency key {row.key} was used for another request: choose a new one")
    if row.status:
        return Reply(row.status, json.loads(row.headers), row.body.encode())
    if age < DEAD_AFTER:
        raise Rejected("in_progress", f"the first request with idempotency key {row.key} is at work: ask again soon")
    return None
