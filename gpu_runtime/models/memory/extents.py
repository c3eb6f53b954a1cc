"""Which parts of an address space are taken: best fit, low addresses first, neighbours joined when they are freed."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import NamedTuple


class Extent(NamedTuple):
    """Bytes `start` to `end`."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


class Extents:
    """Free and taken parts of `size` bytes; every part starts at a multiple of `align`."""

    def __init__(self, size: int, align: int) -> None:
        self.align = align
        self._free = [Extent(0, size // align * align)]
        self._taken: set[Extent] = set()

    def take(self, size: int) -> Extent | None:
        """The smallest free part that is big enough, the lowest of equals; nothing if there is none."""
        wanted = max(-(-size // self.align), 1) * self.align
        fitting = [extent for extent in self._free if extent.size >= wanted]
        if not fitting:
            return None
        best = min(fitting, key=lambda extent: (extent.size, extent.start))
        self._free.remove(best)
        taken = Extent(best.start, best.start + wanted)
        if best.size > wanted:
            insort(self._free, Extent(taken.end, best.end))
        self._taken.add(taken)
        return taken

    def give(self, extent: Extent) -> None:
        """Give a taken part back."""
        self._taken.remove(extent)
        at = bisect_left(self._free, extent)
        start, end = extent
        if at < len(self._free) and self._free[at].start == end:
            end = self._free.pop(at).end
        if at > 0 and self._free[at - 1].end == start:
            start = self._free.pop(at - 1).start
        insort(self._free, Extent(start, end))

    @property
    def taken(self) -> int:
        """Bytes that are taken."""
        return sum(extent.size for extent in self._taken)

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing between these is taken."""
        return any(extent.start <= start and end <= extent.end for extent in self._free)
