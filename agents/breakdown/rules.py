"""The rule engine: a screenplay in, its breakdown out. Items are pending until a person approves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.breakdown.cast import Roster, cast_of, roster
from agents.breakdown.pages import eighths
from agents.breakdown.places import CARS, set_kind
from agents.breakdown.text import Phrase, phrases, singular, tokens
from agents.breakdown.times import time_of_day
from vibeboard.breakdown import Breakdown, BreakdownItem, Category, SceneBreakdown
from vibeboard.screenplay import IntExt, Kind, Scene, Screenplay, TimeOfDay
from vibeboard.stage import SetKind

_ORDER = {category: position for position, category in enumerate(Category)}


def break_down(screenplay: Screenplay) -> Breakdown:
    """Name what each scene needs.

    `number` is the writer's or the scene's position; `cast` and the items of category CAST agree; each other item is a
    thing that the action (never the dialogue, where things are only spoken of) shows to be there.
    """
    people = roster(screenplay)
    places: set[tuple[bool, str, str]] = set()
    time: TimeOfDay | None = None
    scenes: list[SceneBreakdown] = []
    for position, scene in enumerate(screenplay.scenes, start=1):
        time = time_of_day(scene.slug, time)
        place = (scene.slug.int_ext is IntExt.EXT, scene.slug.place.upper(), scene.slug.area.upper())
        scenes.append(_scene(scene, scene.number or str(position), time, place not in places, people))
        places.add(place)
    return Breakdown(scenes=tuple(scenes))


def _scene(scene: Scene, number: str, time: TimeOfDay, new_place: bool, people: Roster) -> SceneBreakdown:
    cast = cast_of(scene, people)
    return SceneBreakdown(
        scene_id=scene.id,
        number=number,
        set_kind=set_kind(scene.slug),
        time=time,
        new_place=new_place,
        eighths=eighths(scene),
        cast=cast,
        items=tuple(sorted((*_cast_items(scene, cast), *_things(scene, cast)), key=lambda item: _ORDER[item.category])),
    )


def _cast_items(scene: Scene, cast: Iterable[str]) -> Iterator[BreakdownItem]:
    for name in cast:
        first = name.split()[0]
        lines = [
            element.line
            for element in scene.elements
            if (element.kind is Kind.CUE and name in element.speaker)
            or (element.kind is Kind.ACTION and first in element.text.upper())
        ]
        yield BreakdownItem(category=Category.CAST, name=name, lines=tuple(dict.fromkeys(lines)))


def _things(scene: Scene, cast: Iterable[str]) -> Iterator[BreakdownItem]:
    roles = {name.lower() for name in cast}
    found: dict[tuple[Category, str], dict[str, list[int]]] = {}
    for phrase in _phrases(scene):
        if phrase.head not in roles:
            _note(phrase, found.setdefault((phrase.category, phrase.head), {}))
    for (category, _), names in found.items():
        for name, lines in names.items():
            yield BreakdownItem(category=category, name=name, lines=tuple(sorted(set(lines))))


def _note(phrase: Phrase, names: dict[str, list[int]]) -> None:
    """Enter a thing under its name. A bare `car` is the `red car` named before, or takes the name of the one after."""
    if phrase.name == phrase.head and names:
        names[next(iter(names))].append(phrase.line)
    else:
        names.setdefault(phrase.name, names.pop(phrase.head, [])).append(phrase.line)


def _phrases(scene: Scene) -> Iterator[Phrase]:
    if set_kind(scene.slug) is SetKind.CAR:
        yield from _vehicle_of_heading(scene)
    for element in scene.elements:
        if element.kind is Kind.ACTION:
            yield from phrases(tokens(element))


def _vehicle_of_heading(scene: Scene) -> Iterator[Phrase]:
    """A scene that plays in a vehicle needs it, named in the action or not."""
    words = [singular(word) for word in scene.slug.place.lower().split()]
    for word in reversed(words):
        if word in CARS:
            yield Phrase(Category.VEHICLES, word, word, 0, 0, scene.heading.line, False)
            return
