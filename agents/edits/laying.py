"""The edits of a scene laid over its plan.

Coverage first, then what is left out, then the changes of single shots in the order in which they were made. Only the
shots that an edit names are set up again, on the set as it is then; all others stay as they were planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.edits.changing import AFTERWARDS, Unfit, changed
from agents.edits.covering import covered
from agents.edits.focusing import racked
from agents.edits.recovering import setups_of_shots, with_beats
from agents.planner.beats import read_beats
from agents.planner.floor import Floor, timed
from agents.planner.lint import Fault, lint
from agents.planner.looks import CastLook
from agents.planner.plan import plan_setups
from agents.planner.setups import Setup
from vibeboard.breakdown import SceneBreakdown
from vibeboard.edits import (
    ContinueShot,
    LaidOver,
    Left,
    OmitShot,
    RackFocus,
    Reseed,
    SetCoverage,
    SetDescription,
    ShotEdit,
)
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan, Shot
from vibeboard.timing import Rate

EDITS_REVISION = 1
"""Raised by hand whenever the same edits of the same plan give other shots."""


class Question(NamedTuple):
    """What a scene's plan follows from; `aspect` is the frame's width over its height."""

    scene: Scene
    breakdown: SceneBreakdown
    cast: Mapping[str, CastLook]
    fps: Rate
    aspect: float


class Laid(NamedTuple):
    plan: ScenePlan
    left: tuple[Left, ...]


def laid_over(plan: ScenePlan, edits: Sequence[LaidOver], question: Question) -> Laid:
    """The plan with the edits of its scene. The same arguments give the same plan, to the byte."""
    own = sorted((item for item in edits if item.edit.scene_id == plan.scene_id), key=_rank)
    if not own:
        return Laid(plan, ())
    overlay = _Overlay(plan, question)
    for item in own:
        overlay.lay(item)
    return Laid(overlay.plan(), tuple(overlay.left))


def _rank(item: LaidOver) -> tuple[int, int]:
    order = {SetCoverage: 0, OmitShot: 1}
    return order.get(type(item.edit), 2), item.id


class _Overlay:
    """`setups` and `shots` are the plan's, `changed` the setups that edits asked for, `later` what is done to a shot
    once it is set up, `omitted` the shots that are left out, each with the place of the neighbour that takes its beats
    over."""

    def __init__(self, plan: ScenePlan, question: Question) -> None:
        self._question, self._plan = question, plan
        self._beats = read_beats(question.scene, question.breakdown)
        self._begin(plan)
        self._changed: dict[int, Setup] = {}
        self._by: defaultdict[int, list[int]] = defaultdict(list)
        self._later: defaultdict[int, list[LaidOver]] = defaultdict(list)
        self._omitted: dict[int, int] = {}
        self.left: list[Left] = []

    def _begin(self, plan: ScenePlan) -> None:
        self._shots = plan.shots
        self._setups = setups_of_shots(plan.shots, self._question.scene, self._beats)

    def lay(self, item: LaidOver) -> None:
        try:
            if isinstance(item.edit, SetCoverage):
                self._cover(item.edit)
            else:
                self._lay_on_shot(item, item.edit)
        except Unfit as unfit:
            self.left.append(Left(id=item.id, why=str(unfit)))

    def _cover(self, edit: SetCoverage) -> None:
        setups = covered(self._setups, edit, self._question.fps)
        self._begin(plan_setups(*self._question, self._beats, setups))

    def _lay_on_shot(self, item: LaidOver, edit: ShotEdit) -> None:
        at = next((at for at, shot in enumerate(self._shots) if shot.id == edit.shot_id), None)
        if at is None:
            raise Unfit("the shot is no longer in the plan")
        if at in self._omitted:
            raise Unfit("the shot is left out")
        if isinstance(edit, OmitShot):
            self._omit(at)
        elif isinstance(edit, AFTERWARDS):
            if isinstance(edit, RackFocus):
                racked(self._shots[at], [edit], self._question.fps)
            elif isinstance(edit, ContinueShot):
                self._must_precede(edit.source_id, at)
            self._later[at].append(item)
        else:
            setup = self._changed.get(at, self._setups[at])
            self._changed[at] = changed(setup, edit, self._shots[at], self._question.fps)
            self._by[at].append(item.id)

    def _must_precede(self, shot_id: str, at: int) -> None:
        source = next((place for place, shot in enumerate(self._shots) if shot.id == shot_id), None)
        if source is None or source in self._omitted:
            raise Unfit("the shot that it goes on from is no longer in the scene")
        if source >= at:
            raise Unfit("a shot goes on from one that comes before it in its scene")

    def _omit(self, at: int) -> None:
        """What the shot carries is carried by the one before it, or at the beginning by the one after it."""
        kept = [place for place in range(len(self._shots)) if place not in self._omitted and place != at]
        if not kept:
            raise Unfit("it is the only shot of its scene")
        before = [place for place in kept if place < at]
        to = before[-1] if before else kept[0]
        own, heir = self._changed.get(at, self._setups[at]), self._changed.get(to, self._setups[to])
        parts = (heir, own) if before else (own, heir)
        extra = tuple(dict.fromkeys((*heir.extra, *own.extra)))
        merged = with_beats(replace(heir, extra=extra, frames=None), [beat for part in parts for beat in part.beats])
        self._changed[to] = replace(merged, frames=timed(merged, self._question.fps)[0])
        self._omitted[at] = to

    def plan(self) -> ScenePlan:
        floor = Floor(*self._question, self._beats)
        shots: list[Shot] = []
        skipped: list[tuple[Setup, Shot]] = []
        for at, planned in enumerate(zip(self._setups, self._shots, strict=True)):
            if at in self._omitted and self._omitted[at] > at:
                skipped.append(planned)
            elif at in self._omitted:
                floor.passed(*planned)
            else:
                shots.append(self._finished(at, self._shot(at, floor, [*skipped, planned])))
                skipped = []
        return self._plan.model_copy(update={"shots": tuple(shots)})

    def _shot(self, at: int, floor: Floor, planned: Sequence[tuple[Setup, Shot]]) -> Shot:
        """The shot at a place as planned, or as changed if there is room for that."""
        before, setup = self._shots[at], self._changed.get(at)
        after = floor.attempt(setup) if setup else before
        for passed in planned:
            floor.passed(*passed)
        inside = [
            finding for finding in lint(self._question.scene, self._only(after)) if finding.fault is Fault.IN_A_BODY
        ]
        if inside and self._by[at] and at not in self._omitted.values():
            why = f"there is no room for that camera: it would stand inside {inside[0].about}"
            self.left += [Left(id=identity, why=why) for identity in self._by[at]]
            return before
        return after

    def _only(self, shot: Shot) -> ScenePlan:
        return ScenePlan(scene_id=shot.scene_id, shots=(shot,))

    def _finished(self, at: int, shot: Shot) -> Shot:
        """Seed, words, first frame and focus; the last of each kind counts, but every rack."""
        racks: list[RackFocus] = []
        for item in self._later[at]:
            if isinstance(item.edit, Reseed):
                shot = shot.model_copy(update={"seed": item.edit.seed})
            elif isinstance(item.edit, SetDescription):
                shot = shot.model_copy(update={"description": item.edit.text})
            elif isinstance(item.edit, ContinueShot):
                shot = shot.model_copy(update={"continues": item.edit.source_id})
            elif isinstance(item.edit, RackFocus):
                racks.append(item.edit)
        return shot.model_copy(update={"camera": racked(shot, racks, self._question.fps)}) if racks else shot
