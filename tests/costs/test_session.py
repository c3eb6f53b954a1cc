"""What a studio session costs: the worked example, a second-by-second simulation, and what must always hold."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from graphs.costs.session import Clip, Terms, break_even_clips, session_cost, spread, under_windows

L40 = Terms(gpu_usd_per_hour=0.39, cold_start_s=0.0)
seconds = st.integers(0, 400)
clips = st.lists(st.builds(Clip, seconds, st.integers(1, 90)), min_size=1, max_size=8)
colds = st.integers(0, 60)


def simulated(asked: list[Clip], window: int, cold: int) -> tuple[int, int, int, int]:
    """(cold starts, s at work, s idle, s waking), one second of one machine at a time."""
    todo, now, starts, work, idle, waking = sorted(asked), 0, 0, 0, 0, 0
    is_up, rested = False, 0
    while todo or is_up:
        if todo and todo[0].at_s <= now:
            if not is_up:
                starts, waking, now, is_up = starts + 1, waking + cold, now + cold, True
            clip = todo.pop(0)
            work, now, rested = work + int(clip.work_s), now + int(clip.work_s), 0
        elif is_up and rested == window:
            is_up = False
        else:
            now, rested, idle = now + 1, rested + 1, idle + is_up
    return starts, work, idle, waking


def test_a_minute_of_work_and_a_window_of_fifteen_cost_about_ten_cents():
    cost = session_cost([Clip(0.0, 60.0)], 900.0, L40)
    assert cost.usd == pytest.approx(0.104)
    assert (cost.active_s, cost.idle_s, cost.cold_s) == (60.0, 900.0, 0.0)
    cheap, dear = cost.hosted
    assert (cheap.usd_per_clip, cheap.break_even_clips) == (0.10, 2)
    assert (dear.usd_per_clip, dear.break_even_clips) == (0.25, 1)
    assert cheap.saved_usd == pytest.approx(-0.004)
    assert dear.saved_usd == pytest.approx(0.146)


def test_ten_clips_over_an_hour_are_dear_with_every_window_but_the_shortest_waits_for_each():
    asked = spread(10, 60.0, 3600.0)
    short, middle, long = under_windows(asked, (900.0, 30.0, 300.0), Terms(gpu_usd_per_hour=0.39, cold_start_s=45.0))
    assert [cost.window_s for cost in (short, middle, long)] == [30.0, 300.0, 900.0]
    assert [cost.cold_starts for cost in (short, middle, long)] == [10, 1, 1]
    assert short.usd == pytest.approx(10 * (45 + 60 + 30) * 0.39 / 3600)
    assert long.usd == pytest.approx((45 + 600 + 9 * 300 - 45 + 900) * 0.39 / 3600)
    assert short.usd < middle.usd < long.usd
    assert short.longest_wait_s == 45.0
    assert long.usd_per_clip == pytest.approx(long.usd / 10)


@given(clips, st.integers(0, 120), colds)
@example([Clip(0, 10), Clip(40, 10)], 30, 0)
@example([Clip(0, 10), Clip(41, 10)], 30, 0)
def test_it_is_what_a_machine_does_second_by_second(asked, window, cold):
    cost = session_cost(asked, window, Terms(gpu_usd_per_hour=1.0, cold_start_s=cold))
    assert (cost.cold_starts, cost.active_s, cost.idle_s, cost.cold_s) == simulated(asked, window, cold)


@given(clips, st.integers(0, 1000), colds, st.integers(0, 10_000))
def test_neither_the_order_of_the_list_nor_the_zero_of_the_clock_matters(asked, window, cold, later):
    terms = Terms(gpu_usd_per_hour=0.39, cold_start_s=cold)
    moved = [Clip(clip.at_s + later, clip.work_s) for clip in reversed(asked)]
    assert session_cost(moved, window, terms) == session_cost(asked, window, terms)


@given(clips, st.integers(0, 1000), colds)
def test_what_is_paid_is_bounded(asked, window, cold):
    cost = session_cost(asked, window, Terms(gpu_usd_per_hour=3600.0, cold_start_s=cold))
    assert cost.usd == pytest.approx(cost.active_s + cost.idle_s + cost.cold_s)
    assert 1 <= cost.cold_starts <= len(asked)
    assert window * cost.cold_starts <= cost.idle_s <= window * len(asked)
    assert cost.longest_wait_s >= cold


@given(st.integers(1, 300), st.integers(0, 900), colds, st.floats(0.02, 1.0))
def test_from_the_break_even_on_a_session_in_a_row_is_not_dearer_than_hosted(work, window, cold, price):
    terms = Terms(gpu_usd_per_hour=2.0, cold_start_s=cold, hosted_usd_per_clip=(price,))
    enough = break_even_clips(price, work, window, terms)
    if enough is None:
        assert session_cost(spread(1000, work, 0.0), window, terms).hosted[0].saved_usd <= 0
        return
    assert session_cost(spread(enough, work, 0.0), window, terms).hosted[0].saved_usd >= -1e-9
    if enough > 1:
        assert session_cost(spread(enough - 1, work, 0.0), window, terms).hosted[0].saved_usd < 1e-9


def test_a_session_without_clips_costs_nothing():
    cost = session_cost([], 900.0, L40)
    assert (cost.usd, cost.cold_starts, cost.idle_s, cost.usd_per_clip) == (0.0, 0, 0.0, None)
