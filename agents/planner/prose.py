"""What can be read out of action text without a language model: sentences, people and things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from string import capwords

_MARKUP = re.compile(r"\[\[.*?\]\]|/\*.*?\*/|\*+|_+|^[ \t]*[~!>]", re.S | re.M)
_BREAK = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+(?=[\"'“‘(A-ZÀ-ÞА-Я\d\-–—])|(?<=[。！？])|\n+")
_ABBREVIATION = re.compile(r"\b(?:(?i:Mr|Mrs|Ms|Dr|St|Jr|Sr|Lt|Sgt|Capt|Prof)|No|vs|etc|[A-Z])\.$")


_BULLET = re.compile(r"^(?:[-–—•]+|\(?(?:\d{1,2}|[A-Z])\)|\d{1,2}\.)\s+|^MOS\b[.:]?\s*")
_SINGLE_WORDS = frozenset(("a", "i"))
"""Letters that are words: somebody of that name is known by cues only."""
_STOP = frozenset(("the", "a", "an", "mr", "mrs", "ms", "dr", "st", "old", "young", "little", "big", "of", "and"))


def clean(text: str) -> str:
    """The words of a paragraph on one line, without markup and notes."""
    return " ".join(_MARKUP.sub("", text).split())


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph of action, cleaned; a line break ends one too."""
    parts: list[str] = []
    for piece in _BREAK.split(_MARKUP.sub("", text)):
        words = _BULLET.sub("", " ".join(piece.split()))
        if parts and _ABBREVIATION.search(parts[-1]):
            parts[-1] = f"{parts[-1]} {words}"
        elif words:
            parts.append(words)
    return [part for part in parts if re.search(r"\w", part)]


class Names:
    """Finds the people of a cast in a sentence, by full name or by a word of it that only one of them has."""

    def __init__(self, cast: Iterable[str]) -> None:
        self.cast = tuple(dict.fromkeys(cast))
        owners: dict[str, set[str]] = {}
        for name in self.cast:
            words = re.findall(r"[\w'’-]+", name.casefold())
            for alias in {name.casefold(), *(word for word in words if word not in _STOP and len(word) > 1)}:
                if alias not in _SINGLE_WORDS:
                    owners.setdefault(alias, set()).add(name)
        self._aliases = {alias: next(iter(names)) for alias, names in owners.items() if len(names) == 1}
        spellings = sorted(map(re.escape, self._aliases), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(spellings)})(?!\w)", re.I) if spellings else None

    def find(self, sentence: str) -> list[tuple[int, str]]:
        """Mentions as (place, name) in order. A lower-case word counts after an article only: `the waitress`."""
        if self._pattern is None:
            return []
        return [
            (match.start(), self._aliases[match.group().casefold()])
            for match in self._pattern.finditer(sentence)
            if not match.group().islower() or re.search(r"\b(?:the|an?)\s+$", sentence[: match.start()], re.I)
        ]

    def canonical(self, speaker: str) -> str:
        """The cast's spelling of a cue, which may be longer or shorter; the cue itself for somebody unknown."""
        if speaker in self.cast:
            return speaker
        within = {self._aliases[word] for word in speaker.casefold().split() if word in self._aliases}
        return self._aliases.get(speaker.casefold()) or (within.pop() if len(within) == 1 else speaker)

    def chorus(self, speaker: str) -> tuple[str, ...]:
        """The people of a cue that names several, such as `ANNA & BOB`; none for a cue of one person."""
        parts = re.split(r"\s*[&/+,]\s*|\s+AND\s+", speaker)
        people = tuple(dict.fromkeys(self.canonical(part) for part in parts))
        return people if len(people) > 1 and set(people) <= set(self.cast) else ()


_DIRECTION = re.compile(
    r"BACK TO\b|END (?:OF )?[A-Z ]+\.?$|RESUME\b|(?:THE )?END\b|CONTINUED|\(?MOS\)?\.?$"
    r"|(?:BEGIN )?(?:INTERCUT|MONTAGE|SERIES OF SHOTS)\b",
    re.I,
)


def is_direction(text: str) -> bool:
    """Whether a paragraph only manages the script (`BACK TO SCENE`), with nothing in it to see."""
    return bool(_DIRECTION.match(clean(text)))


def is_insert(text: str) -> bool:
    """Whether a paragraph opens an insert that lasts until the script says otherwise."""
    return clean(text).startswith("INSERT")


def named_thing(words: str, things: Sequence[str]) -> str:
    """The first of `things` whose last word (its noun) stands in `words`, or ``""``; the longest name wins."""
    for thing in sorted(things, key=len, reverse=True):
        noun = thing.split()[-1] if thing.split() else ""
        if noun and re.search(rf"\b{re.escape(noun)}(?:s|es)?\b", words, re.I):
            return thing
    return ""


def called(name: str) -> str:
    """A name as prose writes it: `NORA'S DINER` is Nora's Diner."""
    return re.sub(r"\b([OD]')(\w)", lambda match: match[1] + match[2].upper(), capwords(name))
