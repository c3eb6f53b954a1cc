"""The structure of arguments: objects and lists where they are declared, names as they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_origin

from agents.medic.envelope import decoded
from agents.medic.joint import split_joint, stated_ratio
from agents.medic.names import Meant, meant, snake
from agents.medic.quantities import UNIT_WORDS
from agents.medic.slots import Slot, fields, infos
from agents.medic.values import Reading, one_quantity, valued
from vibeboard.timing import Rate


def shaped(slot: Slot, value: Any, call: Reading) -> Any:
    """Structures and names as declared, all the way down; values stay as they are."""
    if slot.fits(value):
        return value
    arms = [arm for arm in slot.arms if arm.model or arm.is_list or arm.width or get_origin(arm.bare) is dict]
    if len(arms) != 1:
        return value
    arm, found = arms[0], decoded(value)
    if found is not value and isinstance(found, Mapping | list):
        call.trail.say(slot.path, "JSON within JSON")
    else:
        found = value
    if arm.is_list:
        return _list(arm, found, call)
    if arm.model and isinstance(found, list) and len(found) == 1 and isinstance(found[0], Mapping):
        call.trail.say(slot.path, "a list of one is its item")
        found = found[0]
    if arm.model and isinstance(found, Mapping) and list(found) == ["value"] and isinstance(found["value"], Mapping):
        call.trail.say(slot.path, "the value itself")
        found = found["value"]
    if arm.model and (sole := _sole(arm, found)):
        call.trail.say(slot.path, f"this is its {sole}")
        found = {sole: found}
    return _named(arm, found, call) if arm.model and isinstance(found, Mapping) else found


def _sole(slot: Slot, value: Any) -> str:
    """The one required field of a model, a list, when the list or an item of it stands in the model's place."""
    required = [name for name, info in infos(slot).items() if info.is_required()]
    item = fields(slot)[required[0]].item(0) if len(required) == 1 else None
    items = value if isinstance(value, list) else [value]
    if item is None or not item.model or not items:
        return ""
    outer = isinstance(value, Mapping) and any(meant(name, value[name], infos(slot)) for name in value)
    known = [isinstance(one, Mapping) and _all_meant(one, item) for one in items]
    return required[0] if all(known) and not outer else ""


def _all_meant(value: Mapping[str, Any], slot: Slot) -> bool:
    return bool(value) and all(meant(name, part, infos(slot)) for name, part in value.items())


def _list(slot: Slot, value: Any, call: Reading) -> Any:
    item = slot.item(0)
    if item is None:
        return value
    if isinstance(value, Mapping):
        value = _listed(slot, item, value, call)
    if not isinstance(value, list | tuple):
        return value
    return [shaped(below, part, call) for at, part in enumerate(value) if (below := slot.item(at))]


def _listed(slot: Slot, item: Slot, value: Mapping[str, Any], call: Reading) -> Any:
    """An object for a list: `{"keys": [...]}`, `{"0": a, "1": b}`, `{"ann": {...}}` by id, or one item alone."""
    below = infos(item)
    alone = decoded(next(iter(value.values()))) if len(value) == 1 else None
    if isinstance(alone, list) and all(isinstance(part, Mapping) for part in alone):
        call.trail.say(slot.path, f"the list in {next(iter(value))}")
        return alone
    if any(meant(name, part, below) for name, part in value.items() if not isinstance(part, Mapping)):
        call.trail.say(slot.path, "one item is a list of one")
        return [value]
    if len(value) == 1 and isinstance(inner := decoded(next(iter(value.values()))), list):
        call.trail.say(slot.path, f"the list in {next(iter(value))}")
        return inner
    if value and all(isinstance(part, Mapping) for part in value.values()):
        first = next(iter(below), "")
        if first and all(first not in part for part in value.values()) and below[first].is_required():
            call.trail.say(slot.path, f"each item with its {first}")
            return [{first: int(name) if name.isdigit() else name, **part} for name, part in value.items()]
        if list(value) == [str(at) for at in range(len(value))]:
            call.trail.say(slot.path, "a list by its indices")
            return list(value.values())
    return value


def _named(slot: Slot, value: Mapping[str, Any], call: Reading) -> dict[str, Any]:
    below = fields(slot)
    made = _renamed(slot, _with_units_beside(slot, dict(value), call), call)
    _gather(slot, made, call)
    split_joint(slot, made, call)
    stated_ratio(slot, made, call)
    for name in below:
        if name in made:
            made[name] = shaped(below[name], made[name], call)
    return made


def _renamed(slot: Slot, made: dict[str, Any], call: Reading) -> dict[str, Any]:
    """Wrong names as the fields they can only mean. What only says again what another says is left out."""
    claims: dict[str, list[tuple[str, Any]]] = {}
    for name in [name for name in made if name not in infos(slot)]:
        free = {field: info for field, info in infos(slot).items() if field not in made}
        plain = one_quantity(made[name])
        for value in (made[name], plain):
            found = None if value is None else _meant(slot, name, value, infos(slot)) or _meant(slot, name, value, free)
            if found:
                said = _with_unit(value, found.unit, fields(slot)[found.field])
                claims.setdefault(found.field, []).append((name, said))
                break
    for field, claimed in claims.items():
        said = made.get(field) is not None  # a null beside another name for it says nothing
        values = [*([made[field]] if said else []), *(value for _, value in claimed)]
        if not agree(fields(slot)[field], values, made, call):
            continue
        for name, _ in claimed:
            del made[name]
            call.trail.say(slot.below(name), f"means {field}")
        made[field] = values[0]
        call.trail.say(slot.below(field), f"was named {claimed[0][0]}")
    return made


def _with_units_beside(slot: Slot, made: dict[str, Any], call: Reading) -> dict[str, Any]:
    """A unit that stands beside its number, in it: `duration: 5, duration_unit: "s"`."""
    numbers = [name for name in made if isinstance(made[name], int | float) and not isinstance(made[name], bool)]
    for name in [name for name in made if name not in infos(slot) and isinstance(made[name], str)]:
        stem, _, last = snake(name).rpartition("_")
        own = [other for other in numbers if (snake(other) == stem if stem else other not in infos(slot))]
        if last in ("unit", "units") and len(own) == 1 and made[name].strip().casefold() in UNIT_WORDS:
            call.trail.say(slot.below(name), f"is the unit of {own[0]}")
            made[own[0]] = f"{made[own[0]]} {made.pop(name)}"
    return made


def _gather(slot: Slot, made: dict[str, Any], call: Reading) -> None:
    """Fields of an object that is missing, given in its place, become that object, if all that it needs is there."""
    for name, info in infos(slot).items():
        below = fields(slot)[name]
        inner = next((arm for part in below.arms for arm in (part.item(0) or part).arms if arm.model), None)
        if name in made or not info.is_required() or inner is None:
            continue
        own = {
            stray: found.field
            for stray, value in made.items()
            if stray not in infos(slot) and (found := meant(stray, value, infos(inner)))
        }
        if own and {needed for needed, what in infos(inner).items() if what.is_required()} <= set(own.values()):
            gathered = {stray: made.pop(stray) for stray in own}
            made[name] = [gathered] if below.is_list else gathered
            for stray in own:
                call.trail.say(slot.below(stray), f"belongs to {name}")
            call.trail.say(below.path, "given field by field")


def _meant(slot: Slot, name: str, value: Any, among: Mapping[str, Any]) -> Meant | None:
    missing = [field for field, info in among.items() if info.is_required()] if among is not infos(slot) else ()
    return meant(name, value, among, frozenset().union(*slot.called), missing)


def _with_unit(value: Any, unit: str, slot: Slot) -> Any:
    """The value with the unit that its name said."""
    if not unit or unit == slot.unit:
        return value
    if isinstance(value, list | tuple):
        return [_with_unit(part, unit, slot) for part in value]
    return f"{value} {unit}" if isinstance(value, int | float | str) else value


def agree(slot: Slot, values: list[Any], siblings: Mapping[str, Any], call: Reading) -> bool:
    """Whether several values for one field, with their units, say the same."""
    if len(values) == 1:
        return True
    rate = call.rate or _rate(siblings)
    read_values = [valued(slot, shaped(slot, value, Reading()), Reading(rate=rate)) for value in values]
    return all(slot.fits(value) for value in read_values) and all(value == read_values[0] for value in read_values)


def _rate(siblings: Mapping[str, Any]) -> Rate | None:
    slot = Slot(type=Rate, unit="frame/s")
    found = valued(slot, siblings.get("fps"), Reading())
    return Rate.model_validate(found) if slot.fits(found) else None
