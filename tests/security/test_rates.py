"""How often a caller may ask, on a clock of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.security.rates import Rates, address_key
from vibeboard.faults import Transient


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def asked(rates, caller, times):
    """How many of the requests may go on."""
    return sum(rates.retry_after(caller) == 0 for _ in range(times))


def test_a_minutes_requests_may_come_at_once_and_no_more(clock):
    rates = Rates(60, clock=clock)
    assert asked(rates, "ann", 100) == 60
    clock.now += 10
    assert asked(rates, "ann", 100) == 10
    clock.now += 3600
    assert asked(rates, "ann", 100) == 60


def test_one_caller_does_not_take_from_another(clock):
    rates = Rates(60, clock=clock)
    asked(rates, "ann", 100)
    assert asked(rates, "bob", 100) == 60


def test_after_the_time_that_was_said_the_request_goes_on(clock):
    rates = Rates(30, clock=clock)
    asked(rates, "ann", 30)
    wait = rates.retry_after("ann")
    assert wait == pytest.approx(2.0)
    clock.now += wait - 0.01
    assert rates.retry_after("ann") > 0
    clock.now += 0.01
    assert rates.retry_after("ann") == 0


def test_who_asks_too_often_is_not_put_off_for_longer(clock):
    rates = Rates(30, clock=clock)
    asked(rates, "ann", 10_000)
    assert rates.retry_after("ann") == pytest.approx(2.0)


def test_less_than_one_a_minute_is_still_one(clock):
    rates = Rates(0.5, clock=clock)
    assert asked(rates, "ann", 5) == 1
    assert rates.retry_after("ann") == pytest.approx(120.0)


def test_the_refusal_says_how_long_to_wait(clock):
    rates = Rates(60, clock=clock)
    for _ in range(60):
        rates.admit("ann")
    with pytest.raises(Transient, match=r"wait 1\.0 s") as refused:
        rates.admit("ann")
    assert (refused.value.fault.code, refused.value.fault.retry_after_s) == ("too_many_requests", pytest.approx(1.0))


def test_memory_is_bounded_and_who_asks_on_is_not_forgotten(clock):
    rates = Rates(60, most_callers=100, clock=clock)
    asked(rates, "busy", 60)
    for number in range(1000):
        rates.retry_after(f"passer {number}")
        clock.now += 0.02
        rates.retry_after("busy")
        assert len(rates) <= 100
    assert asked(rates, "busy", 100) <= 1


def test_who_was_quiet_for_a_minute_is_forgotten(clock):
    rates = Rates(60, clock=clock)
    for number in range(50):
        asked(rates, f"caller {number}", 100)
    assert len(rates) == 50
    clock.now += 60
    rates.retry_after("ann")
    assert len(rates) == 1


def test_callers_in_many_threads_are_counted_once_each():
    rates = Rates(60, clock=Clock())
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: asked(rates, "ann", 100), range(8))) == 60


@given(
    per_minute=st.floats(1, 1000),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=200),
)
def test_over_any_time_no_more_get_through_than_the_rate_and_a_minutes_worth(per_minute, gaps):
    clock = Clock()
    rates, begun, through = Rates(per_minute, clock=clock), clock.now, 0
    for gap in gaps:
        clock.now += gap
        through += rates.retry_after("ann") == 0
        assert through <= per_minute + (clock.now - begun) * per_minute / 60 + 1e-3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("testclient", "testclient", True),
    ],
)
def test_an_ipv6_network_is_one_caller(one, other, same):
    assert (address_key(one) == address_key(other)) is same
