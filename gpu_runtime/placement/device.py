"""The device's worker process as a placement: it holds all the jobs it was given and orders them itself."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from gpu_runtime.executor import fault_of
from gpu_runtime.placement.child import Child
from gpu_runtime.placement.embedded import died
from gpu_runtime.placement.inbox import Inbox
from vibeboard.faults import Cancelled, Fault
from vibeboard.jobs import DeviceSnapshot, Failed, Job, JobEvent, Made, Snapshot


class EmbeddedDevice:
    """`Placement` over one child process, started with `command` at the first job and again when it died. The job that
    it was at then ends as transient; those that waited are given to the next process."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._child = Child(command, log, environment or {})
        self._jobs: dict[str, Job] = {}
        self._cancelled: set[str] = set()
        self._at_work: str | None = None
        self._useful = False
        """Whether the process that runs has ended a job."""
        self._keep_warm = False
        self._inbox = Inbox()
        self._outbox: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._loops: list[asyncio.Task[None]] = []
        self._seen: DeviceSnapshot | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def submit(self, job: Job) -> None:
        self._jobs[job.key] = job
        self._inbox.open(job)
        if not self._loops:
            self._loops = [asyncio.create_task(self._follow())]
        self._outbox.put_nowait(_offer(job))

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        return self._inbox.events(key)

    def cancel(self, key: str) -> None:
        if key in self._jobs:
            self._cancelled.add(key)
            self._outbox.put_nowait({"cancel": key})

    def unload(self) -> None:
        """Empty the device of all that no running job holds."""
        self._outbox.put_nowait({"unload": True})

    def keep_warm(self, on: bool) -> None:
        self._keep_warm = on
        self._outbox.put_nowait({"keep_warm": on})

    def snapshot(self) -> Snapshot:
        devices = (self._seen,) if self._seen and self._child.pid else ()
        running = devices[0].running if devices else ()
        queued = len(self._jobs.keys() - {job.key for job in running})
        return Snapshot(workers=len(devices), queued=queued, running=running, devices=devices)

    async def drain(self, *, leave: bool = False) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._child.stop()
        self._loops = []
        self._end_all(Cancelled().fault)

    async def _follow(self) -> None:
        """Start the process when there is something to say to it, and see to its jobs when it died."""
        while True:
            message = await self._outbox.get()
            self._at_work, self._useful = None, False
            try:
                code = await self._live(message)
            except Exception as error:  # noqa: BLE001  (jobs that nobody ends would hang the build)
                await self._child.stop()
                self._end_all(fault_of(error))
            else:
                self._bury(code)

    async def _live(self, message: dict[str, object]) -> int:
        """From the first message to the end of the process; its exit code."""
        await self._child.start()
        if self._keep_warm:
            self._child.send({"keep_warm": True})
        self._child.send(message)
        speaking = asyncio.create_task(self._speak())
        try:
            async for event in self._child.lines():
                self._hear(event)
        finally:
            speaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await speaking
        return await self._child.ended()

    async def _speak(self) -> None:
        while True:
            self._child.send(await self._outbox.get())

    def _hear(self, event: JobEvent | DeviceSnapshot) -> None:
        if isinstance(event, DeviceSnapshot):
            self._seen = event
            return
        if event.key in self._jobs:
            self._inbox.put(event)
        if not isinstance(event, Made | Failed):
            self._at_work = event.key
            return
        self._at_work = None if self._at_work == event.key else self._at_work
        self._useful = True
        self._cancelled.discard(event.key)
        self._jobs.pop(event.key, None)

    def _bury(self, code: int) -> None:
        """The process ended: the job that it was at ends, or all of them if it died before it got to one, as the next
        would; the others go to the next process."""
        at_work, spares = self._at_work, self._useful or self._at_work is not None
        for job in list(self._jobs.values()):
            if job.key in self._cancelled:
                self._hear(Failed(key=job.key, fault=Cancelled().fault))
            elif not spares or job.key == at_work:
                self._hear(Failed(key=job.key, fault=died(job, code, self._child.log_name)))
        self._renew()

    def _end_all(self, fault: Fault) -> None:
        """Every job that was with the process, or on its way to it, ends."""
        for job in list(self._jobs.values()):
            self._hear(Failed(key=job.key, fault=fault))
        self._renew()

    def _renew(self) -> None:
        """What is still to be done is all that the next process has to know."""
        self._seen, self._outbox = None, asyncio.Queue()
        for job in self._jobs.values():
            self._outbox.put_nowait(_offer(job))


def _offer(job: Job) -> dict[str, object]:
    return {"job": job.model_dump(mode="json")}
