"""Action lines as tokens, and the noun phrases in them that the word tables know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.breakdown.lexicon import (
    ADJECTIVES,
    AMBIGUOUS,
    DETERMINERS,
    INVARIABLE,
    IRREGULAR,
    NEGATIONS,
    NOUNS,
    OTHER_HEADS,
    STATES,
)
from agents.screenplay import plain_text
from vibeboard.breakdown import Category
from vibeboard.screenplay import Element

_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|\n|[^\w\s]")
_PASSED_OVER = ADJECTIVES | STATES
_CATEGORY = {noun: category for category, nouns in NOUNS.items() for noun in nouns}


class Token(NamedTuple):
    """A word or a mark as written, its lower-case form and its source line."""

    text: str
    key: str
    line: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()

    @property
    def shouted(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


class Phrase(NamedTuple):
    """A thing in the text: its table, its singular noun, the noun with adjectives, its tokens `[start, end)`."""

    category: Category
    head: str
    name: str
    start: int
    end: int
    line: int
    shouted: bool


def tokens(element: Element) -> list[Token]:
    """The tokens of an element's words with their source lines."""
    line = element.line
    found: list[Token] = []
    for match in _TOKEN.finditer(plain_text(element)):
        if match[0] == "\n":
            line = min(line + 1, element.last_line)
        else:
            found.append(Token(match[0], match[0].lower().replace("’", "'"), line))
    return found


def phrases(words: Sequence[Token]) -> Iterator[Phrase]:
    """Things named in a run of tokens, longest table entry first, never overlapping."""
    position = 0
    while position < len(words):
        found = _entry_at(words, position)
        if found is None:
            position += 1
            continue
        head, end = found
        if _is_thing(words, position, end, head):
            start = _with_adjectives(words, position)
            name = " ".join([*(word.key for word in words[start:position] if word.key in ADJECTIVES), head])
            shouted = any(word.shouted for word in words[position:end])
            yield Phrase(_CATEGORY[head], head, name, start, end, words[position].line, shouted)
        position = end


def singular(word: str) -> str:
    if word in INVARIABLE or word in _CATEGORY:
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _entry_at(words: Sequence[Token], position: int) -> tuple[str, int] | None:
    for length in (3, 2, 1):
        end = position + length
        part = words[position:end]
        if len(part) < length or not all(word.is_word for word in part):
            continue
        name = " ".join([*(word.key for word in part[:-1]), singular(part[-1].key)])
        if name in _CATEGORY:
            return name, end
    return None


def _is_thing(words: Sequence[Token], start: int, end: int, head: str) -> bool:
    """Whether a table's word names a thing that is there: no part of a compound, no verb, not denied."""
    following = words[end] if end < len(words) else None
    if following and following.is_word and (following.key in OTHER_HEADS or _entry_at(words, end)):
        return False
    first = _with_adjectives(words, start)
    before = words[first - 1] if first else None
    if before and before.key in NEGATIONS:
        return False
    shown = first < start or (before is not None and (before.key in DETERMINERS or before.key.endswith("'s")))
    return head not in AMBIGUOUS or shown or words[start].shouted


def _with_adjectives(words: Sequence[Token], start: int) -> int:
    """The first of the adjectives right before a noun."""
    while start and words[start - 1].key in _PASSED_OVER:
        start -= 1
    return start
