"""Which weights make room: the order in which they go, and how many of them.

The order follows Belady where the queue tells when weights are used next (what is used last goes first), which is
optimal for equal sizes; the rest goes before, by what it costs to bring a byte back over how long ago it was used, an
estimate of the chance that it is used again (GreedyDual-Size of Cao and Irani, 1997, with recency for the chance). It
costs a sort, never a search through subsets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

READ_COST = 8.0
"""Bringing a byte back from disk over bringing it back from pinned host memory: 2.5 and 20 GB/s are typical."""


class Candidate(NamedTuple):
    """Weights that may go. `next_use` in seconds if it is known, `age` in leases since the last one, `cost` of a byte
    to bring back. Of `rank` the lower goes first, whatever the rest."""

    component: str
    size: int
    next_use: float | None
    age: int
    cost: float
    rank: int = 0


def eviction_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """What goes first comes first; ties in the order of the names."""
    return sorted(candidates, key=_worth)


def _worth(candidate: Candidate) -> tuple[int, int, float, str]:
    if candidate.next_use is None:
        return candidate.rank, 0, candidate.cost / (1 + candidate.age), candidate.component
    return candidate.rank, 1, -candidate.next_use, candidate.component


def victims(lacking: int, candidates: Iterable[Candidate]) -> list[str] | None:
    """What goes so that `lacking` bytes become free: the first of the order until it is enough, without those that
    turn out not to be necessary, the worthiest spared first. Nothing if all together are not enough."""
    chosen: list[Candidate] = []
    for candidate in eviction_order(candidates):
        if lacking <= 0:
            break
        chosen.append(candidate)
        lacking -= candidate.size
    return None if lacking > 0 else _without_spare(chosen, -lacking)


def _without_spare(chosen: Sequence[Candidate], spare: int) -> list[str]:
    kept: list[str] = []
    for candidate in reversed(chosen):
        if candidate.size <= spare:
            spare -= candidate.size
        else:
            kept.append(candidate.component)
    return kept[::-1]
