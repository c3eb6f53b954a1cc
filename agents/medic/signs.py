"""What a fault says about itself: codes and HTTP statuses wherever they stand in it, and how long to leave it alone."""

from __future__ import annotations

import re
from http import HTTPStatus

from agents.llm.codes import MEANINGS, Meaning, by_status
from agents.medic.names import snake
from vibeboard.faults import Fault

_IN_MESSAGE = re.compile(r"\((\d{4,5})\)\s*(?:$|[.,;:!?\[])|\bstatus_code['\"]?\s*[:=]\s*['\"]?(\d{4,5})\b")
"""A provider's code: in brackets at the end of a phrase, or under its name. `width (1008) is` is a size."""
_STATUS = re.compile(
    r"\b(?:http(?:/[\d.]+)?|status(?:[_ ]code)?|error code)['\"]?\s*[:=]?\s*['\"]?([45]\d\d)\b", re.IGNORECASE
)
_PHRASES = {f"{status.value} {status.phrase}".casefold(): status.value for status in HTTPStatus if status >= 400}
_NAMED = {what.code: what for what in MEANINGS.values()}
_UNITS = {"ms": 0.001, "m": 60.0, "s": 1.0, "h": 3600.0, "d": 86400.0}
_PART = r"(\d+(?:\.\d+)?)\s*(ms|milli\w*|s(?:ecs?|econds?)?|m(?:ins?|inutes?)?|h(?:rs?|ours?)?|d(?:ays?)?)(?![a-z])"
_ASKING = (
    r"(?:retry|try again|wait|come back)\D{0,24}?"
    r"|(?:resets?|cool-?down|available)\s+(?:again\s+)?(?:in|after|of|for)\s+"
)
_DURATION = re.compile(rf"(?:{_ASKING})((?:{_PART}[\s,]*(?:and\s+)?)+)")
_BARE = re.compile(r"retry[-_ ]?after([-_ ]?ms)?['\"]?\s*[:=]?\s*['\"]?(\d+(?:\.\d+)?)(?![\d.]|\s*[a-z])")
_ANOTHER_DAY = re.compile(r"(?:try|come back|again|resets?|available)\s+(?:tomorrow|next (?:day|week|month))")


def words(fault: Fault) -> set[str]:
    """The words of a fault's code: `PermissionDenied` is `permission` and `denied`."""
    return set(snake(fault.code).split("_"))


def meanings(fault: Fault) -> list[Meaning]:
    """What the provider's codes and our own names for them mean, of all that a fault carries."""
    numbers = {number for found in _IN_MESSAGE.findall(fault.message) for number in found if number}
    numbers |= set(re.findall(r"\d{4,5}", fault.code))
    found = [MEANINGS[int(number)] for number in sorted(numbers) if int(number) in MEANINGS]
    return [*found, *([_NAMED[fault.code]] if fault.code in _NAMED else [])]


def statuses(fault: Fault) -> list[Meaning]:
    """What the HTTP statuses mean that a fault names as such: `HTTP 401`, `Error code: 429`, `502 Bad Gateway`."""
    said = {int(number) for number in _STATUS.findall(fault.message)}
    said |= {status for phrase, status in _PHRASES.items() if phrase in fault.message.casefold()}
    said |= {int(word) for word in words(fault) if re.fullmatch(r"[45]\d\d", word)}
    return [meant for status in sorted(said) if (meant := by_status(status))]


def asked_s(message: str) -> float:
    """Seconds that a message asks to be left alone; 0 if it asks for nothing. A number after `retry-after` counts
    seconds (RFC 9110 10.2.3)."""
    plain = message.casefold()
    if _ANOTHER_DAY.search(plain):
        return _UNITS["d"]
    if found := _DURATION.search(plain):
        return sum(float(number) * _UNITS[_unit(unit)] for number, unit in re.findall(_PART, found[1]))
    bare = _BARE.search(plain)
    return float(bare[2]) * (0.001 if bare[1] else 1.0) if bare else 0.0


def _unit(word: str) -> str:
    return "ms" if word.startswith(("ms", "milli")) else word[0]
