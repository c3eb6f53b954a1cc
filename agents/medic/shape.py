"""The structure of arguments: envelopes opened, JSON in JSON decoded, names as declared, strays put in their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_origin

from agents.medic.joint import split_joint, stated_ratio
from agents.medic.names import Meant, contrary, meant, snake, surely
from agents.medic.reading import Unreadable, read_json
from agents.medic.slots import Slot, fields
from agents.medic.trail import Trail
from agents.medic.values import Reading, unboxed, valued
from vibeboard.timing import Rate

_ENVELOPE = {
    "name", "type", "id", "tool", "tool_name", "function", "function_name", "call_id", "tool_call_id", "index",
    "action", "title", "description", "required", "role", "thought", "reasoning",
}  # fmt: skip
_DEPTH = 4


def unwrapped(slot: Slot, value: Any, tool: str, trail: Trail) -> Any:
    """The arguments inside the envelope of a call: `{"arguments": {...}}`, `[{...}]`, `{"generate_shot": {...}}`."""
    for _ in range(_DEPTH):
        value = _decoded(value)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
            continue
        if not isinstance(value, Mapping) or any(meant(name, value[name], _infos(slot)) for name in value):
            return value
        inner = [name for name in value if isinstance(_decoded(value[name]), Mapping | list)]
        others = {snake(name) for name in value if name not in inner}
        if len(inner) != 1 or contrary(inner[0]) or not others <= _ENVELOPE or _names_another(value, tool):
            return value
        trail.say("", f"opened {inner[0]}")
        value = value[inner[0]]
    return value


def _names_another(envelope: Mapping[str, Any], tool: str) -> bool:
    """Whether an envelope is addressed to another tool."""
    named = [envelope[name] for name in envelope if snake(name) in ("name", "tool", "tool_name", "function_name")]
    return any(isinstance(name, str) and snake(name).rpartition("functions_")[2] != tool for name in named)


def _decoded(value: Any) -> Any:
    """A text that holds an object or a list, decoded; however often it was encoded."""
    for _ in range(_DEPTH):
        if not (isinstance(value, str) and value.strip()[:1] in ("{", "[", '"', "`")):
            return value
        try:
            read_value = read_json(value)
        except Unreadable:
            return value
        if read_value.closed or not isinstance(read_value.value, Mapping | list | str):
            return value
        value = read_value.value
    return value


def shaped(slot: Slot, value: Any, call: Reading) -> Any:
    """Structures and names as declared, all the way down; values stay as they are."""
    if slot.fits(value):
        return value
    arms = [arm for arm in slot.arms if arm.model or arm.is_list or arm.width or get_origin(arm.bare) is dict]
    if len(arms) != 1:
        return value
    arm, found = arms[0], _decoded(value)
    if found is not value and isinstance(found, Mapping | list):
        call.trail.say(slot.path, "JSON within JSON")
    else:
        found = value
    if arm.is_list:
        return _list(arm, found, call)
    if arm.model and isinstance(found, list) and len(found) == 1 and isinstance(found[0], Mapping):
        call.trail.say(slot.path, "a list of one is its item")
        found = found[0]
    if arm.model and (sole := _sole(arm, found)):
        call.trail.say(slot.path, f"this is its {sole}")
        found = {sole: found}
    return _named(arm, found, call) if arm.model and isinstance(found, Mapping) else found


def _sole(slot: Slot, value: Any) -> str:
    """The one required field of a model, a list, when the list or an item of it stands in the model's place."""
    required = [name for name, info in _infos(slot).items() if info.is_required()]
    item = fields(slot)[required[0]].item(0) if len(required) == 1 else None
    items = value if isinstance(value, list) else [value]
    if item is None or not item.model or not items:
        return ""
    outer = isinstance(value, Mapping) and any(meant(name, value[name], _infos(slot)) for name in value)
    known = [isinstance(one, Mapping) and _all_meant(one, item) for one in items]
    return required[0] if all(known) and not outer else ""


def _all_meant(value: Mapping[str, Any], slot: Slot) -> bool:
    return bool(value) and all(meant(name, part, _infos(slot)) for name, part in value.items())


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
    below = _infos(item)
    alone = _decoded(next(iter(value.values()))) if len(value) == 1 else None
    if isinstance(alone, list) and all(isinstance(part, Mapping) for part in alone):
        call.trail.say(slot.path, f"the list in {next(iter(value))}")
        return alone
    if any(meant(name, part, below) for name, part in value.items() if not isinstance(part, Mapping)):
        call.trail.say(slot.path, "one item is a list of one")
        return [value]
    if len(value) == 1 and isinstance(inner := _decoded(next(iter(value.values()))), list):
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


def _infos(slot: Slot) -> Mapping[str, Any]:
    return slot.model.model_fields if slot.model else {}


def _named(slot: Slot, value: Mapping[str, Any], call: Reading) -> dict[str, Any]:
    below = fields(slot)
    made = _renamed(slot, dict(value), call)
    split_joint(slot, made, call)
    stated_ratio(slot, made, call)
    for name in below:
        if name in made:
            made[name] = shaped(below[name], made[name], call)
    return made


def _renamed(slot: Slot, made: dict[str, Any], call: Reading) -> dict[str, Any]:
    """Wrong names as the fields they can only mean. What only says again what another says is left out."""
    claims: dict[str, list[tuple[str, Any]]] = {}
    for name in [name for name in made if name not in _infos(slot)]:
        free = {field: info for field, info in _infos(slot).items() if field not in made}
        plain = unboxed(made[name]) if isinstance(made[name], Mapping) else None
        for value in (made[name], plain):
            found = (
                None if value is None else _meant(slot, name, value, _infos(slot)) or _meant(slot, name, value, free)
            )
            if found:
                said = _with_unit(value, found.unit, fields(slot)[found.field])
                claims.setdefault(found.field, []).append((name, said))
                break
    for field, claimed in claims.items():
        values = [*([made[field]] if field in made else []), *(value for _, value in claimed)]
        if not _agree(fields(slot)[field], values, made, call):
            continue
        for name, _ in claimed:
            del made[name]
            call.trail.say(_below(slot, name), f"means {field}")
        made.setdefault(field, values[0])
        call.trail.say(_below(slot, field), f"was named {claimed[0][0]}")
    return made


def _meant(slot: Slot, name: str, value: Any, among: Mapping[str, Any]) -> Meant | None:
    steps = [step for step in slot.path.split(".") if not step.isdigit()]
    return meant(name, value, among, steps[-1] if steps else "")


def _below(slot: Slot, name: str) -> str:
    return f"{slot.path}.{name}" if slot.path else name


def _with_unit(value: Any, unit: str, slot: Slot) -> Any:
    """The value with the unit that its name said."""
    if not unit or unit == slot.unit:
        return value
    if isinstance(value, list | tuple):
        return [_with_unit(part, unit, slot) for part in value]
    return f"{value} {unit}" if isinstance(value, int | float | str) else value


def _agree(slot: Slot, values: list[Any], siblings: Mapping[str, Any], call: Reading) -> bool:
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


def placed(root: Slot, arguments: dict[str, Any], call: Reading) -> dict[str, Any]:
    """Put what stands in the wrong object where its name can only belong: `camera_f_number`, `lens.focal_mm`, a rate
    inside the camera. Something that is there already stays unless it says the same."""
    for holder, slot, name in list(_strays(root, arguments)):
        value = holder[name]
        parts = {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, Mapping) else {name: value}
        if not parts:
            continue
        homes = {key: _beside(holder, slot, key) or _home(root, arguments, key) for key in parts}
        if all(homes.values()) and all(_free(home, parts[key], call) for key, home in homes.items() if home):
            del holder[name]
            call.trail.say(_below(slot, name), "belongs elsewhere")
            for key, home in homes.items():
                _settle(home, parts[key], key, call)
    return arguments


Home = tuple[dict[str, Any], Slot, str]
"""An object among the arguments, the slot of the field, and its name."""


def _strays(slot: Slot, value: Any) -> Iterator[Home]:
    for arm in slot.arms:
        if arm.model and isinstance(value, dict) and not hasattr(arm.model, "parse"):
            known = fields(arm)
            yield from ((value, arm, name) for name in list(value) if name not in known)
            for name, below in known.items():
                if name in value:
                    yield from _strays(below, value[name])
        elif arm.is_list and isinstance(value, list):
            for at, item in enumerate(value):
                if below_item := arm.item(at):
                    yield from _strays(below_item, item)


def _beside(holder: dict[str, Any], slot: Slot, name: str) -> Home | None:
    """A part of a stray object that belongs beside it: `{"dimensions": {"width": 640, "height": 352}}`."""
    first, _, last = name.rpartition(".")
    field = surely(last, _infos(slot)) if first and not contrary(first) else None
    return (holder, fields(slot)[field], field) if field else None


def _home(root: Slot, arguments: dict[str, Any], name: str) -> Home | None:
    """The one field of all that a stray name can mean, and the object that holds it, made if need be.

    A text is moved only if its name says the whole path: a prompt found inside the camera may be the camera's.
    """
    if contrary(name):
        return None
    words = [word for word in snake(name).split("_") if word]
    last = name.replace("]", "").replace("[", ".").rpartition(".")[2]
    found = []
    for steps, slot in _all_fields(root, ()):
        where = [word for step in steps for word in snake(step).split("_")]
        flat = words == where or words == [word for word in where if not word.isdigit()]
        sure = steps[-1] in (surely(last, _infos(slot)), surely(name, _infos(slot)))
        if flat or (sure and fields(slot)[steps[-1]].bare is not str):
            found.append((flat, steps))
    exact = [steps for flat, steps in found if flat] or [steps for _, steps in found]
    return _reach(root, arguments, exact[0]) if len(exact) == 1 else None


def _all_fields(slot: Slot, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Slot]]:
    """Every field below, as the steps to it with `0` for the item of a list, and the slot of the model it is in."""
    for arm in slot.arms:
        if arm.model:
            for name, below in fields(arm).items():
                yield ((*steps, name), arm)
                yield from _all_fields(below, (*steps, name))
        elif arm.is_list and (item := arm.item(0)):
            yield from _all_fields(item, (*steps, "0"))


def _reach(root: Slot, arguments: dict[str, Any], steps: tuple[str, ...]) -> Home | None:
    """The object that holds the last of the steps. Objects on the way are made; lists must hold exactly one item."""
    slot, holder = root, arguments
    for at, step in enumerate(steps[:-1]):
        if step == "0":
            continue
        arm = next((arm for arm in slot.arms if arm.model), None)
        if arm is None:
            return None
        slot = fields(arm)[step]
        inner = holder.setdefault(step, {}) if steps[at + 1] != "0" else holder.get(step)
        if steps[at + 1] == "0":
            item = next((found for arm in slot.arms if (found := arm.item(0))), None)
            if not isinstance(inner, list) or len(inner) != 1 or item is None:
                return None
            slot, inner = item, inner[0]
        if not isinstance(inner, dict):
            return None
        holder = inner
    arm = next((arm for arm in slot.arms if arm.model), slot)
    return (holder, fields(arm)[steps[-1]], steps[-1])


def _free(home: Home, value: Any, call: Reading) -> bool:
    holder, slot, name = home
    return name not in holder or _agree(slot, [holder[name], value], holder, call)


def _settle(home: Home | None, value: Any, key: str, call: Reading) -> None:
    if home:
        holder, slot, name = home
        holder.setdefault(name, shaped(slot, value, call))
        call.trail.say(slot.path, f"was given as {key}")
