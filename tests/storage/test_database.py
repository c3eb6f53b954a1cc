"""SQLite and Postgres: one schema, up and down, old films carried along, workers that never share an attempt."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlmodel import Session, SQLModel, col, update

from storage.blobs import FolderBlobs
from storage.database import migrations, open_database
from storage.jobs import JobTable
from storage.project import Project
from storage.queue import WorkQueue
from storage.store import Store
from storage.tables import JobRow
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected, StoreAway
from vibeboard.jobs import JobState

JOBS, WORKERS = 120, 4


@pytest.fixture
def engine(database):
    opened = open_database(database)
    yield opened
    opened.dispose()


def test_the_schema_goes_up_and_down_and_up(engine):
    with engine.begin() as connection:
        command.downgrade(migrations(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        if engine.dialect.name == "postgresql":
            assert inspect(connection).get_enums() == []
        command.upgrade(migrations(connection), "head")
        assert "project" in inspect(connection).get_table_names()


def test_the_migrations_give_the_tables_that_the_code_declares(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_two_that_open_a_new_postgres_at_once_both_find_the_newest_schema(postgres):
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [postgres] * 4))
    for engine in engines:
        assert "project" in inspect(engine).get_table_names()
        engine.dispose()


OLD_FILM = """
INSERT INTO job (key, task, engine, params, state, attempt, owner, job_class, priority, queued_at, lost, stop,
    progress, result, fault, seconds, updated_at)
    VALUES ('k', 't', 'e', '{}', 'DONE', 1, 'gone:1', 'BATCH', 0, :at, 0, '0', '', '', '', 1.0, :at);
INSERT INTO asset (sha256, size, media) VALUES ('a', 1, 'video/mp4');
INSERT INTO use (id, unit, step, role, job_key, sha256, active) VALUES (7, 's', 'take', 'video', 'k', 'a', '1');
INSERT INTO pin (task, unit, engine) VALUES ('t', '', 'e');
INSERT INTO edit (id, key, author, action, edit, created_at) VALUES (1, 'x', 'person', 'edit', '{}', :at);
INSERT INTO edit (id, key, author, action, target, edit, created_at) VALUES (2, 'y', 'person', 'undo', 1, '', :at);
INSERT INTO element (id, scene_id, category, name, lines, status) VALUES (3, 's', 'prop', 'LETTER', '[1]', 'APPROVED');
INSERT INTO event (id, run_id, seq, type, unit, data, created_at) VALUES (5, 'r', 1, 'run.started', '', '{}', :at);
INSERT INTO setting (name, value) VALUES ('request', 'v')
"""


def test_a_film_of_the_schema_before_keeps_everything_both_ways(engine):
    with engine.begin() as connection:
        command.downgrade(migrations(connection), "0004")
        for statement in OLD_FILM.split(";"):
            connection.execute(text(statement), {"at": datetime.now(UTC)} if ":at" in statement else {})
        command.upgrade(migrations(connection), "head")
        project = connection.execute(text("SELECT id FROM project")).scalar_one()
        for table in ("job", "use", "pin", "edit", "element", "event", "setting"):
            assert set(connection.execute(text(f'SELECT project_id FROM "{table}"')).scalars()) == {project}
        assert connection.execute(text("SELECT id, target FROM edit ORDER BY id")).all() == [(1, None), (2, 1)]
        command.downgrade(migrations(connection), "0004")
        assert connection.execute(text("SELECT id, unit FROM use")).all() == [(7, "s")]
        command.upgrade(migrations(connection), "head")


def test_what_is_added_to_an_old_film_gets_numbers_after_the_old(database, tmp_path):
    engine = open_database(database)
    with engine.begin() as connection:
        command.downgrade(migrations(connection), "0004")
        for statement in OLD_FILM.split(";"):
            connection.execute(text(statement), {"at": datetime.now(UTC)} if ":at" in statement else {})
    engine.dispose()
    store = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    with Project(tmp_path / "p", store, store.projects()[0].id) as project:
        project.log("r", Event(type=EventType.PLAN_READY))
        assert [seq for seq, _ in project.events("r")] == [1, 2]
    store.close()


def test_a_database_with_several_films_does_not_go_back(engine):
    with engine.begin() as connection:
        for name in "ab":
            connection.execute(
                text("INSERT INTO project (id, name, created_at) VALUES (:name, :name, :at)"),
                {"name": name, "at": datetime.now(UTC)},
            )
    with pytest.raises(RuntimeError, match="holds one film"), engine.begin() as connection:
        command.downgrade(migrations(connection), "0004")


@pytest.mark.parametrize(
    ("where", "says"),
    [("mysql://x/y", "not supported"), ("nonsense://", "cannot be read|not supported")],
)
def test_a_database_that_is_no_use_is_refused_in_a_sentence(where, says):
    with pytest.raises(Rejected, match=says):
        open_database(where)


def test_a_postgres_that_does_not_answer_is_named_without_its_password(tmp_path):
    with pytest.raises(StoreAway, match="does not answer") as refused:
        open_database(f"postgresql://me:hush@/film?host={tmp_path}")
    assert "hush" not in str(refused.value)


TAKER = """
import sys
from storage.database import open_database
from storage.queue import WorkQueue

queue = WorkQueue(open_database(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
while jobs := queue.take(sys.argv[2], 3):
    for job in jobs:
        print(job.key, job.attempt, flush=True)
"""


def test_workers_that_take_at_once_never_get_the_same_attempt(engine, database):
    queue = WorkQueue(engine)
    for number in range(JOBS):
        queue.offer(queue.claim(f"k{number}", "task", "engine", {}, "me:0"))
    command_line = [sys.executable, "-c", TAKER, str(database)]
    workers = [
        subprocess.Popen([*command_line, f"w:{number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for number in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    taken = [worker.communicate(timeout=60)[0].split("\n") for worker in workers]
    assert all(worker.returncode == 0 for worker in workers)
    attempts = Counter(line for lines in taken for line in lines if line)
    assert attempts == Counter(f"k{number} 2" for number in range(JOBS))


def test_a_worker_passes_over_the_rows_that_another_is_taking(postgres):
    engine = open_database(f"{postgres}&options=-c%20lock_timeout%3D2000")
    queue = WorkQueue(engine)
    for number in range(2):
        queue.offer(queue.claim(f"k{number}", "task", "engine", {}, "me:0"))
    with Session(engine) as slow:
        slow.exec(update(JobRow).where(col(JobRow.key) == "k0").values(priority=1))
        assert [job.key for job in queue.take("w:1", 2)] == ["k1"]
    engine.dispose()


def test_events_of_a_run_have_no_gap_however_many_write_them(database, tmp_path):
    store = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    project_id = store.create("film")
    with Project(tmp_path / "p", store, project_id) as project, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: project.log("run", Event(type=EventType.PLAN_READY)), range(40)))
        assert [seq for seq, _ in project.events("run")] == list(range(1, 41))
    store.close()


def test_a_job_that_a_worker_has_in_hand_is_waited_for(engine):
    queue = JobTable(engine, "mine")
    workers = WorkQueue(engine)
    workers.offer(queue.claim("k", "task", "engine", {}, "me:0"))
    workers.take("far:1", 1)
    assert queue.claim("k", "task", "engine", {}, "me:0") is None
    assert queue.find("k").state is JobState.RUNNING
