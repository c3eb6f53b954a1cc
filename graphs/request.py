"""What is asked for when a film is to be made."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from agents.edits import EDITS_REVISION
from agents.planner import PLANNER_REVISION
from agents.screenplay import READER_REVISION
from gpu_runtime.engine import Engine, best
from gpu_runtime.engine import registry as engines
from storage.project import Project
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

    `edits` is the blob of the `EditList` that is laid over the plan, or nothing. With `only`, no other shots than these
    are made. `planner` is the identity of who plans. `engines` pins which engine does which task: one that is installed
    later changes nothing that was asked before.
    """

    script: str
    name: str
    scenes: tuple[int, int] | None = None
    width: int = Field(default=854, ge=64, le=7680)
    height: int = Field(default=480, ge=64, le=7680)
    fps: Rate = Rate(num=24)
    slate: bool = True
    plan_only: bool = False
    planner: str = "offline"
    edits: str = ""
    only: tuple[str, ...] = ()
    engines: dict[str, str]

    def engine(self, task: str) -> Engine:
        return engines()[self.engines[task]]

    @property
    def digest(self) -> str:
        revisions: dict[str, JsonValue] = {task: self.engine(task).full_revision for task in sorted(self.engines)}
        return sha256(
            canonical([self.model_dump(mode="json"), revisions, READER_REVISION, PLANNER_REVISION, EDITS_REVISION])
        )


def pin_engines(pinned: Mapping[str, str] | None = None) -> dict[str, str]:
    """An engine for every task of a film: the one that was pinned while it is there, else the best of now."""
    usable = {
        task: name for task, name in (pinned or {}).items() if name in engines() and not engines()[name].missing()
    }
    return {task: usable.get(task) or best(task).name for task in TASKS}


_LAST = "request"


def keep_request(project: Project, request: MakeRequest) -> None:
    """Remember what the film is made with: its script, size and rate, not which part of it was asked for."""
    whole = request.model_copy(update={"scenes": None, "plan_only": False, "only": (), "edits": ""})
    project.keep_setting(_LAST, whole.model_dump_json())


def last_request(project: Project) -> MakeRequest | None:
    """What the film was last made with, if it ever was."""
    kept = project.setting(_LAST)
    return MakeRequest.model_validate_json(kept) if kept else None
