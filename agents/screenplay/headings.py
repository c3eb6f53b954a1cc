"""Scene headings: telling one from other lines, and taking it apart into a `Slugline`."""

from __future__ import annotations

import re

from agents.screenplay.word_table import word_table
from vibeboard.screenplay import IntExt, Slugline

LONGEST = 200
"""Characters. What is longer is no heading, cue or transition, whatever it looks like."""

_MARGIN_NUMBER = r"(?:(?P<margin>\d{1,4}[A-Z]{0,2})[.)]?\s+)?"
_SIDES = (
    r"(?P<sides>(?:INT|EXT)(?:ERIOR)?\.?\s?/\s?(?:INT|EXT)(?:ERIOR)?|I\.?\s?/\s?E|E\.?\s?/\s?I|(?:INT|EXT)(?:ERIOR)?|EST)"
    r"(?P<stop>\s*\.|\s*:|\s|$)"
)
_PREFIX = re.compile(_SIDES, re.IGNORECASE)
_STRICT = re.compile(_MARGIN_NUMBER + _SIDES)
_FORCED = re.compile(r"^\.(?!\.)(?=\w)")
_NUMBER = re.compile(r"#([\w.\-]{1,12})#$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_DASHES = re.compile(r"\s+[-–—]+\s*|\s*(?:[–—]|--+)\s*|\s*[-–—]+\s+")
_TIGHT = re.compile(r"^(?P<place>.+?)\s*[-.,/]\s*(?P<time>[^-.,/]+)$")

_TIMES = word_table("""
    day, night, morning, afternoon, evening, dawn, dusk, sunrise, sunset, noon, midday, midnight, twilight, daybreak,
    nightfall, sundown, sunup
    """)
_RELATIVE = word_table("continuous, later, same, continuing")
_WHEN = _TIMES | _RELATIVE
_MODIFIERS = word_table("""
    early, late, mid, pre, post, next, following, same, previous, that, the, moments, minutes, seconds, hours, hour,
    minute, days, weeks, months, years, few, a, an, one, two, three, five, ten, some, much, time, magic, golden,
    after, before, pm, am, p.m., a.m., p.m, a.m, first, last, light
    """)
_NOTE_WORDS = word_table("""
    flashback, flash-back, flashforward, flash-forward, dream, fantasy, montage, intercut, establishing, present,
    memory, nightmare, traveling, travelling, moving, stock, vision, imagined
    """)
_CLOCK = re.compile(r"\d{1,2}([:.]\d{2})?\s*(am|pm|a\.m\.?|p\.m\.?)?", re.IGNORECASE)


def has_prefix(text: str) -> bool:
    """Whether a line starts as a natural heading does, in any case; the grammar decides by the blank lines around."""
    return bool(_PREFIX.match(text))


def is_heading(text: str) -> bool:
    """Whether a line is a heading whatever stands around it.

    That is a forced one, or one in capitals after `INT.`, `EXT.` and the like: many scripts have no blank line after
    their headings, or a scene number in the margin, or emphasis around.
    """
    bare = text.strip().strip("*_ ")
    if not bare or len(bare) > LONGEST:
        return False
    if _FORCED.match(bare):
        return True
    match = _STRICT.match(bare)
    if match is None or not (match["stop"].strip() or "/" in match["sides"] or match["sides"].endswith("IOR")):
        return False
    place = bare[match.end() :].partition("(")[0]
    return any(c.isalnum() for c in place) and not any(c.islower() for c in re.sub(r"\bMa?c(?=[A-Z])", "", place))


def bare_heading(text: str) -> tuple[str, str]:
    """A heading without forcing mark, emphasis and scene number, and that number (or an empty string)."""
    bare = _FORCED.sub("", text.strip().strip("*_ "), count=1).strip("*_ ")
    if match := _NUMBER.search(bare[-20:]):
        return bare[: len(bare) - len(match[0])].rstrip(), match[1]
    match = _STRICT.match(bare)
    if match is None or not match["margin"]:
        return bare, ""
    margin = match["margin"]
    return bare[match.start("sides") :].removesuffix(margin).rstrip(), margin


def parse_slugline(heading: str, before: IntExt = IntExt.INT) -> Slugline:
    """Take a bare heading apart. One that does not say INT or EXT keeps the side of the heading before it."""
    if len(heading) > LONGEST:
        return Slugline(int_ext=before, place=heading)
    match = _PREFIX.match(heading)
    int_ext = _side(match["sides"]) if match else before
    rest = heading[match.end() :] if match else heading
    notes = [note.strip() for note in _BRACKETS.findall(rest) if note.strip()]
    if match and match["sides"].upper() == "EST":
        notes.insert(0, "ESTABLISHING")
    places, time, said = _parts(_BRACKETS.sub(" ", rest))
    return Slugline(
        int_ext=int_ext,
        place=places[0] if places else "",
        area=" - ".join(places[1:]),
        time=time,
        notes=tuple(said + notes),
    )


def _side(sides: str) -> IntExt:
    if "/" in sides:
        return IntExt.INT_EXT
    return IntExt.INT if sides.upper().startswith("INT") else IntExt.EXT


def _parts(text: str) -> tuple[list[str], str, list[str]]:
    """The places, the time as written and the notes of what follows `INT.`."""
    parts = [" ".join(part.split()).strip(" .,:-") for part in _DASHES.split(text)]
    parts = [part for part in parts if part]
    times: list[str] = []
    notes: list[str] = []
    while len(parts) > 1 and (is_time(parts[-1]) or _is_note(parts[-1])):
        (times if is_time(parts[-1]) else notes).insert(0, parts.pop())
    if parts and not times:
        parts[-1], time = _glued_time(parts[-1])
        times = [time] if time else []
    absolute = [time for time in times if not is_relative(time)]
    time = (absolute or times or [""])[0]
    return [part for part in parts if part], time, notes + [other for other in times if other != time]


def _glued_time(part: str) -> tuple[str, str]:
    """Split `HOUSE-DAY`, `HOUSE. DAY` and `HOUSE NIGHT`; a heading may also be a time and nothing else."""
    if is_time(part):
        return "", part
    match = _TIGHT.match(part)
    if match and is_time(match["time"]):
        return match["place"].strip(" .,"), match["time"]
    place, _, word = part.rpartition(" ")
    return (place, word) if place and word.lower() in _WHEN else (part, "")


def is_relative(time: str) -> bool:
    """Whether a time as written says nothing by itself: `CONTINUOUS`, `LATER`, `SAME`."""
    return not any(word in _TIMES for word in _words(time)) and not _CLOCK.fullmatch(time)


def is_time(part: str) -> bool:
    """Whether part of a heading says when: `LATE NIGHT`, `MOMENTS LATER`, `10:30 PM`."""
    words = _words(part)
    if _CLOCK.fullmatch(part) and not part.isdigit():
        return True
    if "magic" in words or "golden" in words:
        return words[-1] == "hour"
    says_when = any(word in _WHEN for word in words)
    return says_when and all(word in _WHEN | _MODIFIERS or word.isdigit() for word in words)


def _is_note(part: str) -> bool:
    return any(word in _NOTE_WORDS for word in _words(part)) or "back to" in part.lower()


def _words(text: str) -> list[str]:
    return re.split(r"[\s/]+", text.lower().strip())
