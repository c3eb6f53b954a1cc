"""Action lines as tokens, and the noun phrases in them that the word tables know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.breakdown.lexicon import (
    ADJECTIVES,
    AMBIGUOUS,
    ARTICLES,
    DETERMINERS,
    EVENTS,
    GIVEN_NAMES,
    INDEFINITE,
    INVARIABLE,
    IRREGULAR,
    NEGATIONS,
    NOUNS,
    NUMBERS,
    OTHER_HEADS,
    PRONOUNS,
    STATES,
)
from agents.screenplay import plain_text
from vibeboard.breakdown import Category
from vibeboard.screenplay import Element

_TOKEN = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|\n|[^\w\s]")
_QUOTED = re.compile(r'"[^"]*"|“[^“”]*”')
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
    """The tokens of an element's words with their source lines, but for what stands in quotation marks: a sign that
    reads "GUN SHOP" brings no gun."""
    line = element.line
    found: list[Token] = []
    for match in _TOKEN.finditer(_QUOTED.sub(_newlines, plain_text(element))):
        if match[0] == "\n":
            line = min(line + 1, element.last_line)
        else:
            found.append(Token(match[0], match[0].lower().replace("’", "'"), line))
    return found


def _newlines(match: re.Match[str]) -> str:
    return " " + "\n" * match[0].count("\n")


def phrases(words: Sequence[Token]) -> Iterator[Phrase]:
    """Things named and events told in a run of tokens, longest table entry first, never overlapping."""
    position = 0
    while position < len(words):
        head, end = _entry_at(words, position) or ("", position + 1)
        if head and _is_thing(words, position, end, head):
            yield _thing(words, position, end, head)
        elif event := EVENTS.get(words[position].key):
            category, name = event
            yield Phrase(category, name, name, position, end, words[position].line, shouted=False)
        position = end


def _thing(words: Sequence[Token], position: int, end: int, head: str) -> Phrase:
    start = _with_adjectives(words, position)
    name = " ".join([*(word.key for word in words[start:position] if word.key in ADJECTIVES), head])
    shouted = any(word.shouted for word in words[position:end])
    return Phrase(_CATEGORY[head], head, name, start, end, words[position].line, shouted)


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
    """The longest entry of the tables that starts here, in the singular, and the position after it."""
    for length in (3, 2, 1):
        part = words[position : position + length]
        if len(part) < length or not all(word.is_word for word in part):
            continue
        start = "".join(f"{word.key} " for word in part[:-1])
        for last in (part[-1].key, singular(part[-1].key), part[-1].key.removesuffix("es")):
            if start + last in _CATEGORY:
                return start + last, position + length
    return None


def _is_thing(words: Sequence[Token], start: int, end: int, head: str) -> bool:
    """Whether a table's word names a thing that is there: no part of a compound, no verb, not denied."""
    first = _with_adjectives(words, start)
    before, further = (words[first - back].key if first >= back else "" for back in (1, 2))
    denied = before in NEGATIONS or (before in DETERMINERS and further in NEGATIONS)
    if denied or before in PRONOUNS or _modifies(words, start, end) or (head == "camera" and before in ("", "the")):
        return False
    if head in INDEFINITE:
        brought_in = before in NUMBERS or before in ("a", "an", "another") or words[end - 1].key != head
        return brought_in and further not in (",", "like", "as")
    meant = first < start or before in DETERMINERS or before.endswith("'s")
    if meant or head in GIVEN_NAMES or words[start].key in EVENTS:
        return meant
    after = words[end].key if end < len(words) else ""
    return words[start].shouted or before in _CATEGORY or (head not in AMBIGUOUS and after not in ARTICLES)


def _modifies(words: Sequence[Token], start: int, end: int) -> bool:
    """Whether a noun only qualifies the next one: a car door is no car. A verb that looks like a noun, as in
    `the phone rings`, makes no compound."""
    if end == len(words):
        return False
    following = words[end].key
    if following in OTHER_HEADS:
        return True
    entry = _entry_at(words, end)
    return entry is not None and not (following in EVENTS or (entry[0] in AMBIGUOUS and entry[0] != following))


def _with_adjectives(words: Sequence[Token], start: int) -> int:
    """The first of the adjectives right before a noun."""
    while start and words[start - 1].key in _PASSED_OVER:
        start -= 1
    return start
