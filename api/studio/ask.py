"""What somebody asks the service to make, and the build that it becomes."""

from __future__ import annotations

from pydantic import Field

from agents.llm.choosing import OFFLINE
from agents.llm.model import LlmModel
from api.making import PLAN_TASK
from gpu_runtime.engine import Quality, chosen
from graphs.aliases import keep_aliases
from graphs.approval import Approval
from graphs.overlay import keep_edits
from graphs.request import TAKE_TASK, MakeRequest, TakeChoice, keep_request, pin_engines
from graphs.thinking import identity
from storage.project import Project
from vibeboard.model import Frozen
from vibeboard.timing import Rate


class EpisodeAsk(Frozen):
    """An episode as it was asked for. `script` is the blob of its text; `scenes` the first and last to make, counted
    from 1; `shots` the numbers of those that take an engine of this `quality` (all of them if there are none). With
    `auto_approve` it is made at once if it costs at most `budget_usd`; otherwise a person is asked."""

    script: str
    name: str
    scenes: tuple[int, int] | None = None
    width: int = Field(default=854, ge=64, le=7680)
    height: int = Field(default=480, ge=64, le=7680)
    fps: Rate = Rate(num=24)
    slate: bool = True
    quality: Quality | None = None
    engine: str | None = None
    shots: tuple[str, ...] = ()
    planner: str = OFFLINE
    plan_only: bool = False
    upgrade: bool = False
    auto_approve: bool = False
    budget_usd: float | None = Field(default=None, ge=0)

    def approval(self, gpu_usd_per_hour: float) -> Approval:
        """When a person has to approve the build; with no budget an automatic approval is for what costs nothing."""
        budget = (self.budget_usd or 0.0) if self.auto_approve else None
        return Approval(budget_usd=budget, gpu_usd_per_hour=gpu_usd_per_hour)


def build_of(ask: EpisodeAsk, project: Project, model: LlmModel | None) -> MakeRequest:
    """The build that an ask becomes, with the film's engines and edits of now; what the film is made with is kept.

    Raises:
        Rejected: there is no engine as asked for.
    """
    taker = chosen(TAKE_TASK, ask.quality, ask.engine) if ask.quality or ask.engine else None
    engines = pin_engines() if ask.upgrade else pin_engines(project.pins())
    if taker and not ask.shots:
        engines[TAKE_TASK] = taker.name
    project.pin(engines | {PLAN_TASK: ask.planner})
    request = MakeRequest(
        script=ask.script,
        name=ask.name,
        planner=identity(model),
        scenes=ask.scenes,
        width=ask.width,
        height=ask.height,
        fps=ask.fps,
        slate=ask.slate,
        plan_only=ask.plan_only,
        engines=engines,
        edits=keep_edits(project),
        aliases=keep_aliases(project),
        shot_engines=project.pins(TAKE_TASK),
        choose=TakeChoice(engine=taker.name, shots=ask.shots) if taker and ask.shots else None,
    )
    keep_request(project, request)
    return request
