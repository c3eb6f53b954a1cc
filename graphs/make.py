"""Making a film: begin or resume a run, follow it to its end, put the files in place."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from agents.llm.model import LlmModel
from agents.medic.model import ModelFixer
from gpu_runtime.engine import Engine
from graphs.approval import Approval, Offer
from graphs.chain import UnitDone
from graphs.checkpoints import checkpoints
from graphs.delivery import deliver, wanted_files
from graphs.episode import GRAPH_VERSION, EpisodeState, Film, episode_graph, results
from graphs.repairs import refused_repairs
from graphs.request import TAKE_TASK, MakeRequest
from graphs.services import CallContext, Services
from graphs.thinking import asker, count_on
from storage.project import Project
from tools.declare import Params, registry
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected, StoreAway
from vibeboard.jobs import Placement

_NO_LIMIT = 1_000_000
"""LangGraph's bound on steps; ours are the attempt counters."""
SHOTS_FAILED = "shots_failed"
"""The code of the fault that a run ends with whose film lacks shots."""

_STANDING = (
    EventType.SCENE_FELL_BACK,
    EventType.EDITS_LEFT,
    EventType.PLAN_READY,
    EventType.QUOTE_READY,
    EventType.UNIT_DONE,
)
"""What somebody who watches a run that is carried on needs to know of its past."""


class Made(NamedTuple):
    """How a build ended. Nothing is made yet of one that has an `offer`: a person has to approve it, then `make` it
    again with the same `run_id`. `files` are the blobs of what was made, by their names in an output folder."""

    offer: Offer | None = None
    files: Mapping[str, str] = {}


async def make(
    project: Project,
    placement: Placement,
    request: MakeRequest,
    output: Path | None,
    watch: Callable[[Event], None],
    model: LlmModel | None = None,
    *,
    run_id: str | None = None,
    approval: Approval | None = None,
    approved: bool = False,
) -> Made:
    """Build the film of `request`, into the folder `output` if there is one; `model` plans it, or without one the
    offline planner.

    A run that was interrupted is carried on, the one with `run_id` or else one of the same request; its finished shots
    are not made again. With an `approval` it may stop at the price, and goes on when it was `approved`.

    Raises:
        Rejected: something that a person has to mend; what could be made is made and kept.
        StoreAway: the store does not answer. Call it again when it does, with everything opened anew.
    """
    resumed = run_id or project.find_run(request.digest, GRAPH_VERSION)
    run_id = resumed or uuid.uuid4().hex
    begun = project.start_run(run_id, request.digest, GRAPH_VERSION)
    abandoned = project.abandon_runs(but=run_id)
    refused = refused_repairs(project)
    services = Services(project, placement, request, run_id, watch, model, refused=refused, approval=approval)
    _open(services, begun=begun)
    away = False
    try:
        state, offer = await _follow(services, run_id, abandoned, approved=approved)
    except StoreAway:
        away = True
        raise
    finally:
        await services.close(leave=away)
    if offer is not None:
        return Made(offer=offer)
    return Made(files=await asyncio.to_thread(_close, services, state, output))


def _open(services: Services, *, begun: bool) -> None:
    """Let a run's model and its watchers go on from what the log has of it."""
    if services.model:
        count_on(services.model, services.project, services.run_id)
        services.fixer = ModelFixer(asker(services, services.model))
    services.notify(Event(type=EventType.RUN_STARTED, data={"resumed": not begun}))
    for _, event in services.project.events(services.run_id):
        if event.type in _STANDING:
            services.watch(event)


async def _follow(
    services: Services, run_id: str, abandoned: list[str], *, approved: bool
) -> tuple[EpisodeState, Offer | None]:
    """Run the graph to its end, from its last checkpoint if it has one, or to the question that it asks; drop the
    checkpoints of the `abandoned`, and its own when it has ended."""
    config: RunnableConfig = {"configurable": {"thread_id": run_id}, "recursion_limit": _NO_LIMIT}
    async with checkpoints(services.project) as saver:
        graph = episode_graph().compile(checkpointer=saver)
        stand = await graph.aget_state(config)
        begun = stand.created_at is not None
        first: EpisodeState = {"done": []}
        on: Command[Any] | None = Command(resume=True) if stand.interrupts and approved else None
        try:
            await graph.ainvoke(on if begun else first, config, context=services, durability="sync")
        except Rejected as error:
            if not begun or error.fault.code != "missing_blob":
                raise
            await saver.adelete_thread(run_id)
            await graph.ainvoke(first, config, context=services, durability="sync")
        stand = await graph.aget_state(config)
        offer = Offer.model_validate(stand.interrupts[0].value) if stand.interrupts else None
        for thread in abandoned if offer else [run_id, *abandoned]:
            await saver.adelete_thread(thread)
    return stand.values, offer  # type: ignore[return-value]


async def call_once(project: Project, placement: Placement, engine: Engine, params: Params) -> Result:
    """One tool call by itself, outside an episode; a result that is already there is taken."""
    request = MakeRequest(script="", name="", engines={engine.task: engine.name}, interactive=True)
    services = Services(project, placement, request, run_id="", watch=lambda _event: None)
    try:
        return await registry()[engine.task].call(params, CallContext(services, unit=""))
    finally:
        await services.close()


def _close(services: Services, state: EpisodeState, output: Path | None) -> Mapping[str, str]:
    film, done = Film(state, services), results(state)
    good = {unit: item for unit, item in done.items() if not item.escalated}
    bad = [item.escalated for item in done.values() if item.escalated]
    complete = not services.request.plan_only and not bad and film.is_made_of(done)
    files = wanted_files(film.cut, good)
    if output is not None:
        deliver(services.project, output, files, complete=complete)
    event_type = EventType.RUN_FAILED if bad else EventType.RUN_FINISHED
    services.project.finish_run(services.run_id, Event(type=event_type, data={"escalated": bad[:20]}))
    if bad:
        first = bad[0] if len(bad) == 1 else f"{bad[0]} (and {len(bad) - 1} more)"
        message = f"the film is not finished: {first}; the other shots are kept{_way_out(film, done, services)}"
        raise Rejected(SHOTS_FAILED, message)
    return files


def _way_out(film: Film, done: Mapping[str, UnitDone], services: Services) -> str:
    """How to have the film all the same, if shots of an engine with weights are what is missing."""
    failed = [placed for placed in film.cut if placed.shot.id in done and done[placed.shot.id].escalated]
    neural = [placed.number for placed in failed if services.request.engine(TAKE_TASK, placed.shot.id).backbone]
    return f"; quality previs for shots {','.join(neural)} finishes it without them" if neural else ""
