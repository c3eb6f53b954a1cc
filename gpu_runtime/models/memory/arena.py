"""Host memory for weights: taken from the system once, faulted in ahead of use, locked for the device, used again.

Fresh memory costs more than reading a file that is cached: every page is faulted in at its first touch, and a driver
has to lock pages before a card can read them at the rate of the link. So freed parts are never returned while there is
room.

One range of addresses is reserved, several times as long as the budget; only whole segments of it are committed, low
ones first. When free room is scattered over committed segments, those that are wholly free are returned and others
committed, so that what fits the budget is placed whatever came before it.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from typing import Protocol

import torch

from gpu_runtime.models.memory.extents import Extent, Extents

ALIGN = 256
"""Bytes; enough for any instruction of a processor and for copies of a card."""

_RESERVED = 4
_LARGEST_SEGMENT, _SMALLEST_SEGMENT, _SEGMENTS = 64 << 20, 64 << 10, 64
_NO_RESERVE = 0x4000
_HUGE_PAGES, _RETURN, _POPULATE_WRITE = 14, 4, 23
_libc = ctypes.CDLL(None, use_errno=True)


class Locking(Protocol):
    """Makes memory readable for a device without a copy by the processor."""

    def lock(self, address: int, size: int) -> None: ...

    def unlock(self, address: int) -> None: ...


class _Segment:
    """A committed segment; whoever needs it first makes it ready."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.ready = False


class Arena:
    """At most `budget` bytes, in segments. Safe for use by several threads."""

    def __init__(self, budget: int, locking: Locking | None = None) -> None:
        self.segment = _segment_bytes(budget)
        self.budget = max(budget // self.segment, 1) * self.segment
        size = self.budget * _RESERVED
        self._map = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
        self.bytes = torch.frombuffer(self._map, dtype=torch.uint8)
        """All of the range, as one tensor; only taken parts that are ready may be touched."""
        self.view = memoryview(self._map)
        self._extents, self._locking = Extents(size, ALIGN), locking
        self._committed: dict[int, _Segment] = {}
        self._guard = threading.Lock()
        self._advise(0, size, _HUGE_PAGES)

    def take(self, size: int) -> Extent:
        """A part of at least `size` bytes that nobody else has; call `ready` before it is touched.

        Raises:
            MemoryError: the budget does not allow it.
        """
        with self._guard:
            extent = self._extents.take(size)
            if extent is None:
                raise self._full(size)
            try:
                self._commit(self._segments(extent))
            except MemoryError:
                self._extents.give(extent)
                raise
            return extent

    def give(self, extent: Extent) -> None:
        """Give a part back; its memory stays here for the next."""
        with self._guard:
            self._extents.give(extent)

    def ready(self, extent: Extent) -> None:
        """Fault in what of a taken part is not yet, and lock it if there is a device."""
        for number in self._segments(extent):
            segment = self._committed.get(number)
            if segment is None:  # given back meanwhile, to somebody who was only looking ahead
                continue
            with segment.guard:
                if not segment.ready:
                    self._populate(number)
                    segment.ready = True

    def prefault(self, extents: Iterable[Extent]) -> threading.Thread:
        """Make taken parts ready in the background, in order, while others already fill the first."""

        def work() -> None:
            with suppress(RuntimeError):  # whoever needs the part meets it too
                for extent in parts:
                    self.ready(extent)

        parts = list(extents)
        thread = threading.Thread(target=work, name="prefault", daemon=True)
        thread.start()
        return thread

    @property
    def taken(self) -> int:
        """Bytes in use."""
        return self._extents.taken

    @property
    def committed(self) -> int:
        """Bytes taken from the system; with a device, so many are locked."""
        return len(self._committed) * self.segment

    def pieces(self, extent: Extent) -> list[Extent]:
        """The part cut where segments meet: what is locked by two calls cannot be copied by one."""
        inner = [number * self.segment for number in self._segments(extent)][1:]
        edges = [extent.start, *inner, extent.end]
        return [Extent(start, end) for start, end in pairwise(edges)]

    def _segments(self, extent: Extent) -> range:
        return range(extent.start // self.segment, -(-extent.end // self.segment))

    def _commit(self, numbers: range) -> None:
        wanted = [number for number in numbers if number not in self._committed]
        excess = len(wanted) - (self.budget // self.segment - len(self._committed))
        if excess > 0:
            self._return_free(excess, keep=numbers)
        self._committed |= {number: _Segment() for number in wanted}

    def _return_free(self, count: int, keep: range) -> None:
        """Give `count` unused segments back to the system, those at high addresses first."""
        unused = (number for number in sorted(self._committed, reverse=True) if number not in keep)
        spare = [number for number in unused if self._is_free(number)][:count]
        if len(spare) < count:
            raise self._full(count * self.segment)
        for number in spare:
            segment = self._committed.pop(number)
            with segment.guard:
                if segment.ready and self._locking:
                    self._locking.unlock(self._address(number))
                segment.ready = True
            self._advise(number * self.segment, self.segment, _RETURN)

    def _full(self, size: int) -> MemoryError:
        return MemoryError(f"host memory for weights: no {size} bytes left, {self.taken} of {self.budget} are in use")

    def _is_free(self, number: int) -> bool:
        return self._extents.is_free(number * self.segment, (number + 1) * self.segment)

    def _populate(self, number: int) -> None:
        start = number * self.segment
        if not self._advise(start, self.segment, _POPULATE_WRITE):  # before Linux 5.14
            self.bytes[start : start + self.segment : mmap.PAGESIZE] = 0
        if self._locking:
            self._locking.lock(self._address(number), self.segment)

    def _address(self, number: int) -> int:
        return self.bytes.data_ptr() + number * self.segment

    def _advise(self, start: int, size: int, advice: int) -> bool:
        """`madvise` without holding up other threads, as `mmap.madvise` would."""
        address = ctypes.c_void_p(self.bytes.data_ptr() + start)
        return int(_libc.madvise(address, ctypes.c_size_t(size), advice)) == 0


def _segment_bytes(budget: int) -> int:
    size = budget // _SEGMENTS // _SMALLEST_SEGMENT * _SMALLEST_SEGMENT
    return min(max(size, _SMALLEST_SEGMENT), _LARGEST_SEGMENT)
