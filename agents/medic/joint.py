"""One name for several fields: `size: "1280x720"` is width and height, `aspect_ratio` their ratio."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from agents.medic.names import padded_to, snake
from agents.medic.parts import by_label, mixed, parts_of
from agents.medic.quantities import read
from agents.medic.slots import Slot, fields
from agents.medic.values import Reading
from vibeboard.hints import meta

_LINES = re.compile(r"(?:hd\s+)?(\d{3,4})p(?:\s+hd)?(?:\s*\((.*)\))?", re.IGNORECASE)
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
            call.trail.say(slot.below(field), f"{name} holds {' and '.join(parts)}")


def _group(slot: Slot, name: str) -> tuple[str, ...]:
    """The fields that a name holds together; a field's own name stands for its group."""
    infos = slot.model.model_fields if slot.model else {}
    joints = {field: meta(info).get("joint", ()) for field, info in infos.items()}
    if name in joints:
        return tuple(field for field, names in joints.items() if names and names == joints[name])
    return tuple(
        field for field, names in joints.items() if any(padded_to(snake(name), other, ("px",)) for other in names)
    )


def _parts(value: Any, group: tuple[str, ...], slots: Mapping[str, Slot]) -> dict[str, Any]:
    """The parts by field, or nothing. Two parts of a group of three are its first and last: `x` and `z` on a floor."""
    names = [_labels(field) for field in group]
    if isinstance(value, list | tuple) and mixed(value):
        return {}
    if isinstance(value, str):
        labels = {label for own in names for label in own}
        value = _named_size(value, labels) or parts_of(value, labels, ratio=True)
    if isinstance(value, Mapping):
        given = {snake(str(name)): part for name, part in value.items()}
        if given.get("unit", given.get("units")) == slots[group[0]].unit:
            given = {name: part for name, part in given.items() if name not in ("unit", "units")}
        value = by_label(given, names)
    if not isinstance(value, list | tuple) or not 1 < len(value) <= len(group):
        return {}
    own = group if len(value) == len(group) else (group[0], group[-1])
    if len(own) != len(value):
        return {}
    parts = {name: _number(part, slots[name]) for name, part in zip(own, value, strict=True)}
    return parts if all(slots[name].fits(part) for name, part in parts.items()) else {}


def _labels(field: str) -> tuple[str, ...]:
    """What a part is called besides its field: `w` and, in a picture, `x`."""
    return (field, field[0], *{"width": ("x",), "height": ("y",)}.get(field, ()))


def _number(part: Any, slot: Slot) -> Any:
    found = read(part, slot.unit) if isinstance(part, str) else None
    return part if found is None else int(found) if found.denominator == 1 else float(found)


def _named_size(text: str, labels: Collection[str]) -> list[int] | None:
    """`1080p` is 1920x1080; a name whose width is not whole at 16:9, such as `480p`, has several readings. What is in
    brackets must say the same."""
    match = _LINES.fullmatch(text.strip())
    width = int(match[1]) * _WIDE if match else Fraction(1, 2)
    if match is None or width.denominator != 1:
        return None
    size = [int(width), int(match[1])]
    again = parts_of(match[2], labels) if match[2] else None
    return size if match[2] is None or again == [str(part) for part in size] else None


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
            call.trail.say(slot.below(missing), f"from {name} {made[name]}", declared=exact.denominator != 1)
        call.trail.say(slot.below(name), "width and height say it")
        del made[name]


def _side(value: Any, slot: Slot) -> Fraction | None:
    found = read(value, slot.unit) if isinstance(value, str) else value
    return Fraction(found) if isinstance(found, int | Fraction) and not isinstance(found, bool) and found > 0 else None


def _ratio(value: Any) -> Fraction | None:
    """`16:9`, `16x9`, `16 by 9`, `[16, 9]`, `2.39:1`, `1.78`."""
    said = ":".join(map(str, value)) if isinstance(value, list) else str(value)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:(?:[:/x×]|by)\s*(\d+(?:\.\d+)?)\s*)?", said)
    if not match or not Fraction(match[2] or "1"):
        return None
    ratio = Fraction(match[1]) / Fraction(match[2] or "1")
    return ratio if Fraction(1, 5) <= ratio <= 5 else None
