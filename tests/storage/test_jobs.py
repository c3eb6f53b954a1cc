"""The job table: one committed result a key, one owner at a time, the late lose."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis.strategies as st
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text
from sqlmodel import SQLModel

from storage.database import migrations, open_database
from storage.jobs import JobTable
from storage.project import Project
from storage.queue import WorkQueue
from vibeboard.asset import BlobRef, Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Fault, FaultKind, Rejected
from vibeboard.jobs import JobState, Snapshot

FAULT = Fault(kind=FaultKind.TRANSIENT, code="bad_result", message="wrong")


def result(mark: str) -> Result:
    return Result(outputs={"video": BlobRef(sha256=mark * 64, size=1, media="video/mp4")})


def claim(jobs: JobTable, owner: str = "me"):
    return jobs.claim("k", "generate_shot", "previs", {"frames": 24}, owner)


def test_processes_that_write_at_the_same_time_wait_for_each_other(tmp_path):
    def work(owner: str) -> None:
        queue = WorkQueue(open_database(tmp_path / "project.db"))
        for _ in range(40):
            queue.show(owner, Snapshot(workers=1, queued=0, running=()))
            queue.claim(owner, "generate_shot", "previs", {}, owner)

    open_database(tmp_path / "project.db").dispose()
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(work, name) for name in ("a:1", "b:2", "c:3")]:
            done.result()
    assert len(WorkQueue(open_database(tmp_path / "project.db")).workers()) == 3


def test_a_late_attempt_loses(project):
    late = claim(project.jobs)
    current = claim(project.jobs)
    assert not project.jobs.made(late, result("a"), 1.0)
    assert project.jobs.made(current, result("b"), 1.0)
    assert Result.model_validate_json(project.jobs.find("k").result) == result("b")


def test_what_a_dead_process_was_running_is_done_by_nobody_until_it_is_wanted_again(project):
    claim(project.jobs, owner="gone:1")
    project.jobs.reclaim("me:2")
    assert project.jobs.take("worker:3", 1) == []
    assert claim(project.jobs, owner="me:2").attempt == 2


def test_what_was_left_to_workers_stays_theirs(project):
    project.jobs.offer(claim(project.jobs, owner="gone:1"))
    project.jobs.take("worker:3", 1)
    project.jobs.reclaim("me:2")
    assert project.jobs.find("k").owner == "worker:3"


def test_a_failed_probe_frees_the_key(project):
    job = claim(project.jobs)
    project.jobs.made(job, result("a"), 1.0)
    project.jobs.free("k", FAULT)
    assert project.jobs.find("k").state is JobState.FAILED
    assert claim(project.jobs).attempt == 2


def test_persisting_twice_changes_nothing(project):
    job = claim(project.jobs)
    project.jobs.made(job, result("a"), 1.0)
    project.start_run("run", "digest", 1)
    event = Event(type=EventType.ASSET_PERSISTED, unit="shot")
    for _ in range(2):
        project.persist("run", "shot", "take", "k", result("a"), event)
    assert project.jobs.find("k").state is JobState.DONE
    assert [seq for seq, _ in project.events("run")] == [1]
    assert project.active_jobs()["shot", "take"].key == "k"


def test_a_new_take_becomes_the_active_one_and_the_old_can_come_back(project):
    project.start_run("run", "digest", 1)
    event = Event(type=EventType.ASSET_PERSISTED, unit="shot")
    for key in ("k1", "k2", "k1"):
        if project.jobs.find(key) is None:
            job = project.jobs.claim(key, "generate_shot", "previs", {}, "me")
            project.jobs.made(job, result(key[1]), 1.0)
        project.persist("run", "shot", "take", key, result(key[1]), event)
        assert project.active_jobs()["shot", "take"].key == key


def test_a_project_is_used_by_one_process_at_a_time(tmp_path):
    with Project(tmp_path / "p"), pytest.raises(Rejected, match="another vibeboard works in"):
        Project(tmp_path / "p")
    with Project(tmp_path / "p"):
        pass


def test_what_a_killed_process_left_half_written_is_cleared(tmp_path):
    with Project(tmp_path / "p") as project:
        ref = project.blobs.put(b"whole", "text/plain")
        (project.scratch / "tmp1").mkdir()
        (project.scratch / "tmp1" / "take.mp4").write_bytes(b"half")
        (project.root / "blobs" / "new-abc").write_bytes(b"half")
    with Project(tmp_path / "p") as project:
        assert not list(project.scratch.iterdir())
        assert not list((project.root / "blobs").glob("new-*"))
        assert project.blobs.read(ref.sha256) == b"whole"


def test_the_schema_goes_up_and_down(tmp_path):
    engine = open_database(tmp_path / "db")
    with engine.begin() as connection:
        command.downgrade(migrations(connection), "base")
        left = connection.execute(text("select name from sqlite_master where type='table'")).scalars().all()
        assert left == ["alembic_version"]
        command.upgrade(migrations(connection), "head")
    engine.dispose()


def test_a_migration_that_is_cut_off_leaves_no_half_schema(tmp_path):
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from sqlalchemy import event\n"
        "from sqlalchemy.engine import Engine\n"
        "from storage.database import open_database\n"
        "seen = []\n"
        "@event.listens_for(Engine, 'before_cursor_execute')\n"
        "def stop(conn, cursor, statement, *rest):\n"
        "    seen.append('CREATE TABLE' in statement)\n"
        "    if sum(seen) == 4:\n"
        "        os._exit(9)\n"
        "open_database(Path(sys.argv[1]))\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "db")], check=False)
    assert killed.returncode == 9
    open_database(tmp_path / "db").dispose()


def test_the_migrations_give_the_tables_that_the_code_declares(tmp_path):
    engine = open_database(tmp_path / "db")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
    engine.dispose()


class JobLife(RuleBasedStateMachine):
    """Claims, ends and late ends in any order: at most the newest attempt's result is ever recorded."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._engine = open_database(Path(self._folder.name) / "db")
        self.jobs = JobTable(self._engine)
        self.attempts = []
        self.committed = None

    @rule()
    def claims(self):
        self.attempts.append(claim(self.jobs))
        self.committed = None

    @precondition(lambda self: self.attempts)
    @rule(which=st.integers(0, 5), mark=st.sampled_from("abc"))
    def ends(self, which, mark):
        job = self.attempts[which % len(self.attempts)]
        newest = job.attempt == self.attempts[-1].attempt
        accepted = self.jobs.made(job, result(mark), 1.0)
        assert accepted == (newest and self.committed is None)
        if accepted:
            self.committed = result(mark)

    @invariant()
    def attempts_grow_and_the_result_is_the_committed_one(self):
        row = self.jobs.find("k")
        assert row is None or row.attempt == len(self.attempts)
        if self.committed:
            assert Result.model_validate_json(row.result) == self.committed

    def teardown(self):
        self._engine.dispose()
        self._folder.cleanup()


JobLife.TestCase.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)
TestJobLife = JobLife.TestCase
