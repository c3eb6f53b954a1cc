"""Taking Fountain's markup off a text."""

from __future__ import annotations

import re

from agents.screenplay.headings import bare_heading
from vibeboard.screenplay import Element, Kind

# Emphasis runs touch a word on one side only; a lone `*` between blanks and the `_` in ROBOT_1 are themselves.
_EMPHASIS = re.compile(r"(?<![\w\\*_])[*_]++(?=\S)|(?<=[^\s\\*_])[*_]++(?!\w)")
_ESCAPE = re.compile(r"\\([*_\\])")
_MARKS = {Kind.ACTION: "!", Kind.LYRIC: "~", Kind.SYNOPSIS: "="}


def plain_text(element: Element) -> str:
    """The words of an element: no forcing marks, no emphasis, no delimiters, no scene number."""
    return plain(element.kind, element.text)


def plain(kind: Kind, text: str) -> str:
    """The words of a text as written in an element of the kind."""
    if kind is Kind.HEADING:
        return _without_emphasis(bare_heading(text)[0])
    if kind is Kind.SECTION:
        text = text.lstrip("#")
    if kind is Kind.NOTE:
        return text[2:-2].strip()
    if kind in (Kind.CENTERED, Kind.TRANSITION):
        text = text.removeprefix(">").removesuffix("<" if kind is Kind.CENTERED else "")
    mark = _MARKS.get(kind, "")
    return _without_emphasis("\n".join(line.removeprefix(mark) for line in text.split("\n")).strip())


def _without_emphasis(text: str) -> str:
    return _ESCAPE.sub(r"\1", _EMPHASIS.sub("", text))
