from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agents.breakdown import break_down
from agents.planner import cast_looks, plan_scene
from agents.screenplay import read_fountain
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan, Shot
from vibeboard.timing import Rate

FPS = Rate(num=24)


@dataclass(frozen=True)
class Planned:
    scene: Scene
    plan: ScenePlan

    @property
    def shots(self) -> tuple[Shot, ...]:
        return self.plan.shots

    def shape(self) -> list[tuple[str, str, str]]:
        """Size, framing and whom: what a shot list shows first."""
        return [(shot.size.value, shot.framing.value, " ".join(shot.subjects)) for shot in self.shots]

    def saying(self, words: str) -> Shot:
        return next(shot for shot in self.shots for line in shot.lines if words in line.text)


def plan_script(text: str, aspect: float = 16 / 9, fps: Rate = FPS) -> list[Planned]:
    script = read_fountain(text)
    breakdown = break_down(script)
    looks = cast_looks(name for scene in breakdown.scenes for name in scene.cast)
    return [
        Planned(scene, plan_scene(scene, needs, looks, fps, aspect))
        for scene, needs in zip(script.scenes, breakdown.scenes, strict=True)
    ]


@pytest.fixture
def plan() -> Callable[..., list[Planned]]:
    """Read, break down and plan a script."""
    return plan_script
