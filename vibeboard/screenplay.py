"""A screenplay as its reader understood it: every source word, in order, with stable ids and lines."""

from __future__ import annotations

from enum import StrEnum

from vibeboard.hints import also_called
from vibeboard.model import Frozen


class Kind(StrEnum):
    HEADING = "heading"
    ACTION = "action"
    CUE = "cue"
    DIALOGUE = "dialogue"
    PARENTHETICAL = "parenthetical"
    LYRIC = "lyric"
    TRANSITION = "transition"
    CENTERED = "centered"
    SECTION = "section"
    SYNOPSIS = "synopsis"
    NOTE = "note"
    PAGE_BREAK = "page_break"


@also_called(
    INT=("interior", "inside", "indoors", "indoor"),
    EXT=("exterior", "outside", "outdoors", "outdoor"),
    INT_EXT=("I/E", "EXT/INT", "interior/exterior", "int. and ext."),
)
class IntExt(StrEnum):
    INT = "INT"
    EXT = "EXT"
    INT_EXT = "INT/EXT"


@also_called(
    DAY=("daytime", "daylight"),
    NIGHT=("night time", "nighttime"),
    DAWN=("sunrise", "daybreak"),
    DUSK=("sunset", "nightfall"),
)
class TimeOfDay(StrEnum):
    DAY = "DAY"
    NIGHT = "NIGHT"
    MORNING = "MORNING"
    AFTERNOON = "AFTERNOON"
    EVENING = "EVENING"
    DAWN = "DAWN"
    DUSK = "DUSK"


class Dual(StrEnum):
    """Which side of a dual dialogue an element stands on."""

    NONE = ""
    LEFT = "left"
    RIGHT = "right"


class Element(Frozen):
    """One paragraph of the script.

    `id` survives edits elsewhere in the script; `line`..`last_line` are 1-based lines of the source file.
    `speaker` and `extensions` are set on cues and on what belongs to a cue: `ANNA (V.O.) (CONT'D)` has speaker
    `ANNA` and extensions `("V.O.", "CONT'D")`. `text` is as written, markup and all, but for a cue's `@` or `^`.
    """

    id: str
    kind: Kind
    text: str
    line: int
    last_line: int
    speaker: str = ""
    extensions: tuple[str, ...] = ()
    dual: Dual = Dual.NONE


class Slugline(Frozen):
    """A scene heading taken apart: `INT. DINER - KITCHEN - NIGHT (1973)`.

    `time` is as written (`CONTINUOUS`, `NIGHT`, empty); the breakdown resolves it to a `TimeOfDay`.
    """

    int_ext: IntExt
    place: str
    area: str = ""
    time: str = ""
    notes: tuple[str, ...] = ()


class Scene(Frozen):
    """A heading and what follows it up to the next; `id` is the heading's. `number` is the writer's, if any."""

    id: str
    number: str
    slug: Slugline
    heading: Element
    elements: tuple[Element, ...]

    @property
    def last_line(self) -> int:
        return self.elements[-1].last_line if self.elements else self.heading.last_line


class TitleEntry(Frozen):
    key: str
    values: tuple[str, ...]


class Screenplay(Frozen):
    """A whole script. `preamble` is what stands before the first scene heading."""

    title_page: tuple[TitleEntry, ...]
    preamble: tuple[Element, ...]
    scenes: tuple[Scene, ...]

    @property
    def title(self) -> str:
        """The title on the title page without markup, or an empty string."""
        for entry in self.title_page:
            if entry.key.lower() == "title":
                return " ".join(value.strip("*_ ") for value in entry.values).strip()
        return ""
