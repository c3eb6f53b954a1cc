"""Whose turn it is: gated affinity with an age cap, as pure functions of what waits.

A change of family costs a setup, so work of one family is done together. *Gated* service (polling systems: only what is
there when the turn begins is served in it) bounds the wait of the others by one round; an age cap bounds how often a
family that is cheaper to set up may go first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from gpu_runtime.tickets import Policy, Queued, Ticket
from vibeboard.jobs import JobClass

Setup = Callable[[Ticket], float]
_CLASSES = tuple(JobClass)


def next_interactive(waiting: Collection[Queued]) -> Queued:
    """Whoever sits at a screen: the highest priority, then whoever would be done first on a device alone.

    So a short edit overtakes a long one only if it came within the seconds by which it is shorter, and nobody is
    overtaken for longer than that (earliest due date first, with the end of undisturbed service as the due date).
    """
    return min(waiting, key=lambda queued: (-queued.ticket.priority, due(queued.ticket), queued.order))


def due(ticket: Ticket) -> float:
    return ticket.submitted + ticket.seconds


def next_gate(waiting: Collection[Queued], now: float, policy: Policy, setup: Setup) -> list[Queued]:
    """The jobs of the family whose turn it is, in their order, up to `gate_s` of work or the first alone.

    Once a job is aged, the oldest has its turn. Until then the leading class does (a final waits while a batch job
    does), in it the highest priority, and of these the family that is cheapest to set up. Let in is what is aged, the
    oldest first, and then what is of the leading class, by priority and arrival.
    """
    aged = [queued for queued in waiting if queued.is_aged(now, policy)]
    leading = min(_class(queued) for queued in waiting)
    ahead = min(aged, key=lambda queued: queued.came) if aged else _cheapest(waiting, leading, setup)
    family = [
        queued
        for queued in waiting
        if queued.ticket.family == ahead.ticket.family and (queued.is_aged(now, policy) or _class(queued) == leading)
    ]
    return _up_to(policy.gate_s, sorted(family, key=lambda queued: _rank(queued, now, policy)))


def _class(queued: Queued) -> int:
    return _CLASSES.index(queued.ticket.job_class)


def _cheapest(waiting: Collection[Queued], leading: int, setup: Setup) -> Queued:
    able = [queued for queued in waiting if _class(queued) == leading]
    highest = max(queued.ticket.priority for queued in able)
    first: dict[str, Queued] = {}
    for queued in sorted(able, key=lambda queued: (not queued.resumes, queued.came)):
        if queued.ticket.priority == highest:
            first.setdefault(queued.ticket.family, queued)
    return min(first.values(), key=lambda queued: (setup(queued.ticket), queued.came))


def _rank(queued: Queued, now: float, policy: Policy) -> tuple[bool, bool, int, tuple[float, int]]:
    if queued.is_aged(now, policy):
        return False, False, 0, queued.came
    return True, not queued.resumes, -queued.ticket.priority, queued.came


def _up_to(gate_s: float, order: Sequence[Queued]) -> list[Queued]:
    work = 0.0
    for place, queued in enumerate(order):
        work += queued.ticket.seconds
        if place and work > gate_s:
            return list(order[:place])
    return list(order)
