"""Numbers as people write them: `5s`, `6 ft 2 in`, `1:20`, `00:00:10:12`, `1,920 px`, `f/2.8`, `35 %`, `two seconds`.

Exact arithmetic throughout (fractions). What is approximate, a range, or can be read in two ways is not read at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from agents.medic.spelling import plainly
from vibeboard.timing import Rate

_LENGTH = {
    "mm millimetre millimetres millimeter millimeters": Fraction(1, 1000),
    "cm centimetre centimetres centimeter centimeters": Fraction(1, 100),
    "m metre metres meter meters": Fraction(1),
    "km kilometre kilometres kilometer kilometers": Fraction(1000),
    'in inch inches " ” ″': Fraction(254, 10000),
    "ft foot feet ' ’ ′": Fraction(3048, 10000),
    "yd yard yards": Fraction(9144, 10000),
}
_TIME = {
    "ms msec millis millisecond milliseconds": Fraction(1, 1000),
    "s sec secs second seconds": Fraction(1),
    "m min mins minute minutes": Fraction(60),
    "h hr hrs hour hours": Fraction(3600),
}
_ANGLE = {
    "deg degs degree degrees °": Fraction(1),
    "rad rads radian radians": Fraction(180 / math.pi),
    "turn turns rev revolution revolutions": Fraction(360),
}


def _spread(table: Mapping[str, Fraction]) -> dict[str, Fraction]:
    return {alias: factor for aliases, factor in table.items() for alias in aliases.split(" ")}


_FRAMES = {"f", "fr", "frs", "frm", "frms", "frame", "frames"}
_SECONDS = _spread(_TIME)
_SCALES: dict[str, dict[str, Fraction]] = {
    "m": _spread(_LENGTH),
    "deg": _spread(_ANGLE),
    "s": _SECONDS,
    "px": dict.fromkeys(("px", "pixel", "pixels", "p"), Fraction(1)),
    "frame/s": dict.fromkeys(
        ("fps", "hz", "p", "/s", "frames/s", "frame/s", "frames/sec", "frame/sec", "frames per second"), Fraction(1)
    ),
    "db": dict.fromkeys(("db", "decibel", "decibels"), Fraction(1)),
    "f": {},
    "hz": {"hz": Fraction(1), "khz": Fraction(1000)},
    "k": dict.fromkeys(("k", "kelvin", "kelvins"), Fraction(1)),
    "": {"%": Fraction(1, 100), "percent": Fraction(1, 100), "per cent": Fraction(1, 100), "pct": Fraction(1, 100)},
}
_SCALES["mm"] = {alias: factor * 1000 for alias, factor in _SCALES["m"].items()}
_SCALES["cm"] = {alias: factor * 100 for alias, factor in _SCALES["m"].items()}
UNIT_WORDS = frozenset(
    alias for table in _SCALES.values() for alias in table if alias.replace("_", "").isalpha() and alias != "p"
) | (_FRAMES - {"f"})
"""Every unit as it may end a field's name: `duration_s`, `height_ft`."""

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+(?:_\d+)*)(?:\.\d+)?|[-+]?\.\d+"
_PART = re.compile(
    rf"\s*({_NUMBER})(?:\s*/\s*(\d+))?\s*((?:[a-z°%\"”″'’′]+(?:\s+per\s+(?:second|cent))?)?(?:/s(?:ec)?)?)\.?\s*"
)
_TIMECODE = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?")
_TWO_PAIRS = re.compile(r"(?!00)\d\d:\d\d")
"""Minutes and seconds, or seconds and frames."""
_FULL_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;])(\d{2})")
_LONGEST = 80
"""No quantity is written with more characters."""
_TAIL = re.compile(
    r"\s+(?:long|wide|high|tall|deep|away|in length|(?:in )?total|lens|prime|focal length|aperture"
    r"|(?:away )?from (?:the )?(?:camera|lens))$"
)
_AGAIN = re.compile(r"([^()=@:]+?)\s*(?:\(([^()]+)\)|(?:[=@]|\bat\b)\s*([^()=@]+))")
_PI = re.compile(r"([-+]?\d*\.?\d*)\s*\*?\s*(?:π|pi)(?:\s*/\s*(\d+))?(?:\s*rad(?:ians?)?)?")
_ONE = re.compile(r"^an?\s+(?=(?:second|minute|hour|frame)\b)")
_AND_A_HALF = re.compile(r"^(\d+)\s+and\s+a\s+half\b")
_THOUSANDS = re.compile(r"\d{1,3}\.\d{3}\s*(?:frames?|pixels?|px)?")
"""A whole number as some write it, and a fraction as others do."""
_LONG_TIME = re.compile(r"\d,\d{3}(?!\d)\s*(?:ms|s|m|h)")
_SMALLER = {
    **{(False, suffix): "in" for suffix in ("ft", "foot", "feet", "'", "’", "′")},
    **{(False, suffix): "cm" for suffix in ("m", "metre", "metres", "meter", "meters")},
    **{(True, suffix): "s" for suffix in ("m", "min", "mins", "minute", "minutes")},
    **{(True, suffix): "min" for suffix in ("h", "hr", "hrs", "hour", "hours")},
}
"""What a last number without a unit counts, by whether it is a time and the unit before it: `6 ft 1`, `1m85`."""
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d{1,2})(?!\d)")
_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip


def read(text: str, unit: str, rate: Rate | None = None) -> Fraction | None:
    """The number that a text says, in `unit`; frames and seconds turn into each other at `rate`. Nothing if it says
    none, or not exactly one.

    A time in frames is the nearest whole frame.
    """
    if len(text) > _LONGEST:
        return None
    plain = _TAIL.sub("", _digits(plainly(text, unit)))
    if again := _AGAIN.fullmatch(plain):
        return _said_twice(again[1], again[2] or again[3], unit, rate)
    if unit == "deg" and (turn := _PI.fullmatch(plain)) and int(turn[2] or 1):
        return Fraction(turn[1] if turn[1].strip("+-") else f"{turn[1]}1") * 180 / int(turn[2] or 1)
    if unit in ("frame", "s") and ":" in plain:
        return _clock(plain, unit, rate)
    if unit == "frame" and _LONG_TIME.search(plain):
        return None
    if _THOUSANDS.fullmatch(plain) if unit in ("px", "frame") else re.search(r"\d,\d{3}", plain):
        return None
    parts = _parts(_DECIMAL_COMMA.sub(r"\1.\2", plain))
    if len(parts) > 1 and not parts[-1][1]:
        parts[-1] = (parts[-1][0], _SMALLER.get((unit in ("frame", "s"), parts[-2][1]), ""))
    if not parts or (len(parts) > 1 and any(not suffix for _, suffix in parts)):
        return None
    if len(parts) > 1 and not _is_one_measure(parts, unit, rate):
        return None
    values = [_in_unit(number, suffix, unit, rate) for number, suffix in parts]
    return sum((value for value in values if value is not None), Fraction(0)) if None not in values else None


def _is_one_measure(parts: Sequence[tuple[Fraction, str]], unit: str, rate: Rate | None) -> bool:
    """Whether each part counts something smaller than the one before, with one sign before all: `6 ft 2 in`, not
    `2s-4s`."""
    sizes = [_in_unit(Fraction(1), suffix, unit, rate) or Fraction(0) for _, suffix in parts]
    falling = all(size > after for size, after in pairwise(sizes))
    return falling and all(number >= 0 for number, _ in parts[1:])


def _said_twice(text: str, again: str, unit: str, rate: Rate | None) -> Fraction | None:
    """`3 s (72 frames)`, `84 frames @ 24 fps`: the number, if what is said besides agrees with it."""
    number, other = read(text, unit, rate), read(again, unit, rate)
    agrees = other == number if other is not None else rate is not None and read(again, "frame/s") == rate.fraction
    return number if agrees and names_unit(again) else None


def names_unit(text: str) -> bool:
    """Whether a text says the unit of its number: `5s`, `1:20`, but not `5`."""
    plain = _TAIL.sub("", _digits(plainly(text[:_LONGEST], "s")))
    return bool(_TIMECODE.fullmatch(plain) or _FULL_TIMECODE.fullmatch(plain)) or all(
        suffix for _, suffix in _parts(_DECIMAL_COMMA.sub(r"\1.\2", plain)) or [(Fraction(0), "")]
    )


def converts(word: str, unit: str) -> bool:
    """Whether a unit's name can be turned into `unit`."""
    word = word.casefold()
    return (
        word in _FRAMES | _SECONDS.keys()
        if unit in ("frame", "s")
        else word in _SCALES.get(unit.casefold(), {unit.casefold()})
    )


def spoken_number(text: str) -> set[Fraction]:
    """The number that words at the start of a text say, if any."""
    digits = re.match(r"\d+", _digits(text))
    return {Fraction(digits[0])} if digits else set()


def scales(unit: str, said: str, rate: Rate | None) -> set[Fraction]:
    """The factors by which a number in `said` may become one in `unit`: those of the units that it names, else one."""
    words = set(re.findall(r"[a-z°%]+", said.casefold()))
    if unit == "frame" and words & _SECONDS.keys():
        return {_SECONDS[word] * rate.fraction for word in words & _SECONDS.keys()} if rate else set()
    table = _SCALES.get(unit.casefold(), {unit.casefold(): Fraction(1)})
    return {table[word] for word in words & table.keys()} or {Fraction(1)}


def _parts(text: str) -> list[tuple[Fraction, str]]:
    """`6 ft 2 in` as numbers with their units; nothing if anything else stands in the text."""
    found, at = [], 0
    while at < len(text):
        match = _PART.match(text, at)
        if not match or (match[2] and int(match[2]) == 0):
            return []
        found.append(
            (Fraction(match[1].replace(",", "").replace("_", "")) / int(match[2] or 1), match[3].removeprefix(" "))
        )
        at = match.end()
    return found


def _in_unit(number: Fraction, suffix: str, unit: str, rate: Rate | None) -> Fraction | None:
    if not suffix:
        return number
    if unit == "frame":
        return number if suffix in _FRAMES else _frames(number * _SECONDS[suffix], rate) if suffix in _SECONDS else None
    if unit == "s" and suffix in _FRAMES:
        return number / rate.fraction if rate else None
    scale = _SCALES.get(unit.casefold(), {unit.casefold(): Fraction(1)}).get(suffix)
    return None if scale is None else number * scale


def _frames(seconds: Fraction, rate: Rate | None) -> Fraction | None:
    return Fraction(round(seconds * rate.fraction)) if rate else None


def _clock(text: str, unit: str, rate: Rate | None) -> Fraction | None:
    """`HH:MM:SS:FF` and, at the rates that drop numbers, `HH:MM:SS;FF` (SMPTE ST 12-1); `[HH:]MM:SS[.mmm]`."""
    if match := _FULL_TIMECODE.fullmatch(text):
        hours, minutes, whole, frame = (int(match[group]) for group in (1, 2, 3, 5))
        if rate is None or frame >= rate.nominal or minutes > 59 or whole > 59:
            return None
        frames = Fraction(((hours * 60 + minutes) * 60 + whole) * rate.nominal + frame)
        if match[4] == ";" and rate.den == 1001 and rate.nominal % 30 == 0:
            dropped, skipped = rate.nominal // 15, hours * 60 + minutes
            if minutes % 10 and whole == 0 and frame < dropped:
                return None
            frames -= dropped * (skipped - skipped // 10)
        return frames if unit == "frame" else frames / rate.fraction
    match = _TIMECODE.fullmatch(text)
    if not match or int(match[3]) > 59 or _TWO_PAIRS.fullmatch(text):
        return None
    thousandths = Fraction(int((match[4] or "0").ljust(3, "0")), 1000)
    seconds = (int(match[1] or 0) * 60 + int(match[2])) * 60 + int(match[3]) + thousandths
    return seconds if unit == "s" else _frames(seconds, rate)


def _digits(text: str) -> str:
    """Number words at the start as digits: `twenty-four`, `one hundred and twenty`."""
    if text.startswith("minus "):
        return f"-{_digits(text.removeprefix('minus '))}"
    text = _ONE.sub("1 ", text)
    total, seen, words = 0, False, re.split(r"(?:\s+|(?<=[a-z])-(?=[a-z]))", text)
    rest: list[str] = []
    for at, word in enumerate(words):
        if word in _WORDS:
            total, seen = total + _WORDS[word], True
        elif word == "hundred" and seen and 0 < total < 10:
            total *= 100
        elif not (word == "and" and seen and words[at + 1 : at + 2] != ["a"]):
            rest = words[at:]
            break
    return _halves(" ".join([str(total), *rest]) if seen else text)


def _halves(text: str) -> str:
    """`3 and a half seconds` as `7/2 seconds`."""
    return _AND_A_HALF.sub(lambda match: f"{2 * int(match[1]) + 1}/2", text)
