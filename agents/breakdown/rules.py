"""The rule engine: a screenplay in, its breakdown out. Items are pending until a person approves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from string import ascii_uppercase

from agents.breakdown.cast import Roster, cast_of, roster
from agents.breakdown.lexicon import GIVEN_NAMES
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

    `cast` and the items of category CAST agree; each other item is a
    thing that the action (never the dialogue, where things are only spoken of) shows to be there.
    """
    people = roster(screenplay)
    places: set[tuple[bool, str, str]] = set()
    time: TimeOfDay | None = None
    scenes: list[SceneBreakdown] = []
    for scene, number in zip(screenplay.scenes, scene_numbers(screenplay.scenes), strict=True):
        time = time_of_day(scene.slug, time)
        place = (scene.slug.int_ext is IntExt.EXT, scene.slug.place.upper(), scene.slug.area.upper())
        scenes.append(_scene(scene, number, time, place not in places, people))
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
        cast=tuple(cast),
        items=tuple(sorted((*_cast_items(cast), *_things(scene, cast)), key=lambda item: _ORDER[item.category])),
    )


def scene_numbers(scenes: Sequence[Scene]) -> list[str]:
    """The writer's numbers. A scene without one follows the one before with a letter (`12A`), or where the writer
    numbered none, scenes are counted."""
    used = {scene.number for scene in scenes if scene.number}
    if not used:
        return [str(position) for position in range(1, len(scenes) + 1)]
    numbers: list[str] = []
    lettered: dict[str, Iterator[str]] = {}
    for scene in scenes:
        base = numbers[-1].rstrip(ascii_uppercase) if numbers else "0"
        free = lettered.setdefault(base, _lettered(base))
        numbers.append(scene.number or next(number for number in free if number not in used))
    return numbers


def _lettered(base: str) -> Iterator[str]:
    """`12A` to `12Z`, then `12AA`, `12BB` ..."""
    return (base + letter * times for times in count(1) for letter in ascii_uppercase)


def _cast_items(cast: Mapping[str, tuple[int, ...]]) -> Iterator[BreakdownItem]:
    for name, lines in cast.items():
        yield BreakdownItem(category=Category.CAST, name=name, lines=lines)


def _things(scene: Scene, cast: Iterable[str]) -> Iterator[BreakdownItem]:
    roles = {word for name in cast for word in (name.lower(), *name.lower().split())}
    found: dict[tuple[Category, str], dict[str, list[int]]] = {}
    for phrase in _phrases(scene):
        is_role = phrase.head in roles and (phrase.category is Category.EXTRAS or phrase.head in GIVEN_NAMES)
        if not is_role:
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
