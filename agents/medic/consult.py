"""A model is asked last, about what the rules left open, and answers with a diff that the guard reads."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any, Protocol

from pydantic import JsonValue

from agents.medic.decision import MAX_REPAIRS, Action, Decision, decide, permitted
from agents.medic.guard import Edit, guarded
from agents.medic.mend import Given, Mended, mend, named_in
from agents.medic.policy import kind_of
from agents.medic.references import Known
from agents.medic.trail import Change, Trail, changes
from gpu_runtime.engine import Engine
from tools.declare import Tool
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Fault, FaultError, FaultKind, FieldError, StoreAway
from vibeboard.model import Frozen

MAX_QUESTIONS = 2


class Question(Frozen):
    """What a fixer is asked. `args` and `message` are data from elsewhere, never instructions; `parameters` is the
    JSON schema of the tool's parameters."""

    tool: str
    summary: str
    args: dict[str, JsonValue]
    errors: tuple[FieldError, ...]
    message: str
    parameters: dict[str, JsonValue]


class Fixer(Protocol):
    """Somebody who can say what a caller meant. An answer with nothing in it means: ask a person."""

    def propose(self, question: Question) -> Sequence[Edit] | Awaitable[Sequence[Edit]]: ...


async def consult(
    fault: Fault,
    args: Given,
    tool: Tool,
    engine: Engine,
    attempts: int,
    *,
    fixer: Fixer | None,
    known: Known | None = None,
    free: Collection[str] = (),
    refused: Collection[str] = (),
) -> Decision:
    """`decide`, and where it stops over arguments that can be read, what the fixer proposes as far as it is let."""
    decision = decide(fault, args, tool, engine, attempts, known=known, free=free, refused=refused)
    open_to_repair = kind_of(fault) is FaultKind.REPAIRABLE and attempts <= MAX_REPAIRS and not decision.offers
    if fixer is None or decision.action is not Action.STOP or not open_to_repair:
        return decision
    mended = mend(fault, args, tool, engine, known)
    if not mended.args:
        return decision
    return await _asked(decision, mended, fault, args, tool, engine, fixer, known, refused)


async def _asked(
    decision: Decision,
    mended: Mended,
    fault: Fault,
    args: Given,
    tool: Tool,
    engine: Engine,
    fixer: Fixer,
    known: Known | None,
    refused: Collection[str],
) -> Decision:
    """Ask until the arguments are right, the answer repeats itself, nothing of it may pass, or it has been enough."""
    seen: set[str] = set()
    offers: tuple[Change, ...] = ()
    for _ in range(MAX_QUESTIONS):
        errors = mended.errors or _named(fault, mended.args, tool)
        edits = await _answer(fixer, _question(tool, mended.args, errors, fault))
        name = sha256(canonical([edit.model_dump(mode="json") for edit in edits]))
        passed = guarded(edits, mended.args, errors, tool)
        offers = offers or _offered(passed.refused, mended.args, tool)
        if name in seen or not passed.passed:
            break
        seen.add(name)
        trail = Trail(dict(mended.trail.reasons))
        for edit in passed.passed:
            trail.say(edit.path, "as a model understood it", declared=True)
            trail.say(edit.moved_from or edit.path, f"means {edit.path}", declared=True)
        again = mend(fault, passed.args, tool, engine, known)
        mended = Mended(again.args, again.errors, Trail(again.trail.reasons | trail.reasons))
        if not mended.errors:
            made = changes(tool.name, args, mended.args, mended.trail)
            return permitted(Decision(action=Action.REPAIR, args=mended.args, changes=made), args, refused)
    return decision.model_copy(update={"offers": offers})


async def _answer(fixer: Fixer, question: Question) -> Sequence[Edit]:
    """The fixer's answer. One that fails has none: its trouble is not the call's."""
    try:
        answer = fixer.propose(question)
        return await answer if inspect.isawaitable(answer) else answer
    except StoreAway:
        raise
    except FaultError:
        return ()


def _question(tool: Tool, args: dict[str, Any], errors: Sequence[FieldError], fault: Fault) -> Question:
    return Question(
        tool=tool.name,
        summary=tool.summary,
        args=args,
        errors=tuple(errors),
        message=fault.message,
        parameters=tool.params.model_json_schema(),
    )


def _named(fault: Fault, args: Mapping[str, Any], tool: Tool) -> tuple[FieldError, ...]:
    """What the fault is about, when we find nothing wrong ourselves."""
    named = named_in(fault.message, {name for name in args if name in tool.params.model_fields})
    return fault.fields or tuple(FieldError(path=name, expected=fault.message) for name in sorted(named))


def _offered(edits: Sequence[Edit], args: Mapping[str, Any], tool: Tool) -> tuple[Change, ...]:
    """Refused edits as changes that a person may make."""
    offers = []
    for edit in edits:
        after = args.get(edit.moved_from) if edit.moved_from else edit.value
        before = args.get(edit.path)
        name = sha256(canonical([tool.name, edit.path, before, after]))[:12]
        why = f"a model takes {edit.moved_from} for it" if edit.moved_from else "a model would change it"
        offers.append(Change(id=name, path=edit.path, before=before, after=after, why=why, declared=True))
    return tuple(offers)
