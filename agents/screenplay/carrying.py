"""Carry the ids of one version of a script over to the next, so that what did not change keeps its takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from agents.screenplay.alignment import Pairs, align, gaps_between
from agents.screenplay.ids import element_id, words
from vibeboard.screenplay import Element, Screenplay

_CLOSE_WORK = 2500
"""Pairs of unmatched elements that are compared word by word; a bigger rewrite is matched by place alone."""
_ALIKE = 0.5


def carry_ids(previous: Screenplay, current: Screenplay) -> Screenplay:
    """The current script with the ids of the elements that the previous one already had.

    Equal elements are aligned by content. Between them, an element that kept half of its words, or failing that
    its kind and place, counts as edited and keeps its id as well. What is new keeps the id that its content gives,
    unless it is taken. Near linear in the length of the scripts.
    """
    before, after = list(_elements(previous)), list(_elements(current))
    pairs = align([_content(element) for element in before], [_content(element) for element in after])
    for a, b, c, d in list(gaps_between(pairs, (0, len(before), 0, len(after)))):
        pairs += [(a + i, c + j) for i, j in _edited(before[a:b], after[c:d])]
    carried = {after[j].id: before[i].id for i, j in pairs}
    return _renamed(current, _with_fresh(carried, after, {element.id for element in before}))


def _elements(screenplay: Screenplay) -> Iterator[Element]:
    yield from screenplay.preamble
    for scene in screenplay.scenes:
        yield scene.heading
        yield from scene.elements


def _content(element: Element) -> tuple[str, str]:
    """What makes elements equal; not the speaker, so that speech outlives a role's new name."""
    return (element.kind.value, words(element.kind, element.text))


def _edited(before: Sequence[Element], after: Sequence[Element]) -> Pairs:
    """Which of the elements without an equal are edits of which: first the alike ones, then those in their places."""
    alike = _alike(before, after) if len(before) * len(after) <= _CLOSE_WORK else []
    pairs = list(alike)
    for a, b, c, d in gaps_between(alike, (0, len(before), 0, len(after))):
        pairs += _in_place(before, after, (a, b, c, d))
    return pairs


def _alike(before: Sequence[Element], after: Sequence[Element]) -> Pairs:
    """The rising pairs of one kind with the most words in common (dynamic programming over all pairs)."""
    shared = [[_likeness(one, other) for other in after] for one in before]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + shared[i][j])
    pairs: Pairs = []
    i = j = 0
    while i < len(before) and j < len(after):
        if shared[i][j] and best[i][j] == best[i + 1][j + 1] + shared[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _likeness(one: Element, other: Element) -> float:
    """The share of words in common (Sørensen and Dice), or 0 when that is less than half or the kinds differ."""
    if one.kind is not other.kind:
        return 0.0
    a, b = set(one.text.lower().split()), set(other.text.lower().split())
    share = 2 * len(a & b) / max(1, len(a) + len(b))
    return share if share >= _ALIKE else 0.0


def _in_place(before: Sequence[Element], after: Sequence[Element], gap: tuple[int, int, int, int]) -> Pairs:
    """Pair the elements of a gap in order, as long as their kinds agree."""
    a, b, c, d = gap
    pairs: Pairs = []
    for i, j in zip(range(a, b), range(c, d), strict=False):
        if before[i].kind is not after[j].kind:
            break
        pairs.append((i, j))
    return pairs


def _with_fresh(carried: Mapping[str, str], after: Sequence[Element], old: set[str]) -> dict[str, str]:
    """Names for all: carried ones, and for the others their own by content, or one that nobody had."""
    taken = set(carried.values())
    names = dict(carried)
    for element in after:
        if element.id in names:
            continue
        name = element.id
        for attempt in count(1):
            if name not in taken and not (attempt > 1 and name in old):
                break
            name = element_id(element.id, occurrence=attempt)
        taken.add(name)
        names[element.id] = name
    return names


def _renamed(screenplay: Screenplay, names: Mapping[str, str]) -> Screenplay:
    def rename(element: Element) -> Element:
        return element.model_copy(update={"id": names[element.id]})

    scenes = tuple(
        scene.model_copy(
            update={
                "id": names[scene.id],
                "heading": rename(scene.heading),
                "elements": tuple(rename(element) for element in scene.elements),
            }
        )
        for scene in screenplay.scenes
    )
    return screenplay.model_copy(
        update={"preamble": tuple(rename(element) for element in screenplay.preamble), "scenes": scenes}
    )
