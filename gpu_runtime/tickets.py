"""The words of scheduling: a job as the queue sees it, and the policy of the queue."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_runtime.moves import Need
from vibeboard.jobs import JobClass


@dataclass(frozen=True)
class Policy:
    """Seconds. `age_cap_s`: a job that waited so long makes way for interactive ones only. `gate_s`: so much work of
    one family is let in before another family has its turn. `step_s`: the longest time between two points at which a
    running job can make way."""

    age_cap_s: float = 900.0
    gate_s: float = 600.0
    step_s: float = 30.0


@dataclass(frozen=True)
class Ticket:
    """A job as the scheduler sees it: its `family` (backbone), what it needs, and the expected `seconds` of service."""

    key: str
    job_class: JobClass
    family: str
    need: Need
    seconds: float
    submitted: float
    priority: int = 0


@dataclass(frozen=True)
class Queued:
    """A ticket that waits. `order` counts arrivals; `resumes` says that it was preempted."""

    ticket: Ticket
    order: int
    resumes: bool = False

    @property
    def came(self) -> tuple[float, int]:
        return self.ticket.submitted, self.order

    def is_aged(self, now: float, policy: Policy) -> bool:
        return now - self.ticket.submitted >= policy.age_cap_s
