"""Type: the one face that every drawn page and picture uses, and text that fits where it is put.

Bitstream Vera Sans comes with reportlab (free to use and embed) and covers European Latin; letters beyond it are
drawn as its empty box.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import reportlab
from PIL import ImageFont

Measure = Callable[[str], float]
"""Width of a text in the unit of the page."""

_FONTS = Path(reportlab.__file__).parent / "fonts"
REGULAR, BOLD, ITALIC = _FONTS / "Vera.ttf", _FONTS / "VeraBd.ttf", _FONTS / "VeraIt.ttf"
ELLIPSIS = "…"


@cache
def typeface(size: int, path: Path = REGULAR) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels, with the simple layout that is the same wherever Pillow runs."""
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def fitted(text: str, measure: Measure, width: float) -> str:
    """The text on one line, cut with an ellipsis where it would be wider than `width`."""
    text = " ".join(text.split())
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def wrapped(text: str, measure: Measure, width: float, lines: int) -> list[str]:
    """The text on at most so many lines, greedily; what does not fit ends in an ellipsis."""
    words = text.split()
    made: list[str] = []
    while words and len(made) < lines - 1:
        count = 1
        while count < len(words) and measure(" ".join(words[: count + 1])) <= width:
            count += 1
        made.append(fitted(" ".join(words[:count]), measure, width))
        words = words[count:]
    if words and lines > 0:
        made.append(fitted(" ".join(words), measure, width))
    return made
