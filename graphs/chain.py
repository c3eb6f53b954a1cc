"""A chain of tool calls: what a shot, or a deliverable, is made by. Later calls take outputs of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from vibeboard.asset import Result
from vibeboard.model import Frozen


class Call(Frozen):
    """One tool call. `inputs` fills a parameter with an earlier step's output: `{"take": ("take", "video")}`. `shot` is
    the shot that the call is for where that is not the unit's own: its engine does it, and its unit pays for it."""

    step: str
    tool: str
    args: dict[str, JsonValue]
    inputs: dict[str, tuple[str, str]] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    shot: str = ""

    def arguments(self, results: Mapping[str, Result]) -> dict[str, JsonValue]:
        """The call's arguments, given what the steps before it made."""
        filled = {name: results[step].outputs[role].sha256 for name, (step, role) in self.inputs.items()}
        return {**self.args, **filled}


class Unit(Frozen):
    """What is made and persisted by itself: one shot with its segment and lines, or one deliverable.

    `id` is stable over builds; `label` is for people.
    """

    id: str
    label: str
    calls: tuple[Call, ...]

    def owner(self, call: Call) -> str:
        """The unit, a shot, whose engine does a call of this one."""
        return call.shot or self.id


class StepDone(Frozen):
    key: str
    result: Result


class UnitDone(Frozen):
    """How a unit ended: each step's key and result, or the fault that a person has to see."""

    unit: str
    steps: dict[str, StepDone]
    escalated: str = ""

    def output(self, step: str, role: str) -> str:
        return self.steps[step].result.outputs[role].sha256
