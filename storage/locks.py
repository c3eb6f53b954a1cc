"""Who has a project open, and who may be writing: file locks of this machine, advisory locks of a shared database.

Kernel and Postgres drop them with their holder, however it ends. Postgres drops them when it ends itself, too: who
held one holds it no more when the server is back, and has to take it anew.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.database import is_postgres
from storage.outages import HELD
from vibeboard.digest import sha256
from vibeboard.faults import Rejected, StoreAway

_PATIENCE_S, _NOTICED_S, _RETRY_S = 10.0, 3.0, 0.05
_LOOKED_AT_S = 0.5
"""Who looks whether a film is open holds its lock for a moment, which is waited for."""
STORE = "store"
"""Named by those who write blobs, shared, and by a clean-up, alone."""


class ProjectLock:
    """Held by the one process that has a project open: a folder on this machine, and in a shared database the project
    itself, so that its clean-up and other machines see it too.

    Raises:
        Rejected: another process holds it.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        handle = file_lock(root / "lock")
        if handle is None:
            raise _busy(root)
        self._held = ExitStack()
        self._held.callback(os.close, handle)
        self._connection: Connection | None = None

    def hold(self, engine: Engine, project_id: str) -> None:
        """Hold the project in a database that is shared, and keep clean-ups of its store out."""
        if is_postgres(engine):
            connection = advisory_lock(engine, project_id, patience_s=_NOTICED_S)
            if connection is None:
                raise _busy("this film")
            self._held.callback(let_go, connection)
            self._connection = connection
        else:
            lock = _lock_file(engine, project_id)
            lock.parent.mkdir(exist_ok=True)
            handle = file_lock(lock, patience_s=_LOOKED_AT_S)
            if handle is None:
                raise _busy("this film")
            self._held.callback(os.close, handle)
        self._held.enter_context(among_writers(engine))

    def guarded(self, engine: Engine) -> Engine:
        """The same database for who relies on the lock: asking anything of it when the lock was lost raises
        `StoreAway`."""
        return engine if self._connection is None else engine.execution_options(**{HELD: self._connection})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()


def _busy(what: object) -> Rejected:
    return Rejected("project_busy", f"another vibeboard works in {what}: wait until it ends, or stop it, and run again")


def file_lock(path: Path, *, shared: bool = False, patience_s: float = 0.0) -> int | None:
    """A handle that holds the file's lock until it is closed, or nothing while another does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    end = time.monotonic() + patience_s
    while not _locked(handle, shared=shared):
        if time.monotonic() >= end:
            os.close(handle)
            return None
        time.sleep(_RETRY_S)
    return handle


def _locked(handle: int, *, shared: bool) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def advisory_lock(engine: Engine, name: str, *, shared: bool = False, patience_s: float = 0.0) -> Connection | None:
    """A connection that holds the lock until it is let go, or nothing while another does. Postgres needs a moment to
    notice that a process was killed: that is what patience is for."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    kind = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    end = time.monotonic() + patience_s
    while not connection.execute(text(f"SELECT {kind}(:lock)"), {"lock": _number(name)}).scalar_one():
        if time.monotonic() >= end:
            connection.close()
            return None
        time.sleep(_RETRY_S)
    connection.detach()
    return connection


def let_go(connection: Connection) -> None:
    """Give an advisory lock back at once; a server that is away has forgotten it anyway."""
    with closing(connection), suppress(DBAPIError, StoreAway):
        connection.execute(text("SELECT pg_advisory_unlock_all()"))


def project_folder(home: Path, project_id: str) -> Path:
    """Where a project of a store in the folder `home` has its workplace and its lock."""
    return home / "projects" / project_id


def _lock_file(engine: Engine, project_id: str) -> Path:
    """Beside an SQLite database, for films that are made in other folders."""
    return _beside(engine) / "locks" / (project_id or "none")


def _beside(engine: Engine) -> Path:
    return Path(str(engine.url.database)).parent


def is_open(session: Session, project_id: str) -> bool:
    """Whether some process has the project open."""
    connection = session.connection()
    if is_postgres(connection.engine):
        number = _number(project_id)
        held = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND "
            "classid::bigint = :high AND objid::bigint = :low AND "
            "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(connection.execute(held, {"high": number >> 32, "low": number & 0xFFFF_FFFF}).scalar_one())
    lock = _lock_file(connection.engine, project_id)
    if not lock.is_file():
        return False
    handle = file_lock(lock, shared=True)
    if handle is not None:
        os.close(handle)
    return handle is None


@contextmanager
def among_writers(engine: Engine) -> Iterator[None]:
    """Be one of those who write in a store, which keeps clean-ups out. A short one is waited for.

    Raises:
        Rejected: a longer one is at work.
    """
    end = time.monotonic() + _PATIENCE_S
    while True:
        with writers(engine) as granted:
            if granted:
                yield
                return
        if time.monotonic() > end:
            raise Rejected("store_busy", "the store is being cleaned up: wait until that ends, and run again")
        time.sleep(_RETRY_S)


class Membership:
    """Being among those who write in a store, as a context manager; `renew` it when the database was away."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._held = engine, ExitStack()

    def renew(self) -> None:
        """Be among them anew.

        Raises:
            Rejected: a clean-up has begun meanwhile.
            StoreAway: the database is away still.
        """
        self._held.close()
        self._held.enter_context(among_writers(self._engine))

    def __enter__(self) -> Self:
        self.renew()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()


@contextmanager
def writers(engine: Engine, *, alone: bool = False) -> Iterator[bool]:
    """Hold the lock of those who write in a store: all of them share it, a clean-up needs it `alone`; whether it was to
    be had."""
    if not is_postgres(engine):
        with working(_beside(engine), alone=alone) as granted:
            yield granted
        return
    connection = advisory_lock(engine, STORE, shared=not alone, patience_s=_NOTICED_S if alone else 0.0)
    try:
        yield connection is not None
    finally:
        if connection is not None:
            let_go(connection)


@contextmanager
def alone(engine: Engine, home: Path) -> Iterator[bool]:
    """Be the only one who has anything to do with a store whose folder is `home`; whether that was to be had."""
    handle = file_lock(home / "lock")
    if handle is None:
        yield False
        return
    try:
        with writers(engine, alone=True) as granted:
            yield granted
    finally:
        os.close(handle)


@contextmanager
def working(root: Path, *, alone: bool = False) -> Iterator[bool]:
    """The same for a folder."""
    root.mkdir(parents=True, exist_ok=True)
    handle = file_lock(root / "working", shared=not alone)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def _number(name: str) -> int:
    """63 bits for Postgres' bigint."""
    return int(sha256(f"vibeboard:{name}".encode())[:16], 16) >> 1
