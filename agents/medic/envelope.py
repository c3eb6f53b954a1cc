"""What stands round arguments: the envelope of a call, JSON that was encoded again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agents.medic.names import meant, snake
from agents.medic.reading import read_json
from agents.medic.slots import Slot, infos
from agents.medic.strict_json import Unreadable
from agents.medic.trail import Trail

_CHATTER = frozenset({
    "call_id", "tool_call_id", "jsonrpc", "confidence", "finish_reason", "thought", "thoughts", "reasoning",
    "rationale", "explanation", "justification", "chain_of_thought", "think", "thinking",
})  # fmt: skip
"""What planners say about a call rather than in it, wherever it stands."""
_ENVELOPE = frozenset({
    "id", "type", "index", "role", "title", "description", "required", "method", "version", "status", "model", "score",
})  # fmt: skip
"""What an envelope says besides the arguments; among them it may be a wish."""
_OPENS = frozenset({
    "arguments", "args", "params", "parameters", "param", "kwargs", "input", "inputs", "tool_input",
    "action_input", "payload", "data", "body", "request", "call", "calls", "tool", "tools", "tool_call",
    "tool_calls", "tool_use", "function", "function_call", "function_calls", "command", "action", "actions",
    "properties", "value", "values", "json", "object", "invoke", "items", "content", "options", "settings",
    "config", "function_args", "tool_args", "tool_arguments", "tool_parameters", "function_arguments",
})  # fmt: skip
"""What holds arguments by its name; `rejected` and `delete_line` do not."""
_ADDRESS = {"name", "tool", "tool_name", "function", "function_name", "action", "recipient_name"}
_PAIR = ({"name", "key", "parameter", "argument", "field"}, {"value"})
_DEPTH = 8


def unwrapped(slot: Slot, value: Any, tool: str, trail: Trail) -> Any:
    """The arguments inside the envelope of a call: `{"arguments": {...}}`, `[{...}]`, `{"generate_shot": {...}}`,
    `[{"name": "frames", "value": 81}]`."""
    for _ in range(_DEPTH):
        value = decoded(value)
        if isinstance(value, list) and (pairs := paired(value)):
            trail.say("", "names and values side by side")
            return pairs
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
            continue
        if not isinstance(value, Mapping) or _has_fields(slot, value, tool):
            return value
        if not (inner := _inner(value, tool)):
            return value
        trail.say("", f"opened {inner}")
        value = value[inner]
    return value


def _inner(envelope: Mapping[str, Any], tool: str) -> str:
    """The name under which an envelope for this tool holds the arguments; empty if it is none."""
    talk = _ENVELOPE | _CHATTER
    inner = [name for name in envelope if snake(name) not in talk and _holds_more(envelope[name])]
    others = {snake(name) for name in envelope if name not in inner and envelope[name] not in (None, "")}
    if len(inner) != 1 or not others <= talk | _ADDRESS or _names_another(envelope, tool):
        return ""
    return inner[0] if snake(inner[0]) in _OPENS or is_for(inner[0], tool) else ""


def _has_fields(slot: Slot, value: Mapping[str, Any], tool: str) -> bool:
    """Whether something that an object says is a field's, so that it holds the arguments itself."""
    said = {name: part for name, part in value.items() if part is not None and not _is_address(name, part, tool)}
    return any(meant(name, part, infos(slot)) for name, part in said.items())


def _is_address(name: str, value: Any, tool: str) -> bool:
    return snake(name) in _ADDRESS and isinstance(value, str) and is_for(value, tool)


def says_nothing_more(name: str, value: Any, tool: str) -> bool:
    """Whether what stands beside arguments only talks about the call, or names the tool that it is for."""
    return snake(name) in _CHATTER or _is_address(name, value, tool)


def _holds_more(value: Any) -> bool:
    return isinstance(decoded(value), Mapping | list)


def paired(items: list[Any]) -> dict[str, Any]:
    """An object of its members as a list of names and values; empty if it is no such list."""
    made: dict[str, Any] = {}
    for item in items:
        names = [[key for key in item if snake(key) in role] for role in _PAIR] if isinstance(item, Mapping) else []
        if not names or [len(found) for found in names] != [1, 1] or len(item) != 2 or item[names[0][0]] in made:
            return {}
        made[str(item[names[0][0]])] = item[names[1][0]]
    return made


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
