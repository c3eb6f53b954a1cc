"""From the time in a slugline to the light it plays in."""

from __future__ import annotations

import re

from vibeboard.screenplay import Slugline, TimeOfDay

_BY_WORD = {
    "day": TimeOfDay.DAY,
    "noon": TimeOfDay.DAY,
    "midday": TimeOfDay.DAY,
    "morning": TimeOfDay.MORNING,
    "sunup": TimeOfDay.DAWN,
    "dawn": TimeOfDay.DAWN,
    "sunrise": TimeOfDay.DAWN,
    "daybreak": TimeOfDay.DAWN,
    "afternoon": TimeOfDay.AFTERNOON,
    "evening": TimeOfDay.EVENING,
    "dusk": TimeOfDay.DUSK,
    "sunset": TimeOfDay.DUSK,
    "sundown": TimeOfDay.DUSK,
    "twilight": TimeOfDay.DUSK,
    "magic": TimeOfDay.DUSK,
    "golden": TimeOfDay.DUSK,
    "night": TimeOfDay.NIGHT,
    "midnight": TimeOfDay.NIGHT,
    "nightfall": TimeOfDay.NIGHT,
}
_HOURS = (
    (5, TimeOfDay.NIGHT),
    (7, TimeOfDay.DAWN),
    (11, TimeOfDay.MORNING),
    (14, TimeOfDay.DAY),
    (18, TimeOfDay.AFTERNOON),
    (21, TimeOfDay.EVENING),
    (24, TimeOfDay.NIGHT),
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.]\d{2})?\s*([AP])?\.?M?")


def time_of_day(slug: Slugline, before: TimeOfDay | None) -> TimeOfDay:
    """The time a scene plays at; `before` is that of the scene before it, which `CONTINUOUS` and `LATER` keep.

    A heading without any time plays by day.
    """
    if not slug.time:
        return next((time for note in slug.notes if (time := _said(note))), TimeOfDay.DAY)
    return _said(slug.time) or _clock(slug.time) or before or TimeOfDay.DAY


def _said(text: str) -> TimeOfDay | None:
    """The time that a text names; of several the last, as in `DAY FOR NIGHT`."""
    words = re.split(r"[^a-z]+", text.lower())
    return next((_BY_WORD[word] for word in reversed(words) if word in _BY_WORD), None)


def _clock(text: str) -> TimeOfDay | None:
    match = _CLOCK.fullmatch(text.upper().rstrip("."))
    if match is None:
        return None
    hour = int(match[1]) % 12 + 12 * (match[2] == "P") if match[2] else int(match[1])
    return next((time for end, time in _HOURS if hour < end), None)
