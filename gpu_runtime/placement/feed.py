"""A worker by itself: takes jobs from the table, has them done by a placement of its own, and writes down the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from vibeboard.jobs import Failed, Job, JobClass, JobQueue, Made, Placement, Progress, Wish

EVERY_S = 0.2
BEAT_S = 2.0
AHEAD = 16
"""Jobs of a worker's own, beyond one for each process at work, so that its device can choose an order."""


class Feed:
    """Serves the table as `owner` until it is told to stop; a job that ran when it died is taken by another."""

    def __init__(self, queue: JobQueue, placement: Placement, owner: str, say: Callable[[str], None]) -> None:
        self._queue, self._placement, self._owner, self._say = queue, placement, owner, say
        self._working: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, Progress] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more; return from `serve` when what is in hand was given back."""
        self._stopping.set()

    async def serve(self) -> None:
        beating = asyncio.create_task(self._beat())
        try:
            while not self._stopping.is_set():
                self._take()
                await self._nap(EVERY_S)
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating
            await self._placement.drain()
            await asyncio.gather(*self._working.values(), return_exceptions=True)
            self._queue.leave(self._owner)

    def _take(self) -> None:
        """Somebody who waits at a screen is let in however much is in hand."""
        self._queue.expire()
        jobs = self._queue.take(self._owner, AHEAD, JobClass.INTERACTIVE)
        room = AHEAD - len(self._working) - len(jobs)
        if room > 0:
            jobs += self._queue.take(self._owner, room)
        for job in jobs:
            self._working[job.key] = asyncio.create_task(self._do(job))

    async def _do(self, job: Job) -> None:
        try:
            self._placement.submit(job)
            async for event in self._placement.events(job.key):
                if isinstance(event, Progress):
                    self._progress[job.key] = event
                elif isinstance(event, Made):
                    self._queue.made(job, event.result, event.seconds)
                    self._say(f"made {job.task} {job.key[:12]} on {job.engine} in {event.seconds:.1f} s")
                elif isinstance(event, Failed):
                    self._end(job, event)
        finally:
            self._working.pop(job.key, None)
            self._progress.pop(job.key, None)

    def _end(self, job: Job, event: Failed) -> None:
        """A job that was given back because this worker stops is offered again; any other failure is its end."""
        if self._stopping.is_set():
            self._queue.offer(job)
            return
        self._queue.failed(job, event.fault)
        self._say(f"failed {job.task} {job.key[:12]}: {event.fault.message}")

    async def _beat(self) -> None:
        while True:
            for key in self._queue.beat(self._owner, dict(self._progress)):
                self._placement.cancel(key)
            self._obey(self._queue.show(self._owner, self._placement.snapshot()))
            await asyncio.sleep(BEAT_S / 4)

    def _obey(self, wish: Wish | None) -> None:
        if wish is Wish.UNLOAD:
            self._placement.unload()
        elif wish is not None:
            self._placement.keep_warm(wish is Wish.KEEP_WARM)

    async def _nap(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
