"""What stands round arguments: the envelope of a call, JSON that was encoded again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agents.medic.names import contrary, meant, snake
from agents.medic.reading import read_json
from agents.medic.slots import Slot, infos
from agents.medic.strict import Unreadable
from agents.medic.trail import Trail

_ENVELOPE = {
    "name", "type", "id", "tool", "tool_name", "function", "function_name", "call_id", "tool_call_id", "index",
    "action", "title", "description", "required", "role", "thought", "reasoning",
}  # fmt: skip
_DEPTH = 4
_ADDRESS = {"name", "tool", "tool_name", "function", "function_name", "action"}


def unwrapped(slot: Slot, value: Any, tool: str, trail: Trail) -> Any:
    """The arguments inside the envelope of a call: `{"arguments": {...}}`, `[{...}]`, `{"generate_shot": {...}}`."""
    for _ in range(_DEPTH):
        value = decoded(value)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
            continue
        if not isinstance(value, Mapping) or any(meant(name, value[name], infos(slot)) for name in value):
            return value
        inner = [name for name in value if isinstance(decoded(value[name]), Mapping | list)]
        others = {snake(name) for name in value if name not in inner}
        if len(inner) != 1 or contrary(inner[0]) or not others <= _ENVELOPE or _names_another(value, tool):
            return value
        trail.say("", f"opened {inner[0]}")
        value = value[inner[0]]
    return value


def _names_another(envelope: Mapping[str, Any], tool: str) -> bool:
    """Whether an envelope is addressed to another tool."""
    named = [envelope[name] for name in envelope if snake(name) in _ADDRESS]
    return any(isinstance(name, str) and not is_for(name, tool) for name in named)


def is_for(name: str, tool: str) -> bool:
    """Whether a tool is called by a name, which may say where it is from: `functions.speak_line`."""
    last = re.split(r"[.:/]|__", name.strip())[-1]
    return snake(last).rpartition("functions_")[2] == tool


def decoded(value: Any) -> Any:
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
