"""A day of the episode trace on a virtual clock: the goals of scheduling hold. `benchmarks.scheduler` tells more."""

from __future__ import annotations

import pytest

from benchmarks.replay import OURS, figures, replay
from benchmarks.trace import Variant, episode


@pytest.fixture(scope="module")
def day():
    return replay(OURS, Variant("normal"), 0)


def test_the_device_does_work_while_there_is_any(day):
    assert figures(day).overhead <= 0.02


def test_edits_are_hardly_late(day):
    seen = figures(day)
    assert seen.late_p95 <= 30
    assert seen.within_10 >= 0.8


def test_nobody_waits_longer_than_was_told(day):
    assert figures(day).violations == 0


def test_every_task_of_the_day_ends_once(day):
    tasks = [task.key for arrival in episode(0, Variant("normal")) for task in arrival.chain]
    assert sorted(one.task.key for one in day.ended) == sorted(tasks)


def test_a_day_is_the_same_every_time(day):
    assert replay(OURS, Variant("normal"), 0) == day


@pytest.mark.parametrize(
    "variant",
    [Variant("cancelled", cancelled=0.1), Variant("long", long_job=True), Variant("crash", crash_at=7000.0)],
    ids=lambda variant: variant.name,
)
def test_bounds_hold_on_bad_days(variant):
    log = replay(OURS, variant, 1)
    assert figures(log).violations == 0
    assert log.cancelled > 0 if variant.cancelled else log.cancelled == 0
