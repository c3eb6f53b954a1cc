"""A worker by itself whose job table goes away: its work goes on, and is written down once when the table is back."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager

import pytest

from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.placement.feed import Feed
from gpu_runtime.placement.patience import ANSWERS, WAITS, Patience
from storage.blobs import FolderBlobs
from storage.store import Store
from tests.servers import new_database
from tools.speak_line import SpeakLineParams
from vibeboard.faults import Rejected, StoreAway
from vibeboard.jobs import JobState
from vibeboard.shot import Voice
from vibeboard.timing import Rate

FOREVER_S = 600.0
OWNER = "far:1"
"""Not of this machine, so that only its silence tells whether it lives."""


@pytest.fixture
def server(breakable_postgres):
    yield breakable_postgres
    breakable_postgres.start()


@pytest.fixture
def store(server, tmp_path):
    opened = Store(tmp_path / "home", new_database(server.url), FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


class Heard:
    """What a worker says, to be waited for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.lines.append(text)
        self._more.set()

    async def until(self, start: str) -> None:
        async with asyncio.timeout(60):
            while not any(line.startswith(start) for line in self.lines):
                await self._more.wait()
                self._more.clear()


def offer(queue, key: str, frames: int) -> None:
    params = SpeakLineParams(text="Not here.", speaker="ANN", voice=Voice.ON, frames=frames, fps=Rate(num=24))
    queue.offer(queue.claim(key, "speak_line", "tone", params.model_dump(mode="json"), "me:0"))


@contextmanager
def serving(store, tmp_path, heard, patience_s=FOREVER_S, renew=lambda: None):
    (tmp_path / "scratch").mkdir()
    placed = Embedded([sys.executable, "-m", "api.worker", str(tmp_path)], 1, tmp_path / "worker.log")
    feed = Feed(store.queue, placed, OWNER, heard, patience_s, renew)
    task = asyncio.create_task(feed.serve())
    yield feed, placed, task


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def test_what_is_made_while_the_table_is_away_is_kept_and_written_down_as_the_same_attempt(
    server, store, tmp_path
):
    heard, renewed = Heard(), []
    keys = [f"k{number}" for number in range(3)]
    for key in keys:
        offer(store.queue, key, 24 * 60)
    with serving(store, tmp_path, heard, renew=lambda: renewed.append(store.projects())) as (feed, placed, task):
        await until(lambda: placed.snapshot().running)
        await asyncio.to_thread(server.stop)
        await heard.until(WAITS)
        await until(lambda: not placed.snapshot().running and not placed.snapshot().queued)
        assert not any(line.startswith("made") for line in heard.lines)
        await asyncio.to_thread(server.start)
        await until(lambda: all(view.state is JobState.MADE for view in store.queue.look(keys).values()))
        assert {view.attempt for view in store.queue.look(keys).values()} == {2}
        assert heard.lines.count(WAITS) == heard.lines.count(ANSWERS) == 1
        assert renewed == [[]]
        offer(store.queue, "later", 24)
        await until(lambda: store.queue.look(["later"])["later"].state is JobState.MADE)
        feed.stop()
        await task


async def test_a_worker_ends_when_its_patience_does_and_another_makes_what_it_had(server, store, tmp_path):
    heard = Heard()
    offer(store.queue, "k", 24 * 600)
    with serving(store, tmp_path, heard, patience_s=1.0) as (_, placed, task):
        await until(lambda: placed.snapshot().running)
        await asyncio.to_thread(server.stop)
        with pytest.raises(StoreAway):
            await asyncio.wait_for(task, 60)
    assert placed.snapshot().workers == 0
    await asyncio.to_thread(server.start)
    assert store.queue.look(["k"])["k"].state is JobState.RUNNING


async def test_a_worker_that_is_told_to_stop_waits_no_more(server, store, tmp_path):
    heard = Heard()
    with serving(store, tmp_path, heard) as (feed, _, task):
        await asyncio.to_thread(server.stop)
        await heard.until(WAITS)
        feed.stop()
        with pytest.raises(StoreAway):
            await asyncio.wait_for(task, 60)


async def test_what_an_outage_took_is_taken_anew_before_anything_else_is_asked():
    heard, asked = Heard(), []

    def question() -> str:
        asked.append("question")
        if asked.count("question") < 3:
            raise StoreAway("away")
        return "answer"

    assert await Patience(heard, FOREVER_S, lambda: asked.append("renewed")).ask(question) == "answer"
    assert asked == ["question", "renewed", "question", "renewed", "question"]
    assert heard.lines == [WAITS, ANSWERS]


async def test_what_cannot_be_taken_anew_ends_the_worker_with_the_reason():

    def renew() -> None:
        raise Rejected("store_busy", "the store is being cleaned up")

    def question() -> None:
        raise StoreAway("away")

    with pytest.raises(Rejected, match="cleaned up"):
        await Patience(Heard(), FOREVER_S, renew).ask(question)
