from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.breakdown import break_down
from agents.edits import Question, laid_over
from agents.edits.laying import Laid
from agents.planner import cast_looks, plan_scene
from agents.screenplay import read_fountain
from vibeboard.edits import LaidOver
from vibeboard.shot import ScenePlan, Shot
from vibeboard.timing import Rate

DEMO = (Path(__file__).parents[2] / "examples" / "the-last-fare.fountain").read_text()
FPS = Rate(num=24)


@dataclass(frozen=True)
class Scene:
    """A planned scene of the demo, to lay edits over."""

    question: Question
    plan: ScenePlan

    @property
    def shots(self) -> tuple[Shot, ...]:
        return self.plan.shots

    def laid(self, *edits: object) -> Laid:
        listed = [LaidOver(id=number, edit=edit) for number, edit in enumerate(edits, start=1)]
        return laid_over(self.plan, listed, self.question)

    def edit(self, kind: type, at: int, **fields: object) -> object:
        """An edit of the shot at a place."""
        return kind(scene_id=self.plan.scene_id, shot_id=self.shots[at].id, **fields)

    def saying(self, words: str) -> int:
        """The place of the shot that has these words."""
        return next(at for at, shot in enumerate(self.shots) for line in shot.lines if words in line.text)


@cache
def scenes(text: str = DEMO) -> Sequence[Scene]:
    script = read_fountain(text)
    breakdown = break_down(script)
    looks = cast_looks(name for scene in breakdown.scenes for name in scene.cast)
    questions = [
        Question(scene, needs, looks, FPS, 16 / 9) for scene, needs in zip(script.scenes, breakdown.scenes, strict=True)
    ]
    return [Scene(question, plan_scene(*question)) for question in questions]
