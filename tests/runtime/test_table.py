"""Work that is left to worker processes through the job table: taken once, leased, given back, never lost."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select, update

from gpu_runtime.placement import table as table_of_jobs
from gpu_runtime.placement.table import Table
from storage import queue as queue_module
from storage.blobs import FolderBlobs
from storage.database import open_database
from storage.queue import MOST_LOST, WorkQueue, process_name
from storage.tables import JobRow, WorkerRow, now
from tools.speak_line import SpeakLineParams
from vibeboard.asset import BlobRef, Result
from vibeboard.faults import Cancelled, FaultKind
from vibeboard.jobs import EngineStock, Failed, JobClass, JobState, Made, Progress, Snapshot, Stock, Wish
from vibeboard.shot import Voice
from vibeboard.timing import Rate

ROOT = Path(__file__).parents[2]
VIBEBOARD = Path(sys.executable).with_name("vibeboard")
RESULT = Result(outputs={"audio": BlobRef(sha256="a" * 64, size=1, media="audio/wav")})


@pytest.fixture
def engine(tmp_path):
    (tmp_path / ".vibeboard").mkdir()
    opened = open_database(tmp_path / ".vibeboard" / "project.db")
    yield opened
    opened.dispose()


@pytest.fixture
def queue(engine):
    return WorkQueue(engine)


def claimed(queue, key="k", job_class=JobClass.BATCH, priority=0, frames=48):
    params = SpeakLineParams(text="Not here.", speaker="ANN", voice=Voice.ON, frames=frames, fps=Rate(num=24))
    return queue.claim(key, "speak_line", "tone", params.model_dump(mode="json"), "me:0", priority, job_class)


def offered(queue, *args):
    queue.offer(claimed(queue, *args))


def silence(engine, key):
    """Let a job's lease run out."""
    with Session(engine) as session:
        ran_out = now() - timedelta(seconds=1)
        session.execute(update(JobRow).where(col(JobRow.key) == key).values(leased_until=ran_out, owner="far:1"))
        session.commit()


def test_the_most_urgent_are_taken_first_and_each_once(queue):
    offered(queue, "final", JobClass.FINAL)
    offered(queue, "plain")
    offered(queue, "further along", JobClass.BATCH, 1)
    offered(queue, "at a screen", JobClass.INTERACTIVE)
    first = queue.take("w:1", 3)
    assert {job.key for job in first} == {"at a screen", "further along", "plain"}
    assert [job.key for job in queue.take("w:2", 3)] == ["final"]
    assert queue.take("w:1", 3) == []


def test_a_worker_that_falls_silent_loses_its_job_and_comes_too_late(queue, engine):
    offered(queue)
    (late,) = queue.take("far:1", 1)
    assert queue.expire() == 0
    silence(engine, "k")
    assert queue.expire() == 1
    (current,) = queue.take("w:2", 1)
    assert current.attempt == late.attempt + 1
    assert not queue.made(late, RESULT, 1.0)
    assert queue.made(current, RESULT, 1.0)


def test_a_worker_that_speaks_keeps_its_job(queue, engine):
    offered(queue)
    (job,) = queue.take(process_name(), 1)
    queue.beat(process_name(), {"k": Progress(key="k", done=3, total=9)})
    assert queue.expire() == 0
    assert queue.look(["k"])["k"].progress.done == 3
    assert queue.made(job, RESULT, 1.0)


def test_a_dead_process_of_this_machine_is_noticed_at_once(queue):
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    offered(queue)
    queue.take(process_name().rpartition(":")[0] + f":{ended.pid}", 1)
    assert queue.expire() == 1


def test_a_process_of_another_container_with_our_host_name_is_not_thought_dead(queue, monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    offered(queue)
    queue.take(f"{socket.gethostname()}:{ended.pid}", 1)
    assert queue.expire() == 0
    ours = process_name()
    queue_module._here.cache_clear()
    monkeypatch.setattr(queue_module.Path, "read_text", lambda _path: "another boot")
    try:
        assert process_name() != ours
    finally:
        queue_module._here.cache_clear()


def test_processes_that_died_are_forgotten_when_another_comes(queue, engine):
    for owner in ("far:1", "near:2"):
        queue.show(owner, Snapshot(workers=1, queued=0, running=()))
    with Session(engine) as session:
        session.execute(
            update(WorkerRow).where(WorkerRow.owner == "far:1").values(beat_at=now() - timedelta(minutes=2))
        )
        session.commit()
    queue.show("new:3", Snapshot(workers=1, queued=0, running=()))
    with Session(engine) as session:
        assert set(session.exec(select(WorkerRow.owner)).all()) == {"near:2", "new:3"}


def test_jobs_at_work_are_found_by_the_beginning_of_their_key_and_told_to_who_does_them(queue):
    for key in ("aa1", "aa2", "b%", "bb"):
        claimed(queue, key)
    offered(queue, "c1")
    queue.failed(claimed(queue, "d1"), Cancelled().fault)
    assert [job.key for job in queue.at_work("aa")] == ["aa1", "aa2"]
    assert [job.key for job in queue.at_work("b%")] == ["b%"]
    assert [job.key for job in queue.at_work()] == ["aa1", "aa2", "b%", "bb", "c1"]
    for key in ("aa2", "c1", "d1"):
        queue.stop(key)
    assert queue.stopped("me:0") == ["aa2"]
    assert queue.stopped("you:2") == []
    assert queue.look(["c1"])["c1"].fault.kind is FaultKind.CANCELLED


def test_what_a_worker_by_itself_has_in_hand_is_its_own_to_stop(queue):
    offered(queue, "k")
    queue.take("me:0", 1)
    queue.stop("k")
    assert queue.stopped("me:0") == []
    assert queue.beat("me:0", {"k": None}) == {"k"}


def test_a_job_that_kills_its_workers_is_given_up(queue, engine):
    offered(queue)
    for _ in range(MOST_LOST):
        queue.take("far:1", 1)
        silence(engine, "k")
        queue.expire()
    view = queue.look(["k"])["k"]
    assert view.state is JobState.FAILED
    assert view.fault.kind is FaultKind.REJECTED
    assert queue.take("w:2", 1) == []


def test_a_job_that_waits_stops_at_once_and_one_at_work_is_asked_to(queue):
    offered(queue, "waits")
    queue.stop("waits")
    assert queue.look(["waits"])["waits"].fault.kind is FaultKind.CANCELLED
    offered(queue, "works")
    queue.take("w:1", 1)
    queue.stop("works")
    assert queue.beat("w:1", {"works": None}) == {"works"}


def test_a_worker_is_told_of_a_job_that_another_has_now(queue, engine):
    offered(queue)
    queue.take("far:1", 1)
    assert queue.beat("far:1", {"k": None}) == set()
    silence(engine, "k")
    assert queue.expire(spared="far:1") == 0
    assert queue.expire() == 1
    queue.take("w:2", 1)
    assert queue.beat("far:1", {"k": None}) == {"k"}


def test_a_worker_that_was_cut_off_has_its_job_again_unless_another_took_it(queue, engine):
    offered(queue)
    (job,) = queue.take("far:1", 1)
    for _ in range(MOST_LOST + 1):
        silence(engine, "k")
        assert queue.expire() == 1
        assert queue.beat("far:1", {"k": None}) == set()
        assert queue.take("w:2", 1) == []
    assert queue.made(job, RESULT, 1.0)


def test_what_was_made_by_a_worker_that_was_cut_off_counts_if_nobody_took_the_job(queue, engine):
    offered(queue)
    (job,) = queue.take("far:1", 1)
    silence(engine, "k")
    assert queue.expire() == 1
    assert queue.made(job, RESULT, 1.0)
    assert queue.take("w:2", 1) == []


def test_a_job_that_was_stopped_while_its_worker_was_cut_off_is_not_taken_up_again(queue, engine):
    offered(queue)
    queue.take("far:1", 1)
    silence(engine, "k")
    queue.expire()
    queue.stop("k")
    assert queue.beat("far:1", {"k": None}) == {"k"}


def test_a_job_that_its_worker_has_forgotten_is_not_kept_from_others(queue, engine):
    offered(queue)
    queue.take("far:1", 1)
    silence(engine, "k")
    queue.beat("far:1", {})
    assert queue.expire() == 1


def test_a_job_that_ended_is_not_offered_again(queue):
    job = claimed(queue)
    queue.failed(job, Cancelled().fault)
    queue.offer(job)
    assert queue.look(["k"])["k"].state is JobState.FAILED


def test_a_wish_reaches_every_worker_once(queue):
    queue.show("w:1", Snapshot(workers=1, queued=0, running=()))
    assert [worker.owner for worker in queue.workers()] == ["w:1"]
    queue.wish(Wish.UNLOAD)
    assert queue.show("w:1", Snapshot(workers=1, queued=0, running=())) is Wish.UNLOAD
    assert queue.show("w:1", Snapshot(workers=1, queued=0, running=())) is None
    queue.leave("w:1")
    assert queue.workers() == []


def start_worker(film):
    return subprocess.Popen([VIBEBOARD, "worker", str(film)], cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1)


async def last(placement, key):
    return [event async for event in placement.events(key)][-1]


async def test_a_worker_that_is_killed_and_started_again_loses_no_job(queue, tmp_path):
    placement = Table(queue)
    keys = [f"k{number}" for number in range(12)]
    for key in keys:
        placement.submit(claimed(queue, key, frames=24 * 20))
    ends = asyncio.gather(*(last(placement, key) for key in keys))
    for _ in range(2):
        worker = start_worker(tmp_path)
        await asyncio.to_thread(worker.stdout.readline)
        await asyncio.to_thread(worker.stdout.readline)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    worker = start_worker(tmp_path)
    made = await asyncio.wait_for(ends, 120)
    assert all(isinstance(event, Made) for event in made)
    assert len({event.result.outputs["audio"].sha256 for event in made}) == 1
    assert FolderBlobs(tmp_path / ".vibeboard" / "blobs").has(made[0].result.outputs["audio"].sha256)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    worker.stdout.close()
    assert queue.workers() == []
    await placement.drain()


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_in_hand(queue, tmp_path):
    keys = [f"k{number}" for number in range(12)]
    for key in keys:
        offered(queue, key, JobClass.BATCH, 0, 24 * 100)
    worker = start_worker(tmp_path)
    assert any(line.startswith("made") for line in worker.stdout)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    worker.stdout.close()
    states = [view.state for view in queue.look(keys).values()]
    assert set(states) == {JobState.MADE, JobState.QUEUED}
    assert queue.workers() == []


async def test_a_table_that_answers_late_holds_up_nothing_else_and_tells_nothing_of_a_job_submitted_anew(queue):
    class Slow(WorkQueue):
        def look(self, keys):
            seen = super().look(keys)
            asked.set()
            answer.wait(30)
            return seen

    asked, answer = threading.Event(), threading.Event()
    placement = Table(Slow(queue._engine))
    placement.submit(claimed(queue))
    queue.stop("k")
    await asyncio.wait_for(asyncio.to_thread(asked.wait), 30)
    placement.submit(claimed(queue))
    answer.set()
    (job,) = queue.take("w:1", 1)
    assert queue.made(job, RESULT, 1.0)
    assert isinstance(await asyncio.wait_for(last(placement, "k"), 30), Made)
    await placement.drain()


async def test_it_is_said_once_why_jobs_wait_that_no_worker_takes(queue, monkeypatch):
    monkeypatch.setattr(table_of_jobs, "WAITING_S", 0.01)
    said: asyncio.Queue[str] = asyncio.Queue()
    placement, idle = Table(queue, said.put_nowait), Snapshot(workers=1, queued=0, running=())
    placement.submit(claimed(queue, "k1"))
    placement.submit(claimed(queue, "k2"))
    assert await asyncio.wait_for(said.get(), 10) == "jobs of tone wait: no worker is there: start vibeboard worker"
    queue.show("w:1", idle, Stock(engines={"tone": EngineStock(missing="a voice")}))
    assert await asyncio.wait_for(said.get(), 10) == "jobs of tone wait: no worker can make it: w:1 needs a voice"
    queue.show("w:2", idle, Stock())
    assert {job.key for job in queue.take("w:2", 2)} == {"k1", "k2"}
    await placement.drain()
    assert said.empty()


async def test_what_nobody_has_begun_can_be_cancelled(queue):
    placement = Table(queue)
    placement.submit(claimed(queue))
    placement.cancel("k")
    end = await asyncio.wait_for(last(placement, "k"), 10)
    assert isinstance(end, Failed)
    assert end.fault.kind is FaultKind.CANCELLED
    await placement.drain()
