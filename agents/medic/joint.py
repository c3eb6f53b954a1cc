"""One name for several fields: `size: "1280x720"` is width and height, `aspect_ratio` their ratio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from agents.medic.names import padded_to, snake
from agents.medic.quantities import read
from agents.medic.slots import Slot, fields
from agents.medic.values import Reading
from vibeboard.hints import meta

_BETWEEN = re.compile(r"\s*(?:[x×*,;:/|]|\bby\b)\s*", re.IGNORECASE)
_LINES = re.compile(r"(\d{3,4})p", re.IGNORECASE)
_WIDE = Fraction(16, 9)
_LOOSE = Fraction(1, 100)


def split_joint(slot: Slot, made: dict[str, Any], call: Reading) -> None:
    """A value that holds several fields becomes those fields, if they are not given otherwise."""
    for name in list(made):
        group = _group(slot, name)
        if not group:
            continue
        parts = _parts(made[name], group, fields(slot))
        clash = any(field in made and field != name and made[field] != part for field, part in parts.items())
        if not parts or clash:
            continue
        del made[name]
        made.update(parts)
        for field in (name, *parts):
            call.trail.say(f"{slot.path}.{field}" if slot.path else field, f"{name} holds {' and '.join(parts)}")


def _group(slot: Slot, name: str) -> tuple[str, ...]:
    """The fields that a name holds together; a field's own name stands for its group."""
    infos = slot.model.model_fields if slot.model else {}
    joints = {field: meta(info).get("joint", ()) for field, info in infos.items()}
    if name in joints:
        return tuple(field for field, names in joints.items() if names and names == joints[name])
    return tuple(field for field, names in joints.items() if any(padded_to(snake(name), other) for other in names))


def _parts(value: Any, group: tuple[str, ...], slots: Mapping[str, Slot]) -> dict[str, Any]:
    """The parts by field, or nothing. Two parts of a group of three are its first and last: `x` and `z` on a floor."""
    if isinstance(value, Mapping):
        value = _by_initial(value, group)
    if isinstance(value, str):
        if match := _LINES.fullmatch(value.strip()):
            value = _named_size(int(match[1]))
        else:
            value = [part for part in _BETWEEN.split(value.strip().strip("()[]")) if part]
    if not isinstance(value, list | tuple) or not 1 < len(value) <= len(group):
        return {}
    names = group if len(value) == len(group) else (group[0], group[-1])
    if len(names) != len(value):
        return {}
    parts = {name: _number(part, slots[name]) for name, part in zip(names, value, strict=True)}
    return parts if all(slots[name].fits(part) for name, part in parts.items()) else {}


def _by_initial(value: Mapping[str, Any], group: tuple[str, ...]) -> list[Any] | None:
    """The parts of `{"w": 1280, "h": 720}`, in order."""
    given = {snake(str(name)): part for name, part in value.items()}
    parts = [[given[name] for name in (field, field[0]) if name in given] for field in group]
    whole = len(given) == len(group) and all(len(part) == 1 for part in parts)
    return [part[0] for part in parts] if whole else None


def _number(part: Any, slot: Slot) -> Any:
    found = read(part, slot.unit) if isinstance(part, str) else None
    return part if found is None else int(found) if found.denominator == 1 else float(found)


def _named_size(lines: int) -> list[int] | None:
    """`1080p` is 1920x1080; a name whose width is not whole at 16:9, such as `480p`, has several readings."""
    width = lines * _WIDE
    return [int(width), lines] if width.denominator == 1 else None


def stated_ratio(slot: Slot, made: dict[str, Any], call: Reading) -> None:
    """`aspect_ratio: "16:9"` besides width and height says nothing new; besides one of them it gives the other."""
    infos = slot.model.model_fields if slot.model else {}
    pair = [field for field, info in infos.items() if meta(info).get("ratio")]
    names = {other for field in pair for other in meta(infos[field])["ratio"]}
    for name in [name for name in made if len(pair) == 2 and snake(name) in names]:
        ratio = _ratio(made[name])
        sides = [_side(made.get(field), fields(slot)[field]) for field in pair]
        if ratio is None or (None not in sides and abs(sides[0] / sides[1] / ratio - 1) > _LOOSE):  # type: ignore[operator]
            continue
        wide, high = sides
        if wide is None and high is None:
            continue
        if wide is None or high is None:
            missing, exact = (pair[0], high * ratio) if wide is None else (pair[1], wide / ratio)  # type: ignore[operator]
            made[missing] = round(exact)
            call.trail.say(_path(slot, missing), f"from {name} {made[name]}", declared=exact.denominator != 1)
        call.trail.say(_path(slot, name), "width and height say it")
        del made[name]


def _path(slot: Slot, name: str) -> str:
    return f"{slot.path}.{name}" if slot.path else name


def _side(value: Any, slot: Slot) -> Fraction | None:
    found = read(value, slot.unit) if isinstance(value, str) else value
    return Fraction(found) if isinstance(found, int | Fraction) and not isinstance(found, bool) and found > 0 else None


def _ratio(value: Any) -> Fraction | None:
    """`16:9`, `16x9`, `2.39:1`, `1.78`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:[:/x×]\s*(\d+(?:\.\d+)?)\s*)?", str(value))
    if not match or not Fraction(match[2] or "1"):
        return None
    ratio = Fraction(match[1]) / Fraction(match[2] or "1")
    return ratio if Fraction(1, 5) <= ratio <= 5 else None
