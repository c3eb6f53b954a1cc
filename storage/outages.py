"""A database that is away, as one fault. Of a Postgres server it is told by psycopg's errors, and by the locks that are
gone with it; of SQLite's file by its result codes (https://www.sqlite.org/rescode.html)."""

from __future__ import annotations

import logging
import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from vibeboard.faults import StoreAway

_PASSING_CODES = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked",
    sqlite3.SQLITE_FULL: "has no room: the disk is full, free some space",
    sqlite3.SQLITE_IOERR: "cannot be read or written: look at its disk",
}
_PRIMARY = 0xFF
"""The part of an SQLite result code that says of what kind it is."""
_LOST = "08"
_STOPPING = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})
"""SQLSTATE of a connection that was lost (a class), and of a server that stops, starts or is full
(https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_REFUSAL = "FATAL:"
_PASSING = ("the database system is", "terminating connection", "connection slots", "too many clients")
"""What libpq tells of an attempt to connect has no SQLSTATE: who is refused knows it by the words."""
HELD = "vibeboard_held"
"""The option of an engine that names the connection of a lock that its user relies on."""


def is_away(error: BaseException | None) -> bool:
    """Whether it was the server that failed, or the way to it, and not what was asked of it."""
    if not isinstance(error, psycopg.OperationalError):
        return False
    if error.sqlstate:
        return error.sqlstate.startswith(_LOST) or error.sqlstate in _STOPPING
    said = str(error)
    return _REFUSAL not in said or any(words in said for words in _PASSING)


def away(url: URL) -> StoreAway:
    shown = url.set(drivername="postgresql").render_as_string(hide_password=True)
    return StoreAway(f"{shown} does not answer: start it, or set VIBEBOARD_DATABASE")


def raise_outages(engine: Engine) -> None:
    """Let every use of a Postgres engine raise `StoreAway` while the server is away, and after that for who relies on a
    lock that it forgot."""

    def on_error(context: ExceptionContext) -> BaseException | None:
        """A ping that fails is none: another connection is opened."""
        lost = context.is_disconnect or is_away(context.original_exception)
        return away(engine.url) if lost and not context.is_pre_ping else None

    def on_begin(connection: Connection) -> None:
        """Looked at each time: the pool may have opened new connections to a server that was away so shortly that
        nobody noticed."""
        lock = connection.get_execution_options().get(HELD)
        if lock is not None and not _is_held(lock):
            raise StoreAway("the database was away, and what was locked in it is so no more: run again")

    logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of connections that it cannot end well
    event.listen(engine, "handle_error", on_error)
    event.listen(engine, "begin", on_begin)


def _is_held(lock: Connection) -> bool:
    """The connection of a lock has nothing to say until it ends; when it says something, it is asked."""
    raw = None if lock.closed else lock.connection.dbapi_connection
    if not isinstance(raw, psycopg.Connection) or raw.closed:
        return False
    news = select.poll()
    news.register(raw.fileno(), select.POLLIN)
    try:
        return not news.poll(0) or bool(raw.execute("SELECT 1"))
    except psycopg.OperationalError:
        return False


def raise_file_troubles(engine: Engine) -> None:
    """Let every use of an SQLite engine raise `StoreAway` for what passes: a lock, a full disk, a read that failed."""

    def on_error(context: ExceptionContext) -> BaseException | None:
        error = context.original_exception
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        why = _PASSING_CODES.get(code)
        return StoreAway(f"{engine.url.database} {why}") if why else None

    event.listen(engine, "handle_error", on_error)


@contextmanager
def told_as_fault(engine: Engine) -> Iterator[None]:
    """For who speaks to the engine's server through psycopg itself.

    Raises:
        StoreAway: the server is away.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        if is_away(error):
            raise away(engine.url) from error
        raise
