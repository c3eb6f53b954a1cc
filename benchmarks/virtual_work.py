"""What a virtual device is given and what it tells: queue rules, memory tiers, jobs, and the log of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from benchmarks.trace import GB, Part, Task
from gpu_runtime.residency import Need
from gpu_runtime.scheduler import Ticket


class Rule(Protocol):
    """A way to order the queue."""

    def submit(self, ticket: Ticket) -> float: ...

    def cancel(self, key: str) -> bool: ...

    def choose(self, now: float) -> Ticket | None: ...

    def requeue(self, ticket: Ticket, seconds_left: float) -> None: ...

    def preempts(self, running: Ticket, seconds_left: float, now: float) -> bool: ...

    def upcoming(self, now: float, most: int | None = None) -> tuple[Ticket, ...]: ...


class Tier(NamedTuple):
    """Where weights come from, GB a second. `foresight` is eviction by what the queue knows and prefetch of the next
    `ahead` jobs; `unload_all` empties everything when the family changes."""

    name: str
    read: float = 2.5
    upload: float = 20.0
    host_gb: int = 96
    foresight: bool = False
    ahead: int = 2
    unload_all: bool = False


Setup = Callable[[Need], float]
MakeRule = Callable[[Setup, Setup], Rule]


@dataclass
class Job:
    """`steps` are the part and the seconds of each; `at` is the next one. `others_s` is the interactive time until its
    submission."""

    task: Task
    rest: tuple[Task, ...]
    ticket: Ticket
    bound: float
    others_s: float
    steps: list[tuple[Part, float]]
    at: int = 0
    began: float | None = None
    counted: float = 0.0
    cancelled: bool = False

    @property
    def seconds_left(self) -> float:
        return sum(seconds for _, seconds in self.steps[self.at :])

    @property
    def need(self) -> Need:
        part = self.steps[self.at][0]
        return Need(part.weights, int(part.work_gb * GB))


class Ended(NamedTuple):
    """`waited` until its first step; `counted` of that was not interactive work; `bound` is for that."""

    task: Task
    submitted: float
    latency: float
    waited: float
    counted: float
    bound: float


@dataclass
class Log:
    """What a run came to, in seconds and bytes."""

    ended: list[Ended] = field(default_factory=list)
    makespan: float = 0.0
    idle: float = 0.0
    service: float = 0.0
    swaps: int = 0
    moved: int = 0
    preemptions: int = 0
    cancelled: int = 0
