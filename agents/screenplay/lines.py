"""Source lines, and the remarks (`[[notes]]`, `/* boneyards */`) that a writer put between and inside them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

_NEWLINE = re.compile(r"\r\n|\r|\n")
_OPENING = re.compile(r"/\*|\[\[")
_INVISIBLE = re.compile("[\ufeff\u200b\u2060]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class SourceLine(NamedTuple):
    """A line of the script and its 1-based number in the source."""

    number: int
    text: str


class Remark(NamedTuple):
    """A note or a boneyard, delimiters and all."""

    line: int
    last_line: int
    text: str


def split_lines(text: str) -> list[SourceLine]:
    """The lines of a text as editors number them.

    A word processor's soft breaks (vertical tab, form feed, U+2028 ...) also end a line of the script, but not of the
    source: both halves keep one number. Characters that nobody sees and lone surrogates are taken out.
    """
    text = _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))
    return [
        SourceLine(number, piece.replace("\u00a0", " ").expandtabs(4))
        for number, line in enumerate(_NEWLINE.split(text), start=1)
        for piece in (line.splitlines() or [""])
    ]


class _Finder:
    """`str.find` for one token from positions that only grow, so that a whole text costs one pass."""

    def __init__(self, text: str, token: str) -> None:
        self._text, self._token, self._found = text, token, -1

    def __call__(self, start: int) -> int:
        """The next place of the token, or the text's length."""
        if self._found < start:
            place = self._text.find(self._token, start)
            self._found = len(self._text) if place < 0 else place
        return self._found


def _remark_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where remarks stand. One that never closes is plain text, as is a note with an empty line inside."""
    boneyard_end, note_end, empty_line = (_Finder(text, token) for token in ("*/", "]]", "\n\n"))
    position = 0
    while match := _OPENING.search(text, position):
        position = match.end()
        boneyard = match[0] == "/*"
        end = boneyard_end(position) if boneyard else note_end(position)
        if end < len(text) and (boneyard or end < empty_line(position)):
            position = end + 2
            yield match.start(), position


def cut_remarks(lines: Sequence[SourceLine]) -> tuple[list[SourceLine], list[Remark]]:
    """Take the remarks out of the lines.

    A line that held nothing else goes with its remark: to what stands around it a remark is not there at all.
    """
    text = "\n".join(line.text for line in lines)
    starts = list(accumulate((len(line.text) + 1 for line in lines), initial=0))[:-1]
    kept: list[list[str]] = [[] for _ in lines]
    touched: set[int] = set()
    remarks: list[Remark] = []
    position = 0
    for start, end in _remark_spans(text):
        _keep(kept, bisect_right(starts, position) - 1, text[position:start])
        first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
        touched.update(range(first, last + 1))
        remarks.append(Remark(lines[first].number, lines[last].number, text[start:end]))
        position = end
    if lines:
        _keep(kept, bisect_right(starts, position) - 1, text[position:])
    rest = [SourceLine(line.number, _seamless(parts)) for line, parts in zip(lines, kept, strict=True)]
    return [line for index, line in enumerate(rest) if index not in touched or line.text.strip()], remarks


def _keep(kept: list[list[str]], first: int, text: str) -> None:
    for index, part in enumerate(text.split("\n"), start=first):
        kept[index].append(part)


def _seamless(parts: Sequence[str]) -> str:
    """Join what stood on the sides of remarks without leaving two blanks where one was meant."""
    text = parts[0] if parts else ""
    for part in parts[1:]:
        text = text + part.lstrip(" ") if text.endswith(" ") else text + part
    return text
