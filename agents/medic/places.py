"""What stands in the wrong object, put where its name can only belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from agents.medic.names import contrary, snake, surely
from agents.medic.shape import agree, shaped
from agents.medic.slots import Slot, fields, infos
from agents.medic.values import Reading

_GROUPS = frozenset({
    "lens", "optics", "size", "dimensions", "dims", "resolution", "frame_size", "picture_size", "image_size",
    "picture", "video", "timing", "time", "format", "settings", "options", "params", "parameters", "config",
    "configuration", "output", "spec", "specs", "general", "common", "technical", "details", "meta", "metadata",
    "shot", "basic", "properties",
})  # fmt: skip
"""What several fields are put together under, without a meaning of its own: `fade.frames` is no length."""


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
            call.trail.say(slot.below(name), "belongs elsewhere")
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
    field = surely(last, infos(slot)) if first and snake(first) in _GROUPS else None
    return (holder, fields(slot)[field], field) if field else None


def _home(root: Slot, arguments: dict[str, Any], name: str) -> Home | None:
    """The one field of all that a stray name can mean, and the object that holds it, made if need be."""
    way = _way(root, name)
    return _reach(root, arguments, way) if way else None


@lru_cache(maxsize=1024)
def _way(root: Slot, name: str) -> tuple[str, ...] | None:
    """The steps to the one field of all that a stray name can mean.

    A text is moved only if its name says the whole path: a prompt found inside the camera may be the camera's.
    """
    if contrary(name):
        return None
    words = [word for word in snake(name).split("_") if word]
    *owners, last = name.replace("]", "").replace("[", ".").split(".")
    found = []
    for steps, slot in _all_fields(root, ()):
        where = [word for step in steps for word in snake(step).split("_")]
        flat = words == where or words == [word for word in where if not word.isdigit()]
        sure = steps[-1] in (surely(last, infos(slot)), surely(name, infos(slot)))
        if flat or (sure and _owned(owners, steps) and fields(slot)[steps[-1]].bare is not str):
            found.append((flat, steps))
    exact = [steps for flat, steps in found if flat] or [steps for _, steps in found]
    return exact[0] if len(exact) == 1 else None


def _owned(owners: Sequence[str], steps: Sequence[str]) -> bool:
    """Whether what a name says before its last step is on the way to a field, or means nothing by itself."""
    way = {word for step in steps[:-1] for word in snake(step).split("_")}
    said = [snake(owner) for owner in owners if not owner.isdigit()]
    return all(owner in _GROUPS or way & set(owner.split("_")) for owner in said)


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
    return name not in holder or agree(slot, [holder[name], value], holder, call)


def _settle(home: Home | None, value: Any, key: str, call: Reading) -> None:
    if home:
        holder, slot, name = home
        holder.setdefault(name, shaped(slot, value, call))
        call.trail.say(slot.path, f"was given as {key}")
