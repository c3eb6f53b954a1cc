"""A turn that breaks off anywhere, before the checkpoint of what has just happened: it happens once all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from agents.director.mind import Mind, Past, Tell
from agents.llm.choosing import chat_model
from graphs.chat import Said
from graphs.talking import Conversation, mind_for
from tests.chat.conftest import NO_LIMITS, Chat
from tests.chat.test_resume import STEPS, next_step
from tests.wire_mock import WireMock
from vibeboard.settings import Settings


class Died(BaseException):
    """As a kill: nothing of ours catches it."""


@dataclass
class Countdown:
    """Dies at the `left`-th thing that is answered or shown, if there are so many."""

    left: int

    def tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Died


@dataclass
class Mortal:
    """A mind that dies with its answer in hand: after it was kept, before anybody heard it."""

    mind: Mind
    countdown: Countdown

    async def next(self, turn: int, past: Sequence[Past], messages: Sequence[BaseMessage], tell: Tell) -> AIMessage:
        answer = await self.mind.next(turn, past, messages, tell)
        self.countdown.tick()
        return answer


async def live(chat: Chat, mock: WireMock, said: str, countdown: Countdown) -> bool:
    """Begin the turn or carry it on; whether it came to its end."""

    def show(what: Said) -> None:
        if what.kind != "text":
            countdown.tick()

    model = chat_model(Settings(**mock.settings()))
    async with (
        contextlib.aclosing(model),
        AsyncSqliteSaver.from_conn_string(str(chat.project.root / "chat.db")) as saver,
    ):
        mind = Mortal(mind_for(chat.project, model), countdown)
        talk = Conversation(chat.project, chat.desk, mind, NO_LIMITS, saver, show)
        try:
            if not await talk.carry_on():
                await talk.say(said)
        except Died:
            return False
        return True


@pytest.mark.parametrize("at", range(1, 9))
async def test_every_moment_to_die(chat, at):
    """Three answers, two calls and two results: seven moments, and one beyond them."""
    with WireMock(next_step) as mock:
        ended = await live(chat, mock, "make 4M slower and push in to her eyes", Countdown(at))
        assert ended is (at > 7)
        if not ended:
            assert await live(chat, mock, "unheard", Countdown(100))
        assert len(mock.answered) == len(STEPS)
        assert chat.edits() == ["scale length", "movement"]
        assert len(chat.project.edits.entries()) == 2
        (turn,) = chat.project.chat.before(turn=100, most=10)
        assert STEPS[-1] in str(turn.messages)


async def test_short_lives_come_to_the_end_together(chat):
    with WireMock(next_step) as mock:
        lives = 1
        while not await live(chat, mock, "make 4M slower and push in to her eyes", Countdown(3)):
            lives += 1
            assert lives < 20
        assert lives > 1
        assert len(mock.answered) == len(STEPS)
        assert len(chat.project.edits.entries()) == 2
