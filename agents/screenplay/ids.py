"""Ids of elements: by content, and carried from one version of a script to the next."""

from __future__ import annotations

import re
from collections import Counter

from agents.screenplay.markup import plain
from vibeboard.digest import sha256
from vibeboard.screenplay import Kind

_BLANKS = re.compile(r"\s+")


class IdMint:
    """Gives each element a short id that no other element of the script has."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str, str]] = Counter()
        self._given: set[str] = set()

    def mint(self, kind: Kind, text: str, context: str) -> str:
        """An id from the kind, the words, the `context` (the words of the scene's heading) and the count of equals
        before it. So it does not change with what is written elsewhere, unless an equal element comes before."""
        key = (kind.value, words(kind, text), context)
        while True:
            self._seen[key] += 1
            name = element_id(*key, occurrence=self._seen[key])
            if name not in self._given:
                self._given.add(name)
                return name


def element_id(*parts: str, occurrence: int) -> str:
    return "e" + sha256("\x1f".join((*parts, str(occurrence))).encode())[:10]


def words(kind: Kind, text: str) -> str:
    """What makes two elements equal: the words, whatever the markup, the line breaks and the blanks."""
    return _BLANKS.sub(" ", plain(kind, text)).strip()
