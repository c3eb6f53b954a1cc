"""A scene planned by a model: it proposes, we set up, the script supervisor's findings go back once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from agents.llm.asking import Asker
from agents.llm.codes import UNUSABLE
from agents.planner.beats import read_beats
from agents.planner.lint import Finding, lint
from agents.planner.looks import CastLook
from agents.planner.plan import plan_scene, plan_setups
from agents.planner.proposals import ProposedShots, Reading, objections, setups_of, told
from agents.prompts import conversation
from vibeboard.breakdown import SceneBreakdown
from vibeboard.faults import Repairable
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan
from vibeboard.timing import Rate


async def propose_plan(
    asker: Asker, scene: Scene, breakdown: SceneBreakdown, cast: Mapping[str, CastLook], fps: Rate, aspect: float
) -> ScenePlan:
    """The plan of a scene from a model's choices; of a scene without beats, the offline one.

    Raises:
        Repairable: no proposal was usable, or what the supervisor objected to was not mended.
        FaultError: the call itself failed.
    """
    reading = Reading(scene, breakdown, read_beats(scene, breakdown))
    if not reading.beats:
        return plan_scene(scene, breakdown, cast, fps, aspect)

    async def set_up(proposal: ProposedShots) -> tuple[ScenePlan, list[Finding]]:
        setups = setups_of(proposal, reading)
        plan = await asyncio.to_thread(plan_setups, scene, breakdown, cast, fps, aspect, reading.beats, setups)
        return plan.model_copy(update={"planner": asker.model.name_shown}), lint(scene, plan, aspect)

    proposal = await _ask(asker, reading, {})
    plan, findings = await set_up(proposal)
    if findings:
        proposal = await _ask(asker, reading, _returned(proposal, plan, findings))
        plan, findings = await set_up(proposal)
    if findings:
        raise Repairable(UNUSABLE, f"{asker.model.name_shown} did not mend its plan: {findings[0].fault}")
    return plan


async def _ask(asker: Asker, reading: Reading, more: Mapping[str, JsonValue]) -> ProposedShots:
    asked = conversation("shots", scene=dict(told(reading)), **more)
    return await asker.ask(ProposedShots, asked, lambda said: objections(said, reading))


def _returned(proposal: ProposedShots, plan: ScenePlan, findings: Sequence[Finding]) -> dict[str, JsonValue]:
    """A proposal with what was found in it, by the place of the shot (from 0)."""
    places = {shot.id: place for place, shot in enumerate(plan.shots)}
    found: list[JsonValue] = [
        {"shot": places.get(finding.shot_id), "finding": str(finding.fault), "about": finding.about}
        for finding in findings
    ]
    return {"your_shots": proposal.model_dump(mode="json")["shots"], "findings": found}
