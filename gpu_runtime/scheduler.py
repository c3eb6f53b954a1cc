"""Which job runs next on a device, and which makes way. It sees jobs as tickets and time as a number it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpu_runtime.residency import Need
from vibeboard.jobs import JobClass


@dataclass(frozen=True)
class Policy:
    """Seconds. `age_cap_s`: a job that waited so long makes way for interactive ones only. `gate_s`: so much work of
    one family is let in before another family has its turn."""

    age_cap_s: float = 900.0
    gate_s: float = 600.0


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


class Scheduler:
    """Gated affinity with an age cap inside strict classes, and preemption at step boundaries.

    `setup` tells the seconds until a need would be resident if it were chosen now.
    """

    def __init__(self, setup: Callable[[Need], float], policy: Policy | None = None) -> None:
        self._setup, self.policy = setup, policy or Policy()

    def submit(self, ticket: Ticket) -> float:
        """Queue a ticket; the bound on its wait in seconds, interactive work that comes meanwhile not counted."""
        raise NotImplementedError

    def cancel(self, key: str) -> bool:
        """Take a waiting ticket out; false when it does not wait."""
        raise NotImplementedError

    def choose(self, now: float) -> Ticket | None:
        """Take the next ticket out of the queue to run it."""
        raise NotImplementedError

    def requeue(self, ticket: Ticket, seconds_left: float) -> None:
        """A ticket that was preempted waits again, first of its family, with what is left of its service."""
        raise NotImplementedError

    def preempts(self, running: Ticket, seconds_left: float, now: float) -> bool:
        """Whether the running job should make way at this step."""
        raise NotImplementedError

    def upcoming(self, now: float) -> tuple[Ticket, ...]:
        """The waiting tickets in the order in which they would run if nothing more came."""
        raise NotImplementedError
