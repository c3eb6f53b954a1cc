"""Who decides what the director says and does next: a model, or the commands that need none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
)
from langchain_core.messages.tool import tool_call
from pydantic import JsonValue

import agents.prompts
from agents.director.commands import HELP, calls_for, not_understood
from agents.director.tools import director_tools
from agents.llm.asking import Answered, Answers, KeptMessages, bill
from agents.llm.codes import UNUSABLE
from agents.llm.markup import leaked
from agents.llm.model import LlmModel
from agents.llm.wire import whole
from vibeboard.digest import content_key
from vibeboard.faults import Repairable, Transient

REVISION = "1"
"""Raised by hand when the same conversation would be put to a model in another way."""
_TRIES = 3
Tell = Callable[[str], None]
"""Shows a piece of an answer as it comes."""


class Past(NamedTuple):
    """An earlier turn, as it is remembered: what was said, which tools were called, what was answered."""

    said: str
    did: Sequence[str]
    answered: str


class Mind(Protocol):
    async def next(self, turn: int, past: Sequence[Past], messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        """The next message of a turn, whose messages so far begin with what the person said."""


class CommandMind:
    """Understands the commands of `agents.director.commands`; what tools return is the answer."""

    async def next(self, turn: int, past: Sequence[Past], messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        if len(messages) > 1:
            return AIMessage("")
        said = str(messages[0].text).strip()
        calls = calls_for(said)
        if calls is None:
            answer = HELP if said.casefold().strip("?! ") == "help" else not_understood(said)
            tell(answer)
            return AIMessage(answer)
        made = [tool_call(name=name, args=args, id=f"command-{turn}-{at}") for at, (name, args) in enumerate(calls)]
        return AIMessage("", tool_calls=made)


@cache
def _prompt() -> str:
    return (Path(agents.prompts.__file__).parent / "director.md").read_text().strip()


class ModelMind:
    """Asks a model. What it answered is kept by the step of the turn, so that a turn that is carried on asks nothing
    twice; `heard` is told of each answer after it was kept."""

    def __init__(self, model: LlmModel, answers: Answers, heard: Callable[[Answered], None]) -> None:
        self._model, self._kept, self._heard = model, KeptMessages(model, answers), heard
        self._tools = [tool.schema for tool in director_tools().values()]

    async def next(self, turn: int, past: Sequence[Past], messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        asked = [SystemMessage(_prompt()), *(part for turn_past in past for part in _remembered(turn_past)), *messages]
        for _ in range(_TRIES):
            answer = await self._answer(turn, asked, tell)
            if wrong := _unusable(answer):
                tell("\n(that answer could not be used; asking again)\n")
                asked = [*asked, HumanMessage(f"Your answer could not be used: {wrong}. Answer again.")]
                continue
            return answer
        raise Repairable(UNUSABLE, f"{self._model.name_shown} gave no usable answer in {_TRIES} tries")

    async def _answer(self, turn: int, messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        key = self._key(turn, messages)
        if kept := self._kept.find(key):
            tell(str(kept.text))
            return kept
        message = await self._streamed(messages, tell)
        self._kept.keep(key, message)
        self._heard(bill(self._model, message, "director"))
        return message

    async def _streamed(self, messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        """The answer, shown as it comes; asked for once more if it breaks off."""
        for last in (False, True):
            chunks: list[AIMessageChunk] = []
            try:
                async for chunk in self._model.astream(list(messages), tools=self._tools):
                    chunks.append(chunk)
                    tell(str(chunk.text))
            except Transient:
                if last or not chunks:
                    raise
                tell("\n(the answer broke off; asking again)\n")
            else:
                return whole(chunks)
        raise AssertionError

    def _key(self, turn: int, messages: Sequence[BaseMessage]) -> str:
        told: JsonValue = [[message.type, message.model_dump(mode="json", include=_COUNTS)] for message in messages]
        return content_key("direct", self._model.identity, REVISION, {"turn": turn, "messages": told})


_COUNTS = {"content", "tool_calls", "tool_call_id"}


def _remembered(past: Past) -> list[BaseMessage]:
    """An earlier turn in words: what tools returned then may not be so any more."""
    did = f"[called {', '.join(past.did)}] " if past.did else ""
    return [HumanMessage(past.said), AIMessage(f"{did}{past.answered}".strip() or "[no answer]")]


def _unusable(answer: AIMessage) -> str:
    if answer.invalid_tool_calls:
        bad = answer.invalid_tool_calls[0]
        return f"the arguments of {bad['name']} are no JSON object"
    markup = not answer.tool_calls and leaked(str(answer.text))
    return "the tool call came as markup in the text" if markup else ""
