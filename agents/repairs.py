"""Deterministic repairs of arguments, derived from the declarations of tools and engines."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, get_args

from pydantic import BaseModel, JsonValue, ValidationError

from gpu_runtime.engine import Engine
from tools.declare import meta
from vibeboard.faults import Fault, FieldError
from vibeboard.timing import Rate

Args = dict[str, Any]

NAME_CUTOFF = 0.86
AREA_TOLERANCE = 0.08
ASPECT_TOLERANCE = 0.04
LENGTH_TOLERANCE = 0.06
_QUANTITY = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*([a-zA-Z%°\"']*)\s*")
_SIZE = re.compile(r"\s*(\d+)\s*[xX×*]\s*(\d+)\s*")
_TO_UNIT = {
    "px": {"": 1.0, "px": 1.0, "pixel": 1.0, "pixels": 1.0},
    "frame": {"": 1.0, "f": 1.0, "fr": 1.0, "frame": 1.0, "frames": 1.0},
    "m": {"": 1.0, "m": 1.0, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "feet": 0.3048, "in": 0.0254},
    "mm": {"": 1.0, "mm": 1.0, "cm": 10.0, "m": 1000.0, "in": 25.4},
    "": {"": 1.0, "%": 0.01},
}
_SECONDS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 0.001, "min": 60.0}


def well_formed(model: type[BaseModel], fault: Fault, args: Args) -> Args:
    """Arguments with names, structures, types and units as declared, as far as that loses nothing."""
    repaired: Args = copy.deepcopy(args)
    _split_size(model, repaired)
    for error in sorted(fault.fields, key=lambda error: error.rule not in _STRUCTURAL):
        parent, name = _parent(repaired, error.path)
        repair = _REPAIRS.get(error.rule)
        if isinstance(parent, dict) and name in parent and repair:
            owner = _model_at(model, error.path.split(".")[:-1])
            if owner is not None:
                repair(owner, parent, name, repaired)
    return repaired


def legal_on(engine: Engine, errors: Sequence[FieldError], args: Args) -> Args:
    """Arguments with sizes and lengths that the engine can make, if legal ones are near enough to keep the intent."""
    repaired = dict(args)
    rules = {error.rule for error in errors}
    if "size" in rules:
        repaired.update(_legal_size(engine, args))
    if "frames" in rules and isinstance(args.get("frames"), int):
        step, offset = engine.limits.frames_step, engine.limits.frames_offset
        frames = max(offset, offset + step * round((args["frames"] - offset) / step)) or step
        if abs(frames - args["frames"]) <= LENGTH_TOLERANCE * args["frames"] and frames <= (
            engine.limits.max_frames or frames
        ):
            repaired["frames"] = frames
    return repaired


def _legal_size(engine: Engine, args: Args) -> Args:
    width, height = args.get("width"), args.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or width < 1 or height < 1:
        return {}
    multiple = engine.limits.size_multiple
    legal = {"width": round(width / multiple) * multiple, "height": round(height / multiple) * multiple}
    area = legal["width"] * legal["height"] / (width * height) - 1
    if not legal["width"] or not legal["height"] or abs(area) > AREA_TOLERANCE:
        return {}
    aspect = (legal["width"] / legal["height"]) / (width / height) - 1
    return legal if abs(aspect) <= ASPECT_TOLERANCE else {}


def _split_size(model: type[BaseModel], args: Args) -> None:
    """`size: "1280x720"`, or a width that holds both, becomes width and height, if they are not given besides."""
    if not {"width", "height"} <= set(model.model_fields):
        return
    for name in ("size", "resolution", "width"):
        match = _SIZE.fullmatch(value) if isinstance(value := args.get(name), str) else None
        given = {"width", "height"} & (set(args) - {name})
        if match and not given:
            del args[name]
            args["width"], args["height"] = int(match[1]), int(match[2])
            return


def _rename(model: type[BaseModel], parent: Args, name: str, _args: Args) -> None:
    target = _field_meant(model, parent, name)
    if target:
        parent[target] = parent.pop(name)


def _field_meant(model: type[BaseModel], parent: Args, name: str) -> str | None:
    """The one field that is not given and that a wrong name can only mean.

    A name that measures the same thing otherwise, `duration` for frames, is taken only if the value says its unit.
    """
    wanted, free = _snake(name), {field: info for field, info in model.model_fields.items() if field not in parent}
    if wanted in free:
        return wanted
    if _says_its_unit(parent[name]):
        measures = {other: field for field, info in free.items() for other in meta(info).get("measures", ())}
        if wanted in measures:
            return measures[wanted]
    names = {field: field for field in free}
    names |= {other: field for field, info in free.items() for other in meta(info).get("synonyms", ())}
    targets = {names[wanted]} if wanted in names else {names[other] for other in names if _alike(wanted, other)}
    return targets.pop() if len(targets) == 1 else None


def _alike(wrong: str, right: str) -> bool:
    """Whether one is a slip of the other: letters swapped, or nearly all the same; but never another unit."""
    endings = {wrong.rpartition("_")[2], right.rpartition("_")[2]}
    if len(endings) == 2 and endings & _TO_UNIT.keys():
        return False
    return sorted(wrong) == sorted(right) or SequenceMatcher(None, wrong, right).ratio() >= NAME_CUTOFF


def _says_its_unit(value: Any) -> bool:
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    return bool(match and match[2])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")


def _number(model: type[BaseModel], parent: Args, name: str, args: Args) -> None:
    """`"832"`, `"832 px"`, `"5s"` for frames (by the call's own rate), `"35%"`; nothing that would have to be rounded
    to fit a whole number, but for time, which is counted in frames."""
    match = _QUANTITY.fullmatch(parent[name]) if isinstance(parent[name], str) else None
    if not match:
        return
    unit = _unit(model, name)
    value, suffix = float(match[1]), match[2].lower()
    if unit == "frame" and suffix in _SECONDS:
        rate = _rate_of(args)
        if rate is None:
            return
        parent[name] = rate.frames(value * _SECONDS[suffix])
    elif suffix in (scale := _TO_UNIT.get(unit, {"": 1.0, unit: 1.0})):
        scaled = value * scale[suffix]
        parent[name] = int(scaled) if scaled == int(scaled) else scaled


def _unit(model: type[BaseModel], name: str) -> str:
    """The unit a field declares, or carries in its name as the vocabulary does: `focal_mm`, `focus_m`."""
    ending = name.rpartition("_")[2]
    return str(meta(model.model_fields[name]).get("unit", "")) or (ending if ending in _TO_UNIT else "")


def _rate_of(args: Mapping[str, Any]) -> Rate | None:
    try:
        return Rate.model_validate(args.get("fps"))
    except ValidationError:
        return None


def _choice(model: type[BaseModel], parent: Args, name: str, _args: Args) -> None:
    value = parent[name]
    kinds = [model.model_fields[name].annotation, *get_args(model.model_fields[name].annotation)]
    for kind in kinds:
        if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Enum):
            legal = {_plain(str(member.value)): member.value for member in kind}
            parent[name] = legal.get(_plain(value), value)


def _plain(text: str) -> str:
    return re.sub(r"[\s_\-.]+", "", text).casefold()


def _structure(model: type[BaseModel], parent: Args, name: str, _args: Args) -> None:
    """A rate given as a number or text, or JSON that was encoded twice."""
    value = parent[name]
    if model.model_fields[name].annotation is Rate and isinstance(value, int | float | str):
        text = re.sub(r"\s*(fps|hz)$", "", str(value), flags=re.IGNORECASE)
        try:
            parent[name] = Rate.parse(text).model_dump()
        except ValueError:
            return
    elif isinstance(value, str) and value[:1] in "{[":
        try:
            parent[name] = json.loads(value)
        except json.JSONDecodeError:
            return


Repair = Callable[[type[BaseModel], Args, str, Args], None]

_STRUCTURAL = {"extra_forbidden", "model_type"}
"""Mended first: what a length in seconds means depends on the rate."""

_REPAIRS: dict[str, Repair] = {
    "extra_forbidden": _rename,
    "int_type": _number,
    "int_parsing": _number,
    "float_type": _number,
    "float_parsing": _number,
    "enum": _choice,
    "model_type": _structure,
    "tuple_type": _structure,
    "list_type": _structure,
    "dict_type": _structure,
}


def _parent(args: Args, path: str) -> tuple[JsonValue, str]:
    """The container that holds the value at a dotted path, and the value's name in it."""
    *steps, name = path.split(".")
    node: Any = args
    for step in steps:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list | tuple) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return None, name
    return node, name


def _model_at(model: type[BaseModel], steps: list[str]) -> type[BaseModel] | None:
    """The model class that declares what stands at a path."""
    current = model
    for step in steps:
        if step.isdigit():
            continue
        if step not in current.model_fields:
            return None
        found = _model_in(current.model_fields[step].annotation)
        if found is None:
            return None
        current = found
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
