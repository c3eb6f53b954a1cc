"""Character cues: `ANNA (V.O.) (CONT'D) ^` is a speaker, extensions and a side of a dual dialogue."""

from __future__ import annotations

import re
from typing import NamedTuple

_BRACKETS = re.compile(r"\(([^()]*)\)?")
_SPELLINGS = {
    "VO": "V.O.",
    "OS": "O.S.",
    "OC": "O.C.",
    "OFF": "O.S.",
    "OFFSCREEN": "O.S.",
    "VOICEOVER": "V.O.",
    "CONTD": "CONT'D",
    "CONT": "CONT'D",
    "CONTINUED": "CONT'D",
    "CONTINUING": "CONT'D",
}


class Cue(NamedTuple):
    """`text` is the cue as written without `@` and `^`."""

    text: str
    speaker: str
    extensions: tuple[str, ...]
    dual: bool


def read_cue(line: str) -> Cue:
    """Read a cue. Names and extensions are folded to capitals and straight apostrophes, extensions to one spelling."""
    text = line.strip().removeprefix("@").strip()
    dual = text.endswith("^")
    text = text.rstrip("^ ")
    name, bracket, rest = text.partition("(")
    inside = _BRACKETS.findall(bracket + rest)
    extensions = [_spelling(part) for group in inside for part in re.split(r"[,/;]", group) if part.strip()]
    return Cue(text, fold_name(name), tuple(dict.fromkeys(extensions)), dual)


def fold_name(name: str) -> str:
    """One spelling of a character's name: capitals, single blanks, straight apostrophes, no emphasis."""
    return " ".join(name.replace("’", "'").replace("*", "").strip("_ ").upper().split())


def _spelling(extension: str) -> str:
    folded = fold_name(extension)
    return _SPELLINGS.get(re.sub(r"[^A-Z]", "", folded), folded)
