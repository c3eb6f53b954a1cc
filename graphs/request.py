"""What is asked for when a film is to be made."""

from __future__ import annotations

from pydantic import Field, JsonValue

from gpu_runtime.engine import Engine, best
from gpu_runtime.engine import registry as engines
from vibeboard.digest import canonical, sha256
from vibeboard.model import Frozen
from vibeboard.timing import Rate

TASKS = (
    "generate_shot",
    "finish_segment",
    "speak_line",
    "assemble_film",
    "draw_storyboard",
    "export_timeline",
    "export_sheets",
)


class MakeRequest(Frozen):
    """One build. `script` is the blob of the script's text; `scenes` the first and last to make, by ordinal from 1.

    `engines` pins which engine does which task: one that is installed later changes nothing that was asked before.
    """

    script: str
    name: str
    scenes: tuple[int, int] | None = None
    width: int = Field(default=854, ge=64, le=7680)
    height: int = Field(default=480, ge=64, le=4320)
    fps: Rate = Rate(num=24)
    slate: bool = True
    plan_only: bool = False
    engines: dict[str, str]

    def engine(self, task: str) -> Engine:
        return engines()[self.engines[task]]

    @property
    def digest(self) -> str:
        revisions: dict[str, JsonValue] = {task: self.engine(task).full_revision for task in sorted(self.engines)}
        return sha256(canonical([self.model_dump(mode="json"), revisions]))


def pin_engines() -> dict[str, str]:
    """The best engine of now for every task of a film."""
    return {task: best(task).name for task in TASKS}
