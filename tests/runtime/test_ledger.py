from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.ledger import Ledger

NAMES = st.sampled_from(["wan", "umt5", "vae"])


def test_what_does_not_fit_is_not_booked_at_all():
    ledger = Ledger(10)
    assert ledger.book("wan", 7)
    assert not ledger.book("umt5", 4)
    assert ledger.free == 3


def test_a_name_may_book_more_and_gives_all_of_it_back():
    ledger = Ledger(10)
    assert ledger.book("wan", 4)
    assert ledger.book("wan", 5)
    assert ledger.release("wan") == 9
    assert ledger.free == 10


def test_a_name_without_a_booking_gives_nothing_back():
    assert Ledger(10).release("wan") == 0


def test_bytes_are_never_negative():
    with pytest.raises(ValueError, match="wan: a booking has 0 bytes or more, not -1"):
        Ledger(10).book("wan", -1)


@given(st.integers(0, 50), st.lists(st.tuples(NAMES, st.none() | st.integers(0, 30))))
def test_the_sum_of_bookings_never_exceeds_the_capacity(capacity, bookings):
    ledger, booked = Ledger(capacity), dict.fromkeys(["wan", "umt5", "vae"], 0)
    for name, size in bookings:
        if size is None:
            assert ledger.release(name) == booked[name]
            booked[name] = 0
        elif ledger.book(name, size):
            booked[name] += size
        assert ledger.free == capacity - sum(booked.values()) >= 0
