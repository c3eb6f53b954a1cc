"""The episode graph: `read -> plan -> quote -> gate -> shot* -> gather -> deliverable* -> finish`."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send, interrupt

from graphs import planning, thinking
from graphs.chain import Unit, UnitDone
from graphs.cut import CutShot, cut, length
from graphs.overlay import Overlay
from graphs.quote import Quoted, quote
from graphs.request import TAKE_TASK
from graphs.services import Services
from graphs.shot import begin, unit_graph
from graphs.units import deliverable_units, sheets_unit, shot_units
from vibeboard.breakdown import Breakdown
from vibeboard.digest import canonical
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected
from vibeboard.model import Frozen
from vibeboard.screenplay import Screenplay
from vibeboard.shot import ScenePlan

GRAPH_VERSION = 3
"""Raised when nodes are renamed or rewired: a run that another version began is not resumed but begun anew."""


class EpisodeState(TypedDict, total=False):
    """Hashes and ids only: `screenplay` and `plan` are blobs, `wanted` the shots to make, `offer` what a person has to
    approve, `done` what the units made."""

    screenplay: str
    plan: str
    wanted: list[str]
    offer: dict[str, Any] | None
    done: Annotated[list[dict[str, Any]], operator.add]


class Plan(Frozen):
    breakdown: Breakdown
    scenes: tuple[ScenePlan, ...]


class Film:
    """Script and plan of a run, laid out as a cut."""

    def __init__(self, state: EpisodeState, services: Services) -> None:
        blobs = services.project.blobs
        screenplay = Screenplay.model_validate_json(blobs.read(state["screenplay"]))
        plan = Plan.model_validate_json(blobs.read(state["plan"]))
        self.title = screenplay.title or services.request.name
        scenes = {scene.id: scene for scene in screenplay.scenes}
        broken = {scene.scene_id: scene for scene in plan.breakdown.scenes}
        planned = {scene.scene_id: scenes[scene.scene_id] for scene in plan.scenes}
        self.scenes = [(scene, broken[scene.id]) for scene in planned.values()]
        self.cut: list[CutShot] = cut(plan.scenes, planned, broken)

    def is_made_of(self, done: Mapping[str, UnitDone]) -> bool:
        """Whether every shot is there."""
        return all(placed.shot.id in done and not done[placed.shot.id].escalated for placed in self.cut)


def results(state: EpisodeState) -> dict[str, UnitDone]:
    """How each unit ended, by id."""
    return {unit.unit: unit for unit in map(UnitDone.model_validate, state.get("done", []))}


def read(state: EpisodeState, runtime: Runtime[Services]) -> EpisodeState:
    return {"screenplay": planning.read(runtime.context.project, runtime.context.request.script)}


async def plan(state: EpisodeState, runtime: Runtime[Services]) -> EpisodeState:
    services = runtime.context
    screenplay = Screenplay.model_validate_json(services.project.blobs.read(state["screenplay"]))
    overlay = Overlay.of(services.project, services.request)
    if services.model:
        breakdown, scenes = await thinking.plan(services, services.model, screenplay, overlay)
    else:
        work = (services.project, services.request, screenplay, services.check, overlay)
        breakdown, scenes = await asyncio.to_thread(planning.plan, *work)
    if left := overlay.left(scene.id for scene in screenplay.scenes):
        data = {"left": [item.model_dump(mode="json") for item in left]}
        services.notify(Event(type=EventType.EDITS_LEFT, data=data))
    blob = services.project.blobs.put(canonical(Plan(breakdown=breakdown, scenes=scenes)), "application/json")
    return {"plan": blob.sha256}


def quote_build(state: EpisodeState, runtime: Runtime[Services]) -> EpisodeState:
    """Say what will be made and why."""
    services = runtime.context
    film = Film(state, services)
    choose_takes(film, services)
    units = shot_units(film.cut, film.title, services.request)
    plan_data = {"scenes": len(film.scenes), "shots": len(units), "frames": length(film.cut), **thinking.bill(services)}
    services.notify(Event(type=EventType.PLAN_READY, data=plan_data))
    made = quote(units, services)
    wanted = [item for item in made.todo if not services.request.only or item.unit in services.request.only]
    todo = [item.model_dump(mode="json") for item in wanted]
    services.notify(Event(type=EventType.QUOTE_READY, data={"current": len(made.current), "todo": todo}))
    done = [unit.model_dump(mode="json") for unit in made.current]
    return {"wanted": [item.unit for item in wanted], "offer": _offer(wanted, services), "done": done}


def _offer(wanted: Sequence[Quoted], services: Services) -> dict[str, Any] | None:
    if services.approval is None or services.request.plan_only:
        return None
    asked = services.approval.asks(wanted, thinking.spent(services).usd)
    return asked.model_dump(mode="json") if asked else None


def gate(state: EpisodeState, runtime: Runtime[Services]) -> Command[Literal["shot", "gather"]]:
    """Wait for a person if the price needs one, then send out what is to be made. Nothing happens before the answer,
    as the node is entered again with it."""
    if offer := state["offer"]:
        interrupt(offer)
    services = runtime.context
    film = Film(state, services)
    choose_takes(film, services)
    wanted = set(state["wanted"]) if not services.request.plan_only else set()
    units = shot_units(film.cut, film.title, services.request)
    sends = [_send("shot", unit, services) for unit in units if unit.id in wanted]
    return Command(goto=sends or "gather")


def choose_takes(film: Film, services: Services) -> None:
    """Pin the engine that the request chooses for single shots.

    Raises:
        Rejected: there is no shot of some number.
    """
    choice = services.request.choose
    if choice is None:
        return
    by_number = {placed.number.upper(): placed.shot.id for placed in film.cut}
    unknown = [number for number in choice.shots if number.upper() not in by_number]
    if unknown:
        raise Rejected("no_such_shots", f"shots {','.join(unknown)}: the film has shots {', '.join(by_number)}")
    chosen = {by_number[number.upper()]: choice.engine for number in choice.shots}
    services.project.pin_shots(TAKE_TASK, chosen)
    shot_engines = {**services.request.shot_engines, **chosen}
    services.request = services.request.model_copy(update={"shot_engines": shot_engines})


def _send(node: str, unit: Unit, services: Services) -> Send:
    return Send(node, begin(services.project.blobs.put(canonical(unit), "application/json").sha256))


def gather(state: EpisodeState, runtime: Runtime[Services]) -> Command[Literal["deliverable", "finish"]]:
    """When every shot ended: the deliverables, or nothing but the sheets if a shot failed or is still to be made."""
    services = runtime.context
    film = Film(state, services)
    done = results(state)
    units = [sheets_unit(film.scenes, film.cut, services.request)]
    if not services.request.plan_only and film.is_made_of(done):
        units += deliverable_units(film.title, film.cut, done, services.request)
    return Command(goto=[_send("deliverable", unit, services) for unit in units])


def finish(state: EpisodeState) -> EpisodeState:
    """The end, at which every deliverable is persisted."""
    return {}


def episode_graph() -> StateGraph[EpisodeState, Services, EpisodeState, EpisodeState]:
    unit: CompiledStateGraph[Any, Services, Any, Any] = unit_graph().compile()
    graph = StateGraph(EpisodeState, context_schema=Services)
    graph.add_node("read", read)
    graph.add_node("plan", plan)
    graph.add_node("quote", quote_build)
    graph.add_node("gate", gate)
    graph.add_node("shot", unit)
    graph.add_node("gather", gather)
    graph.add_node("deliverable", unit)
    graph.add_node("finish", finish)
    graph.add_edge(START, "read")
    graph.add_edge("read", "plan")
    graph.add_edge("plan", "quote")
    graph.add_edge("quote", "gate")
    graph.add_edge("shot", "gather")
    graph.add_edge("deliverable", "finish")
    graph.add_edge("finish", END)
    return graph
