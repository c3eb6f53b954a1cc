"""What the chat understands without a model: a small set of commands, each of which is one or two calls of tools.

The grammar is the table below; `help` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

Call = tuple[str, dict[str, Any]]
SLOWER = 1.5
"""So many times as long, if nothing else is said; shorter is by as much."""
_LONGEST = 2000
"""Characters of a command. What is longer is prose, and lazy patterns are not run over it."""
_ALIKE, _WORDS_READ, _SHOWN = 0.75, 12, 60
"""From this likeness on (0 to 1) a word may have been meant for another; so many words of a text are looked at, and so
many of its characters are shown again."""


class Command(NamedTuple):
    """`usage` is what `help` prints; `pattern` what is understood; `calls` makes tool calls of what was found."""

    usage: str
    pattern: re.Pattern[str]
    calls: Callable[[dict[str, str]], Sequence[Call]]

    @property
    def words(self) -> list[str]:
        """The first word of each way in which it can be said."""
        return [said.split()[0] for said in self.usage.split(" (")[0].split(", ")]


def _command(usage: str, pattern: str, calls: Callable[[dict[str, str]], Sequence[Call]]) -> Command:
    return Command(usage, re.compile(rf"(?:please )?{pattern}", re.I | re.S), calls)


_ID = r"[a-z]{0,2}\d[\w.-]*[a-z]"
"""A shot's number. It holds no comma and no blank: a list of shots can be read in one way only, in linear time."""
_S = rf"(?:shot )?(?P<shot>{_ID})"
_C = r"(?:scene )(?P<scene>[\w.-]+)"
_COUNT = r"\d{1,9}"
_MOVES = "push in|pull out|pan|whip pan|tilt|truck|arc|follow|crane|handheld|zoom|dolly zoom|static"


def _one(tool: str, **rename: str) -> Callable[[dict[str, str]], Sequence[Call]]:
    """One call of a tool with what was found, under the names it has there."""
    return lambda found: [(tool, {rename.get(name, name): value for name, value in found.items() if value})]


def _list(text: str) -> list[str]:
    return [part for part in re.split(r"[,\s]+(?:and )?", text.strip()) if part]


def _length(found: dict[str, str]) -> Sequence[Call]:
    by = float(found["by"] or SLOWER)
    if found["way"].casefold() in ("faster", "shorter"):
        by = 1 / by if by else 0.0  # no length, which the tool refuses as it does for `slower 3B 0`
    return [("set_length", {"shot": found["shot"], "factor": round(by, 4)})]


def _cover(found: dict[str, str]) -> Sequence[Call]:
    args: dict[str, Any] = {"scene": found["scene"]}
    if found.get("shots"):
        args["shots"] = int(found["shots"])
    if found.get("tension"):
        args["tension"] = 1
    return [("cover_scene", args)]


def _remade(found: dict[str, str]) -> Sequence[Call]:
    return [("new_seed", {"shot": found["shot"]}), ("make_film", {"shots": [found["shot"]]})]


def _made(found: dict[str, str]) -> Sequence[Call]:
    if found.get("scene"):
        return [("make_film", {"scenes": [found["scene"]]})]
    return [("make_film", {"shots": _list(found["shots"])} if found.get("shots") else {})]


def _number(tool: str) -> Callable[[dict[str, str]], Sequence[Call]]:
    return lambda found: [(tool, {"edit": int(found["edit"])} if found.get("edit") else {})]


_SHOTS = rf"(?:shots? )?(?P<shots>{_ID}(?:[, ]+(?:and )?{_ID})*)"

COMMANDS: tuple[Command, ...] = (
    _command(
        "shots with red car", r"(?:which )?shots (?:with|use|using|have) (?:the )?(?P<words>.+?)", _one("find_shots")
    ),
    _command("show 3B", rf"(?:show|what does) {_S}(?: look like)?", _one("show_shot")),
    _command("show scene 3", rf"(?:show|how long is) {_C}", _one("show_scene")),
    _command(
        "cost, cost 3B",
        rf"(?:cost|stale|what is stale(?: and why)?|what would it cost)(?: {_SHOTS})?",
        lambda found: [("what_is_stale", {"shots": _list(found["shots"])} if found.get("shots") else {})],
    ),
    _command("size 3B CU", rf"size {_S} (?P<size>[\w -]+?)", _one("set_size")),
    _command("angle 3B low", rf"angle {_S} (?P<angle>[\w -]+?)", _one("set_angle")),
    _command(
        "lens 3B 85",
        rf"lens {_S} (?P<mm>\d+(?:\.\d+)?)(?: ?mm)?",
        lambda found: [("set_lens", {"shot": found["shot"], "focal_mm": float(found["mm"])})],
    ),
    _command(
        "push in 3B eyes, pull out 3B, pan 3B, tilt 3B, zoom 3B",
        rf"(?P<movement>{_MOVES}) {_S}(?: (?:(?:to|on|from) )?(?P<to>.+?))?",
        _one("move_camera"),
    ),
    _command(
        "slower 3B, faster 3B, slower 3B 2",
        rf"(?P<way>slower|longer|faster|shorter) {_S}(?: (?P<by>\d+(?:\.\d+)?))?",
        _length,
    ),
    _command(
        "make 3B slower, make 3B faster",
        rf"make {_S} (?P<way>slower|longer|faster|shorter)(?: by)?(?: (?P<by>\d+(?:\.\d+)?))?",
        _length,
    ),
    _command(
        "length 3B 4.5",
        rf"length {_S} (?P<seconds>\d+(?:\.\d+)?)(?: ?s)?",
        lambda found: [("set_length", {"shot": found["shot"], "seconds": float(found["seconds"])})],
    ),
    _command(
        "frame 3B Ruth and Milo",
        rf"frame {_S} (?P<people>.+?)",
        lambda found: [
            ("set_subjects", {"shot": found["shot"], "people": re.split(r"\s*,\s*|\s+and\s+", found["people"])})
        ],
    ),
    _command("describe 3B as ...", rf"describe {_S} as (?P<text>.+?)", _one("describe_shot")),
    _command(
        "rack focus 3B from the gun to her face at 'You came'",
        rf"rack(?: focus)? {_S} from (?P<start>.+?) to (?P<end>.+?) at (?:the line )?[\"'“‘]?(?P<line>.+)",
        _one("rack_focus"),
    ),
    _command(
        "split scene 3 into 6, tension",
        rf"(?:split|break) {_C} into (?P<shots>{_COUNT})(?: shots)?,?(?P<tension> (?:more )?tension)?",
        _cover,
    ),
    _command("tension scene 3", rf"(?P<tension>(?:more )?tension) (?:in )?{_C}", _cover),
    _command(
        "continue 3B from 3A, continue 3B",
        rf"continue {_S}(?: from (?:shot )?(?P<source>{_ID}))?",
        _one("continue_shot"),
    ),
    _command("omit 3B, remove 3B", rf"(?:omit|remove|delete) {_S}", _one("omit_shot")),
    _command("redo 3B, redo 3B with a new seed", rf"redo {_S}(?: with a new seed)?", _remade),
    _command("edits", r"edits", lambda _found: [("list_edits", {})]),
    _command("undo, undo 4", rf"undo(?: (?:edit )?(?P<edit>{_COUNT}))?", _number("undo_edit")),
    _command("restore, restore 4", rf"restore(?: (?:edit )?(?P<edit>{_COUNT}))?", _number("redo_edit")),
    _command("make, make 3A 3B, make scene 3", rf"make(?: {_C}| {_SHOTS}| the film)?", _made),
)

_BY_WORD = {word: command for command in COMMANDS for word in command.words}
_NEEDS_MODEL = "needs a model: set MINIMAX_API_KEY and start again."
HELP = "\n".join(
    [
        "Without a model I understand:",
        *(f"  {command.usage}" for command in COMMANDS),
        f"Anything else in plain words {_NEEDS_MODEL}",
    ]
)


def _without_end(text: str) -> str:
    """The text up to its last letter or digit."""
    return text[: max((at + 1 for at, char in enumerate(text) if char.isalnum()), default=0)]


def calls_for(text: str) -> Sequence[Call] | None:
    """The tool calls that a command means; None if it is no command."""
    if len(text) > _LONGEST:
        return None
    words = _without_end(" ".join(text.split()))
    for command in COMMANDS:
        found = command.pattern.fullmatch(words)
        if found:
            return command.calls({name: value or "" for name, value in found.groupdict().items()})
    return None


def not_understood(text: str) -> str:
    """What is answered to a text that is no command: the one that is nearest by a word, and what else there is."""
    shown = f"{text[:_SHOWN]}..." if len(text) > _SHOWN else text
    near = _nearest(text)
    hint = f" (the nearest command is `{near.usage}`)" if near else ""
    return f"I do not understand {shown!r}{hint}; `help` lists the commands, and anything else {_NEEDS_MODEL}"


def _nearest(text: str) -> Command | None:
    words = re.findall(r"[a-z]+", text[:_LONGEST].casefold())[:_WORDS_READ]
    pairs = [(SequenceMatcher(None, word, known).ratio(), known) for word in words for known in _BY_WORD]
    likeness, known = max(pairs, key=lambda pair: pair[0], default=(0.0, ""))
    return _BY_WORD[known] if likeness >= _ALIKE else None
