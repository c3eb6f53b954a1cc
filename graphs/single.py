"""One tool call by itself, with the Medic beside it as in a film; what it makes is the film's."""

from __future__ import annotations

from collections.abc import Callable

from gpu_runtime.engine import Engine
from graphs.chain import Call, Unit, UnitDone
from graphs.repairs import refused_repairs
from graphs.request import MakeRequest
from graphs.services import Services
from graphs.shot import begin, unit_graph
from storage.project import Project
from tools.declare import Params
from vibeboard.digest import canonical
from vibeboard.events import Event
from vibeboard.jobs import Placement

_UNIT_LENGTH = 12


def run_of(key: str) -> str:
    """The run under which the log has a call, by the content key of what was asked for."""
    return f"tool-{key}"


def single_unit(tool: str, engine: Engine, params: Params) -> Unit:
    """The unit of one call: the same call is the same unit, and its result the take of it."""
    name = f"tool-{engine.key(params)[:_UNIT_LENGTH]}"
    return Unit(id=name, label=tool, calls=(Call(step=tool, tool=tool, args=params.model_dump(mode="json")),))


async def call_tool(
    project: Project, placement: Placement, engine: Engine, params: Params, watch: Callable[[Event], None]
) -> UnitDone:
    """Make the call on an engine, or take the result that is there, and keep it as the film's. A fault that the Medic
    does not mend is in what is returned."""
    request = MakeRequest(script="", name="", engines={engine.task: engine.name}, interactive=True)
    run_id = run_of(engine.key(params))
    services = Services(project, placement, request, run_id, watch, refused=refused_repairs(project))
    unit = project.blobs.put(canonical(single_unit(engine.task, engine, params)), "application/json")
    try:
        state = await unit_graph().compile().ainvoke(begin(unit.sha256), context=services)
    finally:
        await services.close()
    return UnitDone.model_validate(state["done"][0])
