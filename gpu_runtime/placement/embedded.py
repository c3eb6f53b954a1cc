"""Child processes of the orchestrator for work on the CPU: started at the first job, gone with their parent."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Container, Sequence
from pathlib import Path

from gpu_runtime.executor import fault_of
from gpu_runtime.placement.child import Child
from gpu_runtime.placement.inbox import Inbox
from gpu_runtime.worker import ENVIRONMENT
from vibeboard.faults import Cancelled, Fault, FaultKind
from vibeboard.jobs import DeviceSnapshot, Failed, Job, JobClass, JobEvent, Made, Progress, Running, Snapshot

_RANK = {JobClass.INTERACTIVE: 0, JobClass.BATCH: 1, JobClass.FINAL: 2}


class Embedded:
    """`Placement` over `workers` child processes, each started with `command` and doing one job at a time. What
    the children print goes to `log`."""

    def __init__(self, command: Sequence[str], workers: int, log: Path) -> None:
        self._command, self._log = command, log
        self._size = workers
        self._waiting: asyncio.PriorityQueue[tuple[int, int, int, Job]] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._inbox = Inbox()
        self._cancelled: set[str] = set()
        self._children: list[_Slot] = []
        self._loops: list[asyncio.Task[None]] = []

    def submit(self, job: Job) -> None:
        self._inbox.open(job)
        self._cancelled.discard(job.key)
        self._waiting.put_nowait((_RANK[job.job_class], -job.priority, next(self._order), job))
        if len(self._children) < self._size:
            slot = _Slot(Child(self._command, self._log, ENVIRONMENT))
            self._children.append(slot)
            self._loops.append(asyncio.create_task(self._work(slot)))

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        return self._inbox.events(key)

    def cancel(self, key: str) -> None:
        if key in self._inbox:
            self._cancelled.add(key)
        for slot in self._children:
            if slot.running and slot.running.key == key:
                slot.child.send({"cancel": key})

    def unload(self) -> None:
        """There is no device here."""

    def keep_warm(self, on: bool) -> None:
        """There is no device here."""

    def snapshot(self) -> Snapshot:
        running = tuple(slot.running for slot in self._children if slot.running)
        return Snapshot(workers=len(self._children), queued=self._waiting.qsize(), running=running)

    async def drain(self, *, leave: bool = False) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for slot in self._children:
            await slot.child.stop()
        self._children, self._loops = [], []
        self._inbox.end_all(Cancelled().fault)

    async def _work(self, slot: _Slot) -> None:
        while True:
            *_, job = await self._waiting.get()
            if job.key in self._cancelled:
                self._inbox.put(Failed(key=job.key, fault=Cancelled().fault))
                continue
            try:
                async for event in slot.do(job, self._cancelled):
                    self._inbox.put(event)
            except Exception as error:  # noqa: BLE001  (a job that nobody ends would hang the build)
                await slot.child.stop()  # it may still speak of this job
                self._inbox.put(Failed(key=job.key, fault=fault_of(error)))


class _Slot:
    """One worker process and the job that it does."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.running: Running | None = None

    async def do(self, job: Job, cancelled: Container[str]) -> AsyncIterator[JobEvent]:
        """Events of the job; a process that dies under it ends the job as transient, the next job gets a new one. Who
        is among the `cancelled` when the process has started is told so at once."""
        self.running = Running(key=job.key, task=job.task, done=0, total=0, engine=job.engine)
        try:
            await self.child.start()
            self.child.send({"job": job.model_dump(mode="json")})
            if job.key in cancelled:
                self.child.send({"cancel": job.key})
            async for event in self.child.lines():
                if isinstance(event, DeviceSnapshot):
                    continue
                if isinstance(event, Progress):
                    self.running = self.running.model_copy(update={"done": event.done, "total": event.total})
                yield event
                if isinstance(event, Made | Failed):
                    return
            yield Failed(key=job.key, fault=died(job, await self.child.ended(), self.child.log_name))
        finally:
            self.running = None


def died(job: Job, code: int, log: str) -> Fault:
    """A worker process ended under a job."""
    message = f"the worker ended with code {code} during {job.task}; its last words are in {log}"
    return Fault(kind=FaultKind.TRANSIENT, code="worker_died", message=message)
