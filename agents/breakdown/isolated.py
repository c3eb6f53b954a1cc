"""What the text sets apart for the eye: inserts, close shots, things in capitals, and what "we see"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.breakdown.lexicon import DETERMINERS
from agents.breakdown.text import phrases, singular, tokens
from agents.screenplay import plain_text
from vibeboard.breakdown import Category
from vibeboard.screenplay import Element, Kind, Scene

_CLOSE = re.compile(
    r"(?:^|(?<=[.!?]\s)|(?<=\n))(?:INSERT|INSERT SHOT|(?:EXTREME )?CLOSE[ -]UP|CLOSER? ON|ANGLE ON|ECU|CU)"
    r"\b[\s:–—-]*(?:OF |ON )?"
    r"(?P<what>[^.,:;!?\n–—]{2,60})"
)
_BACK = re.compile(r"(?:BACK TO|END INSERT|RESUME)\b")
_SEEING = frozenset({"see", "find", "notice"})
_ACRONYMS = frozenset({"tv", "suv", "rv", "tv set"})
"""In capitals whatever they mean."""
_MANAGES = re.compile(r"(?:END )?(?:INTERCUT|MONTAGE|SERIES OF SHOTS|FLASHBACK)\b|SUPER\b|TITLE\b")
"""What tells how the film is cut, not what is there."""
_THINGS = frozenset(
    {
        Category.PROPS,
        Category.VEHICLES,
        Category.ANIMALS,
        Category.SET_DRESSING,
        Category.WARDROBE,
        Category.GREENERY,
    }
)


def isolated_objects(scene: Scene) -> tuple[tuple[str, str], ...]:
    """The things that deserve a shot of their own: pairs of an action's element id and the thing's name in lower case,
    singular, without article, in the order of the text."""
    speakers = {element.speaker.lower() for element in scene.elements}
    return tuple(
        (element.id, name)
        for element in scene.elements
        if element.kind is Kind.ACTION and not _MANAGES.match(plain_text(element))
        for name in dict.fromkeys(_isolated(element))
        if name not in speakers
    )


def insert_ids(scene: Scene) -> frozenset[str]:
    """The actions that belong to an insert: its own line and what describes it, up to BACK TO SCENE or a cue."""
    ids: set[str] = set()
    inside = False
    for element in scene.elements:
        text = plain_text(element)
        if element.kind is Kind.ACTION and text.startswith("INSERT"):
            inside = True
        elif element.kind is not Kind.NOTE and (element.kind is not Kind.ACTION or _BACK.match(text)):
            inside = False
        if inside and element.kind is Kind.ACTION:
            ids.add(element.id)
    return frozenset(ids)


def _isolated(element: Element) -> Iterator[str]:
    named = {name for close in _CLOSE.finditer(plain_text(element)) if (name := _bare_name(close["what"]))}
    yield from sorted(named)
    words = tokens(element)
    seen = [index for index, word in enumerate(words) if index and word.key in _SEEING and words[index - 1].key == "we"]
    for phrase in phrases(words):
        shouted = phrase.shouted and phrase.head not in _ACRONYMS
        pointed_at = shouted or any(0 < phrase.start - index <= 4 for index in seen)
        if phrase.category in _THINGS and pointed_at and not any(phrase.head in name for name in named):
            yield phrase.name


def _bare_name(what: str) -> str:
    words = what.lower().replace("’", "'").split()
    while words and (words[0] in DETERMINERS or words[0].endswith("'s")):
        words = words[1:]
    return " ".join([*words[:-1], singular(words[-1])]) if words else ""
