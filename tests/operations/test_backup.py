"""A backup is the whole store of one moment, whatever kind it is; damaged, interrupted or misplaced it does no harm."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import threading

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select
from sqlmodel import SQLModel

from storage.archive import add, add_manifest, body_of, read_manifest, reading, writing
from storage.backup import Backup, back_up, restore_backup
from storage.blobs import FolderBlobs
from storage.database import migrations, open_database
from storage.project import open_project
from storage.records import Records
from storage.store import Store
from storage.tables import EventRow
from tests.storage.films import fill
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


def everything(store: Store) -> dict[str, list[tuple]]:
    """Every row of every table, and the names of all files."""
    with store.engine.connect() as connection:
        rows = {
            table.name: [tuple(_comparable(value) for value in row) for row in connection.execute(_ordered(table))]
            for table in SQLModel.metadata.sorted_tables
        }
    return rows | {"files": [(kept.sha256, kept.size) for kept in store.blobs.listed()]}


def _ordered(table):
    return select(table).order_by(*table.primary_key.columns)


def _comparable(value):
    """SQLite gives times back without their zone."""
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def test_a_store_goes_to_postgres_and_s3_and_comes_back_the_same(filled, elsewhere, empty, tmp_path):
    back_up(filled, tmp_path / "first.tar", quiet)
    restore_backup(tmp_path / "first.tar", elsewhere, quiet)
    assert everything(elsewhere) == everything(filled)
    back_up(elsewhere, tmp_path / "second.tar", quiet)
    restore_backup(tmp_path / "second.tar", empty, quiet)
    assert everything(empty) == everything(filled)
    assert all(empty.blobs.intact(kept.sha256) for kept in filled.blobs.listed())


def test_the_restored_store_is_at_work_at_once_and_numbers_go_on(filled, elsewhere, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    restore_backup(tmp_path / "backup.tar", elsewhere, quiet)
    with open_project(elsewhere, "first") as project:
        assert project.active_jobs()["shot", "take"].key == "first take"
        project.add_revision("a" * 64, 1, "b" * 64)
        before = [seq for seq, _ in project.events("run first")]
        project.log("run first", Event(type=EventType.UNIT_DONE, unit="shot"))
        assert [seq for seq, _ in project.events("run first")] == [*before, before[-1] + 1]
        assert project.chat.begin("more") == 2
    assert elsewhere.find(elsewhere.create("third"))


def test_only_its_owner_may_read_a_backup_for_it_has_scripts_and_hashes_of_tokens(filled, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "home"]


@pytest.mark.parametrize("kind", ["filled", "elsewhere"])
def test_a_backup_taken_while_films_are_written_to_is_of_one_moment(kind, request, filled, empty, tmp_path):
    """A use goes in with its event, after its job and its file: none is there without the others."""
    store = request.getfixturevalue(kind)
    if store is not filled:
        back_up(filled, tmp_path / "seed.tar", quiet)
        restore_backup(tmp_path / "seed.tar", store, quiet)
    stop, film = threading.Event(), Records(store, store.find("second"))

    def write() -> None:
        for number in range(10_000):
            result = Result(outputs={"video": store.blobs.put(f"new {number}".encode(), "video/mp4")})
            job = film.jobs.claim(f"key {number}", "generate_shot", "previs", {}, "nobody:1")
            film.jobs.made(job, result, 1.0)
            done = Event(type=EventType.ASSET_PERSISTED, unit="shot", data={"key": job.key})
            film.persist("run", "shot", "take", job.key, result, done)
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup = back_up(store, tmp_path / f"{number}.tar", quiet)
    finally:
        stop.set()
        writer.join()
    restore_backup(tmp_path / "2.tar", empty, quiet)
    with empty.engine.connect() as connection:
        rows = connection.execute(select(EventRow.__table__).where(EventRow.project_id == film.id)).mappings().all()
    assert sorted(row["seq"] for row in rows) == list(range(1, len(rows) + 1))
    told = {json.loads(row["data"])["key"] for row in rows if row["run_id"] == "run"}
    uses = Records(empty, film.id).uses()
    assert told
    assert told == {use.job_key for use in uses if use.job_key.startswith("key ")}
    assert all(empty.blobs.has(use.sha256) for use in uses)
    assert backup.rows("project") == 2


def test_a_store_that_is_not_empty_is_left_as_it_is(filled, empty, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    empty.create("a film of its own")
    before = everything(empty)
    with pytest.raises(Rejected, match="is not empty"):
        restore_backup(tmp_path / "backup.tar", empty, quiet)
    assert everything(empty) == before


def test_a_store_in_use_is_not_restored_into(filled, empty, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    with empty.written(), pytest.raises(Rejected, match="is in use"):
        restore_backup(tmp_path / "backup.tar", empty, quiet)


def test_a_backup_of_the_schema_before_comes_into_the_newest(filled, empty, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    as_version_0005_wrote_it(tmp_path / "backup.tar", tmp_path / "older.tar")
    restore_backup(tmp_path / "older.tar", empty, quiet)
    came, added_since = everything(empty), ("token", "episode", "reply", "switch", "upload")
    assert [came[name] for name in added_since] == [[]] * len(added_since)
    assert came == {name: [] if name in added_since else rows for name, rows in everything(filled).items()}


def columns_at(revision, folder) -> dict[str, set[str]]:
    """The columns of each table as the schema was."""
    engine = open_database(folder / "older.db")
    with engine.begin() as connection:
        command.downgrade(migrations(connection), revision)
        looking = inspect(connection)
        found = {name: {item["name"] for item in looking.get_columns(name)} for name in looking.get_table_names()}
    engine.dispose()
    return found


def as_version_0005_wrote_it(archive, older):
    """Without the tables and columns that came later."""
    columns = columns_at("0005", older.parent)
    with reading(archive) as tar:
        backup = read_manifest(tar, Backup)
        bodies = {member.name: body_of(tar, member).read() for member in iter(tar.next, None)}
    tables = []
    for table in backup.tables:
        if table.name in columns:
            rows = [json.loads(line) for line in bodies[f"tables/{table.name}"].splitlines()]
            kept = [{key: row[key] for key in row.keys() & columns[table.name]} for row in rows]
            data = "".join(f"{json.dumps(row)}\n" for row in kept).encode()
            tables.append((table.model_copy(update={"sha256": hashlib.sha256(data).hexdigest()}), data))
    with writing(older) as tar:
        listed = tuple(table for table, _ in tables)
        add_manifest(tar, backup.model_copy(update={"revision": "0005", "tables": listed}))
        for blob in backup.blobs:
            add(tar, f"blobs/{blob.sha256}", blob.size, io.BytesIO(bodies[f"blobs/{blob.sha256}"]))
        for table, data in tables:
            add(tar, f"tables/{table.name}", len(data), io.BytesIO(data))


def test_a_backup_of_a_newer_version_is_not_guessed_at(filled, empty, tmp_path):
    back_up(filled, tmp_path / "backup.tar", quiet)
    with reading(tmp_path / "backup.tar") as tar, writing(tmp_path / "newer.tar") as newer:
        add_manifest(newer, read_manifest(tar, Backup).model_copy(update={"revision": "9999"}))
        for member in iter(tar.next, None):
            newer.addfile(member, body_of(tar, member))
    with pytest.raises(Rejected, match="restore it with that version"):
        restore_backup(tmp_path / "newer.tar", empty, quiet)
    assert empty.projects() == []


def test_damaged_files_are_not_backed_up_and_nothing_is_left(filled, tmp_path):
    name = next(filled.blobs.listed()).sha256
    size = filled.blobs.path(name).stat().st_size
    filled.blobs.path(name).write_bytes(bytes(size))
    with pytest.raises(Rejected, match="vibeboard storage check"):
        back_up(filled, tmp_path / "backup.tar", quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    store = Store(folder / "home", folder / "home" / "vibeboard.db", FolderBlobs(folder / "home" / "blobs"))
    with open_project(store, store.create("film")) as project:
        fill(project, "film")
    back_up(store, folder / "backup.tar", quiet)
    store.close()
    return folder / "backup.tar"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_damaged_backup_gives_the_whole_store_or_nothing_at_all(archive, tmp_path_factory, seed):
    chance = random.Random(seed)
    data = bytearray(archive.read_bytes())
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "backup.tar").write_bytes(data)
    store = Store(folder / "home", folder / "vibeboard.db", FolderBlobs(folder / "blobs"))
    try:
        restore_backup(folder / "backup.tar", store, quiet)
    except Rejected:
        assert not any(everything(store).values())
    else:
        assert [project.name for project in store.projects()] == ["film"]
        assert all(store.blobs.intact(kept.sha256) for kept in store.blobs.listed())
    store.close()


@pytest.mark.parametrize("name", ["../../out", "/etc/out", "tables/../out", "tables/alembic_version"])
def test_a_backup_writes_nothing_but_what_its_list_says(archive, empty, tmp_path, name):
    with tarfile.open(archive) as source, tarfile.open(tmp_path / "evil.tar", "w") as target:
        for member in source:
            if member.name == "tables/project":
                member.name = name
            target.addfile(member, source.extractfile(member))
    with pytest.raises(Rejected, match="is not where it should be"):
        restore_backup(tmp_path / "evil.tar", empty, quiet)
    assert not any(everything(empty).values())


KILLED = """
import os, sys
from pathlib import Path
from storage.archive import add, add_manifest, body_of, read_manifest, reading, writing
from storage.backup import Backup, back_up, restore_backup
from storage.blobs import FolderBlobs
from storage.store import Store

def watch(done, total):
    if done > total // 2:
        os.kill(os.getpid(), 9)

home = Path(sys.argv[3])
store = Store(home, home / "vibeboard.db", FolderBlobs(home / "blobs"))
work = {"backup": lambda archive: back_up(store, archive, watch)}
work["restore"] = lambda archive: restore_backup(archive, store, watch)
work[sys.argv[1]](Path(sys.argv[2]))
"""


def killed(*arguments: object) -> int:
    return subprocess.run([sys.executable, "-c", KILLED, *map(str, arguments)], check=False, env=os.environ).returncode


def test_a_restore_that_was_killed_shows_nothing_and_goes_on(archive, empty):
    assert killed("restore", archive, empty.home) == -9
    there = everything(empty)
    assert there.pop("files")
    assert not any(there.values())
    restore_backup(archive, empty, quiet)
    assert [project.name for project in empty.projects()] == ["film"]


def test_a_backup_that_was_killed_is_not_there(filled, tmp_path):
    assert killed("backup", tmp_path / "backup.tar", filled.home) == -9
    assert not (tmp_path / "backup.tar").exists()
    back_up(filled, tmp_path / "backup.tar", quiet)
    assert (tmp_path / "backup.tar").exists()
