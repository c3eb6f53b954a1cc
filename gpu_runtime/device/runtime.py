"""Who has the device and when: one thread computes, one moves weights, and the queue decides between steps."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from gpu_runtime.catalog.declare import backbones
from gpu_runtime.device import trouble
from gpu_runtime.device.cache import ResultCache
from gpu_runtime.device.job import DeviceJob, Reach, ticket_for
from gpu_runtime.device.loader import Loader
from gpu_runtime.device.stages import Stages
from gpu_runtime.device.view import View
from gpu_runtime.engine import registry as engines
from gpu_runtime.executor import fault_of
from gpu_runtime.ledger import Ledger
from gpu_runtime.manifest import Manifest
from gpu_runtime.measured import WHOLE_JOB, cache_folder, job_seconds, measurements, step_seconds
from gpu_runtime.memory import Memory
from gpu_runtime.residency import Need, Residency
from gpu_runtime.run import Remedy, Stage, Step
from gpu_runtime.scheduler import Policy, Scheduler
from gpu_runtime.weights import Weights
from tools.declare import registry as tools
from vibeboard.asset import Blobs, Result
from vibeboard.faults import Cancelled, Rejected
from vibeboard.jobs import DeviceSnapshot, Failed, Job, JobEvent, Made, Progress, Started
from vibeboard.settings import Settings

_READ_RATE, _UPLOAD_RATE = 2.5e9, 20e9
"""Bytes a second that are assumed before any were moved."""
_FORESEEN = 64
"""Waiting jobs that decide what leaves."""
_SHOWN = 100
"""Waiting jobs that are in a snapshot."""
_AHEAD = 2
"""Waiting jobs whose weights are fetched into host memory while another computes."""
_CANCELLED = Cancelled().fault
_OTHER = "{engine} has other weights, adapters or libraries now than this was asked for with: make the film again"


class DeviceRuntime:
    """Runs submitted jobs on the device of `memory`; each ends in exactly one `Made` or `Failed` given to `report`,
    which is called from the runtime's own threads.
    """

    def __init__(
        self, memory: Memory, blobs: Blobs, scratch: Path, report: Callable[[JobEvent], None], settings: Settings
    ) -> None:
        self._memory, self._blobs, self._scratch, self._report = memory, blobs, scratch, report
        self._settings = settings
        self._weights = Weights(settings.models_folder)
        self._cache = ResultCache(cache_folder(settings) / "results")
        self._peaks = measurements(settings)
        self._lock = threading.Condition()
        self._residency = Residency({}, Ledger(memory.device_capacity()), Ledger(memory.host_capacity()))
        self._loader = Loader(self._residency, memory, self._weights, self._lock, self._forecast)
        self._scheduler = Scheduler(
            self._setup_seconds, Policy(settings.age_cap_s, step_s=step_seconds()), self._cold_seconds
        )
        self._stages = Stages(
            self._lock, self._residency, self._loader, self._scheduler, memory, self._weights, self._peaks
        )
        self._jobs: dict[str, DeviceJob] = {}
        self._current: DeviceJob | None = None
        self._closing = False
        self._idle_since = time.monotonic()
        self.view = View()
        self._thread = threading.Thread(target=self._work, name="device", daemon=True)

    def start(self) -> None:
        self._loader.start()
        self._thread.start()

    def close(self) -> None:
        """Cancel everything and stop; returns when both threads are gone."""
        with self._lock:
            self._closing = True
            keys = list(self._jobs)
        for key in keys:
            self.cancel(key)
        with self._lock:
            self._lock.notify_all()
        self._thread.join()
        self._loader.close()

    def submit(self, job: Job) -> None:
        """Queue a job; one whose key is here already is joined. A job that cannot even begin fails at once."""
        try:
            device_job = self._accept(job)
        except Exception as error:  # noqa: BLE001  (the boundary where any failure becomes a value)
            self._report(Failed(key=job.key, fault=fault_of(error)))
            return
        with self._lock:
            joins = job.key in self._jobs
            if not joins:
                self._jobs[job.key] = device_job
                device_job.bound_s = self._scheduler.submit(device_job.ticket)
                self._lock.notify_all()
        if joins:
            self._dispose(device_job)

    def cancel(self, key: str) -> None:
        """Stop a job within one step, or within one chunk of a load."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                return
            job.cancelled = True
            waits = self._scheduler.cancel(key)
            if waits:
                del self._jobs[key]
            self._lock.notify_all()
        if waits:
            self._dispose(job)
            self._report(Failed(key=key, fault=_CANCELLED))

    def unload(self) -> None:
        """Empty the device and the host's part now, but for what a running job holds."""
        with self._lock:
            self._loader.clear()
            self._memory.reclaim()

    def keep_warm(self, on: bool) -> None:
        """Whether weights stay for ever, however long there is no work."""
        with self._lock:
            self.view.keep_warm = on
            self._lock.notify_all()

    def snapshot(self) -> DeviceSnapshot:
        with self._lock:
            now = time.monotonic()
            waiting = [self._jobs[ticket.key] for ticket in self._scheduler.upcoming(now, _SHOWN)]
            self.view.preemptions = self._stages.preemptions
            return self.view.of(
                self._memory,
                self._residency,
                self._loader.traffic,
                waiting,
                self._scheduler.waiting,
                self._current,
                now,
            )

    def _accept(self, job: Job) -> DeviceJob:
        engine = engines()[job.engine]
        params = tools()[job.task].params.model_validate(job.params)
        if job.revision and engine.key(params) != job.key:
            raise Rejected("weights_changed", _OTHER.format(engine=engine.name))
        manifests = self._all_weights(engine.backbone)
        scratch = Path(tempfile.mkdtemp(dir=self._scratch))
        reach = Reach(scratch, self._blobs, engine, self._memory, self._weights, self._cache)
        spared = engine.spared(params, reach)
        need = Need(tuple(component for component in manifests if component not in spared))
        seconds = job_seconds(self._peaks, engine, job.params)
        digests = {component: manifest.digest for component, manifest in manifests.items()}
        return DeviceJob(job, ticket_for(job, need, seconds, time.monotonic()), reach, digests)

    def _all_weights(self, backbone: str) -> dict[str, Manifest]:
        """All weights of a backbone: what its jobs need in one stage or another, and what affinity is about."""
        manifests = {component.id: self._weights.needed(component.id) for component in backbones()[backbone].weights}
        with self._lock:
            self._loader.know(manifests)
        return manifests

    def _setup_seconds(self, need: Need) -> float:
        """Seconds to make a need resident, by the rates seen so far. The lock is held."""
        return self._moving_seconds(*self._residency.setup_bytes(need))

    def _cold_seconds(self, need: Need) -> float:
        """Seconds to make a need resident when nothing of it is in memory, which bounds on waits are made of."""
        size = sum(self._residency.sizes[component] for component in need.weights)
        return self._moving_seconds(size, size)

    def _moving_seconds(self, to_read: int, to_upload: int) -> float:
        traffic = self._loader.traffic
        read_rate = traffic.read_bytes / traffic.read_s if traffic.read_s else _READ_RATE
        upload_rate = traffic.uploaded_bytes / traffic.upload_s if traffic.upload_s else _UPLOAD_RATE
        return to_read / read_rate + to_upload / upload_rate

    def _forecast(self) -> tuple[Mapping[str, float], tuple[Need, ...]]:
        """What the job at work and those that wait will use, and when. The lock is held."""
        next_use: dict[str, float] = {}
        needs: list[Need] = []
        until = 0.0
        if self._current:
            needs.append(self._current.coming)
            next_use |= dict.fromkeys(self._current.coming.weights, until)
            until = self._current.seconds_left or 0.0
        for ticket in self._scheduler.upcoming(time.monotonic(), _FORESEEN):
            needs.append(ticket.need)
            for component in ticket.need.weights:
                next_use.setdefault(component, until)
            until += ticket.seconds
        return next_use, tuple(needs[: 1 + _AHEAD])

    def _work(self) -> None:
        while (job := self._next_job()) is not None:
            self._advance(job)
            with self._lock:
                self._current, self._idle_since = None, time.monotonic()
                self.view.rests()
                self._lock.notify_all()

    def _next_job(self) -> DeviceJob | None:
        with self._lock:
            while not self._closing:
                ticket = self._scheduler.choose(time.monotonic())
                if ticket is not None:
                    self._current = self._jobs[ticket.key]
                    self._current.ticket = ticket
                    self.view.works()
                    self._lock.notify_all()
                    return self._current
                if not self._lock.wait(self._until_unload()):
                    self._unload_when_idle()
        return None

    def _until_unload(self) -> float | None:
        """Seconds until the device has been idle for long enough; nothing if that never comes."""
        if self.view.keep_warm or not self._residency.occupied:
            return None
        return max(self._idle_since + self._settings.idle_unload_s - time.monotonic(), 0.0)

    def _unload_when_idle(self) -> None:
        if self._until_unload() == 0.0:
            self._loader.clear()
            self._memory.reclaim()

    def _advance(self, job: DeviceJob) -> None:
        """Run a job until it ends or makes way."""
        if job.work is None:
            self._report(Started(key=job.job.key))
        failure: Exception | None = None
        try:
            result = self._follow(job)
        except Exception as error:  # noqa: BLE001  (the boundary where any failure becomes a value)
            failure = error
        if failure is not None:
            self._fail(job, failure)
        elif result is not None:
            self._stages.give_back(job)
            self._remember(job)
            self._end(job, Made(key=job.job.key, result=result, seconds=job.service_s))

    def _remember(self, job: DeviceJob) -> None:
        self._peaks.observe(job.engine.name, WHOLE_JOB, job.volume, 0, job.service_s)
        with suppress(OSError):  # where nothing can be written, what was measured is forgotten and the shot is not
            self._peaks.save()

    def _follow(self, job: DeviceJob) -> Result | None:
        """The job's result, or nothing if it was preempted."""
        if job.work is None:
            job.begin()
        if job.stage is not None and not self._stages.enter(job):
            return None
        while True:
            point = job.resume()
            if isinstance(point, Stage):
                self._stages.leave(job)
                job.come_to(point)
                if not self._stages.enter(job):
                    return None
            elif isinstance(point, Step):
                job.stepped(point)
                self._report(self._progress(job))
                if self._stages.makes_way(job):
                    if point.leave:
                        point.leave()
                    self._stages.suspend(job)
                    return None
            else:
                self._stages.leave(job)
                return point

    def _progress(self, job: DeviceJob) -> Progress:
        return Progress(key=job.job.key, done=job.done, total=job.total, seconds_left=job.seconds_left)

    def _fail(self, job: DeviceJob, failure: Exception) -> None:
        """Drop all that the job held, which is in the ledger that is told; once it ran out of memory it is tried again
        with a remedy that changes nothing that can be seen."""
        remedy = trouble.remedy_for(failure, job.stage)
        fault = trouble.fault(failure, self.snapshot(), remedied=remedy in job.reach.remedies)
        self._stages.give_back(job)
        ran_out = trouble.out_of_memory(failure)
        trouble.forget_frames(failure)
        del failure
        if ran_out and job.stage is not None:
            self.view.out_of_memory += 1
            self._peaks.too_small(job.engine.name, job.measured_as, job.stage_volume)
        job.close()
        self._memory.reclaim()
        if remedy is None or remedy in job.reach.remedies or not self._again(job, remedy):
            self._end(job, Failed(key=job.job.key, fault=fault))

    def _again(self, job: DeviceJob, remedy: Remedy) -> bool:
        """Queue a job once more, on an empty device; false if it was cancelled meanwhile."""
        job.reach.remedies |= {remedy}
        with self._lock:
            self._loader.clear(keep_host=True)
            if not job.cancelled:
                self._scheduler.requeue(job.ticket, job.ticket.seconds)
            return not job.cancelled

    def _end(self, job: DeviceJob, event: Made | Failed) -> None:
        with self._lock:
            del self._jobs[job.job.key]
            self._current = None
            self.view.ended(event)
        self._dispose(job)
        self._report(event)

    def _dispose(self, job: DeviceJob) -> None:
        job.close()
        shutil.rmtree(job.reach.scratch, ignore_errors=True)
