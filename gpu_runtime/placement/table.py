"""Work left to `vibeboard worker` processes: jobs are offered in the job table, and looked after there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from gpu_runtime.executor import fault_of
from gpu_runtime.placement.inbox import Inbox
from gpu_runtime.stock import why_waiting
from vibeboard.faults import Cancelled, Fault, FaultKind, StoreAway
from vibeboard.jobs import (
    AT_WORK,
    Failed,
    Job,
    JobEvent,
    JobQueue,
    JobState,
    JobView,
    Made,
    Snapshot,
    Started,
    Wish,
    WorkerView,
)

EVERY_S = 0.2
"""How often the table is looked at."""
WAITING_S = 10.0
"""How often it is looked whether there is a worker for what waits."""
log = logging.getLogger("vibeboard.table")


class Table:
    """`Placement` over a job table. Jobs outlive this process: a later one finds them where they are. When jobs wait
    that no worker takes, `say` is told why, once for each reason."""

    def __init__(self, queue: JobQueue, say: Callable[[str], None] = log.warning) -> None:
        self._queue, self._say = queue, say
        self._asked: dict[str, tuple[str, str]] = {}
        """Engine and revision of each job."""
        self._inbox = Inbox()
        self._told: dict[str, JobView] = {}
        self._loops: list[asyncio.Task[None]] = []

    def submit(self, job: Job) -> None:
        self._inbox.open(job)
        self._told[job.key] = JobView(state=JobState.QUEUED, attempt=job.attempt)
        self._asked[job.key] = job.engine, job.revision
        self._queue.offer(job)
        if not self._loops:
            self._loops = [asyncio.create_task(self._watch()), asyncio.create_task(self._tell_waiting())]

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        return self._inbox.events(key)

    def cancel(self, key: str) -> None:
        self._queue.withdraw(key)

    def unload(self) -> None:
        self._queue.wish(Wish.UNLOAD)

    def keep_warm(self, on: bool) -> None:
        self._queue.wish(Wish.KEEP_WARM if on else Wish.COOL_DOWN)

    def snapshot(self) -> Snapshot:
        seen = [worker.snapshot for worker in self._queue.workers()]
        running = tuple(job for snapshot in seen for job in snapshot.running)
        return Snapshot(
            workers=sum(snapshot.workers for snapshot in seen),
            queued=len(self._told.keys() - {job.key for job in running}),
            running=running,
            devices=tuple(device for snapshot in seen for device in snapshot.devices),
        )

    async def drain(self, *, leave: bool = False) -> None:
        """Take back what was offered and is not made; the workers go on with other work."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for key in self._told if not leave else ():
            self._queue.withdraw(key)
        self._loops, self._told = [], {}
        self._inbox.end_all(Cancelled().fault)

    async def _watch(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001  (jobs that nobody ends would hang the build)
                self._told = {}
                self._inbox.end_all(fault_of(error))
            await asyncio.sleep(EVERY_S)

    async def _tell_waiting(self) -> None:
        said: set[str] = set()
        while True:
            await asyncio.sleep(WAITING_S)
            with contextlib.suppress(StoreAway):
                workers = await asyncio.to_thread(self._queue.workers)
                for sentence in self._reasons(workers) - said:
                    self._say(sentence)
                    said.add(sentence)

    def _reasons(self, workers: Sequence[WorkerView]) -> set[str]:
        waiting = {self._asked[key] for key, view in self._told.items() if view.state is JobState.QUEUED}
        reasons = ((engine, why_waiting(engine, revision, workers)) for engine, revision in waiting)
        return {f"jobs of {engine} wait: {why}" for engine, why in reasons if why}

    async def _look(self) -> None:
        """A database can keep one waiting, so it is asked in a thread; a job that was submitted anew meanwhile is left
        for the next look."""
        told = dict(self._told)
        for key, view in (await asyncio.to_thread(self._seen, list(told))).items():
            if self._told.get(key) is not told[key]:
                continue
            for event in _news(key, told[key], view):
                self._inbox.put(event)
            self._told[key] = view
            if view.state not in AT_WORK:
                del self._told[key]

    def _seen(self, keys: list[str]) -> dict[str, JobView]:
        self._queue.expire()
        return self._queue.look(keys)


def _news(key: str, before: JobView, now: JobView) -> list[JobEvent]:
    """What happened to a job between two looks."""
    news: list[JobEvent] = []
    if now.state is JobState.RUNNING and before.state is JobState.QUEUED:
        news.append(Started(key=key))
    if now.progress and now.progress != before.progress:
        news.append(now.progress)
    if now.state in (JobState.MADE, JobState.DONE) and now.result:
        news.append(Made(key=key, result=now.result, seconds=now.seconds))
    elif now.state is JobState.FAILED:
        lost = Fault(kind=FaultKind.TRANSIENT, code="worker_died", message="the worker ended without a word")
        news.append(Failed(key=key, fault=now.fault or lost))
    return news
