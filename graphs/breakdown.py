"""The breakdown graph: `read -> elements -> store`. What a script needs, kept as pending elements.

It has no checkpoints: what a model answered is kept as it comes, so that beginning again asks nothing twice.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.breakdown import break_down
from agents.llm.model import LlmModel
from graphs import planning, thinking
from graphs.aliases import with_aliases
from graphs.request import MakeRequest
from graphs.services import Services
from storage.project import Project
from vibeboard.breakdown import Breakdown
from vibeboard.digest import canonical
from vibeboard.events import Event
from vibeboard.jobs import Placement
from vibeboard.screenplay import Screenplay


class BreakdownState(TypedDict, total=False):
    """Hashes of blobs."""

    screenplay: str
    breakdown: str


def read(state: BreakdownState, runtime: Runtime[Services]) -> BreakdownState:
    return {"screenplay": planning.read(runtime.context.project, runtime.context.request.script)}


async def elements(state: BreakdownState, runtime: Runtime[Services]) -> BreakdownState:
    services = runtime.context
    screenplay = Screenplay.model_validate_json(services.project.blobs.read(state["screenplay"]))
    if services.model:
        thinker = thinking.Thinker(services, services.model)
        _, breakdown = await thinker.breakdown(screenplay, screenplay.scenes)
    else:
        rules = await asyncio.to_thread(break_down, screenplay)
        breakdown = with_aliases(rules, services.project, services.request)
    return {"breakdown": _put(breakdown, services)}


def store(state: BreakdownState, runtime: Runtime[Services]) -> BreakdownState:
    services = runtime.context
    found = Breakdown.model_validate_json(services.project.blobs.read(state["breakdown"]))
    return {"breakdown": _put(services.project.elements.store(found), services)}


def _put(breakdown: Breakdown, services: Services) -> str:
    return services.project.blobs.put(canonical(breakdown), "application/json").sha256


def breakdown_graph() -> StateGraph[BreakdownState, Services, BreakdownState, BreakdownState]:
    graph = StateGraph(BreakdownState, context_schema=Services)
    graph.add_node("read", read)
    graph.add_node("elements", elements)
    graph.add_node("store", store)
    graph.add_edge(START, "read")
    graph.add_edge("read", "elements")
    graph.add_edge("elements", "store")
    graph.add_edge("store", END)
    return graph


async def break_down_script(
    project: Project,
    placement: Placement,
    request: MakeRequest,
    watch: Callable[[Event], None],
    model: LlmModel | None = None,
) -> tuple[Screenplay, Breakdown]:
    """The script as it was read and its elements, stored as pending, each with its status.

    Raises:
        Rejected: the model needs a person, or the script cannot be read.
    """
    services = Services(project, placement, request, f"breakdown-{uuid.uuid4().hex}", watch, model)
    try:
        state = await breakdown_graph().compile().ainvoke({}, context=services)
    finally:
        await services.close()
    screenplay = Screenplay.model_validate_json(project.blobs.read(state["screenplay"]))
    return screenplay, Breakdown.model_validate_json(project.blobs.read(state["breakdown"]))
