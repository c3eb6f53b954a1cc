"""GPU work as values: what a job is, the states it goes through, what it reports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Protocol

from pydantic import Field, JsonValue

from vibeboard.asset import Result
from vibeboard.faults import Fault
from vibeboard.model import Frozen


class JobState(StrEnum):
    """`queued -> running -> made -> done`; `made` has bytes that were not yet probed and persisted."""

    QUEUED = "queued"
    RUNNING = "running"
    MADE = "made"
    DONE = "done"
    FAILED = "failed"


class Job(Frozen):
    """A piece of work named by its content key. `params` are the tool's parameters as JSON, already legal.

    Of the jobs that wait, those of the highest `priority` go first, in the order in which they came.
    """

    key: str
    task: str
    engine: str
    params: dict[str, JsonValue]
    attempt: int = Field(ge=1)
    priority: int = 0


class Started(Frozen):
    key: str


class Progress(Frozen):
    """`done` of `total` frames or steps."""

    key: str
    done: int
    total: int


class Made(Frozen):
    key: str
    result: Result
    seconds: float


class Failed(Frozen):
    key: str
    fault: Fault


JobEvent = Started | Progress | Made | Failed


class Running(Frozen):
    key: str
    task: str
    done: int
    total: int


class Snapshot(Frozen):
    """What a placement is doing: workers alive, jobs waiting, jobs at work."""

    workers: int
    queued: int
    running: tuple[Running, ...]


class Placement(Protocol):
    """Where jobs run. A submitted job ends in exactly one `Made` or `Failed`."""

    def submit(self, job: Job) -> None: ...

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        """What happens to a submitted job, up to and with its end. One reader a job."""

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it ends `Failed` with a cancelled fault."""

    def snapshot(self) -> Snapshot: ...

    async def drain(self) -> None:
        """Take no more, cancel what waits and runs, and end the workers."""
