"""The subgraph of one unit: `call -> probe -> persist` for each call of its chain, with `medic` beside the call.

A fault is a value in the state, routed to the Medic, so that one bad shot never takes its siblings along. One exception
leaves it and ends the run, which is carried on later: a store that does not answer.
"""

from __future__ import annotations

import asyncio
import operator
from typing import Annotated, Any, Literal, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command
from pydantic import ValidationError

from agents.acceptance import probe as accept
from agents.medic import Action, consult
from agents.medic.policy import kind_of
from gpu_runtime.executor import fault_of, validation_fault
from graphs.assets import ProjectAssets
from graphs.chain import Call, StepDone, Unit, UnitDone
from graphs.services import CallContext, Services
from tools.declare import registry
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Fault, FaultError, FaultKind, StoreAway

CANCELLED = "cancelled; making the film again makes it"


class Work(TypedDict, total=False):
    """`unit` is the blob of a `Unit`; `at` the call in work; `args` what the Medic made of its arguments; `failures`
    how often the call failed, by kind of fault; `steps` what is persisted so far."""

    unit: str
    at: int
    args: dict[str, Any] | None
    failures: dict[str, int]
    fault: dict[str, Any] | None
    key: str
    result: dict[str, Any] | None
    steps: dict[str, Any]
    done: Annotated[list[dict[str, Any]], operator.add]


class WorkOut(TypedDict):
    done: Annotated[list[dict[str, Any]], operator.add]


def begin(unit_blob: str) -> Work:
    return Work(unit=unit_blob, at=0, args=None, failures={}, fault=None, steps={}, done=[])


def _load(state: Work, services: Services) -> tuple[Unit, Call, dict[str, Any]]:
    unit = Unit.model_validate_json(services.project.blobs.read(state["unit"]))
    call = unit.calls[state["at"]]
    results = {name: StepDone.model_validate(step).result for name, step in state["steps"].items()}
    return unit, call, state.get("args") or call.arguments(results)


async def call(state: Work, runtime: Runtime[Services]) -> Command[Literal["probe", "medic"]]:
    """Make the call. Its arguments are validated here, so that a wrong one never costs a job."""
    unit, planned, args = _load(state, runtime.context)
    tool = registry()[planned.tool]
    context = CallContext(runtime.context, unit.id, owner=unit.owner(planned), priority=state["at"])
    try:
        result = await tool.call(tool.params.model_validate(args), context)
    except ValidationError as error:
        return _failed(validation_fault(error), state, runtime.context, unit)
    except StoreAway:
        raise
    except FaultError as error:
        return _failed(error.fault, state, runtime.context, unit)
    except Exception as error:  # noqa: BLE001  (an exception that left the fan-out would cancel the other shots)
        return _failed(fault_of(error), state, runtime.context, unit)
    return Command(update={"result": result.model_dump(mode="json"), "key": context.key, "fault": None}, goto="probe")


def _failed(fault: Fault, state: Work, services: Services, unit: Unit) -> Command[Any]:
    data = {"code": fault.code, "message": fault.message, "trace": fault.trace}
    services.notify(Event(type=EventType.CALL_FAILED, unit=unit.id, data=data))
    failures, kind = state["failures"], kind_of(fault)
    counted = {**failures, kind: failures.get(kind, 0) + 1}
    return Command(update={"fault": fault.model_dump(mode="json"), "failures": counted, "result": None}, goto="medic")


async def probe(state: Work, runtime: Runtime[Services]) -> Command[Literal["persist", "medic"]]:
    """Look at what came back before anybody relies on it; a wrong result frees its key."""
    services = runtime.context
    unit, planned, args = _load(state, services)
    tool = registry()[planned.tool]
    result = Result.model_validate(state["result"])
    try:
        fault = await asyncio.to_thread(accept, tool, tool.params.model_validate(args), result, services.project.blobs)
    except StoreAway:
        raise
    except FaultError as error:
        fault = error.fault
    if fault is None:
        return Command(goto="persist")
    services.project.jobs.free(state["key"], fault)
    return _failed(fault, state, services, unit)


async def persist(state: Work, runtime: Runtime[Services]) -> Command[Literal["call", "__end__"]]:
    """One transaction: assets, their use, the job done, the event. Then the next call, or the end."""
    services = runtime.context
    unit, planned, _ = _load(state, services)
    result = Result.model_validate(state["result"])
    outputs = {role: ref.sha256 for role, ref in result.outputs.items()}
    data = {"step": planned.step, "job": state["key"], "outputs": outputs}
    event = Event(type=EventType.ASSET_PERSISTED, unit=unit.id, data=data)
    services.project.persist(services.run_id, unit.id, planned.step, state["key"], result, event)
    services.watch(event)
    steps = {**state["steps"], planned.step: StepDone(key=state["key"], result=result).model_dump(mode="json")}
    if state["at"] + 1 < len(unit.calls):
        update = {"steps": steps, "at": state["at"] + 1, "args": None, "failures": {}, "result": None}
        return Command(update=update, goto="call")
    services.notify(Event(type=EventType.UNIT_DONE, unit=unit.id))
    done = UnitDone(unit=unit.id, steps={name: StepDone.model_validate(step) for name, step in steps.items()})
    return Command(update={"steps": steps, "done": [done.model_dump(mode="json")]}, goto="__end__")


async def medic(state: Work, runtime: Runtime[Services]) -> Command[Literal["call", "__end__"]]:
    """Repair the arguments, wait, or hand the shot to a person.

    What the person asked for stays in the unit, so that a repair that is refused is undone by not making it again.
    """
    services = runtime.context
    unit, planned, args = _load(state, services)
    fault = Fault.model_validate(state["fault"])
    decision = await consult(
        fault,
        args,
        registry()[planned.tool],
        services.request.engine(planned.tool, unit.owner(planned)),
        state["failures"][kind_of(fault)],
        fixer=services.fixer,
        known=ProjectAssets(services.project),
        refused=services.refused,
    )
    if decision.action is Action.REPAIR:
        data = {"step": planned.step, "changes": [change.model_dump(mode="json") for change in decision.changes]}
        services.notify(Event(type=EventType.CALL_REPAIRED, unit=unit.id, data=data))
        return Command(update={"args": decision.args}, goto="call")
    if decision.action is Action.RETRY:
        waits = {"seconds": decision.wait_s, "message": decision.message}
        services.notify(Event(type=EventType.CALL_WAITS, unit=unit.id, data=waits))
        await asyncio.sleep(decision.wait_s)
        return Command(update={"args": state.get("args")}, goto="call")
    offers = [offer.model_dump(mode="json") for offer in decision.offers]
    message = CANCELLED if fault.kind is FaultKind.CANCELLED else decision.message
    data = {"step": planned.step, "message": message, "offers": offers}
    services.notify(Event(type=EventType.UNIT_ESCALATED, unit=unit.id, data=data))
    done = UnitDone(unit=unit.id, steps={}, escalated=f"{unit.label}: {message}")
    return Command(update={"done": [done.model_dump(mode="json")]}, goto="__end__")


def unit_graph() -> StateGraph[Work, Services, Work, WorkOut]:
    """Node names are part of the checkpoints: renaming one needs a new `GRAPH_VERSION`."""
    graph = StateGraph(Work, context_schema=Services, output_schema=WorkOut)
    graph.add_node("call", call)
    graph.add_node("probe", probe)
    graph.add_node("persist", persist)
    graph.add_node("medic", medic)
    graph.add_edge(START, "call")
    return graph
