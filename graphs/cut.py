"""The cut: every shot of the film with its number and the frame on which it starts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agents.planner import number_shots
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan, Shot


class CutShot(NamedTuple):
    """A shot in the film. `start` is a film frame; `number` is such as `12A`."""

    shot: Shot
    number: str
    start: int
    scene: Scene
    breakdown: SceneBreakdown
    planner: str = "offline"


def cut(plans: Sequence[ScenePlan], scenes: dict[str, Scene], breakdown: dict[str, SceneBreakdown]) -> list[CutShot]:
    """Lay the plans end to end."""
    numbers = number_shots(plans, _slate_numbers(breakdown[scene_id] for scene_id in scenes))
    laid: list[CutShot] = []
    start = 0
    for plan in plans:
        for shot in plan.shots:
            scene, needs = scenes[plan.scene_id], breakdown[plan.scene_id]
            laid.append(CutShot(shot, numbers[shot.id], start, scene, needs, _planner(plan)))
            start += shot.frames
    return laid


def _planner(plan: ScenePlan) -> str:
    """Who planned a scene: `MiniMax-M3`, or `offline (instead of MiniMax-M3: ...)`."""
    return f"{plan.planner} (instead of {plan.instead_of})" if plan.instead_of else plan.planner


def _slate_numbers(scenes: Iterable[SceneBreakdown]) -> dict[str, str]:
    """Scene numbers that are fit for file names and different from each other, whatever the writer numbered."""
    numbers: dict[str, str] = {}
    count: Counter[str] = Counter()
    for scene in scenes:
        wanted = re.sub(r"[^A-Za-z0-9-]+", "-", scene.number).strip("-") or "X"
        count[wanted] += 1
        numbers[scene.scene_id] = wanted if count[wanted] == 1 else f"{wanted}-again{count[wanted]}"
    return numbers


def length(laid: Sequence[CutShot]) -> int:
    """Frames of the film."""
    return laid[-1].start + laid[-1].shot.frames if laid else 0


def lens(shot: Shot) -> str:
    """`35mm` or, for a zoom, `35-85mm`."""
    focal = [key.focal_mm for key in shot.camera.keys]
    first, last = round(focal[0]), round(focal[-1])
    return f"{first}mm" if first == last else f"{first}-{last}mm"


def facts(shot: Shot) -> str:
    """One line for slates and boards: `MCU  50mm  push in`."""
    parts = [str(shot.size), lens(shot), str(shot.movement)]
    if shot.framing not in ("insert", "empty", "single"):
        parts.insert(1, str(shot.framing))
    return "  ".join(parts)
