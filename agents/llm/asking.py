"""A question with an answer of a given shape: asked again when the answer does not fit, never again once answered."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, JsonValue

from agents.llm.codes import UNUSABLE
from agents.llm.dialects import Structure
from agents.llm.ledger import Usage, cost
from agents.llm.model import LlmModel
from agents.llm.parsing import Unreadable, read_answer
from agents.llm.wire import RAW_CALLS, USAGE
from vibeboard.digest import content_key
from vibeboard.faults import FieldError, Repairable
from vibeboard.model import Frozen

T = TypeVar("T", bound=BaseModel)
REVISION = "1"
"""Raised by hand when the same messages would be asked in another way."""
REASKS = 2
_FIELDS_SHOWN = 12

Check = Callable[[T], Sequence[FieldError]]


class Answers(Protocol):
    """Where answers are kept, by the key of the question."""

    def find(self, key: str) -> str | None: ...

    def keep(self, key: str, answer: str) -> None: ...


class Answered(Frozen):
    """One call that a model answered and what it cost."""

    purpose: str
    model: str
    usage: Usage
    usd: float


class KeptMessages:
    """A model's answers where they are kept, as messages; of a model that keeps none there are none."""

    def __init__(self, model: LlmModel, answers: Answers) -> None:
        self._keeps, self._answers = model.keeps_answers, answers

    def find(self, key: str) -> AIMessage | None:
        kept = self._answers.find(key) if self._keeps else None
        if kept is None:
            return None
        (found,) = messages_from_dict(json.loads(kept))
        assert isinstance(found, AIMessage)
        return found

    def keep(self, key: str, message: AIMessage) -> None:
        if self._keeps:
            self._answers.keep(key, json.dumps(messages_to_dict([message])))


def bill(model: LlmModel, message: AIMessage, purpose: str) -> Answered:
    """What an answer of a model cost."""
    usage = Usage.model_validate(message.response_metadata.get(USAGE, {}))
    return Answered(purpose=purpose, model=model.name_shown, usage=usage, usd=cost(usage, model.ledger.price))


class Asker:
    """Asks a model. `heard` is told of each call that was answered, after its answer was kept."""

    def __init__(self, model: LlmModel, answers: Answers, heard: Callable[[Answered], None]) -> None:
        self.model = model
        self._kept, self._heard = KeptMessages(model, answers), heard
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, schema: type[T], messages: Sequence[BaseMessage], check: Check[T] | None = None) -> T:
        """A value of `schema`.

        Args:
            check: what else is wrong with a value, as fields; it is asked again with them as with the schema's own.

        Raises:
            Repairable: no answer was usable, nor after asking twice again.
            FaultError: the call itself failed.
        """
        tool = _tool_for(schema)
        name = tool["function"]["name"]
        messages = [*messages, _how_to_answer(self.model.structure, name)]
        wrong = Unreadable("nothing was asked")
        for _ in range(1 + REASKS):
            message = await self._answer(messages, tool)
            try:
                value = read_answer(message, name, schema)
                fields = tuple(check(value)) if check else ()
                if not fields:
                    return value
                wrong = Unreadable("the answer does not fit", fields)
            except Unreadable as error:
                wrong = error
            messages = [*messages, *_correction(message, wrong)]
        first = f": {_line(wrong.fields[0])}" if wrong.fields else f": {wrong.why}"
        raise Repairable(
            UNUSABLE, f"{self.model.name_shown} gave no usable answer in {1 + REASKS} tries{first}", wrong.fields
        )

    async def _answer(self, messages: list[BaseMessage], tool: dict[str, Any]) -> AIMessage:
        key = _question_key(self.model.identity, messages, tool)
        async with self._asking[key]:
            if kept := self._kept.find(key):
                return kept
            message = await self.model.ainvoke(messages, stream=False, **_shape(self.model.structure, tool))
            self._kept.keep(key, message)
        self._heard(bill(self.model, message, tool["function"]["name"]))
        return message


def _tool_for(schema: type[BaseModel]) -> dict[str, Any]:
    """The schema as a tool, references resolved: not every server follows them."""
    return convert_to_openai_tool(schema)


def _question_key(identity: str, messages: Sequence[BaseMessage], tool: dict[str, Any]) -> str:
    told: JsonValue = [
        [
            message.type,
            str(message.text),
            message.additional_kwargs.get(RAW_CALLS, []),
            getattr(message, "tool_call_id", ""),
        ]
        for message in messages
    ]
    return content_key("ask", identity, REVISION, {"messages": told, "tool": tool})


def _shape(structure: Structure, tool: dict[str, Any]) -> dict[str, Any]:
    """How the request asks for the shape. A `tool_choice` may be ignored, so the words ask for it too."""
    function = tool["function"]
    if structure is Structure.JSON_SCHEMA:
        schema = {"name": function["name"], "schema": function["parameters"]}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    choice = {"type": "function", "function": {"name": function["name"]}}
    return {"tools": [tool], "tool_choice": choice}


def _how_to_answer(structure: Structure, tool: str) -> SystemMessage:
    if structure is Structure.JSON_SCHEMA:
        return SystemMessage("Answer with one JSON object of the given schema and nothing else.")
    return SystemMessage(f"Answer by calling the tool `{tool}` once. Write nothing else.")


def _correction(message: AIMessage, wrong: Unreadable) -> list[BaseMessage]:
    """What is said to an answer that does not fit. A call with arguments that can be read is answered in the
    conversation, thinking and all; anything else is not sent back, as a server objects to it."""
    lines = [_line(field) for field in wrong.fields[:_FIELDS_SHOWN]]
    more = len(wrong.fields) - len(lines)
    told = "\n".join([f"Not accepted: {wrong.why}.", *lines, *([f"and {more} more"] if more > 0 else [])])
    calls = message.tool_calls
    if not calls or message.invalid_tool_calls:
        return [HumanMessage(f"Your answer could not be used. {told}\nAnswer again, whole.")]
    replies = [ToolMessage(f"{told}\nCall it again, whole.", tool_call_id=str(call["id"])) for call in calls]
    return [message, *replies]


def _line(field: FieldError) -> str:
    got = f" (it was {field.got!r})" if field.got else ""
    return f"{field.path or 'answer'}: {field.expected}{got}"
