"""From whatever a model wrote to a value of a schema, or to what exactly is wrong with it.

Read defensively, judged strictly: fences, thinking, markup and doubled encoding are taken off, but nothing is completed
or guessed; what does not validate goes back to the model with the fields that are wrong.
"""

from __future__ import annotations

import re
from typing import TypeVar

from langchain_core.messages import AIMessage
from pydantic import BaseModel, JsonValue, ValidationError

from agents.llm.decoding import decoded, decoded_from
from agents.llm.markup import leaked, leaked_arguments
from agents.llm.thinking import without_thinking
from agents.llm.wire import RAW_CALLS
from vibeboard.faults import FieldError

T = TypeVar("T", bound=BaseModel)
_FENCE = re.compile(r"```(?:json)?\s*\n(?P<body>.*?)```", re.S)
_WRAPPERS = ("arguments", "parameters", "input")
_SHOWN = 80


class Unreadable(Exception):
    """No value could be read. `fields` say what is wrong; empty when there was no JSON object at all."""

    def __init__(self, why: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.fields = why, fields


def read_answer(message: AIMessage, tool: str, schema: type[T]) -> T:
    """The value in an answer: the arguments of its call of `tool`, else an object in its text.

    Raises:
        Unreadable: there is none, or not of this schema.
    """
    called = [call for call in message.additional_kwargs.get(RAW_CALLS, []) if call["function"]["name"] == tool]
    if called:
        return validated(_object(called[0]["function"]["arguments"]), schema)
    text = without_thinking(str(message.text))
    if leaked(text):
        arguments = leaked_arguments(text, tool)
        if arguments is None:
            raise Unreadable("the tool call came as markup in the text and was cut or of another tool")
        return validated(_unwrapped(arguments, schema), schema)
    if not text.strip():
        raise Unreadable("the answer was empty")
    return validated(_unwrapped(_object(text), schema), schema)


def _object(text: str) -> dict[str, JsonValue]:
    """The JSON object in a text: the whole of it, a fenced part, or the first that stands in prose."""
    fenced = _FENCE.search(text)
    for candidate in (text, fenced["body"] if fenced else ""):
        value = _decoded(candidate)
        if isinstance(value, dict):
            return value
    at = text.find("{")
    if at >= 0:
        try:
            value = decoded_from(text, at)
        except ValueError as error:
            raise Unreadable(f"the JSON breaks off or is wrong: {error}") from None
        if isinstance(value, dict):
            return value
    raise Unreadable("there was no JSON object in the answer")


def _decoded(text: str) -> JsonValue:
    """JSON, decoded again while it is a string that holds JSON; None if it is none."""
    try:
        value = decoded(text)
        while isinstance(value, str) and value.lstrip()[:1] in ("{", '"'):
            value = decoded(value)
    except ValueError:
        return None
    return value


def _unwrapped(value: dict[str, JsonValue], schema: type[BaseModel]) -> dict[str, JsonValue]:
    """The arguments out of `{"name": ..., "arguments": {...}}`, unless the schema has such a field itself."""
    for name in _WRAPPERS:
        inner = value.get(name)
        inner = _decoded(inner) if isinstance(inner, str) else inner
        if name not in schema.model_fields and isinstance(inner, dict):
            return inner
    return value


def validated(value: dict[str, JsonValue], schema: type[T]) -> T:
    """The value as the schema has it. A field that is wrong as a string and right as the JSON in it is taken so.

    Raises:
        Unreadable: with every field that is wrong.
    """
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    inner = {name: _decoded(field) if isinstance(field, str) else None for name, field in value.items()}
    value = {name: inner[name] if name in wrong and inner[name] is not None else value[name] for name in value}
    try:
        return schema.model_validate(value)
    except ValidationError as error:
        fields = tuple(
            FieldError(
                path=".".join(map(str, item["loc"])),
                expected=item["msg"],
                got=str(item["input"])[:_SHOWN],
                rule=item["type"],
            )
            for item in error.errors(include_url=False)
        )
        raise Unreadable("the answer does not fit", fields) from None
