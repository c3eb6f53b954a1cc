"""The rules, in order: read, names, types and units, references, legality. Arguments in, better arguments out."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agents.medic.envelope import is_for, says_nothing_more, unwrapped
from agents.medic.legality import legal_within, told
from agents.medic.names import meant, snake
from agents.medic.places import placed
from agents.medic.reading import Read, read_json
from agents.medic.references import Known, resolved, unknown
from agents.medic.shape import shaped
from agents.medic.slots import Slot, fields, infos, words
from agents.medic.strict_json import Unreadable, as_json
from agents.medic.trail import Trail
from agents.medic.values import Reading, valued
from gpu_runtime.engine import Engine
from gpu_runtime.executor import validation_fault
from tools.declare import Tool
from vibeboard.faults import Fault, FieldError

Given = Mapping[str, Any] | list[Any] | str
"""Arguments as they came: an object, a list of such, or the text that a model wrote."""
REFERENCE_CODES = frozenset({"missing_blob", "missing_asset", "unknown_asset", "stale_asset", "superseded"})
INVISIBLE_CODES = frozenset({"invisible_characters", "1042"})
_JOINERS = {"\u200c", "\u200d"}
"""Invisible, but part of how some scripts and emoji are written."""
_NEUTRAL = frozenset({"dict", "args", "arguments", "kwargs", "params", "parameters", "input", "json", "call", "tool"})
"""What may stand before brackets and names no tool."""
_MOST_NAMES = 500
_TOOL_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_MARKERS = frozenset({"tool_call", "tool_calls", "function_call", "function_calls", "tool_name", "action_input"})
"""Names with underscores that stand before arguments and are no tools."""


@dataclass(frozen=True)
class Mended:
    """Arguments after the rules; without `errors` they are valid and legal as far as we can tell."""

    args: dict[str, Any]
    errors: tuple[FieldError, ...]
    trail: Trail = field(default_factory=Trail)


def mend(fault: Fault, args: Given, tool: Tool, engine: Engine, known: Known | None) -> Mended:
    """Apply every rule that loses nothing."""
    root, call = Slot(type=tool.params, called=(words(tool.name),)), Reading()
    try:
        text = read_json(args) if isinstance(args, str) else Read(as_json(args))
    except Unreadable as error:
        return _nothing(f"one JSON object, but {error}")
    if other := _another(text, tool, root):
        return _nothing(f"a call of {tool.name}, not of {other}")
    if isinstance(text.value, Mapping) and len(text.value) > _MOST_NAMES:
        return _nothing(f"an object with at most {_MOST_NAMES} names")
    made = unwrapped(root, text.value, tool.name, call.trail)
    if not isinstance(made, Mapping):
        return _nothing("an object with the arguments")
    made = _each_decoded(made, call)
    made = placed(root, shaped(root, dict(made), call), call) if not root.fits(made) else dict(made)
    made = _without_idle(tool, valued(root, made, call), call)
    if cut := _cut(text, root, made):
        return Mended(made, cut, call.trail)
    if known:
        made = resolved(root, made, known, _about_references(fault), call)
    if fault.code in INVISIBLE_CODES:
        made = _visible(made, "", call)
    return _judged(fault, made, tool, engine, known, call)


def _another(text: Read, tool: Tool, root: Slot) -> str:
    """Another tool that a text is addressed to, if it is: as markup or a call, or, where this one is not named, by a
    name before the arguments that is none of their fields."""
    called = [name for name in text.addressed if not is_for(name, tool.name) and snake(name) not in _NEUTRAL]
    named = [name for name in _TOOL_NAME.findall(text.before) if name not in _MARKERS]
    if called or not named or any(is_for(name, tool.name) for name in named):
        return called[0] if called else ""
    return next((name for name in named if not meant(name, None, infos(root))), "")


def _each_decoded(made: Mapping[str, Any], call: Reading) -> Mapping[str, Any]:
    """Arguments that were each encoded by themselves: every text among them is JSON, which texts are not by chance."""
    texts = {name: value for name, value in made.items() if isinstance(value, str)}
    try:
        inner = {name: as_json(json.loads(value)) for name, value in texts.items()}
    except (ValueError, RecursionError):
        return made
    if not any(isinstance(value, str) for value in inner.values()) or len(inner) < 2:
        return made
    for name in inner:
        call.trail.say(name, "JSON within JSON")
    return {**made, **inner}


def _nothing(expected: str) -> Mended:
    return Mended({}, (FieldError(path="", expected=expected, rule="json"),))


def _judged(
    fault: Fault, args: dict[str, Any], tool: Tool, engine: Engine, known: Known | None, call: Reading
) -> Mended:
    """Made legal on the engine, with what is still wrong."""
    errors, made = violations(args, tool), args
    if not errors:
        limits = told(engine.limits, fault)
        plain = tool.params.model_validate(args).model_dump(mode="json")
        wrong = limits.violations(plain)
        legal = legal_within(limits, {error.rule for error in wrong}, plain) if wrong else plain
        made = args | {name: value for name, value in legal.items() if plain[name] != value}
        for name in (name for name in legal if plain[name] != legal[name]):
            call.trail.say(name, f"nearest that {engine.name} can make", declared=True)
        errors = limits.violations(legal)
        errors += unknown(Slot(type=tool.params), made, known) if known else ()
    return Mended(made, errors, call.trail)


def violations(args: Mapping[str, Any], tool: Tool) -> tuple[FieldError, ...]:
    """What validation says of arguments, field by field."""
    try:
        tool.params.model_validate(args)
    except ValidationError as error:
        return validation_fault(error).fields
    return ()


def _about_references(fault: Fault) -> bool:
    return fault.code in REFERENCE_CODES or any(error.rule in ("asset", "stale") for error in fault.fields)


def _without_idle(tool: Tool, args: dict[str, Any], call: Reading) -> dict[str, Any]:
    """Leave out unknown names that say nothing, or that the tool declares to carry nothing."""
    kept = dict(args)
    for name in [name for name in args if name not in tool.params.model_fields]:
        empty = args[name] is None or (isinstance(args[name], str | list | dict) and not args[name])
        if empty or snake(name) in tool.droppable or says_nothing_more(name, args[name], tool.name):
            del kept[name]
            call.trail.say(name, "says nothing" if empty else f"{tool.name} has no use for it", declared=not empty)
    return kept


def _cut(text: Read, root: Slot, made: Any) -> tuple[FieldError, ...]:
    """Objects that a text left open are taken as whole only if nothing can be missing from them."""
    for steps in (steps for steps in text.closed if steps):
        slot, value = root, made
        for step in steps:
            below = fields(slot).get(str(step)) if slot.model else slot.item(step)
            if below is None or not isinstance(value, Mapping | list):
                break
            slot = next((arm for arm in below.arms if arm.model), below)
            value = value.get(step) if isinstance(value, Mapping) else value[int(step)]
        if not isinstance(value, Mapping) or not fields(slot).keys() <= value.keys():
            path = ".".join(str(step) for step in steps)
            return (FieldError(path=path, expected="the rest of it: the text ends within it", rule="json"),)
    return ()


def _visible(value: Any, path: str, call: Reading) -> Any:
    """Texts without control and format characters that nobody sees."""
    if isinstance(value, Mapping):
        return {name: _visible(item, f"{path}.{name}" if path else name, call) for name, item in value.items()}
    if isinstance(value, list):
        return [_visible(item, f"{path}.{at}", call) for at, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    kept = "".join(sign for sign in value if sign in "\n\t" or sign in _JOINERS or not _hidden(sign))
    if kept != value:
        call.trail.say(path, f"without {len(value) - len(kept)} invisible characters")
    return kept


def _hidden(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cn")


def named_in(text: str, names: frozenset[str] | set[str]) -> set[str]:
    """The names that stand in a text as words."""
    return {name for name in names if re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", text)}
