"""Host memory for weights: taken once, used again, never beyond its budget."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gpu_runtime.models.memory.arena import ALIGN, Arena
from gpu_runtime.models.memory.extents import Extent, Extents

BUDGET = 64 * 64 * 1024


class Lock:
    """Counts what a card would have locked."""

    def __init__(self):
        self.sizes = {}

    def lock(self, address, size):
        assert address not in self.sizes
        self.sizes[address] = size

    def unlock(self, address):
        del self.sizes[address]


class ArenaMachine(RuleBasedStateMachine):
    """Parts are taken, filled and given back in any order; each keeps the bytes that were written into it."""

    def __init__(self):
        super().__init__()
        self.lock = Lock()
        self.arena = Arena(BUDGET, self.lock)
        self.held: dict[Extent, int] = {}
        self.mark = 0

    @rule(size=st.integers(1, BUDGET // 3))
    def take(self, size):
        free = BUDGET - sum(-(-extent.size // ALIGN) * ALIGN for extent in self.held)
        try:
            extent = self.arena.take(size)
        except MemoryError:
            assert free < size + (len(self.held) + 2) * self.arena.segment  # parts of segments are all that is lost
            return
        self.arena.ready(extent)
        self.mark = self.mark % 250 + 1
        self.arena.bytes[extent.start : extent.end] = self.mark
        self.held[extent] = self.mark

    @rule(data=st.data())
    def give(self, data):
        if self.held:
            extent = data.draw(st.sampled_from(sorted(self.held)))
            self.arena.give(extent)
            del self.held[extent]

    @invariant()
    def parts_do_not_overlap_and_keep_their_bytes(self):
        ordered = sorted(self.held)
        assert all(one.end <= other.start for one, other in pairwise(ordered))
        for extent, mark in self.held.items():
            assert extent.start % ALIGN == 0
            ends = self.arena.bytes[extent.start], self.arena.bytes[extent.end - 1]
            assert [int(end) for end in ends] == [mark, mark]

    @invariant()
    def the_budget_is_kept_and_what_is_locked_is_what_was_taken_from_the_system(self):
        assert self.arena.taken == sum(extent.size for extent in self.held)
        assert self.arena.taken <= self.arena.committed <= BUDGET
        assert sum(self.lock.sizes.values()) <= self.arena.committed


TestArena = ArenaMachine.TestCase
TestArena.settings = settings(max_examples=30, stateful_step_count=40, deadline=None, derandomize=True)


def test_freed_memory_is_used_again_and_not_given_back():
    arena = Arena(BUDGET)
    first = arena.take(BUDGET // 2)
    arena.give(first)
    assert arena.take(BUDGET // 2) == first
    assert arena.committed == BUDGET // 2


def test_room_in_scattered_holes_is_still_room():
    lock = Lock()
    arena = Arena(BUDGET, lock)
    parts = [arena.take(BUDGET // 8) for _ in range(8)]
    for part in parts:
        arena.ready(part)
    for part in parts[::2]:
        arena.give(part)
    big = arena.take(BUDGET // 2)
    arena.ready(big)
    assert sum(lock.sizes.values()) == arena.committed == BUDGET


def test_the_smallest_hole_that_fits_is_taken_and_neighbours_join():
    extents = Extents(1000, 10)
    parts = [extents.take(size) for size in (100, 10, 50, 10, 100)]
    extents.give(parts[0])
    extents.give(parts[2])
    assert extents.take(45) == parts[2]
    extents.give(parts[2])
    extents.give(parts[1])
    assert extents.take(160) == Extent(0, 160)


def test_a_part_is_cut_where_what_was_locked_by_two_calls_meets():
    arena = Arena(BUDGET)
    arena.take(arena.segment - ALIGN)
    part = arena.take(2 * arena.segment)
    pieces = arena.pieces(part)
    assert (pieces[0].start, pieces[-1].end) == part
    assert [piece.size for piece in pieces] == [ALIGN, arena.segment, arena.segment - ALIGN]


def test_locked_memory_is_what_is_used_and_at_most_a_twentieth_more():
    lock = Lock()
    arena = Arena(1 << 30, lock)
    part = arena.take(700 << 20)
    arena.prefault([part]).join()
    assert sum(lock.sizes.values()) / (700 << 20) <= 1.05


def test_a_segment_is_made_ready_once_whoever_comes_first():
    arena = Arena(BUDGET, Lock())  # which refuses to lock an address twice
    part = arena.take(BUDGET)
    barrier = threading.Barrier(4)

    def race():
        barrier.wait()
        arena.ready(part)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(race) for _ in range(4)]:
            done.result()


def test_more_than_the_budget_is_refused_and_changes_nothing():
    arena = Arena(BUDGET)
    arena.take(BUDGET // 2)
    with pytest.raises(MemoryError, match="bytes left"):
        arena.take(BUDGET // 2 + 1)
    assert arena.taken == BUDGET // 2
    arena.take(BUDGET // 2)
