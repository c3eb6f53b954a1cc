"""One job on a device: its generator, the stage it is in, and what it may reach."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpu_runtime.device.cache import ResultCache
from gpu_runtime.engine import Engine
from gpu_runtime.engine import registry as engines
from gpu_runtime.executor import StoreAccess
from gpu_runtime.measured import volume
from gpu_runtime.memory import Memory
from gpu_runtime.residency import Need
from gpu_runtime.run import Remedy, Stage, Step, Work
from gpu_runtime.scheduler import Ticket
from gpu_runtime.weights import Weights
from tools.declare import registry as tools
from vibeboard.asset import Result
from vibeboard.jobs import Job, Running

LOADING = "loading"
WAITING = "preempted"


@dataclass
class Reach(StoreAccess):
    """`gpu_runtime.run.DeviceRun` over a store, a memory and the installed weights."""

    engine: Engine
    memory: Memory
    weights: Weights
    cache: ResultCache
    remedies: frozenset[Remedy] = frozenset()
    streamed: tuple[str, ...] = ()
    adapted: tuple[str, ...] = ()

    @property
    def device(self) -> str:
        return self.memory.device

    def progress(self, done: int, total: int) -> None:
        """A job on a device yields a `Step` instead."""

    def module(self, component: str) -> Any:
        return self.memory.module(component, offload=component in self.streamed)

    def folder(self, component: str) -> Path:
        return self.weights.folder(component)

    def cached(self, key: str, make: Callable[[], bytes]) -> bytes:
        return self.cache.get(key, make)

    def is_cached(self, key: str) -> bool:
        return self.cache.has(key)


@dataclass
class DeviceJob:
    """A job between its submission and its end. `digests` names the content of the weights that it was asked for with,
    `bound_s` is the longest wait in seconds that it was told when it was queued.
    `work` is its generator once it was begun; while it is suspended the generator is its checkpoint."""

    job: Job
    ticket: Ticket
    reach: Reach
    digests: Mapping[str, str]
    bound_s: float = 0.0
    work: Work | None = None
    stage: Stage | None = None
    doing: str = ""
    done: int = 0
    total: int = 0
    cancelled: bool = False
    service_s: float = 0.0
    stage_s: float = 0.0
    base: int = 0
    used: set[str] = field(default_factory=set)
    _paces: list[float] = field(default_factory=list)
    _stepped: float = 0.0
    _left: int = 0

    @property
    def engine(self) -> Engine:
        return self.reach.engine

    @property
    def volume(self) -> int:
        return volume(self.job.params)

    @property
    def stage_volume(self) -> int:
        """Pixels times frames of what the stage works on, such as one chunk of the shot."""
        assert self.stage is not None
        frames = {"frames": self.stage.frames} if self.stage.frames else {}
        return volume({**self.job.params, **frames})

    @property
    def measured_as(self) -> str:
        """The name under which the stage's memory and pace are remembered: a remedy makes another stage of it."""
        assert self.stage is not None
        return "+".join([self.stage.name, *sorted(self.reach.remedies)])

    def begin(self) -> None:
        """Make the generator; nothing of it runs yet."""
        params = tools()[self.job.task].params.model_validate(self.job.params)
        self.work = self.engine.load()(params, self.reach)
        self.stage, self.done, self.total, self.used = None, 0, 0, set()

    def resume(self) -> Stage | Step | Result:
        """Run to the next point at which the job can stop, or to its result."""
        assert self.work is not None
        begin = time.monotonic()
        try:
            return next(self.work)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        finally:
            took = time.monotonic() - begin
            self.service_s, self.stage_s = self.service_s + took, self.stage_s + took

    def come_to(self, stage: Stage) -> None:
        """The generator asks for this before it goes on."""
        self.stage, self.stage_s, self._paces, self._left = stage, 0.0, [], 0

    def enter(self, base: int) -> None:
        """All that the stage needs is held, and `base` bytes of the device are in use: it starts, or goes on after it
        made way."""
        assert self.stage is not None
        self.doing, self.base = self.stage.name, base
        self.used.update(self.stage.weights)
        self._stepped = time.monotonic()

    @property
    def coming(self) -> Need:
        """What it has not used yet and will, unless its words are known."""
        return Need(tuple(component for component in self.ticket.need.weights if component not in self.used))

    def stepped(self, step: Step) -> None:
        """Only steps that bring the job further, or its last part, have a pace: others are places to stop at."""
        now = time.monotonic()
        if step.done > self.done or (step.left and step.done >= step.total):
            self._paces.append(now - self._stepped)
        self._stepped = now
        self.done, self.total, self._left = step.done, step.total, step.left

    @property
    def pace(self) -> float | None:
        """Seconds a step in this stage, the middle of the last ones."""
        recent = sorted(self._paces[-5:])
        return recent[len(recent) // 2] if recent else None

    @property
    def seconds_left(self) -> float | None:
        """Of the steps that are known; nothing while no step was taken in this stage."""
        if self.total and self.done >= self.total:
            return (self.pace or 0.0) * self._left
        return None if self.pace is None else self.pace * (self.total - self.done)

    @property
    def running(self) -> Running:
        return Running(
            key=self.job.key,
            task=self.job.task,
            done=self.done,
            total=self.total,
            engine=self.engine.name,
            stage=self.doing,
            seconds_left=self.seconds_left,
        )

    def close(self) -> None:
        """Drop what the generator holds."""
        if self.work is not None:
            self.work.close()
        self.work = None


def ticket_for(job: Job, need: Need, seconds: float, now: float) -> Ticket:
    return Ticket(
        key=job.key,
        job_class=job.job_class,
        family=engines()[job.engine].backbone,
        need=need,
        seconds=seconds,
        submitted=now,
        priority=job.priority,
    )
