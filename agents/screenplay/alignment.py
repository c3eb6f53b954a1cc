"""Which entries of one sequence are which of another: patience alignment.

Entries that occur once on both sides are anchors; the longest run of anchors in one order is kept, and what lies
between two of them is aligned by itself (Bram Cohen's patience diff). Anchors are rare among repeated cues, yet a
line of speech or action beside them nearly always is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence

Pairs = list[tuple[int, int]]
_Gap = tuple[int, int, int, int]
"""`[a, b)` of the one sequence against `[c, d)` of the other."""


def align(before: Sequence[Hashable], after: Sequence[Hashable]) -> Pairs:
    """Pairs `(i, j)` with `before[i] == after[j]`, both rising. About n log n for n entries."""
    pairs: Pairs = []
    gaps: list[_Gap] = [(0, len(before), 0, len(after))]
    while gaps:
        gap = gaps.pop()
        ends, inner = _common_ends(before, after, gap)
        pairs += ends
        anchors = _anchors(before, after, inner)
        pairs += anchors
        if anchors:
            gaps += gaps_between(anchors, inner)
    return sorted(pairs)


def gaps_between(pairs: Pairs, gap: _Gap) -> Iterator[_Gap]:
    """What lies between rising pairs within a gap, where both sides or one have entries."""
    a, b, c, d = gap
    for i, j in (*pairs, (b, d)):
        if a < i or c < j:
            yield a, i, c, j
        a, c = i + 1, j + 1


def _common_ends(before: Sequence[Hashable], after: Sequence[Hashable], gap: _Gap) -> tuple[Pairs, _Gap]:
    a, b, c, d = gap
    pairs: Pairs = []
    while a < b and c < d and before[a] == after[c]:
        pairs.append((a, c))
        a, c = a + 1, c + 1
    while a < b and c < d and before[b - 1] == after[d - 1]:
        b, d = b - 1, d - 1
        pairs.append((b, d))
    return pairs, (a, b, c, d)


def _anchors(before: Sequence[Hashable], after: Sequence[Hashable], gap: _Gap) -> Pairs:
    a, b, c, d = gap
    counts, other = Counter(before[a:b]), Counter(after[c:d])
    place = {entry: j for j, entry in enumerate(after[c:d], start=c) if other[entry] == 1}
    unique = [
        (i, place[entry]) for i, entry in enumerate(before[a:b], start=a) if counts[entry] == 1 and entry in place
    ]
    return _longest_rising(unique)


def _longest_rising(pairs: Pairs) -> Pairs:
    """The longest subsequence whose second numbers rise, by patience sorting."""
    tops: list[int] = []
    tails: list[int] = []
    previous: list[int] = []
    for index, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        previous.append(tails[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            tails.append(index)
        else:
            tops[pile], tails[pile] = j, index
    rising: Pairs = []
    index = tails[-1] if tails else -1
    while index >= 0:
        rising.append(pairs[index])
        index = previous[index]
    return rising[::-1]
