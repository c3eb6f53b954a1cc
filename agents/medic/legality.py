"""Sizes, lengths and rates that an engine can make, near enough to what was asked to keep the intent."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

from pydantic import ValidationError

from gpu_runtime.engine import Engine, Limits
from vibeboard.faults import Fault, FieldError
from vibeboard.timing import Rate

AREA_TOLERANCE = 0.08
ASPECT_TOLERANCE = 0.04
LENGTH_TOLERANCE = 0.06
_MULTIPLE = re.compile(r"(?:divisible by|multiples? of)\s+(\d{1,3})\b", re.IGNORECASE)
_STEP = re.compile(r"\b(\d{1,2})\s*\*?\s*[knN]\s*\+\s*(\d{1,2})\b")
_SIZES, _LENGTHS = {"width", "height"}, {"frames"}


def legal_on(engine: Engine, errors: Sequence[FieldError], args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that the engine can make, if legal ones are near enough to keep the intent; else as they are."""
    return legal_within(engine.limits, {error.rule for error in errors}, args)


def legal_within(limits: Limits, rules: set[str], args: Mapping[str, Any]) -> dict[str, Any]:
    repaired = dict(args)
    if "size" in rules:
        repaired.update(_legal_size(limits, args))
    if rules & {"frames", "fps"}:
        repaired.update(_legal_time(limits, args, "fps" in rules))
    return repaired


def told(limits: Limits, fault: Fault) -> Limits:
    """The limits, narrowed by what a fault says of sizes and lengths: an engine elsewhere may know more than we
    declared. Only numbers are read from its text."""
    sizes = _texts(fault, _SIZES)
    for multiple in (int(found) for text in sizes for found in _MULTIPLE.findall(text)):
        if 1 < multiple <= 128:
            limits = replace(limits, size_multiple=math.lcm(limits.size_multiple, multiple))
    for step, offset in ((int(a), int(b)) for text in _texts(fault, _LENGTHS) for a, b in _STEP.findall(text)):
        if 1 < step <= 64 and offset < step and limits.frames_step in (1, step):
            limits = replace(limits, frames_step=step, frames_offset=offset)
    return limits


def _texts(fault: Fault, names: set[str]) -> Iterator[str]:
    """What a fault says about some fields, and about none by name but in a sentence that names them."""
    yield from (error.expected for error in fault.fields if error.path in names)
    if not fault.fields and any(name in fault.message for name in names):
        yield fault.message


def _legal_size(limits: Limits, args: Mapping[str, Any]) -> dict[str, Any]:
    width, height = args.get("width"), args.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or width < 1 or height < 1:
        return {}
    near = [pair for pair in product(_around(width, limits), _around(height, limits)) if _keeps(pair, width, height)]
    if not near:
        return {}
    best = min(near, key=lambda pair: (_aspect_error(pair, width, height) + _area_error(pair, width, height), pair))
    return {"width": best[0], "height": best[1]}


def _around(side: int, limits: Limits) -> list[int]:
    multiple = limits.size_multiple
    sides = {side // multiple * multiple, -(-side // multiple) * multiple, limits.max_size // multiple * multiple}
    return sorted(legal for legal in sides if limits.min_size <= legal <= limits.max_size and legal > 0)


def _aspect_error(pair: tuple[int, int], width: int, height: int) -> float:
    return abs(pair[0] / pair[1] / (width / height) - 1)


def _area_error(pair: tuple[int, int], width: int, height: int) -> float:
    return abs(pair[0] * pair[1] / (width * height) - 1)


def _keeps(pair: tuple[int, int], width: int, height: int) -> bool:
    return _aspect_error(pair, width, height) <= ASPECT_TOLERANCE and _area_error(pair, width, height) <= AREA_TOLERANCE


def _legal_time(limits: Limits, args: Mapping[str, Any], rate_too: bool) -> dict[str, Any]:
    """Frames and rate whose duration is near the one asked for."""
    frames = args.get("frames")
    if not isinstance(frames, int) or isinstance(frames, bool) or frames < 1:
        return {}
    step, offset = limits.frames_step, limits.frames_offset
    slowed = Fraction(1)
    if rate_too and limits.fps:
        try:
            slowed = Rate.model_validate(args.get("fps")).fraction / limits.fps.fraction
        except ValidationError:
            return {}
    legal = max(offset, offset + step * round((frames - offset) / step)) or step
    if limits.max_frames:
        legal = min(legal, offset + step * ((limits.max_frames - offset) // step))
    if abs(legal / frames * slowed - 1) > LENGTH_TOLERANCE:
        return {}
    return {"frames": legal, **({"fps": limits.fps.model_dump(mode="json")} if rate_too and limits.fps else {})}
