"""A device driven at random: jobs come, load, run, fail, are cancelled, make way, and the machine crashes.

Whatever happens, no memory is booked beyond its capacity, nobody works on weights that are not there, every job ends
exactly once, and nobody waits longer than was promised. Moves take no time here and steps take one second.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gpu_runtime.ledger import Ledger
from gpu_runtime.residency import Move, MoveKind, Need, Residency, State, TooBig
from gpu_runtime.scheduler import Policy, Scheduler, Ticket
from vibeboard.jobs import JobClass

DEVICE, HOST = 44, 40
SIZES = {"wan": 28, "flux": 24, "umt5": 11, "t5": 9, "lora": 1, "qc": 2, "seg": 1, "huge": 50}
FAMILIES = {
    "wan": [Need(("umt5",), 2), Need(("wan", "lora"), 8)],
    "flux": [Need(("t5",), 2), Need(("flux",), 8)],
    "streamed": [Need((), 30, streamed=("wan",))],
    "qc": [Need(("qc", "seg"), 4)],
    "huge": [Need(("huge",), 1)],
}
POLICY = Policy(age_cap_s=20, gate_s=10, step_s=1)


@dataclass
class Job:
    """`left` holds the stage of every step to come."""

    ticket: Ticket
    left: list[Need]
    bound: float
    edits_s: float


class Device(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now, self.edits_s, self.count = 0.0, 0.0, 0
        self.jobs: dict[str, Job] = {}
        self.ended: dict[str, str] = {}
        self.boot()

    def boot(self) -> None:
        self.residency = Residency(SIZES, Ledger(DEVICE), Ledger(HOST))
        self.scheduler = Scheduler(lambda need: sum(self.residency.setup_bytes(need)) / 20, POLICY, lambda need: 9.0)
        self.running: Job | None = None
        self.moving: Move | None = None
        self.holds = False

    @rule(family=st.sampled_from(sorted(FAMILIES)), job_class=st.sampled_from(JobClass), steps=st.integers(1, 15))
    def submit(self, family: str, job_class: JobClass, steps: int) -> None:
        self.count += 1
        stages = [need for need in FAMILIES[family] for _ in range(steps)]
        whole = Need(tuple(name for need in FAMILIES[family] for name in (*need.weights, *need.streamed)))
        ticket = Ticket(f"job {self.count}", job_class, family, whole, float(len(stages)), self.now)
        self.jobs[ticket.key] = Job(ticket, stages, self.scheduler.submit(ticket), self.edits_s)

    @precondition(lambda self: self.running is None)
    @rule()
    def choose(self) -> None:
        ticket = self.scheduler.choose(self.now)
        self.running = self.jobs[ticket.key] if ticket else None

    @precondition(lambda self: self.running and not self.holds)
    @rule()
    def load(self) -> None:
        """One move towards what the running job needs, or its lease when all is there."""
        need = self.running.left[0]
        if self.moving:
            self.finish_move()
            return
        try:
            moves = self.residency.plan(need, self.next_use())
        except TooBig:
            self.end("too big")
            return
        if moves is None:
            for component in SIZES:
                self.residency.forgive(component)
        elif moves:
            self.start_move(moves[0])
        else:
            assert self.residency.lease(self.running.ticket.key, need)
            self.holds = True
            self.check_wait(self.running)

    @precondition(lambda self: not self.moving)
    @rule()
    def prefetch(self) -> None:
        for ticket in self.scheduler.upcoming(self.now, 2):
            if "huge" not in ticket.need.weights:
                moves = self.residency.plan(ticket.need, self.next_use(), host_only=True)
                if moves:
                    self.start_move(moves[0])
                    return

    @precondition(lambda self: self.moving)
    @rule()
    def finish_move(self) -> None:
        self.residency.end(self.moving)
        self.moving = None

    @precondition(lambda self: self.moving and self.moving.kind in (MoveKind.READ, MoveKind.UPLOAD))
    @rule(failed=st.booleans())
    def stop_move(self, failed: bool) -> None:
        self.residency.abort(self.moving, failed=failed)
        self.moving = None

    @precondition(lambda self: not self.moving)
    @rule(component=st.sampled_from(sorted(SIZES)))
    def evict(self, component: str) -> None:
        """Somebody empties the device; what is leased stays."""
        held = set(self.running.left[0].weights) if self.holds else set()
        if self.residency.state(component) is State.ON_DEVICE and component not in held:
            self.start_move(Move(MoveKind.RELEASE, component))

    @precondition(lambda self: self.holds)
    @rule()
    def step(self) -> None:
        job = self.running
        stage = job.left.pop(0)
        self.now += 1
        self.edits_s += job.ticket.job_class is JobClass.INTERACTIVE
        if not job.left:
            self.end("made")
        elif self.scheduler.preempts(job.ticket, len(job.left), self.now):
            self.vacate()
            self.scheduler.requeue(job.ticket, float(len(job.left)))
        elif job.left[0] is not stage:
            self.residency.give_back(job.ticket.key)
            self.holds = False

    @precondition(lambda self: self.running)
    @rule()
    def fail(self) -> None:
        self.end("failed")

    @precondition(lambda self: self.jobs)
    @rule(pick=st.randoms(use_true_random=False))
    def cancel(self, pick) -> None:
        key = pick.choice(sorted(self.jobs))
        waits = self.scheduler.cancel(key)
        assert waits == (self.running is not self.jobs[key])
        if waits:
            self.record(key, "cancelled")
        else:
            self.end("cancelled")

    @rule()
    def crash(self) -> None:
        """All memory is lost; what had not ended begins again, and is promised a new bound."""
        self.boot()
        for job in self.jobs.values():
            stages = FAMILIES[job.ticket.family]
            job.left = [need for need in stages for _ in range(int(job.ticket.seconds) // len(stages))]
            job.bound = self.now - job.ticket.submitted + self.scheduler.submit(job.ticket)

    @invariant()
    def no_memory_is_booked_beyond_its_capacity(self) -> None:
        here = self.residency
        assert here.device.free >= 0
        assert here.host.free >= 0
        on_device = sum(SIZES[name] for name in here.on_device())
        work = self.running.left[0].work if self.holds else 0
        assert on_device + work == DEVICE - here.device.free

    @invariant()
    def nobody_works_on_weights_that_are_not_there(self) -> None:
        if self.holds:
            need = self.running.left[0]
            assert all(self.residency.state(name) is State.ON_DEVICE for name in need.weights)
            assert all(self.residency.state(name) is State.IN_HOST for name in need.streamed)

    @invariant()
    def every_job_waits_runs_or_has_ended_once(self) -> None:
        waiting = [ticket.key for ticket in self.scheduler.upcoming(self.now)]
        running = [self.running.ticket.key] if self.running else []
        assert sorted([*waiting, *running]) == sorted(self.jobs)
        assert len(self.jobs) + len(self.ended) == self.count

    def teardown(self) -> None:
        """Left alone, everything that waits ends."""
        for _ in range(20 * (self.count + 1) * 40):
            if self.running is None:
                self.choose()
                if self.running is None:
                    break
            if self.holds:
                self.step()
            else:
                self.load()
        assert not self.jobs

    def next_use(self) -> dict[str, float]:
        upcoming = self.scheduler.upcoming(self.now, 8)
        return {name: float(place) for place, ticket in enumerate(upcoming) for name in ticket.need.weights}

    def start_move(self, move: Move) -> None:
        self.residency.begin(move)
        self.moving = move

    def check_wait(self, job: Job) -> None:
        if len(job.left) == int(job.ticket.seconds):
            assert self.now - job.ticket.submitted - (self.edits_s - job.edits_s) <= job.bound

    def vacate(self) -> None:
        self.residency.give_back(self.running.ticket.key)
        self.running, self.holds = None, False

    def end(self, how: str) -> None:
        key = self.running.ticket.key
        self.vacate()
        self.record(key, how)

    def record(self, key: str, how: str) -> None:
        assert key not in self.ended
        del self.jobs[key]
        self.ended[key] = how


Device.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None, derandomize=True)
TestDevice = Device.TestCase
