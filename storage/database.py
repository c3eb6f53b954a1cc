"""Opening the project's database, brought to the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

from vibeboard.faults import Rejected

_MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 10_000


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")


def _on_begin(connection: Connection) -> None:
    """Begin ourselves: the driver would begin only before the first write that is not DDL, so that a process killed
    in a migration would leave half a schema.

    And begin as a writer: one that has read cannot write any more when another process wrote meanwhile, SQLite refuses
    it at once; one that begins as a writer waits its turn, up to `BUSY_MS`.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def migrations(connection: Connection) -> Config:
    """Alembic's configuration for a connection."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def open_database(path: Path) -> Engine:
    """Open or create the SQLite database at `path` and bring it to the newest schema.

    Raises:
        Rejected: it is no database, or one of a newer version.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    try:
        with engine.begin() as connection:
            config = migrations(connection)
            head = ScriptDirectory.from_config(config).get_current_head()
            if MigrationContext.configure(connection).get_current_revision() != head:
                command.upgrade(config, "head")
    except (CommandError, DatabaseError) as error:
        engine.dispose()
        if isinstance(error, OperationalError):
            raise
        raise Rejected(
            "project_unreadable",
            f"{path} is damaged or was made by a newer version: use that version, or move {path.parent} away and "
            "make the film anew",
        ) from error
    return engine
