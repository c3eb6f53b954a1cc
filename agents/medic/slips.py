"""Slips of the pen: one name mistyped for another, and abbreviations.

A slip never changes a first letter, a digit or a word of one or two letters: `weight` is not `height`, and shot `12A`
not `12B`.
"""

from __future__ import annotations

import re

_MOST_EDITS = 2
_VOWELS = frozenset("aeiouy")


def slip(wrong: str, right: str) -> bool:
    """Whether one is the other mistyped: letters swapped, doubled, left out or mistaken, and nothing that counts.

    Short words are too near to each other for a mistaken letter: `test` is not `text`.
    """
    if not wrong or wrong == right or len(right) < 3 or _weighty(wrong) != _weighty(right):
        return wrong == right
    if sorted(wrong) == sorted(right):
        return len(right) > 3 or _edits(wrong, right) == 1
    if wrong[0] != right[0] and wrong[1:] != right and wrong != right[1:] and wrong[:2] != right[1::-1]:
        return False
    if len(right) < 5 and len(wrong) == len(right):
        return False
    allowed = 0 if len(right) < 4 else 1 if len(right) < 8 else _MOST_EDITS
    return _edits(wrong, right) <= allowed


def clear_slip(wrong: str, right: str) -> bool:
    """A slip that makes no other word, for values, where other words are likely: neighbours swapped, a letter doubled
    or not, one left out of a longer word, one or a vowel mistaken in a long one. `store` is not `shore`, `valley` not
    `alley`."""
    if not wrong or wrong == right or _weighty(wrong) != _weighty(right):
        return wrong == right
    one = _edits(wrong, right) == 1
    if one and sorted(wrong) == sorted(right):
        return len(right) > 3
    if len(right) < 4 or wrong[0] != right[0]:
        return False
    if re.sub(r"(.)\1", r"\1", wrong) == re.sub(r"(.)\1", r"\1", right):
        return True
    if len(right) > 6 and sorted(wrong) == sorted(right):
        return True
    return one and ((len(right) > 5 and (len(wrong) < len(right) or _vowels_differ(wrong, right))) or len(right) > 7)


def _vowels_differ(wrong: str, right: str) -> bool:
    """Whether only vowels are mistaken: `speeker`."""
    return len(wrong) == len(right) and all(
        one == other or {one, other} <= _VOWELS for one, other in zip(wrong, right, strict=True)
    )


def _weighty(name: str) -> tuple[list[str], list[str]]:
    """What a slip may not change: digits, and words of one or two letters (`mm` and `m`, `A` and `B`)."""
    return re.findall(r"\d+", name), [word for word in re.findall(r"[a-z]+", name) if len(word) < 3]


def _edits(a: str, b: str) -> int:
    """Optimal string alignment distance: inserts, deletes, replacements and swaps of neighbours. Where the lengths are
    further apart than any slip, their difference, which it is not below."""
    if abs(len(a) - len(b)) > _MOST_EDITS:
        return abs(len(a) - len(b))
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, last, row = row, before, [i] + [0] * len(b)
        for j, other in enumerate(b, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                row[j] = min(row[j], last[j - 2] + 1)
    return row[-1]


def abbreviated(short: str, whole: str) -> bool:
    """Whether a word is another one without its vowels: `txt`, `frms`."""
    return len(short) > 2 and short == whole[:1] + "".join(letter for letter in whole[1:] if letter not in _VOWELS)
