"""What happens while a film is made, as values that every front end reads."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue

from vibeboard.model import Frozen


class EventType(StrEnum):
    RUN_STARTED = "run.started"
    LLM_ANSWERED = "llm.answered"
    SCENE_FELL_BACK = "scene.fell_back"
    BREAKDOWN_READY = "breakdown.ready"
    PLAN_READY = "plan.ready"
    QUOTE_READY = "quote.ready"
    JOB_PROGRESS = "job.progress"
    CALL_FAILED = "call.failed"
    CALL_REPAIRED = "call.repaired"
    CALL_WAITS = "call.waits"
    ASSET_PERSISTED = "asset.persisted"
    UNIT_DONE = "unit.done"
    UNIT_ESCALATED = "unit.escalated"
    EDIT_MADE = "edit.made"
    EDIT_UNDONE = "edit.undone"
    EDIT_REDONE = "edit.redone"
    EDITS_LEFT = "edits.left"
    INPUT_REQUESTED = "input.requested"
    INPUT_ANSWERED = "input.answered"
    RUN_FINISHED = "run.finished"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    EPISODE_QUEUED = "episode.queued"
    MESSAGE_SAID = "message.said"
    MESSAGE_PIECE = "message.piece"
    MESSAGE_ANSWERED = "message.answered"
    TOOL_CALLED = "tool.called"
    TOOL_ANSWERED = "tool.answered"
    SCRIPT_ADDED = "script.added"


LIVE_ONLY = frozenset({EventType.JOB_PROGRESS, EventType.MESSAGE_PIECE})
"""Shown while it happens and not kept in the log."""


class Event(Frozen):
    """`unit` is the id of the shot or deliverable concerned, or empty for the run itself."""

    type: EventType
    unit: str = ""
    data: dict[str, JsonValue] = Field(default_factory=dict)
