"""The chat graph: `think -> price -> (gate) -> act -> ... -> think -> end`, one run of it a turn.

A turn's messages are in its checkpoints; earlier turns are read from the project. The calls of a message are made one
after the other, each in a step of its own, under a key that names the occasion, so that a turn which is carried on
after a crash asks, changes and makes nothing twice. `gate` does nothing but wait for a person.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypedDict

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt
from pydantic import JsonValue, ValidationError

from agents.director.declare import DirectorTool, Outcome
from agents.director.desk import Desk, Offer
from agents.director.mind import Mind, Past
from agents.director.questions import price as price_words
from agents.director.tools import director_tools
from agents.llm.clean import visible
from gpu_runtime.executor import validation_fault
from vibeboard.counting import counted
from vibeboard.faults import Cancelled, FaultError, Rejected, Repairable, StoreAway
from vibeboard.model import Frozen

CHAT_VERSION = 1
"""Raised when nodes are renamed or rewired: a turn that another version began is begun anew."""
MOST_STEPS = 16
"""Answers of a model in one turn; then the person is asked to go on."""


class Question(Frozen):
    """What a person has to approve before it is done; `id` is answered once."""

    id: str
    text: str
    cpu_seconds: float
    gpu_seconds: float
    usd: float


class Said(Frozen):
    """Something to show: a piece of `text` as it comes, a `call` before it is made, what it `result`ed in, or that it
    was `refused`. `id`, `tool` and `args` are of the call."""

    kind: Literal["text", "call", "result", "refused"]
    id: str = ""
    text: str = ""
    tool: str = ""
    args: dict[str, JsonValue] = {}  # noqa: RUF012  (frozen model: pydantic copies it)


@dataclass(frozen=True)
class Limits:
    """Above which a build is asked for; None for never."""

    gpu_s: float
    usd: float
    cpu_s: float | None = None

    def passed_by(self, offer: Offer) -> bool:
        processor = self.cpu_s is not None and offer.cpu_seconds > self.cpu_s
        return offer.gpu_seconds > self.gpu_s or offer.usd > self.usd or processor


@dataclass(frozen=True)
class Talk:
    """What the nodes of a turn work with. `asked` is told of a question before it is put, `did` of calls and of what
    came of them."""

    desk: Desk
    mind: Mind
    limits: Limits
    turn: int
    past: Sequence[Past]
    asked: Callable[[Question], None]
    did: Callable[[Said], None] = lambda _said: None


class ChatState(TypedDict, total=False):
    """`messages` of the turn as dicts, the first is what the person said. `at` counts the calls of the last answer that
    were made, `question` waits for a person, `approved` is the answer to it."""

    messages: Annotated[list[dict[str, Any]], operator.add]
    at: int
    question: dict[str, Any] | None
    approved: bool | None


def begin(said: str) -> ChatState:
    return ChatState(messages=messages_to_dict([HumanMessage(said)]), at=0, question=None, approved=None)


async def think(state: ChatState, runtime: Runtime[Talk]) -> Command[Literal["price", "__end__"]]:
    """The next message, shown as it comes."""
    talk, write = runtime.context, get_stream_writer()
    messages = messages_from_dict(state["messages"])
    if sum(isinstance(message, AIMessage) for message in messages) >= MOST_STEPS:
        raise Rejected("too_many_steps", f"I stopped after {MOST_STEPS} steps: tell me how to go on")
    answer = await talk.mind.next(
        talk.turn, talk.past, messages, lambda text: _show(write, Said(kind="text", text=visible(text)))
    )
    return Command(
        update={"messages": messages_to_dict([answer]), "at": 0}, goto="price" if answer.tool_calls else "__end__"
    )


def _show(write: Callable[[Any], None], said: Said) -> None:
    if said.text or said.tool:
        write(said.model_dump(mode="json"))


def _tell(talk: Talk, said: Said) -> None:
    """Log a call, or what came of it, before it is shown."""
    talk.did(said)
    _show(get_stream_writer(), said)


def _call(state: ChatState) -> tuple[DirectorTool | None, Mapping[str, Any], str]:
    """The call in work: its tool, its arguments, and the name of the occasion without the turn."""
    answers = [message for message in messages_from_dict(state["messages"]) if isinstance(message, AIMessage)]
    call = answers[-1].tool_calls[state["at"]]
    return director_tools().get(call["name"]), call, f"{len(answers)}.{state['at'] + 1}"


async def price(state: ChatState, runtime: Runtime[Talk]) -> Command[Literal["gate", "act"]]:
    """What the call would cost; a person is asked if that is above the limits."""
    talk = runtime.context
    tool, call, place = _call(state)
    if tool is None or tool.spends is None:
        return Command(goto="act", update={"question": None, "approved": None})
    try:
        offer = await talk.desk.offer(await tool.spends(tool.params.model_validate(call["args"]), talk.desk))
    except (FaultError, ValidationError):
        return Command(goto="act", update={"question": None, "approved": None})
    if not talk.limits.passed_by(offer):
        return Command(goto="act", update={"question": None, "approved": None})
    text = f"make {counted(sum(item.renders for item in offer.shots), 'shot')}: {price_words(offer)}"
    costs = offer.model_dump(include={"cpu_seconds", "gpu_seconds", "usd"})
    question = Question(id=f"{talk.turn}.{place}", text=text, **costs)
    talk.asked(question)
    return Command(goto="gate", update={"question": question.model_dump(mode="json"), "approved": None})


def gate(state: ChatState) -> Command[Literal["act"]]:
    """Wait for the answer."""
    return Command(update={"approved": bool(interrupt(state["question"]))}, goto="act")


async def act(state: ChatState, runtime: Runtime[Talk]) -> Command[Literal["price", "think"]]:
    """Make the call. What a tool returns goes to the model as data; a refusal is what it returns too."""
    talk = runtime.context
    tool, call, place = _call(state)
    known_as = f"{talk.turn}.{place}"
    _tell(talk, Said(kind="call", id=known_as, tool=visible(str(call["name"])), args=_plain(call["args"])))
    try:
        if state.get("question") and not state.get("approved"):
            raise Cancelled("the person said no: nothing was made")
        outcome = await _made(tool, call, talk, f"chat-{known_as}")
        _tell(talk, Said(kind="result", id=known_as, text=visible("\n".join(outcome.lines))))
        result: dict[str, JsonValue] = {"result": outcome.data}
    except StoreAway:
        raise
    except FaultError as error:
        _tell(talk, Said(kind="refused", id=known_as, text=visible(str(error))))
        result = {"refused": {"code": error.fault.code, "why": error.fault.message}}
    message = ToolMessage(json.dumps(result, ensure_ascii=False), tool_call_id=str(call["id"]))
    answers = [part for part in messages_from_dict(state["messages"]) if isinstance(part, AIMessage)]
    more = state["at"] + 1 < len(answers[-1].tool_calls)
    update = {"messages": messages_to_dict([message]), "at": state["at"] + 1, "question": None, "approved": None}
    return Command(update=update, goto="price" if more else "think")


async def _made(tool: DirectorTool | None, call: Mapping[str, Any], talk: Talk, key: str) -> Outcome:
    if tool is None:
        known = ", ".join(director_tools())
        raise Repairable("no_such_tool", f"there is no tool {call['name']}: there are {known}")
    try:
        ask = tool.params.model_validate(call["args"])
    except ValidationError as error:
        fault = validation_fault(error)
        wrong = "; ".join(f"{field.path}: {field.expected}" for field in fault.fields)
        raise Repairable("bad_arguments", f"{tool.name}: {wrong or fault.message}", fault.fields) from None
    try:
        return await tool.act(ask, talk.desk, key)
    except ValidationError as error:
        raise Repairable("bad_arguments", f"{tool.name}: {error.errors()[0]['msg']}") from None


def _plain(args: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Arguments fit for a terminal."""
    return {visible(str(name)): _plain_value(value) for name, value in args.items()}


def _plain_value(value: Any) -> JsonValue:
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return visible(str(value)) if value is not None else None


def remembered(said: str, messages: Sequence[BaseMessage]) -> Past:
    """A turn that has ended, as later turns know it."""
    answers = [message for message in messages if isinstance(message, AIMessage)]
    did = [
        f"{call['name']} {json.dumps(call['args'], ensure_ascii=False)}" for item in answers for call in item.tool_calls
    ]
    return Past(said, did, " ".join(filter(None, (str(answer.text) for answer in answers))))


def chat_graph() -> StateGraph[ChatState, Talk, ChatState, ChatState]:
    """Node names are part of the checkpoints: renaming one needs a new `CHAT_VERSION`."""
    graph = StateGraph(ChatState, context_schema=Talk)
    graph.add_node("think", think)
    graph.add_node("price", price)
    graph.add_node("gate", gate)
    graph.add_node("act", act)
    graph.add_edge(START, "think")
    return graph
