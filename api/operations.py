"""`vibeboard migrate`, `backup` and `restore`: of the service's store, in its home or where the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from api.storage import progress
from storage.backup import Backup, back_up, restore_backup
from storage.configured import service_store
from storage.schema import migrate, revisions
from storage.store import Store
from vibeboard.counting import counted
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

DATABASE = "vibeboard.db"
"""The service's database in its home, unless the settings name another."""


def show_revisions(home: Path | None, console: Console) -> None:
    """List what each step of the schema brought, and mark where the database is."""
    for revision in revisions(_database(home)):
        mark = "->" if revision.here else "  "
        console.print(f"{mark} {revision.id}  {revision.brought}", highlight=False, markup=False, soft_wrap=True)


def migrate_store(home: Path | None, to: str | None, console: Console) -> None:
    """Bring the store's schema to a revision."""
    before, after = migrate(_home(home), _database(home), to)
    said = f"the schema is at {after} already" if before == after else f"the schema went from {before} to {after}"
    console.print(said, highlight=False)


def write_backup(home: Path | None, archive: Path, console: Console) -> None:
    """Write the whole store into an archive."""
    if not archive.resolve().parent.is_dir():
        raise Rejected("unwritable_output", f"there is no folder {archive.parent}: name another archive")
    if archive.exists():
        raise Rejected("archive_exists", f"{archive} is there already: name another, no backup is overwritten")
    _database(home)
    with _store(home) as store, progress("backing up") as watch:
        backup = back_up(store, archive, watch)
    console.print(f"{archive} has {_amount(backup)}", highlight=False, markup=False, soft_wrap=True)


def read_backup(home: Path | None, archive: Path, console: Console) -> None:
    """Fill an empty store from an archive."""
    if not archive.is_file():
        raise Rejected("no_such_archive", f"there is no archive {archive}")
    with _store(home) as store, progress("restoring") as watch:
        backup = restore_backup(archive, store, watch)
        console.print(f"{store} has {_amount(backup)}", highlight=False, markup=False, soft_wrap=True)


def _amount(backup: Backup) -> str:
    files = f"{counted(len(backup.blobs), 'file')} ({decimal(backup.size)})"
    films, rows = counted(backup.rows("project"), "film"), counted(sum(table.rows for table in backup.tables), "row")
    return f"{films}, {rows}, {files}"


@contextmanager
def _store(home: Path | None) -> Iterator[Store]:
    with closing(service_store(_home(home), Settings())) as store:
        yield store


def _home(home: Path | None) -> Path:
    return home or Settings().home_folder


def _database(home: Path | None) -> Path | str:
    """
    Raises:
        Rejected: there is none yet.
    """
    database = Settings().database or _home(home) / DATABASE
    if isinstance(database, Path) and not database.is_file():
        raise Rejected(
            "no_store", f"there is no store in {_home(home)}: name its folder with --home, or set VIBEBOARD_DATABASE"
        )
    return database
