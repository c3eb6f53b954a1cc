"""How much of a page a scene fills, in eighths, by the layout of the printed page."""

from __future__ import annotations

from collections.abc import Iterable

from agents.screenplay import plain_text
from vibeboard.screenplay import Dual, Element, Kind, Scene

LINES_A_PAGE = 55
"""Lines of 12 point Courier on a US letter page between its usual margins."""

_WIDTH = {
    Kind.HEADING: 60,
    Kind.ACTION: 60,
    Kind.CUE: 38,
    Kind.DIALOGUE: 35,
    Kind.PARENTHETICAL: 26,
    Kind.LYRIC: 35,
    Kind.TRANSITION: 60,
    Kind.CENTERED: 60,
}
"""Columns in which a kind is set; what is missing here is not printed."""

_SPACE_BEFORE = {Kind.HEADING: 2, Kind.ACTION: 1, Kind.CUE: 1, Kind.TRANSITION: 1, Kind.CENTERED: 1}


def eighths(scene: Scene) -> int:
    """The scene's length in eighths of a page, at least one, rounded by itself: so an edit in one scene never changes
    the length of another, and the sum over a script stays near its page count."""
    lines = _printed_lines((scene.heading, *scene.elements))
    return max(1, round(8 * lines / LINES_A_PAGE))


def _printed_lines(elements: Iterable[Element]) -> int:
    """Lines on paper. The right side of a dual dialogue stands beside the left one and takes none."""
    return sum(
        _SPACE_BEFORE.get(element.kind, 0) + _wrapped(plain_text(element), _WIDTH[element.kind])
        for element in elements
        if element.kind in _WIDTH and element.dual is not Dual.RIGHT
    )


def _wrapped(text: str, width: int) -> int:
    return sum(_lines_of(line, width) for line in text.split("\n"))


def _lines_of(line: str, width: int) -> int:
    """Lines that a paragraph takes when words are set greedily; a word wider than the column is broken."""
    count, column = 1, 0
    for word in line.split():
        wanted = len(word) if column == 0 else column + 1 + len(word)
        if wanted <= width:
            column = wanted
        else:
            count += (column > 0) + (len(word) - 1) // width
            column = (len(word) - 1) % width + 1
    return count
