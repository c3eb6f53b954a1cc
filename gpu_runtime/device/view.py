"""What a device's runtime shows of itself: counters, and a snapshot for people and for metrics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from gpu_runtime.device.job import DeviceJob
from gpu_runtime.device.loader import Traffic
from gpu_runtime.ledger import Ledger
from gpu_runtime.memory import Memory
from gpu_runtime.residency import Residency
from vibeboard.jobs import Account, DeviceSnapshot, Failed, Made, Resident, Waiting

_ON_DEVICE = ("on device", "uploading", "releasing")
_IN_HOST = ("in host", "reading", "uploading")


@dataclass
class View:
    """Counts since the start of the process."""

    keep_warm: bool = False
    preemptions: int = 0
    out_of_memory: int = 0
    made: int = 0
    failed: int = 0
    _busy_s: float = 0.0
    _since: float | None = None
    _began: float = field(default_factory=time.monotonic)

    def works(self) -> None:
        """From now on a job is at work."""
        self._since = time.monotonic()

    def rests(self) -> None:
        self._busy_s, self._since = self._busy(time.monotonic()), None

    def _busy(self, now: float) -> float:
        return self._busy_s + (0.0 if self._since is None else now - self._since)

    def ended(self, event: Made | Failed) -> None:
        if isinstance(event, Made):
            self.made += 1
        else:
            self.failed += 1

    def of(
        self,
        memory: Memory,
        residency: Residency,
        traffic: Traffic,
        waiting: Sequence[DeviceJob],
        queued: int,
        current: DeviceJob | None,
        now: float,
    ) -> DeviceSnapshot:
        residents = residency.residents()
        return DeviceSnapshot(
            device=memory.device,
            memory=_account(residency.device, residents, _ON_DEVICE, memory.used()),
            host=_account(residency.host, residents, _IN_HOST, residency.host.capacity - residency.host.free),
            components=residents,
            queue=tuple(_waiting(job, now) for job in waiting),
            queued=queued,
            running=(current.running,) if current else (),
            uploads=traffic.uploads,
            uploaded_bytes=traffic.uploaded_bytes,
            reads=traffic.reads,
            read_bytes=traffic.read_bytes,
            evictions=traffic.evictions,
            preemptions=self.preemptions,
            out_of_memory=self.out_of_memory,
            jobs_made=self.made,
            jobs_failed=self.failed,
            busy_s=self._busy(now),
            idle_s=max(now - self._began - self._busy(now), 0.0),
            keep_warm=self.keep_warm,
        )


def _account(ledger: Ledger, residents: Sequence[Resident], states: Sequence[str], used: int) -> Account:
    booked = ledger.capacity - ledger.free
    weights = min(sum(resident.bytes for resident in residents if resident.state in states), booked)
    return Account(capacity=ledger.capacity, weights=weights, work=booked - weights, used=used)


def _waiting(job: DeviceJob, now: float) -> Waiting:
    return Waiting(
        key=job.job.key,
        task=job.job.task,
        engine=job.engine.name,
        job_class=job.job.job_class,
        waited_s=max(now - job.ticket.submitted, 0.0),
        bound_s=job.bound_s,
    )
