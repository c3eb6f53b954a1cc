"""The client's parts by themselves: gate, retry, reading, thinking, the scripted model, the choice of one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from agents.llm.choosing import model_for
from agents.llm.codes import MEANINGS
from agents.llm.errors import fault_in_answer, masked, retry_after
from agents.llm.gate import RateGate
from agents.llm.markup import leaked, leaked_arguments
from agents.llm.retry import Backoff, Tries
from agents.llm.scripted import scripted
from agents.llm.thinking import ThinkSplitter, without_thinking
from tests.wire_mock import m2_markup, m3_markup
from vibeboard.faults import FaultKind, Rejected, Transient
from vibeboard.settings import Settings


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


async def through(gate: RateGate, tokens: int = 1) -> None:
    async with gate.turn(tokens):
        pass


async def test_the_gate_lets_so_many_requests_and_tokens_through_a_minute():
    clock = Clock()
    gate = RateGate(3, 1000, 8, clock, clock.sleep)
    for _ in range(3):
        await through(gate)
    assert clock.now == 0
    await through(gate)
    assert clock.now == pytest.approx(60)
    clock = Clock()
    gate = RateGate(100, 1000, 8, clock, clock.sleep)
    await through(gate, 900)
    await through(gate, 200)
    assert clock.now == pytest.approx(60)


async def test_a_call_of_more_tokens_than_a_minute_has_goes_alone():
    clock = Clock()
    gate = RateGate(100, 1000, 8, clock, clock.sleep)
    await through(gate, 5000)
    assert clock.now == 0


async def test_a_refusal_halves_what_runs_at_once_and_good_calls_bring_it_back():
    clock = Clock()
    gate = RateGate(10_000, 10_000, 8, clock, clock.sleep)
    gate.refused(5.0)
    gate.refused(2.0)
    assert gate.limit == 2
    await through(gate)
    assert clock.now == pytest.approx(5)
    for _ in range(60):
        gate.went_well()
    assert gate.limit == 8


async def test_no_more_run_at_once_than_the_limit():
    gate, running, most = RateGate(100, 10_000, 3), 0, 0

    async def work() -> None:
        nonlocal running, most
        async with gate.turn(1):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1

    await asyncio.gather(*(work() for _ in range(12)))
    assert most == 3


def test_every_code_has_the_class_of_the_table():
    classes = {code: what.fault.kind for code, what in MEANINGS.items()}
    transient = {code for code, kind in classes.items() if kind is FaultKind.TRANSIENT}
    assert transient == {1000, 1001, 1024, 1033, 1002, 1039, 1041, 2045}
    assert {code for code, kind in classes.items() if kind is FaultKind.REPAIRABLE} == {2013, 1042}
    assert {MEANINGS[code].code for code in (1026, 1027)} == {"llm_policy"}


def test_the_backoff_grows_to_its_bound_and_ends():
    backoff = Backoff(tries=5, first_s=1, longest_s=3)
    tries, fault = Tries(backoff), Transient("llm_unavailable", "gone").fault
    waits = [tries.again(fault, []) for _ in range(5)]
    assert waits[-1] is None
    bounds = [(0.75, 1), (1.5, 2), (2.25, 3), (2.25, 3)]
    assert all(low <= wait[0] <= high for wait, (low, high) in zip(waits[:4], bounds, strict=True) if wait)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"base_resp": {"status_code": "1008", "status_msg": "no"}}, MEANINGS[1008].code),
        ({"error": {"code": 401, "message": "no"}}, MEANINGS[1004].code),
        ({"error": {"code": "429", "message": "slowly"}}, MEANINGS[1002].code),
        ({"error": "bad request (2013)."}, MEANINGS[2013].code),
    ],
)
def test_an_error_in_an_answer_is_what_its_code_means(body, code):
    error = fault_in_answer(body, "m", "")
    assert error is not None
    assert error.fault.code == code


@pytest.mark.parametrize("status", ["0", 0, "abc", None])
def test_a_status_that_is_no_code_is_no_error(status):
    assert fault_in_answer({"base_resp": {"status_code": status}, "choices": []}, "m", "") is None


def test_retry_after_is_read_in_all_its_forms():
    assert retry_after({"retry-after-ms": "250"}) == 0.25
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000"}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "nan"}) is None
    assert retry_after({"retry-after": "-3"}) is None
    assert retry_after({}) is None


def test_words_of_a_server_are_one_line_without_the_key():
    assert masked("bad\x1b[31m key\nsk-1 here", "sk-1") == "bad [31m key *** here"
    assert len(masked("x" * 9999, "")) == 240


@given(st.lists(st.tuples(st.text("ab<>/ ", max_size=6), st.booleans()), max_size=4), st.data())
def test_thinking_is_split_the_same_however_the_text_is_cut(parts, data):
    text = "".join(f"<think>{words}</think>" if thought else words for words, thought in parts)
    whole = ThinkSplitter()
    expected = [whole.feed(text), whole.rest()]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    splitter, got = ThinkSplitter(), []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        got.append(splitter.feed(text[start:end]))
    got.append(splitter.rest())
    assert ["".join(column) for column in zip(*got, strict=True)] == [
        "".join(column) for column in zip(*expected, strict=True)
    ]


def test_thinking_that_began_before_the_text_ends_at_its_closing_tag():
    assert without_thinking("hm, hm</think>Yes.") == "Yes."
    assert without_thinking("<mm:think>hm</mm:think>Yes.") == "Yes."


@pytest.mark.parametrize("markup", [m2_markup, m3_markup])
def test_leaked_markup_of_both_families_is_read(markup):
    args = {"shots": [{"a": "<b> & </b>"}], "note": "x"}
    text = markup("plan", args)
    assert leaked(text)
    assert leaked_arguments(text, "plan") == args
    assert leaked_arguments(text, "other") is None
    assert not leaked("A tool call is < 5 and > 3.")


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "turns.yaml"
    path.write_text(text)
    return path


async def test_a_scripted_model_plays_its_turns_in_order_and_by_their_words(tmp_path):
    path = script(
        tmp_path, "- text: one\n- {text: rain, when: weather}\n- {text: hi, when: hello, always: true}\n- text: two\n"
    )
    chat = scripted(path)
    asked = ["Hello", "anything", "the WEATHER?", "hello again", "something"]
    said = [(await chat.ainvoke([HumanMessage(words)])).content for words in asked]
    assert said == ["hi", "one", "rain", "hi", "two"]
    with pytest.raises(Rejected, match="no turn for question 6: 4 turns are in its file, 1 are left"):
        await chat.ainvoke([HumanMessage("more")])


async def test_a_scripted_model_calls_tools_and_fails_on_cue(tmp_path):
    turns = [{"call": "look", "args": {"at": "it"}}, {"fault": {"code": "llm_unavailable", "message": "gone"}}]
    chat = scripted(script(tmp_path, json.dumps({"turns": turns})))
    assert (await chat.ainvoke([HumanMessage("a")])).tool_calls[0]["args"] == {"at": "it"}
    with pytest.raises(Transient, match="gone"):
        await chat.ainvoke([HumanMessage("b")])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- text: a\n  call: b\n", "needs one of"),
        ("- words: a\n", "turns.0.words"),
        ("a: [", "neither YAML nor JSON"),
        ("", "turns"),
    ],
)
def test_a_bad_script_is_refused_in_a_sentence(tmp_path, text, told):
    with pytest.raises(Rejected, match=told):
        scripted(script(tmp_path, text))


def test_who_plans_is_chosen_by_name():
    assert model_for("offline", Settings()) is None
    with pytest.raises(Rejected, match="no key"):
        model_for("minimax", Settings(llm_key=""))
    with pytest.raises(Rejected, match="offline, minimax or scripted:FILE"):
        model_for("gpt", Settings())
    with pytest.raises(Rejected, match="name a YAML file"):
        model_for("scripted:/nowhere.yaml", Settings())


def test_the_key_is_read_from_either_variable(monkeypatch):
    monkeypatch.setenv("MINIMAX_API_KEY", "one")
    assert Settings().llm_key.get_secret_value() == "one"
    monkeypatch.setenv("VIBEBOARD_LLM_KEY", "two")
    assert Settings().llm_key.get_secret_value() == "two"
