"""A worker by itself over a device: what the job table wants of it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading

import pytest

from gpu_runtime.placement import feed as feed_of_jobs
from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.placement.feed import AHEAD, Feed
from gpu_runtime.placement.routed import Routed
from storage.database import open_database
from storage.queue import WorkQueue, process_name
from tests.device.conftest import shot
from vibeboard.faults import FaultKind
from vibeboard.jobs import Failed, Job, JobState, Progress

PATIENCE = 30


@pytest.fixture
def queue(tmp_path):
    engine = open_database(tmp_path / "project.db")
    yield WorkQueue(engine)
    engine.dispose()


class SlowQueue(WorkQueue):
    """A table whose answers to beats are late."""

    def __init__(self, engine):
        super().__init__(engine)
        self.asked, self.answer, self.unwanted = threading.Event(), threading.Event(), frozenset()

    def beat(self, owner, held):
        told = super().beat(owner, held)
        if held:
            self.asked.set()
            self.answer.wait(PATIENCE)
            unwanted, self.unwanted = self.unwanted, frozenset()
            return told | unwanted
        return told


@contextlib.asynccontextmanager
async def serving(bench, queue, placement=None):
    feed = Feed(queue, placement or bench.placement, process_name(), lambda _text: None)
    served = asyncio.create_task(feed.serve())
    yield feed
    feed.stop()
    await served


@pytest.fixture
async def bench(bench_of, queue):
    """A device that serves the table."""
    opened = bench_of()
    async with serving(opened, queue):
        yield opened


def ask(queue, job):
    queue.offer(queue.claim(job.key, job.task, job.engine, job.params, "me:0"))


async def ended(queue, key):
    while (view := queue.look([key])[key]).state in (JobState.QUEUED, JobState.RUNNING):
        await asyncio.sleep(0.01)
    return view


async def steps(bench, key, count):
    while sum(isinstance(event, Progress) and event.key == key for event in bench.seen) < count:
        await asyncio.sleep(0.01)


async def test_a_job_that_is_stopped_and_asked_for_again_meanwhile_is_made(bench, queue):
    job = shot(key="k", steps=30)
    ask(queue, job)
    await steps(bench, "k", 1)
    queue.stop("k")
    ask(queue, job)
    view = await asyncio.wait_for(ended(queue, "k"), 60)
    assert view.state is JobState.MADE
    assert view.attempt == 4


async def test_a_table_that_answers_late_holds_up_no_job(bench_of, queue):
    bench, slow = bench_of(), SlowQueue(queue._engine)
    async with serving(bench, slow):
        ask(queue, shot(key="k"))
        assert (await asyncio.wait_for(ended(queue, "k"), PATIENCE)).state is JobState.MADE
        slow.answer.set()


async def test_what_a_late_answer_says_of_an_attempt_does_not_stop_the_next(bench_of, queue, monkeypatch):
    monkeypatch.setattr(feed_of_jobs, "BEAT_S", 0.04)  # the table is asked long before the job ends
    bench, slow = bench_of(), SlowQueue(queue._engine)
    slow.unwanted = frozenset({"k"})
    job = shot(key="k", steps=120)
    async with serving(bench, slow) as feed:
        ask(queue, job)
        await asyncio.to_thread(slow.asked.wait, PATIENCE)
        first = feed._held["k"]
        queue.stop("k")
        ask(queue, job)
        while feed._held.get("k") is first:
            await asyncio.sleep(0.01)
        slow.answer.set()
        assert (await asyncio.wait_for(ended(queue, "k"), PATIENCE)).state is JobState.MADE
    assert not [event for event in bench.seen if isinstance(event, Failed)]


async def test_a_job_that_this_worker_does_not_know_how_to_do_fails_and_the_next_is_made(bench, queue):
    queue.offer(queue.claim("new", "generate_shot", "of-a-later-version", {}, "me:0"))
    ask(queue, shot(key="k"))
    assert (await asyncio.wait_for(ended(queue, "new"), 60)).fault.kind is FaultKind.BUG
    assert (await asyncio.wait_for(ended(queue, "k"), 60)).state is JobState.MADE


def previs(key: str, frames: int) -> Job:
    job = shot(key=key)
    return job.model_copy(update={"engine": "previs", "params": {**job.params, "frames": frames}})


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ([shot(key=f"k{number}", steps=200, frames=81) for number in range(2 * AHEAD)], previs("last", 3)),
        ([previs(f"k{number}", 20_000) for number in range(2 * AHEAD)], shot(key="last")),
    ],
    ids=["the device has much to do", "the CPU has much to do"],
)
async def test_neither_the_device_nor_the_cpu_is_kept_idle_by_what_waits_for_the_other(
    bench_of, queue, tmp_path, many, one
):
    bench = bench_of()
    (tmp_path / "scratch").mkdir()
    cpu = Embedded([sys.executable, "-m", "api.worker", str(tmp_path)], 1, tmp_path / "worker.log")
    for job in (*many, one):
        ask(queue, job)
    async with serving(bench, queue, Routed(cpu, bench.placement)):
        assert (await asyncio.wait_for(ended(queue, "last"), PATIENCE)).state is JobState.MADE
        states = [view.state for view in queue.look(job.key for job in many).values()]
    assert JobState.QUEUED in states
