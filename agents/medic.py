"""The Medic: a failed call goes in, a decision comes out.

It classifies first. Arguments that are wrong are repaired by rules that follow from the tool's declaration and the
engine's limits, never by changing what the person asked for; what may pass by itself is tried again with the same
arguments; everything else is for a person. It is bounded: so many repairs, each of which must change something.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from agents.repairs import legal_on, well_formed
from gpu_runtime.engine import Engine
from tools.declare import Tool
from vibeboard.faults import Fault, FaultKind
from vibeboard.model import Frozen

MAX_REPAIRS = 3
MAX_RETRIES = 3
FIRST_WAIT_S = 0.5


class Action(StrEnum):
    REPAIR = "repair"
    RETRY = "retry"
    STOP = "stop"


class Change(Frozen):
    """One edit of the arguments, as it is logged and shown. A field that was not there has `before` null."""

    path: str
    before: JsonValue
    after: JsonValue
    why: str


class Decision(Frozen):
    """What to do now. `args` are the arguments of the next call; `wait_s` the seconds to wait before it."""

    action: Action
    args: dict[str, JsonValue]
    changes: tuple[Change, ...] = ()
    wait_s: float = 0.0
    message: str = ""


def decide(fault: Fault, args: Mapping[str, JsonValue], tool: Tool, engine: Engine, attempts: int) -> Decision:
    """Decide about the `attempts`-th failure (from 1) of a call of `tool` with `args` on `engine`."""
    same = dict(args)
    if fault.kind is FaultKind.TRANSIENT and attempts <= MAX_RETRIES:
        return Decision(
            action=Action.RETRY, args=same, wait_s=FIRST_WAIT_S * 2 ** (attempts - 1), message=fault.message
        )
    if fault.kind is FaultKind.REPAIRABLE and attempts <= MAX_REPAIRS:
        repaired = legal_on(engine, fault.fields, well_formed(tool.params, fault, same))
        changes = _differences(same, repaired, _reasons(fault))
        if changes:
            return Decision(action=Action.REPAIR, args=repaired, changes=changes)
    return Decision(action=Action.STOP, args=same, message=fault.message)


def _reasons(fault: Fault) -> dict[str, str]:
    return {error.path.partition(".")[0]: error.expected for error in fault.fields}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], reasons: Mapping[str, str]) -> tuple[Change, ...]:
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        Change(path=name, before=before.get(name), after=after.get(name), why=reasons.get(name, "renamed"))
        for name in names
        if before.get(name) != after.get(name) or (name in before) != (name in after)
    )
