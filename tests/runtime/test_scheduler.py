"""Who goes first, who makes way, and how long anybody can wait. Time is a number here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.gates import Turns
from gpu_runtime.measured import step_seconds
from gpu_runtime.residency import Need
from gpu_runtime.scheduler import Policy, Scheduler, Ticket
from gpu_runtime.tickets import Queued
from vibeboard.jobs import JobClass

CLASSES = tuple(JobClass)
EDIT, BATCH, FINAL = JobClass.INTERACTIVE, JobClass.BATCH, JobClass.FINAL
POLICY = Policy(age_cap_s=900, gate_s=600, step_s=30)
SETUP_S = 10.0


class Queue:
    """A scheduler over a device on which only the family that ran last is resident."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.resident = ""
        self.scheduler = Scheduler(self._setup, policy, lambda need: SETUP_S)

    def _setup(self, need: Need) -> float:
        return 0.0 if need.weights == (self.resident,) else SETUP_S

    def add(self, key: str, job_class: JobClass, family: str, seconds=100.0, at=0.0, priority=0) -> float:
        return self.scheduler.submit(Ticket(key, job_class, family, Need((family,)), seconds, at, priority))

    def choose(self, now: float) -> Ticket:
        ticket = self.scheduler.choose(now)
        assert ticket is not None
        self.resident = ticket.family
        return ticket

    def drain(self, now: float = 0.0) -> list[str]:
        """Run everything to its end; the keys in the order in which they ran."""
        ran = []
        while (ticket := self.scheduler.choose(now)) is not None:
            now += ticket.seconds + self._setup(ticket.need)
            self.resident = ticket.family
            ran.append(ticket.key)
        return ran


def test_classes_are_strict_while_nobody_is_aged():
    queue = Queue()
    queue.add("final", FINAL, "wan")
    queue.add("batch", BATCH, "flux")
    queue.add("edit", EDIT, "qc")
    assert queue.drain() == ["edit", "batch", "final"]


def test_a_final_is_not_let_into_the_gate_of_a_batch_family():
    queue = Queue()
    queue.add("final", FINAL, "wan", at=0)
    queue.add("draft", BATCH, "wan", at=1)
    queue.add("board", BATCH, "flux", at=2)
    assert queue.drain(3) == ["draft", "board", "final"]


def test_the_resident_family_goes_on():
    queue = Queue()
    for at, (key, family) in enumerate([("w1", "wan"), ("f1", "flux"), ("w2", "wan"), ("f2", "flux")]):
        queue.add(key, BATCH, family, at=at)
    queue.resident = "flux"
    assert queue.drain(5) == ["f1", "f2", "w1", "w2"]


def test_what_comes_after_the_gate_has_closed_waits_for_the_next():
    queue = Queue()
    queue.add("w1", BATCH, "wan", at=0)
    queue.add("f1", BATCH, "flux", at=1)
    assert queue.choose(2).key == "w1"
    queue.add("w2", BATCH, "wan", at=3)
    queue.resident = "flux"
    assert queue.drain(102) == ["f1", "w2"]


def test_a_gate_takes_only_so_much_work_and_at_least_one_job():
    queue = Queue()
    queue.add("long", BATCH, "svd", seconds=2000, at=0)
    queue.add("w0", BATCH, "wan", seconds=200, at=1)
    queue.add("f", BATCH, "flux", at=2)
    for at in range(3, 7):
        queue.add(f"w{at}", BATCH, "wan", seconds=200, at=at)
    assert queue.drain(910) == ["long", "w0", "w3", "w4", "f", "w5", "w6"]


def test_the_oldest_goes_first_once_it_has_waited_too_long():
    queue = Queue()
    queue.add("old", FINAL, "flux", at=0)
    queue.add("new", BATCH, "wan", at=800)
    queue.resident = "wan"
    assert queue.scheduler.upcoming(899)[0].key == "new"
    assert queue.scheduler.upcoming(900)[0].key == "old"


def test_the_age_cap_never_holds_up_an_edit():
    queue = Queue()
    queue.add("old", BATCH, "flux", at=0)
    queue.add("edit", EDIT, "wan", at=5000)
    assert queue.choose(5000).key == "edit"


def test_priority_decides_inside_a_class():
    queue = Queue()
    queue.add("plain", BATCH, "wan", at=0)
    queue.add("urgent", BATCH, "flux", at=1, priority=2)
    queue.add("edit", EDIT, "wan", seconds=5, at=2)
    queue.add("edit first", EDIT, "wan", seconds=50, at=3, priority=1)
    queue.resident = "wan"
    assert queue.drain(4) == ["edit first", "edit", "urgent", "plain"]


def test_a_short_edit_overtakes_a_long_one_that_came_just_before_but_not_one_that_came_long_before():
    queue = Queue()
    queue.add("long", EDIT, "wan", seconds=38, at=0)
    queue.add("short", EDIT, "seg", seconds=2, at=35)
    queue.add("late", EDIT, "seg", seconds=2, at=37)
    assert queue.drain(40) == ["short", "long", "late"]


def test_an_edit_interrupts_batch_work_if_more_is_left_than_its_setup_takes():
    queue = Queue()
    queue.add("draft", BATCH, "wan")
    running = queue.choose(0)
    assert not queue.scheduler.preempts(running, 90, 10)
    queue.add("edit", EDIT, "flux", seconds=5, at=10)
    assert queue.scheduler.preempts(running, SETUP_S + 1, 89)
    assert not queue.scheduler.preempts(running, SETUP_S, 90)


def test_an_edit_interrupts_another_only_if_it_is_due_before_it():
    queue = Queue()
    queue.add("long", EDIT, "wan", seconds=38, at=0)
    running = queue.choose(0)
    queue.add("short", EDIT, "wan", seconds=2, at=10)
    assert queue.scheduler.preempts(running, 28, 10)
    assert not queue.scheduler.preempts(running, 11, 27)


def test_what_was_interrupted_is_the_first_of_its_family_again_with_what_is_left():
    queue = Queue()
    for key in ("w1", "w2"):
        queue.add(key, BATCH, "wan")
    queue.add("f1", BATCH, "flux")
    running = queue.choose(0)
    queue.add("edit", EDIT, "flux", seconds=5, at=10)
    queue.scheduler.requeue(running, 60)
    assert [ticket.key for ticket in queue.scheduler.upcoming(10)] == ["edit", "w1", "w2", "f1"]
    assert queue.choose(10).key == "edit"
    again = queue.choose(15)
    assert (again.key, again.seconds) == ("w1", 60)


def test_a_job_longer_than_a_gate_makes_way_for_an_older_one_that_has_waited_too_long_and_comes_back():
    queue = Queue()
    queue.resident = "wan"
    queue.add("old", FINAL, "flux", at=0)
    queue.add("long", BATCH, "wan", seconds=3000, at=800)
    running = queue.choose(850)
    assert not queue.scheduler.preempts(running, 2500, 1350)
    assert queue.scheduler.preempts(running, 2390, 1460)
    queue.scheduler.requeue(running, 2390)
    assert queue.drain(1460) == ["old", "long"]


def test_time_that_edits_take_is_not_on_account_of_the_gate():
    queue = Queue()
    queue.resident = "wan"
    queue.add("old", FINAL, "flux", at=0)
    queue.add("draft", BATCH, "wan", seconds=590, at=800)
    running = queue.choose(850)
    queue.add("edit", EDIT, "flux", seconds=700, at=860)
    queue.scheduler.requeue(running, 580)
    assert queue.choose(860).key == "edit"
    assert queue.choose(1560).key == "draft"
    assert not queue.scheduler.preempts(running, 500, 1640)


def test_a_cancelled_job_never_runs():
    queue = Queue()
    for key in ("a", "b"):
        queue.add(key, BATCH, "wan")
    assert queue.scheduler.cancel("a")
    assert not queue.scheduler.cancel("a")
    assert queue.drain() == ["b"]


def test_a_job_of_an_open_gate_can_be_cancelled():
    queue = Queue()
    for key in ("a", "b", "c"):
        queue.add(key, BATCH, "wan")
    assert queue.choose(0).key == "a"
    assert queue.scheduler.cancel("b")
    assert queue.drain() == ["c"]


def test_a_key_waits_once():
    queue = Queue()
    queue.add("a", BATCH, "wan")
    with pytest.raises(ValueError, match="a waits already"):
        queue.add("a", BATCH, "wan")


def test_the_bound_of_an_empty_queue_is_the_age_cap_a_gate_and_setups():
    assert Queue().add("a", BATCH, "wan") == 900 + (600 + 2 * 30 + SETUP_S) + SETUP_S


def test_the_bound_counts_the_work_the_setups_and_a_gate_of_every_family_that_waits():
    queue = Queue()
    alone = queue.add("w", BATCH, "wan", seconds=100)
    same_family = queue.add("w2", BATCH, "wan", seconds=100)
    assert same_family == alone + 100 + SETUP_S
    assert queue.add("f", BATCH, "flux", seconds=50) == same_family + 100 + (600 + 2 * 30)


JOBS = st.lists(
    st.tuples(
        st.sampled_from(["wan", "flux", "svd", "qc"]),
        st.sampled_from([EDIT, BATCH, BATCH, FINAL]),
        st.integers(1, 900),
        st.integers(0, 300),
        st.integers(0, 2),
    ),
    max_size=60,
)


@given(JOBS, st.sampled_from([Policy(30, 20, 5), Policy(300, 600, 30), Policy(0, 100, 10)]))
def test_the_order_foreseen_is_the_order_that_comes_about(jobs, policy):
    queue, now = Queue(policy), 0.0
    for number, (family, job_class, seconds, gap, priority) in enumerate(jobs):
        now += gap
        queue.add(str(number), job_class, family, seconds, at=now, priority=priority)
    foreseen = [ticket.key for ticket in queue.scheduler.upcoming(now)]
    assert [ticket.key for ticket in queue.scheduler.upcoming(now, 3)] == foreseen[:3]
    came_about = []
    while (ticket := queue.scheduler.choose(now)) is not None:
        came_about.append(ticket.key)
        queue.resident, now = ticket.family, now + ticket.seconds
    assert foreseen == came_about


def the_rule(waiting: list[Queued], now: float, policy: Policy, setup) -> list[Queued]:
    """A gate as the rule says it, by looking at all that waits."""
    aged = [queued for queued in waiting if queued.is_aged(now, policy)]
    leading = min(CLASSES.index(queued.ticket.job_class) for queued in waiting)
    able = [queued for queued in waiting if CLASSES.index(queued.ticket.job_class) == leading]
    highest = max(queued.ticket.priority for queued in able)
    first: dict[str, Queued] = {}
    for queued in sorted(able, key=lambda queued: (not queued.resumes, queued.came)):
        if queued.ticket.priority == highest:
            first.setdefault(queued.ticket.family, queued)
    cheapest = min(first.values(), key=lambda queued: (setup(queued.ticket), queued.came))
    ahead = min(aged, key=lambda queued: queued.came) if aged else cheapest
    family = [queued for queued in waiting if queued.ticket.family == ahead.ticket.family]
    order = sorted((queued for queued in family if queued in aged), key=lambda queued: queued.came)
    order += sorted(
        (queued for queued in family if queued in able and queued not in aged),
        key=lambda queued: (not queued.resumes, -queued.ticket.priority, queued.came),
    )
    work = [sum(queued.ticket.seconds for queued in order[: place + 1]) for place in range(len(order))]
    return [queued for place, queued in enumerate(order) if not place or work[place] <= policy.gate_s]


@given(
    JOBS, st.sets(st.integers(0, 59)), st.sampled_from([Policy(30, 20, 5), Policy(2000, 1500, 30), Policy(0, 100, 10)])
)
def test_one_gate_after_another_is_as_the_rule_says(jobs, resuming, policy):
    waiting, now = [], 0.0
    for number, (family, job_class, seconds, gap, priority) in enumerate(jobs):
        now += gap
        ticket = Ticket(str(number), job_class, family, Need((family,)), float(seconds), now, priority)
        waiting.append(Queued(ticket, number, number in resuming))
    turns = Turns(waiting, policy)
    while waiting:
        expected = the_rule(waiting, now, policy, lambda ticket: float(len(ticket.family)))
        assert turns.next_gate(now, lambda ticket: float(len(ticket.family))) == expected
        waiting = [queued for queued in waiting if queued not in expected]
        now += sum(queued.ticket.seconds for queued in expected)
    assert turns.next_gate(now, lambda _: 0.0) == []


@given(JOBS, st.sampled_from([Policy(30, 20, 5), Policy(300, 600, 30), Policy(0, 100, 10)]))
def test_nobody_waits_longer_than_the_bound_told_at_the_submission(jobs, policy):
    """Steps of at most `step_s`; interactive time, with the setup after it, is subtracted as the bound says."""
    queue, now, edits_s = Queue(policy), 0.0, 0.0
    arrivals, at = [], 0.0
    for number, (family, job_class, seconds, gap, priority) in enumerate(jobs):
        at += gap
        arrivals.append((at, str(number), job_class, family, float(seconds), priority))
    told: dict[str, tuple[float, float, float]] = {}
    began: set[str] = set()

    def arrive() -> None:
        while arrivals and arrivals[0][0] <= now:
            came, key, job_class, family, seconds, priority = arrivals.pop(0)
            told[key] = (queue.add(key, job_class, family, seconds, came, priority), came, edits_s)

    after_edit = False
    while True:
        arrive()
        before, setup_from = queue.resident, now
        ticket = queue.scheduler.choose(now)
        if ticket is None:
            if not arrivals:
                break
            now = arrivals[0][0]
            continue
        edit = ticket.job_class is EDIT
        queue.resident = ticket.family
        now += SETUP_S if before != ticket.family else 0.0
        edits_s += now - setup_from if edit or after_edit else 0.0
        if ticket.key not in began:
            began.add(ticket.key)
            bound, came, others = told[ticket.key]
            assert now - came - (edits_s - others) <= bound + 1e-6
        left, after_edit = ticket.seconds, edit
        while left > 0:
            step = min(policy.step_s, left)
            now, left = now + step, left - step
            edits_s += step if edit else 0.0
            arrive()
            if left > 0 and queue.scheduler.preempts(ticket, left, now):
                queue.scheduler.requeue(ticket, left)
                break
    assert len(began) == len(jobs)


def test_the_longest_step_is_that_of_the_slowest_engine():
    assert step_seconds() == pytest.approx(27.5 * 81 / 50)
