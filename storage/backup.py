"""A whole store as one archive: every film's rows, tokens and settings as JSON lines by table, and every file.

It is taken while the store is at work: rows are those of one moment, and files only ever come to be. It goes into an
empty store of any kind, SQLite or Postgres, folder or S3, whichever it came from.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from tarfile import TarFile
from typing import IO, Any

from alembic import command
from alembic.script import ScriptDirectory
from pydantic import Field, JsonValue
from sqlalchemy import Connection, DateTime, Engine, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import CompileError, DataError, IntegrityError, InvalidRequestError
from sqlmodel import SQLModel

from storage.archive import (
    BLOBS,
    CHUNK,
    add,
    add_blob,
    add_manifest,
    body_of,
    bring,
    damaged,
    read_manifest,
    reading,
    writing,
)
from storage.contents import BlobSize
from storage.database import is_postgres, migrating, migrations, revision_of
from storage.moving import Watch
from storage.store import Store
from storage.tables import aware
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

FORMAT = 1
_TABLES = "tables/"
_LEFT_OUT = frozenset({"worker"})
"""Tables of what is going on at the moment."""
_AT_ONCE = 500


class Dumped(Frozen):
    """A table's rows in the archive, and the hash of the file that they are in."""

    name: str
    rows: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Backup(Frozen):
    """What is in an archive. Checkpoints are not: what was being made begins anew and finds what it made."""

    format: int = FORMAT
    revision: str
    tables: tuple[Dumped, ...]
    blobs: tuple[BlobSize, ...]

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(blob.size for blob in self.blobs)

    def rows(self, table: str) -> int:
        return sum(dumped.rows for dumped in self.tables if dumped.name == table)


def back_up(store: Store, archive: Path, watch: Watch) -> Backup:
    """Write the whole store into an archive that only its owner may read, all of it or nothing.

    Raises:
        Rejected: a file is damaged, or the store is being cleaned up.
    """
    with store.written(), tempfile.TemporaryDirectory(dir=archive.parent, prefix=f".{archive.name}-") as folder:
        with _one_moment(store.engine) as connection:
            revision = revision_of(connection)
            tables = tuple(_dump(connection, table, Path(folder)) for table in _tables())
        blobs = tuple(BlobSize(sha256=kept.sha256, size=kept.size) for kept in store.blobs.listed())
        backup = Backup(revision=revision, tables=tables, blobs=blobs)
        with writing(archive, mode=0o600) as tar:
            add_manifest(tar, backup)
            done = 0
            for blob in blobs:
                add_blob(tar, store, blob)
                done += blob.size
                watch(done, backup.size)
            for table in tables:
                path = Path(folder) / table.name
                with path.open("rb") as lines:
                    add(tar, _TABLES + table.name, path.stat().st_size, lines)
    return backup


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees what was there when it began, whatever others write. (SQLite's all do, in WAL mode.)"""
    options = {"isolation_level": "REPEATABLE READ"} if is_postgres(engine) else {}
    with engine.connect().execution_options(**options) as connection:
        yield connection


def _tables() -> list[Table]:
    """What is kept, each table after those that it refers to."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in _LEFT_OUT]


def _dump(connection: Connection, table: Table, folder: Path) -> Dumped:
    digest, count = hashlib.sha256(), 0
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(select(table).order_by(*table.primary_key.columns))
    with (folder / table.name).open("wb") as file:
        for row in rows.mappings():
            line = json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            file.write(line)
            count += 1
    return Dumped(name=table.name, rows=count, sha256=digest.hexdigest())


def _plain(value: Any) -> JsonValue:
    if isinstance(value, datetime):
        return aware(value).isoformat()
    plain: JsonValue = value.name if isinstance(value, Enum) else value
    return plain


def restore_backup(archive: Path, store: Store, watch: Watch) -> Backup:
    """Fill an empty store with what is in an archive, which is read to its end before anything is written. Cut off
    later, the store stays without rows, and the same call goes on where it stopped.

    Raises:
        Rejected: the store is not empty or is in use, or the archive is damaged or of a newer version.
    """
    with store.alone():
        _must_be_empty(store)
        backup = _verified(archive)
        with reading(archive) as tar:
            read_manifest(tar, Backup)
            done = 0
            for blob in backup.blobs:
                data = _next(tar, BLOBS + blob.sha256)
                if not store.blobs.has(blob.sha256):
                    bring(store, blob.sha256, data)
                done += blob.size
                watch(done, backup.size)
            with migrating(store.engine) as connection:
                _fill(connection, tar, backup)
    return backup


def _must_be_empty(store: Store) -> None:
    with store.engine.connect() as connection:
        for table in _tables():
            if connection.execute(select(table).limit(1)).first():
                message = f"{store} is not empty (table {table.name}): name a database and a place for files of its own"
                raise Rejected("store_not_empty", message)


def _verified(archive: Path) -> Backup:
    """What is in an archive, every byte of it read and compared."""
    with reading(archive) as tar:
        backup = read_manifest(tar, Backup)
        if backup.format != FORMAT:
            raise Rejected("unknown_format", f"format {backup.format} of a backup is not known: use a newer version")
        for blob in backup.blobs:
            if _digest(_next(tar, BLOBS + blob.sha256)) != blob.sha256:
                raise damaged(f"the file {blob.sha256[:12]} was changed")
        for table in backup.tables:
            if _digest(_next(tar, _TABLES + table.name)) != table.sha256:
                raise damaged(f"table {table.name} was changed")
        if tar.next() is not None:
            raise damaged("something follows its end")
    return backup


def _next(tar: TarFile, name: str) -> IO[bytes]:
    member = tar.next()
    if member is None or member.name != name or not member.isreg():
        raise damaged(f"{name} is not where it should be")
    return body_of(tar, member)


def _digest(data: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := data.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _fill(connection: Connection, tar: TarFile, backup: Backup) -> None:
    """Rows go into the schema that they were written from, which is then brought to the newest."""
    config = migrations(connection)
    if backup.revision not in {item.revision for item in ScriptDirectory.from_config(config).walk_revisions()}:
        message = f"the backup has schema {backup.revision}, which a newer version wrote: restore it with that version"
        raise Rejected("project_unreadable", message)
    command.downgrade(config, backup.revision)
    then = MetaData()
    try:
        then.reflect(connection, only=[dumped.name for dumped in backup.tables])
        for dumped in backup.tables:
            _load(connection, then.tables[dumped.name], _next(tar, _TABLES + dumped.name))
    except (CompileError, DataError, IntegrityError, InvalidRequestError, ValueError, KeyError) as error:
        raise damaged(f"its rows do not fit the tables ({type(error).__name__})") from error
    command.upgrade(config, "head")


def _load(connection: Connection, table: Table, lines: Iterable[bytes]) -> None:
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    left = iter(lines)
    while some := [_row(json.loads(line), times) for line in islice(left, _AT_ONCE)]:
        connection.execute(insert(table), some)
    (key, *more) = table.primary_key.columns
    if is_postgres(connection.engine) and not more and isinstance(key.type, Integer):
        counter = func.pg_get_serial_sequence(f'"{table.name}"', key.name)
        following = select(func.coalesce(func.max(key), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(counter, following, text("false"))))


def _row(data: Mapping[str, Any], times: set[str]) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(data[name]) for name in times if data[name] is not None}
    return {**data, **moments}
