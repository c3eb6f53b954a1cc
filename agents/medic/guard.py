"""The intent guard: what of a model's diff may pass.

A model may say which declared name an unknown one means, and how a wrong value is spelt rightly. It may not touch what
the fault does not name, give a value that nobody gave, drop anything, or decide about a protected field. What it may
not do is offered to a person instead.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

from pydantic import JsonValue

from agents.medic.names import contrary, measures_of, padded_to, snake
from agents.medic.quantities import UNIT_WORDS, names_unit, scales, spoken_number
from agents.medic.slots import Slot, fields
from tools.declare import Tool
from vibeboard.faults import FieldError
from vibeboard.hints import meta
from vibeboard.model import Frozen
from vibeboard.timing import Rate

_STEM = 4
"""Letters that words have in common which are forms of one another: `colour` and `coloring`."""
_ENDS = {"end", "ends", "ending", "stop", "until", "till", "last", "start", "begin", "from", "to"}
_NUMBERS = re.compile(r"[-+]?\d+(?:\.\d+)?")


class Edit(Frozen):
    """One step of a diff: `path` gets `value`, or what stands under the unknown name `moved_from`."""

    path: str
    value: JsonValue = None
    moved_from: str = ""


class Guarded(NamedTuple):
    args: dict[str, Any]
    refused: tuple[Edit, ...]
    passed: tuple[Edit, ...]


def guarded(edits: Sequence[Edit], args: Mapping[str, Any], errors: Sequence[FieldError], tool: Tool) -> Guarded:
    """The arguments with those edits that keep the intent, and those that do not."""
    made = copy.deepcopy(dict(args))
    refused: list[Edit] = []
    passed: list[Edit] = []
    for edit in edits:
        allowed = _move(edit, made, errors, tool) if edit.moved_from else _respelling(edit, made, errors, tool)
        (passed if allowed else refused).append(edit)
    return Guarded(made, tuple(refused), tuple(passed))


def _move(edit: Edit, args: dict[str, Any], errors: Sequence[FieldError], tool: Tool) -> bool:
    """Move a value, unchanged, from an unknown name to a declared one that is free; done if it keeps the intent."""
    unknown = {error.path for error in errors if error.rule == "extra_forbidden"}
    holder, name = _holder(args, edit.moved_from)
    target, last = _holder(args, edit.path)
    slot = _slot(tool, edit.path)
    if holder is None or target is None or slot is None or name not in holder or last in target:
        return False
    if edit.moved_from not in unknown:
        return False
    siblings = _siblings(tool, edit.path)
    declared = snake(name) in _declared(Slot(type=tool.params))
    if declared or not (_is_telling(slot, holder[name]) or _related(name, holder[name], siblings, last)):
        return False
    if not _plausible(name, holder.get(name), slot, siblings):
        return False
    target[last] = holder.pop(name)
    return True


def _is_telling(slot: Slot, value: Any) -> bool:
    """Whether a value is hardly one of another field by accident: an object, a list of whatever length."""
    return any((arm.model or arm.is_list) and arm.fits(value) for arm in slot.arms)


def _related(name: str, value: Any, siblings: Slot, field: str) -> bool:
    """Whether what a name is about, its last word, is in what is declared of a field, or its value says that it is a
    time where one is wanted; that a value would do there is no reason to put it there. Where something ends is no
    length, and `fade_curve` no fade."""
    info = siblings.model.model_fields.get(field) if siblings.model else None
    if info is None:
        return False
    said = meta(info)
    own = _words(
        field, *said.get("synonyms", ()), *said.get("measures", ()), *said.get("joint", ()), info.description or ""
    )
    words = _words(name)
    if words & _ENDS and not own & _ENDS:
        return False
    if said.get("unit") in ("frame", "s") and isinstance(value, str) and names_unit(value):
        return True
    heads = [word for word in snake(name).split("_") if word not in UNIT_WORDS and len(word) >= 3][-1:]
    return any(word[:_STEM] == other[:_STEM] for word in heads for other in own if len(other) >= 3)


def _words(*texts: str) -> set[str]:
    return {word for text in texts for word in snake(text).split("_") if word}


@cache
def _declared(slot: Slot) -> frozenset[str]:
    """Every field's name of a tool, however deep."""
    below = [arm for field in fields(slot).values() for part in field.arms for arm in (part.item(0) or part).arms]
    return frozenset(fields(slot)).union(*(_declared(replace(arm, path="")) for arm in below if arm.model))


def _plausible(name: str, value: Any, slot: Slot, siblings: Slot) -> bool:
    """Whether a value under that name may be the slot's: a bare number is no time, a text no prompt."""
    words = set(snake(name).split("_"))
    bare_number = not isinstance(value, str) or not names_unit(value)
    infos = siblings.model.model_fields.values() if siblings.model else ()
    if contrary(name) or (isinstance(value, Mapping | list) and not slot.fits(value)):
        return False
    if bare_number and any(padded_to(snake(name), other) for info in infos for other in measures_of(info)):
        return False
    if bare_number and slot.unit in ("frame", "s") and not any(word.startswith("frame") for word in words):
        return False
    return not (slot.protected and slot.bare is str)


def _respelling(edit: Edit, args: dict[str, Any], errors: Sequence[FieldError], tool: Tool) -> bool:
    """Give a wrong value another spelling; done if it says nothing that the wrong value did not."""
    holder, name = _holder(args, edit.path)
    slot = _slot(tool, edit.path)
    named = any(edit.path == error.path or edit.path.startswith(f"{error.path}.") for error in errors)
    if not named or holder is None or slot is None or name not in holder or slot.protected:
        return False
    if not slot.fits(edit.value) or not _says_the_same(holder[name], edit.value, slot, _rate(args)):
        return False
    holder[name] = edit.value
    return True


def _says_the_same(old: Any, new: Any, slot: Slot, rate: Rate | None) -> bool:
    """Whether every number and word of the new value stands in the old one, or follows from it by a unit. What says
    nothing says something else."""
    said = " ".join(str(leaf) for leaf in _scalars(old)).casefold()
    numbers = {Fraction(found) for found in _NUMBERS.findall(said)} | spoken_number(said)
    leaves = list(_scalars(new))
    return bool(said and leaves) and all(_follows(leaf, said, numbers, slot, rate) for leaf in leaves)


def _follows(leaf: Any, said: str, numbers: set[Fraction], slot: Slot, rate: Rate | None) -> bool:
    if isinstance(leaf, int | float) and not isinstance(leaf, bool):
        if len(numbers) != 1 and not isinstance(slot.model, type) and not slot.is_list and not slot.width:
            return False
        factors = scales(slot.unit, said, rate)
        return any(
            abs(float(number * factor) - leaf) <= 1e-6 * max(1.0, abs(leaf)) for number in numbers for factor in factors
        )
    words = re.findall(r"\w+", str(leaf).casefold())
    return bool(words) and all(word in said for word in words)


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    elif value is not None:
        yield value


def _rate(args: Mapping[str, Any]) -> Rate | None:
    fps = args.get("fps")
    return Rate.model_validate(fps) if Slot(type=Rate).fits(fps) else None


def _holder(args: dict[str, Any], path: str) -> tuple[dict[str, Any] | None, str]:
    """The object that holds the last name of a path."""
    *steps, name = path.split(".")
    node: Any = args
    for step in steps:
        if isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        elif isinstance(node, dict):
            node = node.get(step)
        else:
            return None, name
    return (node, name) if isinstance(node, dict) else (None, name)


def _slot(tool: Tool, path: str) -> Slot | None:
    """The slot at a path of the declaration."""
    slot: Slot | None = Slot(type=tool.params)
    for step in path.split("."):
        if slot is None:
            return None
        arm = next((arm for arm in slot.arms if arm.model or arm.item(0)), slot)
        slot = fields(arm).get(step) if arm.model else arm.item(int(step)) if step.isdigit() else None
    return slot


def _siblings(tool: Tool, path: str) -> Slot:
    parent = path.rpartition(".")[0]
    slot = (_slot(tool, parent) if parent else None) or Slot(type=tool.params)
    return next((arm for arm in slot.arms if arm.model), slot)
