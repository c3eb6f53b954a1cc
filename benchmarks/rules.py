"""Other ways to order the queue, to compare with: each restates a rule that is in use somewhere, not its program."""

from __future__ import annotations

from collections import defaultdict

from gpu_runtime.scheduler import Ticket
from vibeboard.jobs import JobClass


class Fifo:
    """First come, first served; what the seed's worker did."""

    def __init__(self) -> None:
        self._waiting: list[Ticket] = []
        self._family = ""

    def submit(self, ticket: Ticket) -> float:
        self._waiting.append(ticket)
        return float("inf")

    def cancel(self, key: str) -> bool:
        before = len(self._waiting)
        self._waiting = [ticket for ticket in self._waiting if ticket.key != key]
        return len(self._waiting) < before

    def choose(self, now: float) -> Ticket | None:
        if not self._waiting:
            return None
        ticket = self._pick(now)
        self._waiting.remove(ticket)
        self._family = ticket.family
        return ticket

    def requeue(self, ticket: Ticket, seconds_left: float) -> None:
        raise RuntimeError("these rules let a job finish")

    def preempts(self, running: Ticket, seconds_left: float, now: float) -> bool:
        return False

    def upcoming(self, now: float, most: int | None = None) -> tuple[Ticket, ...]:
        return tuple(self._waiting[:most])

    def _pick(self, now: float) -> Ticket:
        return self._waiting[0]


class Greedy(Fifo):
    """What is loaded goes on as long as anything waits for it."""

    def _pick(self, now: float) -> Ticket:
        return next((ticket for ticket in self._waiting if ticket.family == self._family), self._waiting[0])


class Lookahead(Fifo):
    """Interactive work first; else the first of the loaded family among the 32 oldest (InvokeAI's distance)."""

    def _pick(self, now: float) -> Ticket:
        for ticket in self._waiting:
            if ticket.job_class is JobClass.INTERACTIVE:
                return ticket
        near = self._waiting[:32]
        return next((ticket for ticket in near if ticket.family == self._family), near[0])


class Pressure(Fifo):
    """The family with the highest sum of the age of its first and 10 s for each that waits (SwarmUI's pressure)."""

    def _pick(self, now: float) -> Ticket:
        families: defaultdict[str, list[Ticket]] = defaultdict(list)
        for ticket in self._waiting:
            families[ticket.family].append(ticket)
        pressed = max(families.values(), key=lambda tickets: now - tickets[0].submitted + 10.0 * len(tickets))
        return pressed[0]
