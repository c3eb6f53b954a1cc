"""Questions with an answer of a given shape, over the wire: read defensively, asked again, kept."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from agents.llm.asking import Answered, Asker
from agents.llm.choosing import chat_model
from agents.llm.retry import Backoff
from tests.wire_mock import WireMock
from vibeboard.faults import FieldError, Rejected, Repairable
from vibeboard.model import Frozen
from vibeboard.settings import Settings


class Cat(Frozen):
    """A cat."""

    name: str
    lives: int
    enemies: tuple[str, ...] = ()


TOM = {"name": "Tom", "lives": 9, "enemies": ["Jerry", "Spike"]}
ASKED = [HumanMessage("Which cat?")]


class Shelf(dict[str, str]):
    """Answers in memory."""

    def find(self, key: str) -> str | None:
        return self.get(key)

    def keep(self, key: str, answer: str) -> None:
        assert key not in self
        self[key] = answer


def asker(mock: WireMock, shelf: Shelf | None = None, heard: Any = None, **settings: object) -> Asker:
    chat = chat_model(Settings(**mock.settings(**settings))).model_copy(update={"backoff": Backoff(first_s=0.01)})
    return Asker(chat, Shelf() if shelf is None else shelf, heard or (lambda _answered: None))


def tom(_body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return "Cat", TOM


@pytest.mark.parametrize("shape", ["", "leak", "leak_m2", "fence", "prose", "wrapped", "double", "double_field"])
async def test_an_answer_is_read_however_it_is_wrapped(shape):
    with WireMock(tom, [shape]) as mock:
        assert await asker(mock).ask(Cat, ASKED) == Cat.model_validate(TOM)
        assert len(mock.requests) == 1


@pytest.mark.parametrize("shape", ["leak_cut", "cut", "wrong", "refusal", "deep", "endless", "half_character"])
async def test_an_answer_that_does_not_fit_is_asked_for_again(shape):
    with WireMock(tom, [shape, shape]) as mock:
        assert await asker(mock).ask(Cat, ASKED) == Cat.model_validate(TOM)
        assert len(mock.requests) == 3


async def test_three_bad_answers_are_enough_and_the_fault_names_the_fields():
    with WireMock(tom, ["wrong"] * 9) as mock:
        with pytest.raises(Repairable) as caught:
            await asker(mock).ask(Cat, ASKED)
        assert len(mock.requests) == 3
    assert {field.path for field in caught.value.fault.fields} == {"name", "lives", "no_such_field"}
    told = mock.requests[1]["messages"][-1]
    assert told["role"] == "tool"
    assert "name: Field required" in told["content"]


async def test_a_check_of_ours_is_told_to_the_model_as_the_schema_is():
    def fewer_lives(cat: Cat) -> list[FieldError]:
        return (
            [FieldError(path="lives", expected="7, as cats have in Spain", got=str(cat.lives))] if cat.lives > 7 else []
        )

    def learns(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return "Cat", {**TOM, "lives": 7 if "in Spain" in str(body["messages"]) else 9}

    with WireMock(learns) as mock:
        assert (await asker(mock).ask(Cat, ASKED, fewer_lives)).lives == 7


async def test_what_was_answered_is_never_asked_again_bad_answers_included():
    shelf, bills = Shelf(), list[Answered]()
    with WireMock(tom, ["wrong", "leak"]) as mock:
        first = await asker(mock, shelf, bills.append).ask(Cat, ASKED)
        again = await asker(mock, shelf, bills.append).ask(Cat, ASKED)
        assert first == again
        assert len(mock.requests) == len(bills) == 2
        await asker(mock, shelf, llm_model="MiniMax-M3.1-Flash").ask(Cat, ASKED)
        assert len(mock.requests) == 3


async def test_the_bill_has_tokens_and_money_also_when_usage_is_null():
    bills: list[Answered] = []
    with WireMock(tom, usage=True) as mock:
        await asker(mock, heard=bills.append).ask(Cat, ASKED)
    with WireMock(tom, usage=False) as mock:
        await asker(mock, heard=bills.append).ask(Cat, ASKED)
    told, guessed = bills
    assert (told.usage.input, told.usage.output, told.usage.cached, told.usage.estimated) == (1000, 200, 400, False)
    assert told.usd == pytest.approx((600 * 0.30 + 400 * 0.06 + 200 * 1.20) / 1e6)
    assert guessed.usage.estimated
    assert 50 < guessed.usage.input < 500
    assert guessed.usage.output > 10


async def test_the_budget_stops_before_it_is_passed():
    with WireMock(tom, usage=True) as mock:
        ask = asker(mock, llm_budget=0.0015, llm_max_tokens=500)
        await ask.ask(Cat, [HumanMessage("one")])
        await ask.ask(Cat, [HumanMessage("two")])
        with pytest.raises(Rejected, match="budget"):
            await ask.ask(Cat, [HumanMessage("three")])
        assert ask.model.ledger.usd < 0.0015
        assert len(mock.requests) == ask.model.ledger.calls
        with pytest.raises(Rejected, match="budget"):
            await asker(mock, llm_token_budget=100).ask(Cat, ASKED)


@pytest.mark.parametrize("prices", [{}, {"llm_price_in": 1.0}, {"llm_price_out": 1.0}])
def test_a_model_whose_price_nobody_knows_is_refused_before_it_is_asked(prices):
    with pytest.raises(Rejected, match=r"VIBEBOARD_LLM_PRICE_IN and VIBEBOARD_LLM_PRICE_OUT, .* or VIBEBOARD_LLM_TOK"):
        chat_model(Settings(llm_dialect="openai", llm_model="gpt-9", llm_key="key", **prices))


async def test_a_price_of_the_settings_is_what_the_budget_counts_with():
    with WireMock(tom) as mock:
        dear = asker(mock, llm_model="gpt-9", llm_price_in=1.0, llm_price_out=10_000.0, llm_max_tokens=500)
        with pytest.raises(Rejected, match="VIBEBOARD_LLM_BUDGET"):
            await dear.ask(Cat, ASKED)
        assert mock.requests == []
        bounded = asker(mock, llm_model="gpt-9", llm_token_budget=10_000, llm_max_tokens=500)
        assert await bounded.ask(Cat, ASKED) == Cat.model_validate(TOM)
        free = asker(mock, llm_model="gpt-9", llm_price_in=0.0, llm_price_out=0.0)
        await free.ask(Cat, ASKED)
        assert free.model.ledger.usd == 0


async def test_a_local_server_is_asked_by_json_schema():
    with WireMock(lambda _body: '{"name": "Tom", "lives": 9}', lenient=True, cumulative=False) as mock:
        assert await asker(mock, llm_dialect="local", llm_model="tiny").ask(Cat, ASKED) == Cat(name="Tom", lives=9)
    request = mock.requests[0]
    assert request["response_format"]["json_schema"]["schema"]["required"] == ["name", "lives"]
    assert "tools" not in request
    assert "max_tokens" in request
