"""Events as they go over the wire: each is put into the words of the Agent Protocol once, for all who follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import JsonValue

from storage.records import Logged
from vibeboard.events import Event, EventType

_RUNS = {
    EventType.EPISODE_QUEUED: "started",
    EventType.RUN_STARTED: "running",
    EventType.RUN_FINISHED: "completed",
    EventType.RUN_FAILED: "failed",
    EventType.RUN_CANCELLED: "failed",
}
"""The states of a run that the protocol has (`AgentStatus`); `kind` tells which of ours it is."""
_CUSTOM = {
    EventType.JOB_PROGRESS: "progress",
    EventType.ASSET_PERSISTED: "assets",
    EventType.EDIT_MADE: "edits",
    EventType.EDIT_UNDONE: "edits",
    EventType.EDIT_REDONE: "edits",
    EventType.EDITS_LEFT: "edits",
}
_TASKS = frozenset(
    {
        EventType.CALL_FAILED,
        EventType.CALL_REPAIRED,
        EventType.CALL_WAITS,
        EventType.UNIT_DONE,
        EventType.UNIT_ESCALATED,
    }
)
_MESSAGES = {
    EventType.MESSAGE_SAID: ("message-start", "human"),
    EventType.MESSAGE_PIECE: ("content-block-delta", "ai"),
    EventType.MESSAGE_ANSWERED: ("message-finish", "ai"),
}


class Line(NamedTuple):
    """An event as it is sent. `seq` is its number in the thread, 0 of what is shown and not kept; `text` is the JSON of
    the envelope; a preview has a `frame` of bytes instead."""

    seq: int
    channel: str
    method: str
    namespace: tuple[str, ...]
    text: str
    frame: bytes = b""


class _Said(NamedTuple):
    channel: str
    method: str
    data: Mapping[str, JsonValue]


def line_of(logged: Logged) -> Line:
    """An event of the log as a line."""
    return _line(logged.event, logged.run_id, logged.at, logged.seq)


def live_line(event: Event) -> Line:
    """An event that is not kept, as a line of now."""
    return _line(event, "", datetime.now(UTC), 0)


def plain_line(method: str, data: Mapping[str, JsonValue]) -> Line:
    """Something that the service itself tells one client: `missed`, or `values`."""
    return Line(0, method, method, (), _envelope(0, method, (), datetime.now(UTC), data))


def _line(event: Event, run_id: str, at: datetime, seq: int) -> Line:
    said = _said(event)
    namespace = (event.unit,) if event.unit else ()
    data = {**said.data, "kind": event.type, "unit": event.unit, "run_id": run_id}
    return Line(seq, said.channel, said.method, namespace, _envelope(seq, said.method, namespace, at, data))


def _envelope(seq: int, method: str, namespace: tuple[str, ...], at: datetime, data: Mapping[str, JsonValue]) -> str:
    numbered = {"event_id": str(seq), "seq": seq} if seq else {}
    params = {"namespace": namespace, "timestamp": round(at.timestamp() * 1000), "data": data}
    envelope = {"type": "event", **numbered, "method": method, "params": params}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def _said(event: Event) -> _Said:
    """What a question asks is its `payload` in the protocol, and its `value` to langgraph-sdk 0.4."""
    payload = event.data
    if event.type in _RUNS:
        return _Said("lifecycle", "lifecycle", _lifecycle(event))
    if event.type in _CUSTOM:
        name = _CUSTOM[event.type]
        return _Said(f"custom:{name}", "custom", {"name": name, "payload": payload})
    if event.type in _TASKS:
        return _Said("tasks", "tasks", {"id": event.unit, "name": event.type, "payload": payload})
    if event.type in _MESSAGES:
        return _Said("messages", "messages", _message(event))
    if event.type in (EventType.TOOL_CALLED, EventType.TOOL_ANSWERED):
        return _Said("tools", "tools", _tool(event))
    if event.type is EventType.INPUT_REQUESTED:
        asked = {"interrupt_id": payload.get("id"), "payload": payload, "value": payload}
        return _Said("input", "input.requested", asked)
    if event.type is EventType.INPUT_ANSWERED:
        return _Said("input", "input.answered", {"interrupt_id": payload.get("question"), "payload": payload})
    return _Said("updates", "updates", {"node": event.type, "values": payload})


def _lifecycle(event: Event) -> dict[str, JsonValue]:
    data: dict[str, JsonValue] = {"event": _RUNS[event.type], "graph_name": "episode", "payload": event.data}
    if event.type is EventType.RUN_CANCELLED:
        return {**data, "error": "cancelled"}
    if event.type is EventType.RUN_FAILED:
        return {**data, "error": event.data.get("message") or "some shots could not be made"}
    return data


def _message(event: Event) -> dict[str, JsonValue]:
    """A piece is all of the text so far, so that a later one takes the place of an earlier one (`block-delta`)."""
    name, role = _MESSAGES[event.type]
    data: dict[str, JsonValue] = {"event": name, "role": role, "id": event.data.get("id"), "payload": event.data}
    if event.type is EventType.MESSAGE_PIECE:
        fields: JsonValue = {"type": "text", "text": event.data.get("text")}
        return {**data, "index": 0, "delta": {"type": "block-delta", "fields": fields}}
    return data


def _tool(event: Event) -> dict[str, JsonValue]:
    called = {"tool_call_id": event.data.get("id"), "payload": event.data}
    if event.type is EventType.TOOL_CALLED:
        return {"event": "tool-started", "tool_name": event.data.get("tool"), "input": event.data.get("args"), **called}
    if event.data.get("refused"):
        return {"event": "tool-error", "message": event.data.get("text"), **called}
    return {"event": "tool-finished", "output": event.data.get("text"), **called}
