"""The Medic's decision about one failure, by rules and policy alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from pydantic import JsonValue

from agents.medic.legality import told
from agents.medic.mend import REFERENCE_CODES, Given, Mended, mend
from agents.medic.policy import BAD_RESULT, kind_of, wait_s
from agents.medic.references import Known
from agents.medic.strict_json import as_json
from agents.medic.trail import Change, Trail, changes
from gpu_runtime.engine import Engine
from tools.declare import Tool
from vibeboard.digest import derive_seed
from vibeboard.faults import Fault, FaultKind, FieldError
from vibeboard.model import Frozen

MAX_REPAIRS = 3


class Action(StrEnum):
    REPAIR = "repair"
    RETRY = "retry"
    STOP = "stop"


class Decision(Frozen):
    """What to do now.

    `args` are the arguments of the next call, valid and legal if the action is to repair; `wait_s` the seconds to wait
    before it. When it stops, `message` is for a person, `unsolved` what is wrong with the arguments still, and `offers`
    are edits that would help but change what was asked for, so that only a person can make them.
    """

    action: Action
    args: dict[str, JsonValue]
    changes: tuple[Change, ...] = ()
    wait_s: float = 0.0
    message: str = ""
    unsolved: tuple[FieldError, ...] = ()
    offers: tuple[Change, ...] = ()


def decide(
    fault: Fault,
    args: Given,
    tool: Tool,
    engine: Engine,
    attempts: int,
    *,
    known: Known | None = None,
    free: Collection[str] = (),
    refused: Collection[str] = (),
) -> Decision:
    """Decide about the `attempts`-th failure of this kind (from 1) of a call of `tool` with `args` on `engine`.

    `args` may be the text that a model wrote. `known` looks up assets; `free` names arguments whose value nobody asked
    for, such as a derived seed; `refused` are ids of changes that a person does not want.
    """
    kind = kind_of(fault)
    if kind is FaultKind.TRANSIENT:
        return _again(fault, args, tool, attempts, free, refused)
    told_more = kind is FaultKind.BUG and told(engine.limits, fault) != engine.limits
    if kind is FaultKind.REPAIRABLE or told_more or (known and fault.code in REFERENCE_CODES):
        return _repair(fault, args, tool, engine, attempts, known, refused)
    return Decision(action=Action.STOP, args=_given(args), message=fault.message)


def _given(args: Given) -> dict[str, Any]:
    given: dict[str, Any] = as_json(args) if isinstance(args, Mapping) else {}
    return given


def _repair(
    fault: Fault,
    args: Given,
    tool: Tool,
    engine: Engine,
    attempts: int,
    known: Known | None,
    refused: Collection[str],
) -> Decision:
    mended = mend(fault, args, tool, engine, known)
    made = changes(tool.name, args, mended.args, mended.trail)
    if mended.errors or not made or attempts > MAX_REPAIRS:
        message = _sentence(tool, mended) if mended.errors and kind_of(fault) is FaultKind.REPAIRABLE else fault.message
        return Decision(action=Action.STOP, args=_given(args), message=message, unsolved=mended.errors)
    return permitted(Decision(action=Action.REPAIR, args=mended.args, changes=made), args, refused)


def permitted(decision: Decision, args: Given, refused: Collection[str]) -> Decision:
    """The decision, unless a person refused one of its changes before."""
    unwanted = [change for change in decision.changes if change.id in refused]
    if not unwanted:
        return decision
    names = ", ".join(change.path for change in unwanted)
    message = f"the repair of {names} was refused: give another value, or allow it"
    return Decision(action=Action.STOP, args=_given(args), message=message, offers=decision.changes)


def _sentence(tool: Tool, mended: Mended) -> str:
    first, *rest = mended.errors
    got = f", got {first.got}" if first.got else ""
    more = f" (and {len(rest)} more)" if rest else ""
    return f"{tool.name}: {first.path or 'the arguments'}: {first.expected}{got}{more}"


def _again(
    fault: Fault,
    args: Given,
    tool: Tool,
    attempts: int,
    free: Collection[str],
    refused: Collection[str],
) -> Decision:
    """The same arguments later. A result that was wrong gets another seed, if nobody asked for this one."""
    wait = wait_s(fault, attempts)
    given = _given(args)
    if wait is None:
        return Decision(action=Action.STOP, args=given, message=fault.message)
    seed = given.get("seed")
    if fault.code in BAD_RESULT and "seed" in free and isinstance(seed, int):
        trail = Trail({"seed": ("the result was wrong; nobody asked for this seed", True)})
        fresh = given | {"seed": derive_seed(tool.name, str(seed), "again")}
        made = changes(tool.name, given, fresh, trail)
        return permitted(Decision(action=Action.REPAIR, args=fresh, changes=made), args, refused)
    return Decision(action=Action.RETRY, args=given, wait_s=wait, message=fault.message)
