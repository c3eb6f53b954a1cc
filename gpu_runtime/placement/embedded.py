"""Child processes of the orchestrator: started at the first job, gone with their parent."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from gpu_runtime.executor import fault_of
from gpu_runtime.worker import ENVIRONMENT, decode
from vibeboard.faults import Fault, FaultKind
from vibeboard.jobs import Failed, Job, JobEvent, Made, Progress, Running, Snapshot

_LINE_LIMIT = 16 << 20
_CANCELLED = Fault(kind=FaultKind.CANCELLED, code="cancelled", message="cancelled")


class Embedded:
    """`Placement` over `workers` child processes, each started with `command` and doing one job at a time. What
    the children print goes to `log`."""

    def __init__(self, command: Sequence[str], workers: int, log: Path) -> None:
        self._command, self._log = command, log
        self._size = workers
        self._waiting: asyncio.PriorityQueue[tuple[int, int, Job]] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._inbox: dict[str, asyncio.Queue[JobEvent]] = {}
        self._cancelled: set[str] = set()
        self._children: list[_Child] = []
        self._loops: list[asyncio.Task[None]] = []

    def submit(self, job: Job) -> None:
        self._inbox[job.key] = asyncio.Queue()
        self._cancelled.discard(job.key)
        self._waiting.put_nowait((-job.priority, next(self._order), job))
        if len(self._children) < self._size:
            child = _Child(self._command, self._log)
            self._children.append(child)
            self._loops.append(asyncio.create_task(self._work(child)))

    async def events(self, key: str) -> AsyncIterator[JobEvent]:
        inbox = self._inbox[key]
        while True:
            event = await inbox.get()
            if isinstance(event, Made | Failed):
                del self._inbox[key]
                yield event
                return
            yield event

    def cancel(self, key: str) -> None:
        for child in self._children:
            if child.job and child.job.key == key:
                child.cancel()
                return
        if key in self._inbox:
            self._cancelled.add(key)

    def snapshot(self) -> Snapshot:
        running = tuple(child.running for child in self._children if child.running)
        return Snapshot(workers=len(self._children), queued=self._waiting.qsize(), running=running)

    async def drain(self) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for child in self._children:
            await child.stop()
        self._children, self._loops = [], []

    async def _work(self, child: _Child) -> None:
        while True:
            _, _, job = await self._waiting.get()
            inbox = self._inbox[job.key]
            if job.key in self._cancelled:
                self._cancelled.discard(job.key)
                inbox.put_nowait(Failed(key=job.key, fault=_CANCELLED))
                continue
            try:
                async for event in child.do(job):
                    inbox.put_nowait(event)
            except Exception as error:  # noqa: BLE001  (a job that nobody ends would hang the build)
                inbox.put_nowait(Failed(key=job.key, fault=fault_of(error)))


class _Child:
    """One worker process and the job that it does."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command, self._log = command, log
        self._process: asyncio.subprocess.Process | None = None
        self.job: Job | None = None
        self.running: Running | None = None

    async def do(self, job: Job) -> AsyncIterator[JobEvent]:
        """Events of the job; a process that dies under it ends the job as transient, the next job gets a new one."""
        process = await self._alive()
        self.job, self.running = job, Running(key=job.key, task=job.task, done=0, total=0)
        try:
            self._send({"job": job.model_dump(mode="json")})
            assert process.stdout
            async for line in process.stdout:
                event = decode(line)
                if isinstance(event, Progress):
                    self.running = self.running.model_copy(update={"done": event.done, "total": event.total})
                yield event
                if isinstance(event, Made | Failed):
                    return
            code = await process.wait()
            message = f"the worker ended with code {code} during {job.task}; its last words are in {self._log.name}"
            fault = Fault(kind=FaultKind.TRANSIENT, code="worker_died", message=message)
            yield Failed(key=job.key, fault=fault)
        finally:
            self.job = self.running = None

    def cancel(self) -> None:
        if self.job:
            self._send({"cancel": self.job.key})

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _alive(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env={**os.environ, **ENVIRONMENT},
                    limit=_LINE_LIMIT,
                )
        return self._process

    def _send(self, message: dict[str, object]) -> None:
        assert self._process
        assert self._process.stdin
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
