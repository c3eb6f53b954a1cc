"""Opening a database, SQLite or Postgres, brought to the newest schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlmodel import Session

from storage.outages import raise_file_troubles, raise_outages
from vibeboard.faults import Rejected, StoreAway

_MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 10_000
_CONNECT_S = 10
_MIGRATING = 0x5642_0001
"""Postgres' advisory lock of who migrates."""
_WRITES = "vibeboard_writes"


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _on_begin(connection: Connection) -> None:
    """Begin ourselves: the driver would begin only before the first write that is not DDL, so that a process killed
    in a migration would leave half a schema."""
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing(engine: Engine) -> Session:
    """A session that reads and then writes what follows from it. On SQLite it is the only writer from the start, so
    that what it read still holds; on Postgres the reader locks the rows that matter (`FOR UPDATE`)."""
    return Session(engine.execution_options(**{_WRITES: True}))


def changed(session: Session, statement: Executable) -> int:
    """How many rows a statement changed."""
    done = session.execute(statement)
    assert isinstance(done, CursorResult)
    return done.rowcount


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def is_postgres(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


def postgres_url(engine: Engine) -> str:
    """Where the engine's database is, password and all, for psycopg itself."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def open_database(where: Path | str, *, upgrade: bool = True) -> Engine:
    """Open the database at a path (SQLite, created if absent) or under a URL (`postgresql://...` or `sqlite:///...`)
    and bring it to the newest schema, unless it shall stay as it is.

    Raises:
        Rejected: it is no database, one of a newer version, or one that refuses us.
        StoreAway: it does not answer. Whatever is asked of the engine later raises this too.
    """
    url = _url(where)
    engine = _postgres(url) if url.get_backend_name() == "postgresql" else _sqlite(url)
    try:
        with engine.begin() as connection:
            newest = _is_newest(connection)
        if upgrade and not newest:
            _upgrade(engine)
    except (CommandError, DatabaseError) as error:
        engine.dispose()
        raise _unusable(url, error) from error
    except StoreAway:
        engine.dispose()
        raise
    return engine


def _url(where: Path | str) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except ArgumentError:
        raise Rejected("bad_database", "the database URL cannot be read: write postgresql://user@host/name") from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise Rejected("bad_database", f"databases of {url.get_backend_name()} are not supported: use postgresql://")
    return url


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    raise_file_troubles(engine)
    return engine


def _postgres(url: URL) -> Engine:
    """Connections that the server has closed meanwhile are noticed before use and opened anew."""
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_S}
    )
    raise_outages(engine)
    return engine


def revision_of(connection: Connection) -> str:
    """The schema's revision; empty for a database with nothing in it."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def newest_revision(connection: Connection) -> str:
    return ScriptDirectory.from_config(migrations(connection)).get_current_head() or ""


def _is_newest(connection: Connection) -> bool:
    return revision_of(connection) == newest_revision(connection)


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """A transaction that changes the schema. One process does while others wait."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        if is_postgres(engine):
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATING})
        yield connection


def _upgrade(engine: Engine) -> None:
    """Others may have done it meanwhile."""
    with migrating(engine) as connection:
        if not _is_newest(connection):
            command.upgrade(migrations(connection), "head")


def _unusable(url: URL, error: CommandError | DatabaseError) -> Exception:
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "postgresql":
        if isinstance(error, OperationalError):
            return Rejected("database_refused", f"{shown} refuses ({error.orig}): set VIBEBOARD_DATABASE")
        return Rejected("project_unreadable", f"{shown} was made by a newer version: use that version")
    if isinstance(error, OperationalError):
        return error
    return Rejected(
        "project_unreadable",
        f"{url.database} is damaged or was made by a newer version: use that version, or move "
        f"{Path(url.database or '').parent} away and make the film anew",
    )
