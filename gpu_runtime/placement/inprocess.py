"""A device's runtime in this process, behind the interface of every other placement; for tests and notebooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from gpu_runtime.device.runtime import DeviceRuntime
from gpu_runtime.placement.inbox import Inbox
from vibeboard.jobs import Job, JobEvent, Snapshot


class InProcess:
    """`Placement` over a runtime that `open_runtime` makes from the function that it shall report to."""

    def __init__(self, open_runtime: Callable[[Callable[[JobEvent], None]], DeviceRuntime]) -> None:
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self.runtime = open_runtime(self._report)
        self.runtime.start()

    def submit(self, job: Job) -> None:
        self._inbox.open(job)
        self.runtime.submit(job)

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        return self._inbox.events(key)

    def cancel(self, key: str) -> None:
        self.runtime.cancel(key)

    def unload(self) -> None:
        self.runtime.unload()

    def keep_warm(self, on: bool) -> None:
        self.runtime.keep_warm(on)

    def snapshot(self) -> Snapshot:
        seen = self.runtime.snapshot()
        return Snapshot(workers=1, queued=seen.queued, running=seen.running, devices=(seen,))

    async def drain(self, *, leave: bool = False) -> None:
        await asyncio.to_thread(self.runtime.close)

    def _report(self, event: JobEvent) -> None:
        """Called from the runtime's threads; the queues belong to the loop."""
        self._loop.call_soon_threadsafe(self._inbox.put, event)
