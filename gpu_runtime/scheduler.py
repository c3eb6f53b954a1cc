"""Which job runs next on a device, and which makes way. It sees jobs as tickets and time as a number it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from gpu_runtime.bounds import batch_bound, interactive_bound
from gpu_runtime.gates import Turns, due, interactive_order
from gpu_runtime.moves import Need
from gpu_runtime.tickets import Policy, Queued, Ticket
from vibeboard.jobs import JobClass

__all__ = ["Policy", "Scheduler", "Ticket"]


class Scheduler:
    """Gated affinity with an age cap inside strict classes, and preemption at step boundaries.

    `setup` tells the seconds until a need would be resident if it were chosen now, `cold` the seconds if nothing of it
    were (by default what `setup` says at the submission); bounds on waits are made of it.
    """

    def __init__(
        self,
        setup: Callable[[Need], float],
        policy: Policy | None = None,
        cold: Callable[[Need], float] | None = None,
    ) -> None:
        self._setup, self._cold, self.policy = setup, cold or setup, policy or Policy()
        self._interactive: dict[str, Queued] = {}
        self._waiting: dict[str, Queued] = {}
        self._gate: list[str] = []
        self._gate_spent = 0.0
        self._running: Queued | None = None
        self._since = 0.0
        self._arrivals = 0

    @property
    def waiting(self) -> int:
        """How many tickets wait."""
        return len(self._interactive) + len(self._waiting)

    def submit(self, ticket: Ticket) -> float:
        """Queue a ticket; the bound on its wait in seconds, interactive work that comes meanwhile not counted.

        The wait ends when the job begins with its weights in place. See `gpu_runtime.bounds` for how it is derived.

        Raises:
            ValueError: a ticket with this key waits already.
        """
        if ticket.key in self._interactive or ticket.key in self._waiting:
            raise ValueError(f"{ticket.key} waits already")
        bound = self._bound(ticket)
        self._enqueue(Queued(ticket, self._arrivals))
        self._arrivals += 1
        return bound

    def cancel(self, key: str) -> bool:
        """Take a waiting ticket out; false when it does not wait."""
        found = self._interactive.pop(key, None) or self._waiting.pop(key, None)
        if key in self._gate:
            self._gate.remove(key)
        return found is not None

    def choose(self, now: float) -> Ticket | None:
        """Take the next ticket out of the queue to run it; whatever ran before has ended or was requeued."""
        self._charge(now)
        self._running, self._since = self._take(now), now
        return self._running.ticket if self._running else None

    def requeue(self, ticket: Ticket, seconds_left: float) -> None:
        """A ticket that was preempted waits again, first of its family, with what is left of its service."""
        ran = self._running if self._running and self._running.ticket.key == ticket.key else None
        order = ran.order if ran else self._arrivals
        self._arrivals += 1
        self._enqueue(Queued(replace(ticket, seconds=seconds_left), order, resumes=True))
        if ran and ticket.job_class is not JobClass.INTERACTIVE:
            self._gate.insert(0, ticket.key)

    def preempts(self, running: Ticket, seconds_left: float, now: float) -> bool:
        """Whether the running job should make way at this step: for interactive work if more is left than it costs to
        set that up (about what setting this up again will cost), for an edit that is due before the running one, and
        for an older aged job when its gate's time is up.
        """
        edit = min(self._interactive.values(), key=interactive_order).ticket if self._interactive else None
        if edit and running.job_class is JobClass.INTERACTIVE:
            sooner = (-edit.priority, due(edit)) < (-running.priority, running.submitted + seconds_left)
            return sooner and seconds_left > self._setup(edit.need)
        if edit:
            return seconds_left > self._setup(edit.need)
        if running.job_class is JobClass.INTERACTIVE:
            return False
        spent = self._gate_spent + now - self._since
        return seconds_left > self.policy.step_s and self._is_up(spent, running, now)

    def upcoming(self, now: float, most: int | None = None) -> tuple[Ticket, ...]:
        """The waiting tickets in the order in which they would run if nothing more came; the first `most` of them."""
        order: list[Ticket] = []
        for queued in self._foreseen(now):
            if len(order) == most:
                break
            order.append(queued.ticket)
        return tuple(order)

    def _bound(self, ticket: Ticket) -> float:
        running = [self._running.ticket] if self._running else []
        if ticket.job_class is JobClass.INTERACTIVE:
            ahead = [queued.ticket for queued in self._interactive.values()]
            ahead += [one for one in running if one.job_class is JobClass.INTERACTIVE]
            return interactive_bound(ticket, ahead, self.policy, self._cold_setup)
        older = [one.ticket for one in self._waiting.values() if one.ticket.submitted <= ticket.submitted]
        older += [one for one in running if one.job_class is not JobClass.INTERACTIVE]
        return batch_bound(ticket, older, self.policy, self._cold_setup)

    def _cold_setup(self, ticket: Ticket) -> float:
        return self._cold(ticket.need)

    def _warm_setup(self, ticket: Ticket) -> float:
        return self._setup(ticket.need)

    def _enqueue(self, queued: Queued) -> None:
        urgent = queued.ticket.job_class is JobClass.INTERACTIVE
        (self._interactive if urgent else self._waiting)[queued.ticket.key] = queued

    def _charge(self, now: float) -> None:
        """The gate's time is that of its own jobs, with their setups."""
        if self._running and self._running.ticket.job_class is not JobClass.INTERACTIVE:
            self._gate_spent += now - self._since

    def _take(self, now: float) -> Queued | None:
        if self._interactive:
            return self._interactive.pop(min(self._interactive.values(), key=interactive_order).ticket.key)
        if not self._waiting:
            return None
        if not self._gate or self._is_up(self._gate_spent, self._waiting[self._gate[0]].ticket, now):
            gate = Turns(self._waiting.values(), self.policy).next_gate(now, self._warm_setup)
            self._gate, self._gate_spent = [queued.ticket.key for queued in gate], 0.0
        return self._waiting.pop(self._gate.pop(0))

    def _is_up(self, spent: float, ticket: Ticket, now: float) -> bool:
        """Whether a gate's time is over and somebody outside has waited too long, longer than this ticket of it."""
        return spent >= self.policy.gate_s and any(
            queued.is_aged(now, self.policy) and queued.ticket.submitted < ticket.submitted
            for queued in self._waiting.values()
            if queued.ticket.key not in self._gate
        )

    def _foreseen(self, now: float) -> Iterator[Queued]:
        """Interactive work, the open gate, and the gates to come, as long as jobs take what they say."""
        yield from sorted(self._interactive.values(), key=interactive_order)
        later = self._waiting.keys() - set(self._gate)
        turns = Turns((self._waiting[key] for key in later), self.policy)
        setups: dict[str, float] = {}
        gate = [self._waiting[key] for key in self._gate]
        gate = gate or turns.next_gate(now, partial(self._foreseen_setup, setups, ""))
        while gate:
            for queued in gate:
                yield queued
                now += queued.ticket.seconds
            gate = turns.next_gate(now, partial(self._foreseen_setup, setups, gate[-1].ticket.family))

    def _foreseen_setup(self, setups: dict[str, float], last: str, ticket: Ticket) -> float:
        """Of a family as of now, but for the last one that will have run, which is there."""
        if ticket.family == last:
            return 0.0
        if ticket.family not in setups:
            setups[ticket.family] = self._setup(ticket.need)
        return setups[ticket.family]
