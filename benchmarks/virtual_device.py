"""A device that only keeps time: real ledgers and residency, and a queue rule, on a virtual clock.

Modelled: one job at work, its stages each holding what they need, steps that cannot be interrupted; one loader that
makes one move at a time at a fixed rate, stops at once when it is told to, and fetches the weights of the next jobs
into host memory while a job computes; evictions that take no time. Not modelled: contention of copies with computing,
streaming of blocks (a stage begins when all of its weights are there), and other uses of the machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from benchmarks.trace import BACKBONES, GB, KINDS, Arrival, Task, Variant
from benchmarks.virtual_work import Ended, Job, Log, MakeRule, Tier
from gpu_runtime.ledger import Ledger
from gpu_runtime.residency import Move, MoveKind, Need, Residency, State
from gpu_runtime.scheduler import Ticket
from vibeboard.jobs import JobClass

DEVICE_GB = 44
HORIZON = 64
"""Waiting jobs from which the next use of weights is told."""


class VirtualDevice:
    """Plays a trace. One instance, one run."""

    def __init__(self, variant: Variant, tier: Tier, make_rule: MakeRule) -> None:
        self._sizes, self._tier, self._make_rule = variant.sizes(), tier, make_rule
        self.log = Log()
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._jobs: dict[str, Job] = {}
        self._interactive_s = 0.0
        self._boot()

    def play(self, arrivals: Sequence[Arrival], crash_at: float | None = None) -> Log:
        for arrival in arrivals:
            self._at(arrival.time, lambda chain=arrival.chain: self._arrive(chain))
        if crash_at is not None:
            self._at(crash_at, self._crash)
        while self._events:
            self._now, _, event = heapq.heappop(self._events)
            event()
        if self._jobs:
            raise RuntimeError(f"{len(self._jobs)} jobs never ended")
        return self.log

    def setup_s(self, need: Need) -> float:
        to_read, to_upload = self._residency.setup_bytes(need)
        return to_read / (self._tier.read * GB) + to_upload / (self._tier.upload * GB)

    def cold_s(self, need: Need) -> float:
        size = sum(self._sizes[component] for component in need.weights)
        return size / (self._tier.read * GB) + size / (self._tier.upload * GB)

    def _boot(self) -> None:
        """An empty machine; events of the one before are void."""
        self._residency = Residency(self._sizes, Ledger(DEVICE_GB * GB), Ledger(self._tier.host_gb * GB))
        self._rule = self._make_rule(self.setup_s, self.cold_s)
        self._running: Job | None = None
        self._wanted: Need | None = None
        self._moving: Move | None = None
        self._family, self._after_edit = "", False
        self._chosen_at = self._loading_since = self._idle_since = self._now
        self._life = object()

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), event))

    def _in(self, seconds: float, event: Callable[[], None]) -> None:
        """Later, unless the machine has crashed by then."""
        life = self._life
        self._at(self._now + seconds, lambda: event() if self._life is life else None)

    def _crash(self) -> None:
        """Everything resident is lost, and the running job begins again with all that waited."""
        if self._running is None:
            self.log.idle += self._now - self._idle_since
        self._boot()
        for job in sorted(self._jobs.values(), key=lambda job: job.ticket.submitted):
            self.log.service -= sum(seconds for _, seconds in job.steps[: job.at])
            job.at, job.others_s = 0, self._interactive_s
            job.bound = self._rule.submit(job.ticket) + self._now - job.ticket.submitted
        self._dispatch()

    def _arrive(self, chain: tuple[Task, ...]) -> None:
        task, *rest = chain
        kind = KINDS[task.kind]
        weights = tuple(dict.fromkeys(name for part in task.parts for name in part.weights))
        need = Need(weights, int(max(part.work_gb for part in task.parts) * GB))
        ticket = Ticket(task.key, task.job_class, kind.family, need, kind.seconds, self._now)
        bound = self._rule.submit(ticket)
        steps = [(part, task.service * part.share / part.steps) for part in task.parts for _ in range(part.steps)]
        self._jobs[task.key] = Job(task, tuple(rest), ticket, bound, self._interactive_s, steps)
        if task.cancel_after is not None:
            self._at(self._now + task.cancel_after, lambda: self._cancel(task.key))
        if self._running is None:
            self._dispatch()
        elif self._wanted is not None and self._makes_way(self._running):
            self._suspend(self._running)
        self._load()

    def _cancel(self, key: str) -> None:
        job = self._jobs.get(key)
        if job is None:
            return
        job.cancelled = True
        if self._rule.cancel(key):
            del self._jobs[key]
            self.log.cancelled += 1
        elif self._wanted is not None:
            self._leave(job)

    def _dispatch(self) -> None:
        if self._running is not None:
            return
        ticket = self._rule.choose(self._now)
        if ticket is None:
            return
        self.log.idle += self._now - self._idle_since
        self._running, self._chosen_at, self._loading_since = self._jobs[ticket.key], self._now, self._now
        if self._tier.unload_all and ticket.family != self._family:
            self._unload()
        self._family = ticket.family
        self._enter()

    def _enter(self) -> None:
        """Hold what the next step needs; if it has to be loaded, this is called again when a move has ended."""
        job = self._running
        assert job is not None
        self._wanted = job.need
        if not self._residency.lease(job.ticket.key, job.need):
            self._load()
            if self._moving:
                return
            if not self._residency.lease(job.ticket.key, job.need):
                raise RuntimeError(f"{job.ticket.key} cannot have what it needs")
        self._wanted = None
        if self._after_edit:
            self._interactive_s += self._now - self._loading_since
        if job.began is None:
            job.began = self._now
            job.counted = self._now - job.ticket.submitted - (self._interactive_s - job.others_s)
        self._step()
        self._load()

    def _step(self) -> None:
        assert self._running is not None
        self._in(self._running.steps[self._running.at][1], self._stepped)

    def _stepped(self) -> None:
        job = self._running
        assert job is not None
        part, seconds = job.steps[job.at]
        self.log.service += seconds
        job.at += 1
        if job.at == len(job.steps) or job.cancelled:
            self._leave(job)
        elif self._makes_way(job):
            self._suspend(job)
        elif job.steps[job.at][0] is part:
            self._step()
        else:
            self._residency.give_back(job.ticket.key)
            self._loading_since = self._now
            self._enter()

    def _makes_way(self, job: Job) -> bool:
        return self._rule.preempts(job.ticket, job.seconds_left, self._now)

    def _suspend(self, job: Job) -> None:
        self.log.preemptions += 1
        self._rule.requeue(job.ticket, job.seconds_left)
        self._vacate(job)

    def _leave(self, job: Job) -> None:
        """The job is over; the next of its chain is asked for."""
        del self._jobs[job.ticket.key]
        self.log.makespan = self._now
        self._vacate(job)
        if job.cancelled:
            self.log.cancelled += 1
            return
        assert job.began is not None
        came = job.ticket.submitted
        self.log.ended.append(Ended(job.task, came, self._now - came, job.began - came, job.counted, job.bound))
        if job.rest:
            self._arrive(job.rest)

    def _vacate(self, job: Job) -> None:
        """The device is free. Loading a batch job again after an edit is on account of the edit."""
        self._residency.give_back(job.ticket.key)
        self._wanted = self._running = None
        self._after_edit = job.task.job_class is JobClass.INTERACTIVE
        if self._after_edit:
            self._interactive_s += self._now - self._chosen_at
        self._idle_since = self._now
        self._in(0.0, self._dispatch)

    def _load(self) -> None:
        """Give the loader its next move; one that nobody waits for is stopped for one that somebody does."""
        if self._moving:
            if self._wanted is None or self._moving.component in self._wanted.weights:
                return
            self._residency.abort(self._moving)
            self._moving = None
        while (move := self._next_move()) is not None:
            self._residency.begin(move)
            seconds = self._seconds(move)
            if seconds:
                self._moving = move
                self._in(seconds, partial(self._moved, move))
                return
            self._land(move)

    def _moved(self, move: Move) -> None:
        if self._moving is not move:
            return
        self._moving = None
        self._land(move)
        job = self._running
        if job is None or self._wanted is None:
            self._load()
        elif self._makes_way(job):
            self._suspend(job)
        else:
            self._enter()

    def _land(self, move: Move) -> None:
        self._residency.end(move)
        if move.kind in (MoveKind.READ, MoveKind.UPLOAD):
            self.log.moved += self._sizes[move.component]
            self.log.swaps += move.kind is MoveKind.UPLOAD and move.component in BACKBONES

    def _seconds(self, move: Move) -> float:
        rates = {MoveKind.READ: self._tier.read, MoveKind.UPLOAD: self._tier.upload}
        return self._sizes[move.component] / (rates[move.kind] * GB) if move.kind in rates else 0.0

    def _next_move(self) -> Move | None:
        if self._wanted is not None:
            moves = self._residency.plan(self._wanted, self._next_use())
            return moves[0] if moves else None
        if not self._tier.foresight:
            return None
        for ticket in self._rule.upcoming(self._now, self._tier.ahead):
            moves = self._residency.plan(ticket.need, self._next_use(), host_only=True)
            if moves:
                return moves[0]
        return None

    def _next_use(self) -> dict[str, float]:
        """Seconds until known jobs use a component, the running one's later stages first."""
        if not self._tier.foresight:
            return {}
        next_use: dict[str, float] = {}
        until = 0.0
        for part, seconds in self._running.steps[self._running.at :] if self._running else []:
            for component in part.weights:
                next_use.setdefault(component, until)
            until += seconds
        for ticket in self._rule.upcoming(self._now, HORIZON):
            for component in ticket.need.weights:
                next_use.setdefault(component, until)
            until += ticket.seconds
        return next_use

    def _unload(self) -> None:
        """What the seed's worker does before it loads another backbone."""
        for component in self._residency.on_device():
            self._residency.begin(move := Move(MoveKind.RELEASE, component))
            self._residency.end(move)
        for resident in self._residency.residents():
            if resident.state == State.IN_HOST:
                self._residency.begin(move := Move(MoveKind.DROP, resident.component))
                self._residency.end(move)
