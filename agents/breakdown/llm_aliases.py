"""One person or thing under several names over the whole script: found by a model, merged by us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from pydantic import Field, JsonValue

from agents.llm.asking import Asker
from agents.prompts import conversation
from vibeboard.breakdown import BreakdownItem, Category, SceneBreakdown
from vibeboard.faults import FieldError
from vibeboard.model import Frozen

Aliases = Mapping[tuple[Category, str], str]


class SameThing(Frozen):
    category: Category
    kept_as: str = Field(description="one of the names, under which it is kept")
    same: tuple[str, ...] = Field(description="the other names of it", min_length=1, max_length=50)


class SameThings(Frozen):
    """Names that mean one person or thing."""

    groups: tuple[SameThing, ...] = Field(max_length=200)


async def find_aliases(asker: Asker, scenes: Sequence[SceneBreakdown], speaking: Set[str]) -> Aliases:
    """Which names to replace by which. Who speaks keeps the name that the cues have.

    Raises:
        FaultError: there is no usable answer.
    """
    names = _names(scenes)
    if not names:
        return {}
    listed: dict[str, JsonValue] = {category.value: [*sorted(found)] for category, found in names.items()}
    asked = conversation("aliases", names=listed, speaking=[*sorted(speaking)])
    answer = await asker.ask(SameThings, asked, lambda said: _objections(said, names, speaking))
    return {(group.category, name): group.kept_as for group in answer.groups for name in group.same}


def _names(scenes: Sequence[SceneBreakdown]) -> dict[Category, set[str]]:
    """The names of each category that has more than one."""
    names: dict[Category, set[str]] = {}
    for item in (item for scene in scenes for item in scene.items):
        names.setdefault(item.category, set()).add(item.name)
    return {category: found for category, found in names.items() if len(found) > 1}


def _objections(said: SameThings, names: Mapping[Category, Set[str]], speaking: Set[str]) -> list[FieldError]:
    taken: set[tuple[Category, str]] = set()
    wrong: list[FieldError] = []
    for place, group in enumerate(said.groups):
        known = names.get(group.category, set())
        for field, name in (("kept_as", group.kept_as), *(("same", name) for name in group.same)):
            path = f"groups.{place}.{field}"
            if name not in known:
                wrong.append(FieldError(path=path, expected=f"a name of the list of {group.category}", got=name))
            elif (group.category, name) in taken:
                wrong.append(FieldError(path=path, expected="a name that stands in one place only", got=name))
            elif field == "same" and group.category is Category.CAST and name in speaking:
                wrong.append(FieldError(path=path, expected="a name that nobody speaks under", got=name))
            taken.add((group.category, name))
    return wrong


def merged(scene: SceneBreakdown, aliases: Aliases) -> SceneBreakdown:
    """A scene with every name replaced by what it is kept as."""
    items: dict[tuple[Category, str], BreakdownItem] = {}
    for item in scene.items:
        name = aliases.get((item.category, item.name), item.name)
        known = items.get((item.category, name))
        lines = tuple(sorted({*item.lines, *(known.lines if known else ())}))
        items[item.category, name] = item.model_copy(update={"name": name, "lines": lines})
    cast = dict.fromkeys(aliases.get((Category.CAST, name), name) for name in scene.cast)
    return scene.model_copy(update={"items": tuple(items.values()), "cast": tuple(cast)})
