"""What else repairs tool calls, on the same cases: the `withMedic` sketch, LangChain, instructor, a plain model loop.

The libraries are the real ones. Where a model is asked, a scripted habit answers. The clock is simulated; waits are not
counted against anybody.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx
import openai
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import StructuredTool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolCallRequest

from agents.medic import Action, Edit, Question, consult
from agents.medic.mend import violations
from agents.medic.policy import kind_of
from benchmarks.medic_habits import Habit, proposed, rewritten
from benchmarks.medic_world import Case, World
from vibeboard.faults import Failure, Fault, FaultError, FaultKind

LOOPS = 3
System = Callable[[Case, World, Habit | None], Awaitable[str]]


class ScriptedFixer:
    """A `Fixer` with a habit; its answers are counted."""

    def __init__(self, habit: Habit, case: Case, world: World) -> None:
        self._habit, self._case, self._world = habit, case, world

    def propose(self, question: Question) -> list[Edit]:
        self._world.llm_calls += 1
        return list(proposed(self._habit, self._case, question))


async def medic(case: Case, world: World, habit: Habit | None) -> str:
    """Ours, in the loop that the shot's graph runs."""
    args: Any = case.args
    failures: Counter[FaultKind] = Counter()
    fixer = ScriptedFixer(habit, case, world) if habit else None
    while True:
        fault = _tried(world, args)
        if fault is None:
            return "success"
        kind = kind_of(fault)
        failures[kind] += 1
        known = case if case.assets else None
        decision = await consult(
            fault, args, case.declared, case.engine, failures[kind], fixer=fixer, known=known, free=case.free
        )
        if decision.action is Action.STOP:
            return "escalated"
        args = decision.args
        world.clock += decision.wait_s


def _tried(world: World, args: Any) -> Fault | None:
    """What a call and the probe of its result come to."""
    try:
        world.submit(args)
    except FaultError as error:
        return error.fault
    return world.probed()


def _submitted(world: World, args: Any) -> str | Fault:
    """A call without a probe, as systems have it that look at exceptions only."""
    try:
        world.submit(args)
    except FaultError as error:
        return error.fault
    return "success"


async def nothing(case: Case, world: World, habit: Habit | None) -> str:
    return "success" if _submitted(world, case.args) == "success" else "escalated"


def _answer(case: Case, world: World, habit: Habit | None, args: Any, fault: Fault) -> Any:
    world.llm_calls += 1
    return rewritten(habit or Habit.LITERAL, case, args, fault)


async def with_medic(case: Case, world: World, habit: Habit | None) -> str:
    """The sketch: on any exception one model call, its answer parsed unguarded, one retry."""
    first = _submitted(world, case.args)
    if isinstance(first, str):
        return first
    answer = _answer(case, world, habit, case.args, first)
    return "success" if _submitted(world, answer) == "success" else "escalated"


async def model_loop(case: Case, world: World, habit: Habit | None) -> str:
    """Every error goes back to the model, as with pydantic-ai's ModelRetry, three times."""
    args: Any = case.args
    for _ in range(LOOPS):
        outcome = _submitted(world, args)
        if isinstance(outcome, str):
            return outcome
        args = _answer(case, world, habit, args, outcome)
    return "success" if _submitted(world, args) == "success" else "escalated"


async def tool_retry(case: Case, world: World, habit: Habit | None) -> str:
    """LangChain's ToolRetryMiddleware with its default of two retries, without its waits."""
    call = {"name": case.tool, "args": case.args, "id": "1", "type": "tool_call"}

    def run(request: ToolCallRequest) -> ToolMessage:
        world.submit(request.tool_call["args"])
        return ToolMessage(content="made", tool_call_id="1")

    middleware = ToolRetryMiddleware(max_retries=2, on_failure="error", initial_delay=0.0, jitter=False)
    request = ToolCallRequest(tool_call=call, tool=None, state={}, runtime=None)  # type: ignore[typeddict-item,arg-type]
    try:
        middleware.wrap_tool_call(request, run)
    except FaultError:
        return "escalated"
    return "success"


async def tool_node(case: Case, world: World, habit: Habit | None, every_error: bool = False) -> str:
    """LangChain's ToolNode in a loop with a model. By default it hands back validation errors only; anything else
    raises. A call whose arguments are no JSON object never reaches it: the model is asked again."""
    errors: list[Fault] = []

    def run(**args: Any) -> str:
        plain = case.declared.params.model_validate(args).model_dump(mode="json")
        try:
            world.submit(plain)
        except FaultError as error:
            errors.append(error.fault)
            raise
        return "made"

    tool = StructuredTool.from_function(run, name=case.tool, description="x", args_schema=case.declared.params)
    node = ToolNode([tool], handle_tool_errors=True) if every_error else ToolNode([tool])
    graph = StateGraph(MessagesState).add_node("tools", node).add_edge(START, "tools").compile()
    args: Any = case.args
    for turn in range(LOOPS + 1):
        if not isinstance(args, dict):
            args = _answer(case, world, habit, args, _shown(world, case, args, "not a JSON object"))
            continue
        call = {"name": case.tool, "args": args, "id": str(turn), "type": "tool_call"}
        try:
            state = await graph.ainvoke({"messages": [AIMessage(content="", tool_calls=[call])]})
        except FaultError:
            return "escalated"
        message: ToolMessage = state["messages"][-1]
        if message.status != "error":
            return "success"
        fault = errors.pop() if errors else _shown(world, case, args, str(message.content))
        args = _answer(case, world, habit, args, fault)
    return "escalated"


def _shown(world: World, case: Case, args: Any, text: str) -> Fault:
    """A validation error as a model sees it, with the fields that its text names."""
    fields = violations(args, case.declared) if isinstance(args, dict) else ()
    return Fault(kind=FaultKind.REPAIRABLE, code="invalid_params", message=text, fields=fields)


async def instructor(case: Case, world: World, habit: Habit | None) -> str:
    """The real instructor over the real openai client; the mock speaks first the bad call, then what the habit says."""
    library = import_module("instructor")
    turns: list[Any] = [case.args]

    def speak(request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["messages"][1:]:
            last = turns[-1]
            turns.append(_answer(case, world, habit, last, _shown(world, case, last, "validation errors")))
        arguments = turns[-1] if isinstance(turns[-1], str) else json.dumps(turns[-1])
        call = {
            "id": "1",
            "type": "function",
            "function": {"name": case.declared.params.__name__, "arguments": arguments},
        }
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        choice = {"index": 0, "finish_reason": "tool_calls", "message": message}
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
        return httpx.Response(200, json=body)

    http = openai.DefaultHttpxClient(transport=_transport(speak))
    client = library.from_openai(openai.OpenAI(api_key="none", base_url="http://mock/v1", http_client=http))
    try:
        params = client.chat.completions.create(
            model="m",
            response_model=case.declared.params,
            max_retries=LOOPS,
            messages=[{"role": "user", "content": "x"}],
        )
    except Exception:  # noqa: BLE001  (whatever a peer ends with, it is its end)
        return "escalated"
    try:
        world.submit(params.model_dump(mode="json"))
    except Failure:
        return "escalated"
    return "success"


def _transport(speak: Any) -> Any:
    """A mock transport of whichever httpx the openai client is built on."""
    library = openai.DefaultHttpxClient.__mro__[1].__module__.partition(".")[0]
    module = import_module(library)

    def answered(request: Any) -> Any:
        response = speak(request)
        return module.Response(response.status_code, json=json.loads(response.content))

    return module.MockTransport(answered)


def instructor_is_here() -> bool:
    return find_spec("instructor") is not None


PEERS: dict[str, tuple[System, bool]] = {
    "no repair": (nothing, False),
    "withMedic sketch": (with_medic, True),
    "ToolRetryMiddleware(2)": (tool_retry, False),
    "ToolNode, default": (tool_node, True),
    "ToolNode, every error": (partial(tool_node, every_error=True), True),
    "instructor(3)": (instructor, True),
    "model loop(3)": (model_loop, True),
}
"""System and whether a model takes part."""
