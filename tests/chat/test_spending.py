"""What a chat spends on models, by talking and by planning: one budget for both."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.llm.choosing import chat_model
from graphs.talking import conversation
from tests.chat.conftest import NO_LIMITS
from tests.planner_llm.as_minimax import Stand
from tests.planner_llm.conftest import TWO
from tests.wire_mock import WireMock
from vibeboard.faults import Rejected
from vibeboard.settings import Settings


async def test_planning_and_talking_spend_one_budget_also_when_the_chat_is_opened_again(chat):
    chat.text = TWO
    with (
        WireMock(Stand(TWO), usage=True) as planner,
        WireMock(lambda _body: "Two scenes.", usage=True) as talker,
    ):
        desk = replace(chat.desk, planner=lambda: chat_model(Settings(**planner.settings())))

        async def spent(said: str, **settings: object) -> int:
            model = chat_model(Settings(**talker.settings(**settings)))
            async with conversation(chat.project, desk, model, NO_LIMITS, lambda _said: None) as talk:
                await desk.film()
                await talk.say(said)
            return model.ledger.calls

        assert await spent("hello") == len(planner.answered) + 1 == 6
        assert await spent("and again") == 7
        with pytest.raises(Rejected, match="budget of 6000 tokens"):
            await spent("once more", llm_token_budget=6000, llm_max_tokens=100)
        assert len(talker.answered) == 2
