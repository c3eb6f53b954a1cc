"""Holding what a job's stage needs, and giving it back: at the stage's end, or to make way for another job."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from gpu_runtime.catalog.declare import adapters, components
from gpu_runtime.device.job import LOADING, WAITING, DeviceJob
from gpu_runtime.device.loader import Loader
from gpu_runtime.device.trouble import AT_A_TIME, streamable
from gpu_runtime.memory import Memory
from gpu_runtime.peaks import Peaks
from gpu_runtime.residency import Need, Residency
from gpu_runtime.run import AdapterUse, Remedy, Stage
from gpu_runtime.scheduler import Scheduler
from gpu_runtime.weights import Weights
from vibeboard.faults import Cancelled


class Stages:
    """Called by the device's own thread; the loader's moves and people's wishes come in between through `lock`."""

    def __init__(
        self,
        lock: threading.Condition,
        residency: Residency,
        loader: Loader,
        scheduler: Scheduler,
        memory: Memory,
        weights: Weights,
        peaks: Peaks,
    ) -> None:
        self._lock, self._residency, self._loader, self._scheduler = lock, residency, loader, scheduler
        self._memory, self._weights, self._peaks = memory, weights, peaks
        self.preemptions = 0

    def enter(self, job: DeviceJob) -> bool:
        """Hold all that the job's stage needs, loading what is not there; false if it made way meanwhile.

        Raises:
            Cancelled, or what went wrong with the weights.
        """
        stage = job.stage
        assert stage is not None
        need = self._need(job, stage)
        with self._lock:
            job.doing = LOADING
            while True:
                if job.cancelled:
                    self._loader.forget()
                    raise Cancelled
                if self._has(job, need) and self._residency.lease(job.job.key, need):
                    break
                if self._scheduler.preempts(job.ticket, job.ticket.seconds, time.monotonic()):
                    self.suspend(job)
                    return False
                self._loader.want(need)
                fault = self._loader.trouble()
                if fault is not None:
                    self._loader.forget()
                    raise fault
                self._lock.wait()
            self._loader.forget()
        job.reach.streamed = need.streamed
        for component in stage.weights:
            self._put_on(job, stage, component)
        self._memory.reset_peak()
        job.enter(self._memory.used())
        return True

    def _has(self, job: DeviceJob, need: Need) -> bool:
        """Whether weights in memory are those that the job was asked for with.

        Raises:
            Rejected: `weights_changed`; it would be made of others.
        """
        return all(self._loader.has(component, job.digests[component]) for component in (*need.weights, *need.streamed))

    def _need(self, job: DeviceJob, stage: Stage) -> Need:
        """With the remedy for it, weights stay in host memory; what of them is on the device at a time is measured as
        work, and taken for a share of them until it was."""
        declared = stage.work
        streamed: tuple[str, ...] = ()
        if Remedy.OFFLOAD in job.reach.remedies:
            streamed = streamable(stage)
            declared += sum(self._residency.sizes[name] // AT_A_TIME[components()[name].kind] for name in streamed)
        work = self._peaks.expect(job.engine.name, job.measured_as, job.stage_volume, declared)
        work += sum(self._weights.size(use.adapter) for use in stage.adapters)
        return Need(tuple(name for name in stage.weights if name not in streamed), work, streamed)

    def _put_on(self, job: DeviceJob, stage: Stage, component: str) -> None:
        adapters = self._adapters(stage, component)
        if adapters:
            job.reach.adapted += (component,)
            self._memory.set_adapters(component, adapters)

    def _adapters(self, stage: Stage, component: str) -> list[tuple[AdapterUse, Path]]:
        """Those of a stage's adapters that sit on this component, with their files."""
        declared = [(use, adapters()[use.adapter]) for use in stage.adapters]
        return [(use, self._weights.adapter_file(item.id)) for use, item in declared if item.base.id == component]

    def leave(self, job: DeviceJob) -> None:
        """The stage is over: remember what it took, and hold nothing until the next is entered."""
        if job.stage is None:
            return
        work = max(self._memory.peak() - job.base, 0) if self._memory.counts_work else job.stage.work
        self._peaks.observe(job.engine.name, job.measured_as, job.stage_volume, work, job.pace or job.stage_s)
        job.stage = None
        self.give_back(job)

    def give_back(self, job: DeviceJob) -> None:
        """Hold nothing any more. Adapters go too: their room was the stage's."""
        for component in job.reach.adapted:
            self._memory.set_adapters(component, ())
        for component in job.reach.streamed:
            self._memory.release(component)
        job.reach.streamed = job.reach.adapted = ()
        with self._lock:
            self._residency.give_back(job.job.key)
            self._lock.notify_all()

    def makes_way(self, job: DeviceJob) -> bool:
        with self._lock:
            if job.cancelled:
                raise Cancelled
            left = job.seconds_left if job.seconds_left is not None else job.ticket.seconds
            return self._scheduler.preempts(job.ticket, left, time.monotonic())

    def suspend(self, job: DeviceJob) -> None:
        """Back into the queue, weights given back; latents, scheduler and random state stay in the generator.

        Raises:
            Cancelled: meanwhile; nobody would look at it in the queue.
        """
        self.give_back(job)
        with self._lock:
            self._loader.forget()
            if job.cancelled:
                raise Cancelled
            job.doing = WAITING
            self.preemptions += 1
            self._scheduler.requeue(job.ticket, job.seconds_left or job.ticket.seconds)
            self._lock.notify_all()
