"""Breakdown and plans by a model. What it answered is kept as it comes and never asked again; a scene that it fails is
done by the rules, and says so; nothing that happens to one scene touches another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from pydantic import JsonValue

from agents.breakdown import break_down
from agents.breakdown.llm_aliases import Aliases, find_aliases, merged
from agents.breakdown.llm_elements import Found, find_elements
from agents.llm.asking import Answered, Asker
from agents.llm.codes import OPERATOR
from agents.llm.ledger import Ledger
from agents.llm.model import LlmModel
from agents.planner import PLANNER_REVISION, cast_looks, plan_scene
from agents.planner.proposals import PROPOSAL_REVISION
from agents.planner.proposing import propose_plan
from agents.prompts import PROMPT_REVISION
from graphs.aliases import asked_aliases, grouped
from graphs.overlay import Overlay
from graphs.planning import PlanQuestion, moved, scene_at_one, selected
from graphs.services import Services
from storage.project import Project
from vibeboard.breakdown import Breakdown, BreakdownItem, SceneBreakdown
from vibeboard.events import Event, EventType
from vibeboard.faults import Cancelled, Fault, FaultError, StoreAway
from vibeboard.screenplay import Kind, Scene, Screenplay
from vibeboard.shot import ScenePlan

T = TypeVar("T")
R = TypeVar("R")
_REVISION = f"{PLANNER_REVISION}.{PROPOSAL_REVISION}.{PROMPT_REVISION}"


def identity(model: LlmModel | None) -> str:
    """Who plans, as a request has it: another identity makes another plan."""
    return f"{model.identity} {_REVISION}" if model else "offline"


class KeptAnswers:
    """`agents.llm.asking.Answers` among the project's kept plans."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def find(self, key: str) -> str | None:
        return self._project.find_plans([key]).get(key)

    def keep(self, key: str, answer: str) -> None:
        self._project.keep_plans({key: answer})


class Spent(NamedTuple):
    calls: int
    tokens: int
    usd: float


def spent(services: Services) -> Spent:
    """What the run has spent on models, by its log."""
    bills = [
        Answered.model_validate(event.data)
        for _, event in services.project.events(services.run_id)
        if event.type is EventType.LLM_ANSWERED
    ]
    return Spent(len(bills), sum(bill.usage.total for bill in bills), sum(bill.usd for bill in bills))


def entered(ledger: Ledger, event: Event) -> None:
    """Enter what an event says that an answer has cost; any other event costs nothing."""
    if event.type is EventType.LLM_ANSWERED:
        answered = Answered.model_validate(event.data)
        ledger.spent_before(answered.usd, answered.usage.total, 1)


def count_on(model: LlmModel, project: Project, run_id: str) -> None:
    """Let the ledger of a new model go on from what a run has spent by its log."""
    for _, event in project.events(run_id):
        entered(model.ledger, event)


def bill(services: Services) -> dict[str, JsonValue]:
    """Who planned and for how much, for the event of the plan; nothing of an offline one."""
    if services.model is None:
        return {}
    calls, tokens, usd = spent(services)
    return {"planner": services.model.name_shown, "calls": calls, "tokens": tokens, "usd": round(usd, 6)}


def asker(services: Services, model: LlmModel) -> Asker:
    """Asks a model for a run: answers are kept with the project and billed in the run's log."""

    def heard(answered: Answered) -> None:
        services.notify(Event(type=EventType.LLM_ANSWERED, data=answered.model_dump(mode="json")))

    return Asker(model, KeptAnswers(services.project), heard)


class Thinker:
    """One run's work with a model, scene by scene, as many at a time as the model may be asked."""

    def __init__(self, services: Services, model: LlmModel) -> None:
        self._services, self._model = services, model
        self._gate = asyncio.Semaphore(model.at_once)
        self._asker = asker(services, model)

    async def breakdown(self, screenplay: Screenplay, scenes: Sequence[Scene]) -> tuple[Breakdown, Breakdown]:
        """The breakdown of the whole script, of which `scenes` are the model's: as found scene by scene, and with
        aliases merged. Plans follow from the first, so that a name in one scene moves no cut in another."""
        rules = break_down(screenplay)
        by_id = {broken.scene_id: broken for broken in rules.scenes}
        found = await self._each(scenes, lambda scene: self._elements(scene, by_id[scene.id]))
        by_id |= {item.breakdown.scene_id: item.breakdown for item in found}
        own = Breakdown(scenes=tuple(by_id.values()))
        said = asked_aliases(self._services.project, self._services.request)
        aliases = await self._aliases(screenplay, own) if said is None else said
        data: dict[str, JsonValue] = {
            "scenes": len(scenes),
            "elements": sum(len(item.breakdown.items) for item in found),
            "dropped": sum(item.dropped for item in found),
            "renamed": len(aliases),
        }
        if said is None:
            data["aliases"] = [group.model_dump(mode="json") for group in grouped(aliases)]
        self._services.notify(Event(type=EventType.BREAKDOWN_READY, data=data))
        return own, Breakdown(scenes=tuple(merged(broken, aliases) for broken in own.scenes))

    async def _elements(self, scene: Scene, rules: SceneBreakdown) -> Found:
        offset = scene.heading.line - 1
        work = find_elements(self._asker, scene_at_one(scene), shifted(rules, -offset))
        found = await self._or_rules(work, "elements", rules.number, lambda _fault: None)
        return Found(rules, 0) if found is None else found._replace(breakdown=shifted(found.breakdown, offset))

    async def _aliases(self, screenplay: Screenplay, own: Breakdown) -> Aliases:
        cues = (element for scene in screenplay.scenes for element in scene.elements if element.kind is Kind.CUE)
        work = find_aliases(self._asker, own.scenes, {cue.speaker for cue in cues})
        return await self._or_rules(work, "aliases", "", lambda _fault: {})

    async def plans(self, scenes: Sequence[Scene], own: Breakdown, overlay: Overlay) -> tuple[ScenePlan, ...]:
        """The plans of scenes, each with its lines where the scene stands in the file."""
        by_id = {broken.scene_id: broken for broken in own.scenes}
        looks = cast_looks(dict.fromkeys(name for broken in own.scenes for name in broken.cast))

        async def planned(scene: Scene) -> ScenePlan:
            broken = by_id[scene.id]
            question = PlanQuestion(scene_at_one(scene), broken, {name: looks[name] for name in broken.cast})
            return moved(overlay.lay(*question, await self._plan(question)), scene.heading.line - 1)

        return tuple(await self._each(scenes, planned))

    async def _plan(self, question: PlanQuestion) -> ScenePlan:
        request, project = self._services.request, self._services.project
        aspect = request.width / request.height
        key = question.key(request, self._model.identity, _REVISION)
        kept = project.find_plans([key]) if self._model.keeps_answers else {}
        if key in kept:
            return ScenePlan.model_validate_json(kept[key])

        def offline(fault: Fault) -> ScenePlan:
            plan = plan_scene(*question, request.fps, aspect)
            return plan.model_copy(update={"instead_of": f"{self._model.name_shown}: {fault.code}"})

        work = propose_plan(self._asker, *question, request.fps, aspect)
        plan = await self._or_rules(work, "shots", question.broken.number, offline)
        if self._model.keeps_answers and not plan.instead_of:
            project.keep_plans({key: plan.model_dump_json()})
        return plan

    async def _or_rules(self, work: Awaitable[T], step: str, scene: str, rules: Callable[[Fault], R]) -> T | R:
        """The work's result, or what the rules make of it when the model failed; that is an event.

        Raises:
            FaultError: what a person has to mend first, and what would befall every other scene too.
        """
        try:
            return await work
        except (Cancelled, StoreAway):
            raise
        except FaultError as error:
            if error.fault.code in OPERATOR:
                raise
            data = {"scene": scene, "step": step, "code": error.fault.code, "message": error.fault.message}
            self._services.notify(Event(type=EventType.SCENE_FELL_BACK, data=data))
            return await asyncio.to_thread(rules, error.fault)

    async def _each(self, scenes: Sequence[Scene], work: Callable[[Scene], Awaitable[T]]) -> list[T]:
        """The work on every scene. All come to their end before a fault of one is raised: what was asked is paid for,
        and its answer is kept."""

        async def one(scene: Scene) -> T:
            async with self._gate:
                return await work(scene)

        done = await asyncio.gather(*(one(scene) for scene in scenes), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return [result for result in done if not isinstance(result, BaseException)]


def shifted(broken: SceneBreakdown, offset: int) -> SceneBreakdown:
    """A scene's breakdown with its items' lines `offset` further down."""

    def item_moved(item: BreakdownItem) -> BreakdownItem:
        return item.model_copy(update={"lines": tuple(line + offset for line in item.lines)})

    return broken.model_copy(update={"items": tuple(item_moved(item) for item in broken.items)})


async def plan(
    services: Services, model: LlmModel, screenplay: Screenplay, overlay: Overlay | None = None
) -> tuple[Breakdown, tuple[ScenePlan, ...]]:
    """The breakdown of the script and the plans of the scenes asked for, by a model, with the request's edits."""
    thinker = Thinker(services, model)
    scenes = selected(screenplay, services.request.scenes)
    own, shown = await thinker.breakdown(screenplay, scenes)
    overlay = overlay or Overlay.of(services.project, services.request)
    return shown, await thinker.plans(scenes, own, overlay)
