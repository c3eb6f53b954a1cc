"""Bring lines into the spelling that the strict Fountain grammar understands, one canonical line a source line.

The canonical lines serve to *classify* only: what is kept in the screenplay is always the source's own text. So letters
may be folded to ASCII and long lines cut without loss.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agents.screenplay.headings import LONGEST, has_prefix, is_heading
from agents.screenplay.lines import SourceLine

_PARAGRAPH_LIMIT = 50
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_LETTERED_CLAN = re.compile(r"\bMa?c(?=[A-Z])")
_SAFE = str.maketrans({"*": "", "&": "-", "+": "-", '"': "'", "\\": "-"})
_FADES = re.compile(r"(?:FADE (?:IN|OUT|TO (?:BLACK|WHITE))|CUT TO (?:BLACK|WHITE)|SMASH TO BLACK)[.:]?$")
_SHOT_WORDS = re.compile(
    r"(?:INSERT|CLOSE ON|CLOSE UP|CLOSE-UP|CLOSER ON|ANGLE ON|WIDE ON|ON SCREEN|POV|BACK TO|SUPER|TITLE|TITLE CARD|"
    r"MONTAGE|SERIES OF SHOTS|INTERCUT|FLASHBACK|END FLASHBACK|THE END)\b"
)


_CUE = re.compile(r"(?=.*[^\W\d_])[^a-z!?:,\"“]{1,38}(?<![.…])(?:\s*\([^()]*\))*$")
"""What may be a cue where no empty line says so: a name in capitals, and what stands in brackets behind it."""
_FEW = 0.1
"""Share of empty lines below which a script was pasted without them."""


class Canonical(NamedTuple):
    """`owner` is the index of the source line, or -1 for a line that was put between."""

    text: str
    owner: int


def canonical_lines(lines: Sequence[SourceLine]) -> Iterator[Canonical]:
    run = 0
    starts = _paragraph_starts(lines)
    for index, line in enumerate(lines):
        if index in starts:
            yield Canonical("", -1)
            run = 0
        run = run + 1 if line.text.strip() else 0
        if is_heading(line.text):
            yield Canonical("", -1)
            yield Canonical(".heading", index)
            yield Canonical("", -1)
            run = 0
            continue
        if run and run % _PARAGRAPH_LIMIT == 0:
            # The grammar joins an action paragraph line by line at quadratic cost. An empty note ends its paragraph
            # and changes nothing else.
            yield Canonical("[[]]", -1)
        yield Canonical(_canonical(line.text), index)


def _paragraph_starts(lines: Sequence[SourceLine]) -> frozenset[int]:
    """Where a script that was pasted without its empty lines needs one: before each line, for a paragraph is a line
    then, but for those of a speech, which is a cue, its parentheticals and a line, or several of one indent."""
    empty = sum(not line.text.strip() for line in lines)
    cues = {index for index in range(len(lines) - 1) if _is_bare_cue(lines[index].text, lines[index + 1].text)}
    if empty > _FEW * len(lines) or len([index for index in cues if index and lines[index - 1].text.strip()]) < 2:
        return frozenset()
    starts: set[int] = set()
    speech = ""
    for index, line in enumerate(lines):
        if index in cues:
            starts.add(index)
            speech = "cue"
        elif speech == "cue":
            speech = "cue" if line.text.strip().startswith("(") else "line"
        elif not (speech == "line" and 0 < _indent(line) == _indent(lines[index - 1])):
            starts.add(index)
            speech = ""
    return frozenset(starts)


def _indent(line: SourceLine) -> int:
    return len(line.text) - len(line.text.lstrip())


def _is_bare_cue(text: str, following: str) -> bool:
    bare, said = text.strip(), following.strip()
    shot = is_heading(text) or _FADES.match(bare) or _SHOT_WORDS.match(bare)
    return bool(_CUE.match(bare)) and not shot and bool(said) and not is_heading(following) and not _CUE.match(said)


def _canonical(text: str) -> str:
    bare = text.strip()
    if not bare:
        # Only the syntax's own two blanks carry a dialogue over an empty line: other blank space is litter.
        return "  " if text == "  " else ""
    if len(bare) > LONGEST:
        bare = f"{bare[:LONGEST]}x{bare[-1]}"
    if _FADES.match(bare):
        return f">{bare}"
    if _SHOT_WORDS.match(bare):
        return f"!{bare}"
    return _fold(bare) or "x"


def _fold(bare: str) -> str:
    """ASCII with the same letter case, without emphasis, dual marks and what would open a remark."""
    folded = _NON_ASCII.sub(_ascii, _LETTERED_CLAN.sub("MC", bare)).translate(_SAFE).replace("[[", "{{")
    if not has_prefix(folded):
        folded = folded.replace("/", "-")
    return folded.rstrip("^ ").strip()


def _ascii(match: re.Match[str]) -> str:
    character = match[0]
    if character.isalpha():
        return "X" if character.isupper() else "x"
    if character == "…":
        return "x"
    return "'" if character in "’‘“”" else "-"
