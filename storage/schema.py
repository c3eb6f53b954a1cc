"""The schema's revisions, and going from one to another while nobody is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from storage.database import migrating, migrations, newest_revision, open_database, revision_of
from storage.locks import alone
from vibeboard.faults import Rejected


class Revision(NamedTuple):
    """A revision of the schema, what it brought, and whether the database is at it."""

    id: str
    brought: str
    here: bool


def revisions(database: Path | str) -> list[Revision]:
    """Every revision that this version knows, the oldest first."""
    with _untouched(database) as engine, engine.connect() as connection:
        now = revision_of(connection)
        known = list(ScriptDirectory.from_config(migrations(connection)).walk_revisions())
    return [Revision(item.revision, item.doc.partition("\n")[0], item.revision == now) for item in reversed(known)]


def migrate(home: Path, database: Path | str, to: str | None = None) -> tuple[str, str]:
    """Bring a database to a revision, the newest if none is named, up or down; from which to which it went.

    Raises:
        Rejected: somebody works with the store, there is no such revision, or the older schema has no room for what is
            there.
    """
    with _untouched(database) as engine, alone(engine, home) as granted:
        if not granted:
            raise Rejected("store_busy", "the store is in use: stop vibeboard serve, make and workers, and run again")
        with migrating(engine) as connection:
            before, target = revision_of(connection), to or newest_revision(connection)
            known = {item.revision for item in ScriptDirectory.from_config(migrations(connection)).walk_revisions()}
            if target not in known:
                message = f"--to {target}: there is no such revision; this version has {', '.join(sorted(known))}"
                raise Rejected("no_such_revision", message)
            try:
                (command.upgrade if before < target else command.downgrade)(migrations(connection), target)
            except RuntimeError as error:
                raise Rejected("cannot_migrate", f"nothing was changed: {error}") from error
    return before, target


@contextmanager
def _untouched(database: Path | str) -> Iterator[Engine]:
    """A database that opening does not bring to the newest schema."""
    engine = open_database(database, upgrade=False)
    try:
        yield engine
    finally:
        engine.dispose()
