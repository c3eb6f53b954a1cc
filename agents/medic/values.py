"""Values as their slots want them: types, units, choices and lists, as far as that loses nothing.

Each function returns the value unchanged if it cannot tell what was meant; validation then says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, get_origin

from pydantic import BaseModel

from agents.medic.choices import chosen, plain
from agents.medic.envelope import paired
from agents.medic.kinds import is_choice
from agents.medic.names import snake
from agents.medic.parts import by_label, mixed, parts_of
from agents.medic.quantities import UNIT_WORDS, read
from agents.medic.slots import Slot, fields
from agents.medic.trail import Trail
from vibeboard.hints import Components
from vibeboard.timing import Rate

_NOTHING = {"", "null", "none", "nil", "n/a", "na", "undefined", "unset"}
_YES, _NO = {"true", "enabled", "enable", "active", "ja", "si"}, {"false", "disabled", "disable", "inactive"}
_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_SHARDED = re.compile(r"\b([0-9a-f]{2})/(?=[0-9a-f]{62}\b)")
"""An id as the folders of a store have it."""
_SEVERAL = re.compile(r"[,;|\n]")
"""Perhaps one text, perhaps several."""
_COLOUR = re.compile(r"(?:#|0x)?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})(?:ff)?", re.IGNORECASE)
_SHORT_COLOUR = re.compile(r"#([0-9a-f])([0-9a-f])([0-9a-f])", re.IGNORECASE)
_OPAQUE = re.compile(r"^\s*rgba\s*\((.*),\s*1(?:\.0+)?\s*\)\s*$", re.IGNORECASE)
_BOX = {"value", "val", "amount", "count", "number", "text", "content"}
_FRACTION = re.compile(r"\s*\d+\s*[:/]\s*\d+\s*")
_NTSC_RATIO = re.compile(r"^(\d+)\s*/\s*1\.001$")
_RATE_COMMA = re.compile(r"^(\d{1,3}),(\d{2,3})$")
_ASSET_BOX = {"id", "sha256", "asset", "asset_id", "hash", "ref", "name"}
_ABOUT_ASSETS = {"type", "kind", "media", "mime", "media_type", "mime_type", "bytes", "size"}
_CHOICE_BOX = {"kind", "type", "name"}
_LOOSEST_NTSC = 0.007
_SURELY_EIGHT_BIT = 16


@dataclass
class Reading:
    """What is known while values are read: the call's own rate, once it is, and the trail."""

    trail: Trail = field(default_factory=Trail)
    rate: Rate | None = None


def valued(slot: Slot, value: Any, call: Reading) -> Any:
    """The value as the slot wants it."""
    if slot.fits(value):
        return value
    if slot.optional and (value is None or plain(value) in _NOTHING):
        return _said(slot, None, "nothing is spelt null", call)
    for arm in slot.arms:
        tried = Trail()
        found = _read(arm, value, Reading(tried, call.rate))
        if arm.fits(found) or len(slot.arms) == 1:
            call.trail.reasons |= tried.reasons
            return found
    return value


def _said(slot: Slot, value: Any, why: str, call: Reading, declared: bool = False) -> Any:
    call.trail.say(slot.path, why, declared)
    return value


def _read(slot: Slot, value: Any, call: Reading) -> Any:
    kind = slot.bare
    if slot.model:
        return _model(slot, value, call)
    if slot.is_list:
        return _items(slot, value, call)
    if slot.width:
        return _components(slot, value, call)
    if get_origin(kind) is dict and isinstance(value, list) and (pairs := paired(value)):
        value = _said(slot, pairs, "names and values side by side", call)
    if get_origin(kind) is dict and isinstance(value, Mapping):
        return {name: valued(below, item, call) for name, item in value.items() if (below := slot.item(name))}
    value = _unboxed(slot, value, call)
    if kind is bool:
        return _truth(slot, value, call)
    if kind in (int, float):
        return _number(slot, value, call)
    if kind is str:
        return _text(slot, value, call)
    if is_choice(kind):
        found = chosen(kind, value, slot.path.rpartition(".")[2])
        return value if found is None else _said(slot, *found, call)
    return value


def _model(slot: Slot, value: Any, call: Reading) -> Any:
    parse = getattr(slot.model, "parse", None)
    if isinstance(value, Mapping):
        alone = None if value.keys() & fields(slot).keys() else unboxed(value)
        if alone is None and len(value) == 1 and not value.keys() & fields(slot).keys():
            alone = next(iter(value.values()))
        if not (parse and isinstance(alone, str | int | float)):
            return _fields(slot, value, call)
        value = alone
    elif parse and isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if parse and isinstance(value, str | int | float) and not isinstance(value, bool):
        return _parsed(slot, str(value), call)
    names = list(fields(slot))
    if isinstance(value, list | tuple) and 1 < len(value) <= len(names) and all(_is_number(item) for item in value):
        made = dict(zip(names, value, strict=False))
        return _said(slot, made, "its parts by name", call) if slot.fits(made) else value
    return value


def _fields(slot: Slot, value: Mapping[str, Any], call: Reading) -> dict[str, Any]:
    """Field by field, rates first; a null where something has a default means the default."""
    below = fields(slot)
    made = dict(value)
    for name in sorted(below, key=lambda name: below[name].bare is not Rate):
        if name not in made:
            continue
        made[name] = valued(below[name], made[name], call)
        if below[name].bare is Rate and call.rate is None and below[name].fits(made[name]):
            call.rate = Rate.model_validate(made[name])
        info = slot.model.model_fields[name] if slot.model else None
        if made[name] is None and not below[name].optional and info and not info.is_required():
            del made[name]
            call.trail.say(below[name].path, "null means its default")
    return made


def _parsed(slot: Slot, text: str, call: Reading) -> Any:
    """A model that reads itself from a text, such as a rate: `24 fps`, `23.976`, `24000/1001`."""
    text = _NTSC_RATIO.sub(r"\g<1>000/1001", _RATE_COMMA.sub(r"\1.\2", text.strip().removeprefix("@").strip()))
    number = None if _FRACTION.fullmatch(text) else read(text, slot.unit)
    wanted = _ntsc(number) if number is not None and slot.bare is Rate else re.sub(r"\s*[:/]\s*", "/", text.strip())
    parse = getattr(slot.model, "parse")  # noqa: B009  (only some models have it)
    try:
        made: BaseModel = parse(wanted)
    except ValueError:
        return text
    return _said(slot, made.model_dump(mode="json"), f"{text} is {made}", call)


def _ntsc(number: Fraction) -> str:
    """A rate as `Rate.parse` reads it; 23.97 to 23.98 are 24000/1001, as everybody means them."""
    nominal = math.ceil(number)
    if number != nominal and abs(number - Fraction(nominal * 1000, 1001)) <= _LOOSEST_NTSC and nominal % 6 == 0:
        return f"{nominal * 1000}/1001"
    return str(number.numerator) if number.denominator == 1 else f"{float(number):.3f}".rstrip("0")


def _items(slot: Slot, value: Any, call: Reading) -> Any:
    """A list; one item by itself is a list of one."""
    item = slot.item(0)
    if item is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and (listed := _listed(slot, item, value)):
        return _said(slot, *listed, call)
    if value == {} and slot.fits([]):
        return _said(slot, [], "nothing is an empty list", call)
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and not (item.is_list or item.width):
        value = _said(slot, value[0], "a list in a list", call)
    if isinstance(value, list | tuple):
        return [valued(below, part, call) for at, part in enumerate(value) if (below := slot.item(at))]
    if isinstance(value, str) and item.bare is str and _SEVERAL.search(value):
        return value
    single = valued(item, value, call)
    return _said(slot, [single], "one item is a list of one", call) if item.fits(single) else value


def _listed(slot: Slot, item: Slot, text: str) -> tuple[list[str], str] | None:
    """The list that a text says, and how: nothing, ids of assets, or their names between commas."""
    if plain(text) in _NOTHING and slot.fits([]):
        return [], "nothing is an empty list"
    if item.is_asset and len(ids := _HEX.findall(text.lower())) > 1:
        return ids, "a list of ids"
    if item.is_asset and len(names := re.split(r"\s*[,;\n]\s*", text.strip())) > 1:
        return names, "a list of names"
    return None


def _components(slot: Slot, value: Any, call: Reading) -> Any:
    """A fixed tuple: from an object with named parts, a text of numbers, or parts with units."""
    names = next((item.names for item in slot.metadata if isinstance(item, Components)), ())
    parts: Any = _from_text(value, names) if isinstance(value, str) else value
    if isinstance(parts, Mapping):
        parts = _opened(parts) or by_label({snake(str(name)): part for name, part in parts.items()}, names)
    parts = _from_text(parts, names) if isinstance(parts, str) else parts
    if not isinstance(parts, list | tuple) or len(parts) != slot.width or (parts is value and mixed(parts)):
        return value
    tried = Reading(Trail(), call.rate)
    made = [valued(below, part, tried) for at, part in enumerate(parts) if (below := slot.item(at))]
    if any("red" in aliases for aliases in names) and _is_eight_bit(made):
        made = [part / 255 for part in made]
        return _said(slot, made, "channels from 0 to 255", call, declared=True) if slot.fits(made) else value
    if not slot.fits(made) or made == value:
        return value
    call.trail.reasons |= tried.trail.reasons
    return _said(slot, made, "its parts in order", call)


def _opened(value: Mapping[str, Any]) -> Any:
    """What an object holds that only says it: `{"hex": "#cc3333"}`, `{"value": [8, 10, 8], "unit": "cm"}`."""
    given = {snake(str(name)): part for name, part in value.items()}
    unit = given.pop("unit", given.pop("units", ""))
    parts = next(iter(given.values())) if given.keys() in ({"hex"}, {"rgb"}, {"value"}, {"values"}) else None
    if unit and isinstance(parts, list) and isinstance(unit, str):
        return [f"{part} {unit}" for part in parts]
    return parts if isinstance(parts, str | list) and not unit else None


def _is_eight_bit(channels: Sequence[Any]) -> bool:
    """Whether they count to 255, as most programs write colours; 2 of 1 may be anything."""
    whole = all(_is_number(part) and part == int(part) and 0 <= part <= 255 for part in channels)
    return whole and any(part >= _SURELY_EIGHT_BIT for part in channels)


def _from_text(text: str, names: Sequence[Collection[str]]) -> Any:
    if any("red" in aliases for aliases in names):
        if colour := _COLOUR.fullmatch(text.strip()):
            return [int(part, 16) / 255 for part in colour.groups()]
        if short := _SHORT_COLOUR.fullmatch(text.strip()):
            return [int(part, 16) / 15 for part in short.groups()]
        text = _OPAQUE.sub(r"(\1)", re.sub(r"^\s*rgb\s*(?:(?=\()|:)", "", text, flags=re.IGNORECASE))
    return parts_of(text, {name for aliases in names for name in aliases})


def _unboxed(slot: Slot, value: Any, call: Reading) -> Any:
    """A scalar in a list of one, or in an object that only says it: `{"value": 50, "unit": "mm"}`."""
    if isinstance(value, list | tuple) and len(value) == 1 and not isinstance(value[0], list | dict):
        return _said(slot, value[0], "a list of one is its item", call)
    if isinstance(value, list | tuple) and (pair := one_quantity(value)):
        return _said(slot, pair, "a number and its unit", call)
    if isinstance(value, Mapping):
        own = slot.path.rpartition(".")[2]
        if slot.is_asset:
            value = {name: part for name, part in value.items() if snake(str(name)) not in _ABOUT_ASSETS}
        boxes = _ASSET_BOX if slot.is_asset else _CHOICE_BOX if is_choice(slot.bare) else ()
        found = unboxed(value, {own, *boxes})
        return value if found is None else _said(slot, found, "the value itself", call)
    return value


def one_quantity(value: Any) -> Any:
    """What an object or a pair says that only holds one value with its unit: `{"seconds": 5}`, `[5, "s"]`; None for
    anything else."""
    if isinstance(value, list | tuple) and len(value) == 2 and _is_number(value[0]) and _is_unit(value[1]):
        return f"{value[0]} {value[1]}"
    return unboxed(value) if isinstance(value, Mapping) else None


def unboxed(value: Mapping[str, Any], names: Collection[str] = ()) -> Any:
    """What an object says that only holds one value: `{"value": 5, "unit": "s"}` and `{"seconds": 5}` are `5 s`,
    `{"seconds": 3, "frames": 12}` is `3 seconds 12 frames`."""
    given = {snake(str(name)): part for name, part in value.items()}
    inner = [part for name, part in given.items() if name in _BOX or name in names]
    unit = given.get("unit", given.get("units", ""))
    rest = given.keys() - _BOX - {"unit", "units", *names}
    if len(inner) == 1 and not rest and isinstance(inner[0], str | int | float) and isinstance(unit, str):
        return f"{inner[0]} {unit}" if unit else inner[0]
    if given and all(_is_number(part) and name in UNIT_WORDS for name, part in given.items()):
        return " ".join(f"{part} {name}" for name, part in given.items())
    return None


def _is_unit(value: Any) -> bool:
    return isinstance(value, str) and value.strip().casefold() in UNIT_WORDS


def _truth(slot: Slot, value: Any, call: Reading) -> Any:
    word = plain(value)
    if word in _YES | _NO | {plain(slot.path.rpartition(".")[2])}:
        return _said(slot, word not in _NO, "yes or no", call)
    stripped = value.strip() if isinstance(value, str) else value
    return _said(slot, stripped, "yes or no", call) if slot.fits(stripped) else value


def _number(slot: Slot, value: Any, call: Reading) -> Any:
    """A number with or without its unit. A whole number is never rounded to; time counted in frames is."""
    if isinstance(value, bool):
        return value
    number: Any = value
    if isinstance(value, str):
        found = read(value, slot.unit or _counted(slot), call.rate)
        if found is None:
            return value
        number = int(found) if found.denominator == 1 else float(found)
        call.trail.say(slot.path, f"{value} is {number}{' ' * bool(slot.unit)}{slot.unit}")
    return _clamped(slot, number, call)


def _counted(slot: Slot) -> str:
    """What a whole number counts, by the last word of its name: `nine blades`."""
    return slot.path.rpartition(".")[2].rpartition("_")[2] if slot.bare is int else ""


def _clamped(slot: Slot, number: Any, call: Reading) -> Any:
    """A soft number beyond its bounds is the bound, and that is declared."""
    if not slot.soft or slot.protected or not _is_number(number):
        return number
    low = max((item.ge for item in slot.metadata if hasattr(item, "ge")), default=-math.inf)
    high = min((item.le for item in slot.metadata if hasattr(item, "le")), default=math.inf)
    if low <= number <= high:
        return number
    bound = low if number < low else high
    return _said(slot, bound, f"{number} is beyond the bound {bound}", call, declared=True)


def _text(slot: Slot, value: Any, call: Reading) -> Any:
    if slot.is_asset and isinstance(value, str):
        value = _SHARDED.sub(r"\1", value)
        ids = _HEX.findall(value.lower())
        return _said(slot, ids[0], "the id in it", call) if len(ids) == 1 and _only_id(value) else value
    if isinstance(value, int) and not isinstance(value, bool) and not slot.protected:
        return _said(slot, str(value), "a number as text", call)
    return value


def _only_id(text: str) -> bool:
    """Whether an id stands alone or behind a scheme or path, so that nothing is lost with the rest."""
    rest = _HEX.sub("", text.lower().strip())
    return bool(re.fullmatch(r"[\w.:/\"'<> -]*", rest)) and not re.search(r"[0-9a-f]{16}", rest)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
