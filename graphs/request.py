"""What is asked for when a film is to be made."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, JsonValue

from agents.edits import EDITS_REVISION
from agents.planner import PLANNER_REVISION
from agents.screenplay import READER_REVISION
from gpu_runtime.engine import Engine, Quality, best
from gpu_runtime.engine import registry as engines
from storage.records import Records
from vibeboard.digest import canonical, sha256
from vibeboard.jobs import JobClass
from vibeboard.model import Frozen
from vibeboard.timing import Rate

TAKE_TASK = "generate_shot"
STILL_TASK = "extract_still"
TASKS = (
    TAKE_TASK,
    STILL_TASK,
    "finish_segment",
    "speak_line",
    "assemble_film",
    "draw_storyboard",
    "export_timeline",
    "export_sheets",
)


class TakeChoice(Frozen):
    """An engine for the takes of the shots with these numbers, such as `3B`."""

    engine: str
    shots: tuple[str, ...]


class MakeRequest(Frozen):
    """One build. `script` is the blob of the script's text; `scenes` the first and last to make, by ordinal from 1.

    `edits` is the blob of the `EditList` that is laid over the plan, or nothing. With `only`, no other shots than these
    are made. `aliases` is the blob of the names that a person says mean the same, or nothing. `planner` is the identity
    of who plans. `engines` pins which engine does which task: one that is installed later changes nothing that was
    asked before. `shot_engines` pins the engine of single shots' takes, by shot id; `choose` asks for one for the shots
    with these numbers, from now on. For an `interactive` request somebody waits.
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
    aliases: str = ""
    only: tuple[str, ...] = ()
    engines: dict[str, str]
    shot_engines: dict[str, str] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    choose: TakeChoice | None = None
    interactive: bool = False

    def engine(self, task: str, unit: str = "") -> Engine:
        """Who does a task; for the take of the shot `unit`, perhaps an engine of its own."""
        own = self.shot_engines.get(unit) if task == TAKE_TASK else None
        return engines()[own or self.engines[task]]

    def job_class(self, engine: Engine) -> JobClass:
        if self.interactive:
            return JobClass.INTERACTIVE
        return JobClass.FINAL if engine.quality is Quality.FINAL else JobClass.BATCH

    @property
    def digest(self) -> str:
        used = sorted({*self.engines.values(), *self.shot_engines.values()})
        revisions: dict[str, JsonValue] = {name: engines()[name].full_revision for name in used}
        return sha256(
            canonical([self.model_dump(mode="json"), revisions, READER_REVISION, PLANNER_REVISION, EDITS_REVISION])
        )


def pin_engines(pinned: Mapping[str, str] | None = None) -> dict[str, str]:
    """An engine for every task of a film: the one that was pinned while it is known, else the best of now."""
    usable = {task: name for task, name in (pinned or {}).items() if name in engines() and engines()[name].is_known}
    return {task: usable.get(task) or best(task).name for task in TASKS}


_LAST = "request"


def keep_request(project: Records, request: MakeRequest) -> None:
    """Remember what the film is made with: its script, size and rate, not which part of it was asked for."""
    part = {"scenes": None, "plan_only": False, "only": (), "edits": "", "aliases": "", "choose": None}
    whole = request.model_copy(update=part)
    project.keep_setting(_LAST, whole.model_dump_json())


def last_request(project: Records) -> MakeRequest | None:
    """What the film was last made with, if it ever was."""
    kept = project.setting(_LAST)
    return MakeRequest.model_validate_json(kept) if kept else None
