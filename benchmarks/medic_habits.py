"""Scripted stand-ins for a model that is asked to repair a call: what models do well and badly, one habit each.

`perfect` and `literal` know what was meant, as a good model would. `literal` mends what the errors name and nothing
else. The others have a bad habit besides, and where they do not know they make do.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from agents.medic import Edit, Question
from benchmarks.medic_world import Case
from vibeboard.faults import Fault, FieldError

_MADE_UP = {
    "prompt": "a person in a room", "text": "Hello.", "speaker": "NARRATOR", "voice": "on", "frames": 121,
    "take": "0" * 64,
    "kind": "beauty", "title": "Untitled", "width": 1280, "height": 720, "seed": 42, "fps": {"num": 24, "den": 1},
    "scene": "0" * 64, "stage": {"set_kind": "room", "int_ext": "INT", "time": "DAY", "dressing_seed": 1},
    "camera": {"keys": [{"frame": 0, "position": [0, 1.6, 3], "target": [0, 1.5, 0]}]},
}  # fmt: skip
_BOUND = re.compile(r"(?:greater than or equal to|less than or equal to|greater than) ([-\d.]+)")
_ABSENT = object()


class Habit(StrEnum):
    PERFECT = "perfect"
    LITERAL = "literal"
    DROPS = "drops what fails"
    REWORDS = "rewords"
    POLISHES = "polishes"
    INVENTS = "invents"
    SAME = "same again"


def rewritten(habit: Habit, case: Case, args: Any, fault: Fault) -> Any:
    """Whole arguments anew, as those ask for who put the error and the bad input before a model."""
    made = copy.deepcopy(args) if isinstance(args, dict) else {}
    if habit is Habit.SAME:
        return args
    if habit is Habit.DROPS:
        for error in fault.fields:
            _put(made, error.path, _ABSENT)
        return made or args
    if habit is Habit.LITERAL and isinstance(args, dict):
        for edit in literally(case, made, fault.fields):
            if edit.moved_from:
                _put(made, edit.moved_from, _ABSENT)
            _put(made, edit.path, edit.value)
        return made
    made = copy.deepcopy(case.meant) if case.meant is not None else made
    if habit is Habit.INVENTS:
        made = {name: value for name, value in made.items() if name in case.declared.params.model_fields}
        for name, info in case.declared.params.model_fields.items():
            if info.is_required():
                made.setdefault(name, _MADE_UP.get(name, "something"))
    if habit in (Habit.REWORDS, Habit.POLISHES):
        for name in {"prompt", "text"} & made.keys():
            made[name] = _reworded(str(made[name]), habit)
    return made


def proposed(habit: Habit, case: Case, question: Question) -> Sequence[Edit]:
    """A diff, as the Medic asks for it."""
    args = question.args
    if habit is Habit.SAME:
        values = {error.path: _get(args, error.path) for error in question.errors}
        return [Edit(path=path, value=value) for path, value in values.items() if value is not _ABSENT]
    if habit is Habit.DROPS:
        return [Edit(path=error.path, value=None) for error in question.errors]
    edits = list(literally(case, args, question.errors))
    if habit is Habit.INVENTS:
        missing = [error.path for error in question.errors if error.rule == "missing"]
        strays = [error.path for error in question.errors if error.rule == "extra_forbidden"]
        edits += [Edit(path=name, moved_from=stray) for name in missing for stray in strays]
        edits += [Edit(path=name, value=_MADE_UP.get(name, "something")) for name in missing]
    if habit in (Habit.REWORDS, Habit.POLISHES):
        edits += [Edit(path=n, value=_reworded(str(args[n]), habit)) for n in ("prompt", "text") if n in args]
    if habit is Habit.POLISHES:
        edits += [Edit(path="width", value=1920), Edit(path="height", value=1080), Edit(path="seed", value=42)]
    return edits


def literally(case: Case, args: Mapping[str, Any], errors: Sequence[FieldError]) -> Sequence[Edit]:
    """What was meant by each thing that an error names: its right name, its right value, or else its bound."""
    edits: list[Edit] = []
    taken: set[str] = set()
    for error in errors:
        if error.rule == "extra_forbidden":
            target = _meant_by(case, args, error.path, taken)
            if target and _get(args, error.path) is not _ABSENT:
                taken.add(target)
                edits.append(Edit(path=target, moved_from=error.path, value=_get(args, error.path)))
        elif error.rule != "missing" and error.path:
            value = _get(case.meant, error.path) if case.meant is not None else _bound(error)
            if value is not _ABSENT:
                edits.append(Edit(path=error.path, value=value))
    return edits


def _meant_by(case: Case, args: Mapping[str, Any], stray: str, taken: set[str]) -> str:
    """The absent field that a stray name stands for: by its value, or because no other is absent."""
    holder = stray.rpartition(".")[0]
    meant = _get(case.meant, holder) if holder else case.meant
    given = _get(args, holder) if holder else args
    if not isinstance(meant, Mapping) or not isinstance(given, Mapping):
        return ""
    absent = [name for name in meant if name not in given and f"{holder}.{name}".strip(".") not in taken]
    alike = [name for name in absent if meant[name] == _get(args, stray)] or absent
    return f"{holder}.{alike[0]}".strip(".") if len(alike) == 1 else ""


def _bound(error: FieldError) -> Any:
    found = _BOUND.search(error.expected)
    return float(found[1]) if found else _ABSENT


def _reworded(text: str, habit: Habit) -> str:
    return f"{text}, cinematic, highly detailed" if habit is Habit.POLISHES else f"A scene in which {text.lower()}"


def _get(node: Any, path: str) -> Any:
    if isinstance(node, Mapping) and path in node:
        return node[path]
    for step in path.split(".") if path else ():
        if isinstance(node, Mapping) and step in node:
            node = node[step]
        elif isinstance(node, list) and step.isdigit() and int(step) < len(node):
            node = node[int(step)]
        else:
            return _ABSENT
    return node


def _put(node: Any, path: str, value: Any) -> None:
    *steps, name = path.split(".")
    holder = _get(node, ".".join(steps))
    if isinstance(holder, dict):
        if value is _ABSENT:
            holder.pop(name, None)
        else:
            holder[name] = value
    elif isinstance(holder, list) and name.isdigit() and int(name) < len(holder) and value is not _ABSENT:
        holder[int(name)] = value
