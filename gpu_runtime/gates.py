"""Whose turn it is: gated affinity with an age cap, following from what waits alone.

A change of family costs a setup, so work of one family is done together. *Gated* service (polling systems: only what is
there when the turn begins is served in it) bounds the wait of the others by one round; an age cap bounds how often a
family that is cheaper to set up may go first.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gpu_runtime.tickets import Policy, Queued, Ticket
from vibeboard.jobs import JobClass

Setup = Callable[[Ticket], float]
_CLASSES = tuple(JobClass)


def interactive_order(queued: Queued) -> tuple[int, float, int]:
    """Whoever sits at a screen: the highest priority, then whoever would be done first on a device alone.

    So a short edit overtakes a long one only if it came within the seconds by which it is shorter, and nobody is
    overtaken for longer than that (earliest due date first, with the end of undisturbed service as the due date).
    """
    return -queued.ticket.priority, due(queued.ticket), queued.order


def due(ticket: Ticket) -> float:
    return ticket.submitted + ticket.seconds


class _Line(NamedTuple):
    """Who differs in nothing but arrival. The lines of a class and family are let in in the order of the other two."""

    job_class: int
    family: str
    begins: bool
    minus_priority: int


class Turns:
    """Gates one after the other, out of what waits at the start. Each costs by the number of lines and of jobs let in,
    so that all of them together cost little more than a sort of what waits."""

    def __init__(self, waiting: Iterable[Queued], policy: Policy) -> None:
        self._policy = policy
        self._aged: defaultdict[str, deque[Queued]] = defaultdict(deque)
        young: defaultdict[_Line, deque[Queued]] = defaultdict(deque)
        for queued in sorted(waiting, key=_came):
            young[_line_of(queued)].append(queued)
        self._young = dict(sorted(young.items()))
        self._left = Counter({line: len(jobs) for line, jobs in young.items()})

    def next_gate(self, now: float, setup: Setup) -> list[Queued]:
        """The jobs of the family whose turn it is, in their order, up to `gate_s` of work or the first alone; none if
        nothing is left. `now` is not before that of the last gate.

        Once a job is aged, the oldest has its turn. Until then the leading class does (a final waits while a batch job
        does), in it the highest priority, and of these the family that is cheapest to set up. Let in is what is aged,
        the oldest first, and then what is of the leading class, by priority and arrival.
        """
        self._age(now)
        if not any(self._left.values()):
            return []
        leading = min(line.job_class for line, count in self._left.items() if count)
        oldest = [jobs[0] for jobs in self._aged.values() if jobs]
        ahead = min(oldest, key=_came) if oldest else self._cheapest(leading, setup)
        family = ahead.ticket.family
        younger = (jobs for line, jobs in self._young.items() if (line.job_class, line.family) == (leading, family))
        gate = _up_to(self._policy.gate_s, [self._aged[family], *younger])
        self._left.subtract(map(_line_of, gate))
        return gate

    def _age(self, now: float) -> None:
        """Set apart what has waited too long; all of it came before what will be set apart later."""
        aged = []
        for jobs in self._young.values():
            while jobs and jobs[0].is_aged(now, self._policy):
                aged.append(jobs.popleft())
        for queued in sorted(aged, key=_came):
            self._aged[queued.ticket.family].append(queued)

    def _cheapest(self, leading: int, setup: Setup) -> Queued:
        able = [jobs[0] for line, jobs in self._young.items() if jobs and line.job_class == leading]
        highest = max(queued.ticket.priority for queued in able)
        first: dict[str, Queued] = {}
        for queued in sorted(able, key=lambda queued: (not queued.resumes, queued.came)):
            if queued.ticket.priority == highest:
                first.setdefault(queued.ticket.family, queued)
        return min(first.values(), key=lambda queued: (setup(queued.ticket), queued.came))


def _came(queued: Queued) -> tuple[float, int]:
    return queued.came


def _line_of(queued: Queued) -> _Line:
    ticket = queued.ticket
    return _Line(_CLASSES.index(ticket.job_class), ticket.family, not queued.resumes, -ticket.priority)


def _up_to(gate_s: float, lines: Sequence[deque[Queued]]) -> list[Queued]:
    """What leaves the lines, one after the other."""
    gate: list[Queued] = []
    work = 0.0
    for jobs in lines:
        while jobs:
            work += jobs[0].ticket.seconds
            if gate and work > gate_s:
                return gate
            gate.append(jobs.popleft())
    return gate
