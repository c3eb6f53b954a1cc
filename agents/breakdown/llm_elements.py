"""The elements of a scene as a model finds them, each kept only if the scene's own words prove it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import Field, JsonValue

from agents.breakdown.lexicon import DETERMINERS
from agents.breakdown.text import singular
from agents.llm.asking import Asker
from agents.llm.spelling import spelled
from agents.planner.prose import Names
from agents.prompts import conversation
from agents.screenplay import plain_text
from vibeboard.breakdown import BreakdownItem, Category, SceneBreakdown
from vibeboard.model import Frozen
from vibeboard.screenplay import Scene

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ALSO = {
    "cast members": "Cast",
    "characters": "Cast",
    "extras": "Background Actors",
    "background": "Background Actors",
    "prop": "Props",
    "vehicle": "Vehicles",
    "animal": "Animals",
    "makeup": "Makeup/Hair",
    "make up": "Makeup/Hair",
    "hair": "Makeup/Hair",
    "sfx": "Special Effects",
    "vfx": "Visual Effects",
    "sound effects": "Sound",
    "costume": "Wardrobe",
    "costumes": "Wardrobe",
}
_SHOUTING = frozenset({Category.CAST, Category.EXTRAS})
_ORDER = {category: place for place, category in enumerate(Category)}


class FoundElement(Frozen):
    category: Annotated[Category, spelled(Category, _ALSO)]
    name: str = Field(min_length=1, max_length=80, description="in words of the scene")
    lines: tuple[int, ...] = Field(description="numbers of the lines that prove it", max_length=200)


class SceneElements(Frozen):
    """What a scene needs, by category."""

    elements: tuple[FoundElement, ...] = Field(max_length=200)


class Found(NamedTuple):
    """A scene's breakdown, and how many elements were dropped because the scene does not have their words."""

    breakdown: SceneBreakdown
    dropped: int


async def find_elements(asker: Asker, scene: Scene, rules: SceneBreakdown) -> Found:
    """Ask for the elements of a scene. Cast of the `rules` stays, with whom the model finds beside it; of everything
    else the model's list is taken. Item lines are those of `scene`.

    Raises:
        FaultError: there is no usable answer.
    """
    lines = scene_lines(scene)
    told: list[JsonValue] = [{"line": number, "text": text} for number, text in lines.items()]
    answer = await asker.ask(SceneElements, conversation("elements", scene=told))
    proven = [proof(element, lines) for element in answer.elements]
    kept = [item for item in proven if item]
    return Found(_merged(rules, kept), len(proven) - len(kept))


def scene_lines(scene: Scene) -> dict[int, str]:
    """The words of a scene by their line."""
    numbered: dict[int, str] = {}
    for element in (scene.heading, *scene.elements):
        for place, text in enumerate(plain_text(element).split("\n")):
            line = min(element.line + place, element.last_line)
            numbered[line] = f"{numbered[line]} {text}" if line in numbered else text
    return numbered


def proof(element: FoundElement, lines: Mapping[int, str]) -> BreakdownItem | None:
    """The element with the lines that prove it, or None. Its words must stand in the scene, in any form of number; a
    line it cites must have its noun, else every line that has it is cited."""
    words = _named(element.name)
    by_line = {number: set(_keys(text)) for number, text in lines.items()}
    keys = list(_keys(" ".join(words)))
    if not keys or not set(keys) <= set().union(*by_line.values()):
        return None
    noun = keys[-1]
    cited = [line for line in element.lines if noun in by_line.get(line, set())]
    standing = cited or [line for line, found in by_line.items() if noun in found]
    return BreakdownItem(
        category=element.category, name=_name(words, element.category), lines=tuple(sorted(set(standing)))
    )


def _named(name: str) -> list[str]:
    """The words of a name without its article."""
    words = name.replace("’", "'").split()
    while len(words) > 1 and words[0].lower() in DETERMINERS:
        words = words[1:]
    return words


def _name(words: Iterable[str], category: Category) -> str:
    text = " ".join(words)
    if category in _SHOUTING:
        return text.upper()
    *first, last = text.lower().split()
    return " ".join([*first, singular(last)])


def _keys(text: str) -> Iterator[str]:
    return (singular(word.lower().replace("’", "'").removesuffix("'s")) for word in _WORD.findall(text))


def _merged(rules: SceneBreakdown, found: Iterable[BreakdownItem]) -> SceneBreakdown:
    """The rules' scene with what was found in it; one item a name."""
    names = Names(rules.cast)
    items: dict[tuple[Category, str], BreakdownItem] = {
        (item.category, item.name): item for item in rules.items if item.category is Category.CAST
    }
    for item in found:
        named = names.canonical(item.name) if item.category is Category.CAST else item.name
        known = items.get((item.category, named))
        lines = sorted({*item.lines, *(known.lines if known else ())})
        items[item.category, named] = item.model_copy(update={"name": named, "lines": tuple(lines)})
    ordered = sorted(items.values(), key=lambda item: _ORDER[item.category])
    cast = tuple(item.name for item in ordered if item.category is Category.CAST)
    return rules.model_copy(update={"cast": cast, "items": tuple(ordered)})
