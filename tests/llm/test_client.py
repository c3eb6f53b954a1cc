"""The client against MiniMax's quirks, over real HTTP."""

from __future__ import annotations

import json
import logging
import math
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.graph import START, MessagesState, StateGraph

from agents.llm.choosing import chat_model
from agents.llm.client import OpenAIChat
from agents.llm.retry import Backoff
from tests.wire_mock import KEY, THOUGHT, WireMock
from vibeboard.faults import FaultError, FaultKind
from vibeboard.settings import Settings

TOOL = {
    "type": "function",
    "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}},
}
HELLO = [SystemMessage("Be brief."), HumanMessage("Hello")]


def model(mock: WireMock, **settings: object) -> OpenAIChat:
    chat = chat_model(Settings(**mock.settings(**settings)))
    return chat.model_copy(update={"backoff": Backoff(first_s=0.01)})


def says(text: str) -> Any:
    return lambda _body: text


async def fault_of(chat: OpenAIChat, messages: list[Any] = HELLO) -> FaultError:
    with pytest.raises(FaultError) as caught:
        await chat.ainvoke(messages)
    return caught.value


async def test_text_comes_without_the_thinking_which_is_kept():
    with WireMock(says("Good day to you, and to the cat as well.")) as mock:
        answer = await model(mock).ainvoke(HELLO)
    assert answer.content == "Good day to you, and to the cat as well."
    assert answer.additional_kwargs["reasoning_details"][0]["text"] == THOUGHT
    assert mock.requests[0]["reasoning_split"] is True


@pytest.mark.parametrize("cumulative", [True, False])
async def test_a_stream_is_the_same_whether_chunks_repeat_or_go_on(cumulative):
    text = "word " * 300
    with WireMock(says(text), cumulative=cumulative) as mock:
        pieces = [str(chunk.content) async for chunk in model(mock).astream(HELLO)]
    assert "".join(pieces) == text
    assert sum(bool(piece) for piece in pieces) > 2


async def test_think_tags_in_the_text_are_split_off_across_chunks_and_sent_back():
    with WireMock(lambda body: "There." if len(body["messages"]) > 2 else ("look", {"at": "it"})) as mock:
        chat = model(mock)
        chat = chat.model_copy(update={"dialect": chat.dialect.model_copy(update={"body": {}})})
        chat.model_post_init(None)
        first = await chat.ainvoke(HELLO, tools=[TOOL])
        assert first.content == ""
        assert first.additional_kwargs["reasoning_content"] == THOUGHT
        last = await chat.ainvoke([*HELLO, first, ToolMessage("seen", tool_call_id=first.tool_calls[0]["id"])])
    assert last.content == "There."
    assert THOUGHT in mock.requests[1]["messages"][2]["content"]


async def test_a_tool_turn_carries_thinking_and_raw_arguments_back():
    with WireMock(lambda body: "Done." if len(body["messages"]) > 2 else ("look", {"at": "the door"})) as mock:
        chat = model(mock)
        call = await chat.bind(tools=[TOOL]).ainvoke(HELLO)
        assert call.tool_calls[0]["args"] == {"at": "the door"}
        answer = await chat.ainvoke([*HELLO, call, ToolMessage("a door", tool_call_id=call.tool_calls[0]["id"])])
        assert answer.content == "Done."
        forgetful = AIMessage(content="", tool_calls=call.tool_calls)
        turn = [*HELLO, forgetful, ToolMessage("a door", tool_call_id=call.tool_calls[0]["id"])]
        assert "reasoning_details" in str(await fault_of(chat, turn))


async def test_a_streamed_tool_call_adds_up_to_the_same_message():
    with WireMock(lambda body: "Done." if len(body["messages"]) > 2 else ("look", {"at": "x" * 900})) as mock:
        chat = model(mock)
        total: Any = None
        async for chunk in chat.astream(HELLO, tools=[TOOL]):
            total = chunk if total is None else total + chunk
        assert total.tool_calls[0]["args"] == {"at": "x" * 900}
        turn = [*HELLO, total, ToolMessage("seen", tool_call_id=total.tool_calls[0]["id"])]
        assert (await chat.ainvoke(turn)).content == "Done."


async def test_arguments_that_break_off_are_never_completed():
    with WireMock(lambda _body: ("look", {"at": "the door"}), ["cut"]) as mock:
        answer = await model(mock).ainvoke(HELLO, tools=[TOOL])
    assert not answer.tool_calls
    assert answer.invalid_tool_calls[0]["args"] == '{"at": "the doo'


async def test_a_character_that_the_server_cut_in_two_is_whole_again():
    halves = "x" * 399 + "\ud83d\ude00" + "!\ud83d"
    with WireMock(says(halves), thinks=False, cumulative=False) as mock:
        assert (await model(mock).ainvoke(HELLO)).content == "x" * 399 + "\U0001f600!\ufffd"


@pytest.mark.parametrize("number", [math.nan, -math.inf, 10**30])
async def test_a_number_that_json_or_we_do_not_have_makes_a_call_invalid(number):
    with WireMock(lambda _body: ("look", {"at": number})) as mock:
        answer = await model(mock).ainvoke(HELLO, tools=[TOOL])
    assert not answer.tool_calls
    assert answer.invalid_tool_calls[0]["name"] == "look"


@pytest.mark.parametrize("fault", ["1002", "1039", "1041", "1000", "500", "empty", "stall", "1026"])
async def test_what_passes_is_waited_for(fault):
    with WireMock(says("Here I am."), [fault]) as mock:
        answer = await model(mock).ainvoke(HELLO)
    assert answer.content == "Here I am."
    assert len(mock.requests) == 2
    assert mock.requests[0] == mock.requests[1]


@pytest.mark.parametrize(
    ("fault", "code", "kind", "calls"),
    [
        ("1002", "llm_rate_limit", FaultKind.TRANSIENT, 5),
        ("1039", "llm_rate_limit", FaultKind.TRANSIENT, 5),
        ("500", "llm_unavailable", FaultKind.TRANSIENT, 5),
        ("1004", "llm_auth", FaultKind.REJECTED, 1),
        ("1008", "llm_balance", FaultKind.REJECTED, 1),
        ("1026", "llm_policy", FaultKind.REJECTED, 2),
        ("2013", "llm_bad_request", FaultKind.REPAIRABLE, 1),
    ],
)
async def test_what_does_not_pass_ends_in_its_class_after_so_many_calls(fault, code, kind, calls):
    with WireMock(says("never"), [fault] * 9) as mock:
        error = await fault_of(model(mock))
    assert (error.fault.code, error.fault.kind, len(mock.requests)) == (code, kind, calls)
    assert f"({fault})" in str(error)


async def test_a_2013_names_the_field():
    with WireMock(says("never"), ["2013"]) as mock:
        error = await fault_of(model(mock))
    assert [(field.path, field.expected) for field in error.fault.fields] == [
        ("messages", "missing required parameter")
    ]


async def test_a_wait_that_is_too_long_is_left_to_the_caller():
    with WireMock(says("never"), ["1002"] * 9, retry_after="3600") as mock:
        error = await fault_of(model(mock))
    assert len(mock.requests) == 1
    assert error.fault.retry_after_s == 3600


async def test_invisible_characters_are_taken_out_once_and_only_when_the_server_objects():
    with WireMock(says("Read.")) as mock:
        answer = await model(mock).ainvoke([HumanMessage("a\u200bb\x07c\nd")])
    assert answer.content == "Read."
    assert [request["messages"][0]["content"] for request in mock.requests] == ["a\u200bb\x07c\nd", "abc\nd"]
    with WireMock(says("never"), ["1042"] * 5) as mock:
        assert (await fault_of(model(mock))).fault.code == "llm_invisible_characters"
        assert len(mock.requests) == 2


async def test_a_stream_that_breaks_off_after_its_first_words_is_a_fault_for_the_reader():
    with WireMock(says("never"), ["stall"]) as mock:
        stream = model(mock).astream(HELLO)
        assert (await anext(stream)).content == "Well"
        with pytest.raises(FaultError) as caught:
            await anext(stream)
    assert caught.value.fault.code == "llm_stalled"


async def test_nobody_there_is_said_so():
    with WireMock(says("never")) as mock:
        chat = model(mock)
    error = await fault_of(chat.model_copy(update={"backoff": Backoff(tries=2, first_s=0.01)}))
    assert error.fault.kind is FaultKind.TRANSIENT
    assert "cannot be reached" in str(error)


async def test_a_wrong_key_is_refused_and_no_key_is_ever_shown(caplog):
    caplog.set_level(logging.DEBUG)
    with WireMock(says("never"), ["1004"]) as mock:
        chat = model(mock)
        error = await fault_of(chat)
        wrong = await fault_of(model(mock, llm_key="sk-another-key-that-is-wrong"))
        settings = Settings(**mock.settings())
    shown = [repr(chat), str(chat), repr(error.fault), str(error), repr(settings), chat.model_dump_json(), str(wrong)]
    shown += [caplog.text, *(str(record.__dict__) for record in caplog.records)]
    shown += [json.dumps(chat._identifying_params, default=str), repr(chat.bind(tools=[TOOL]))]
    assert "***" in str(error)
    assert not [text for text in shown if KEY in text or "sk-another" in text]
    assert error.__cause__ is None


async def test_tool_choice_is_not_sent_where_it_is_ignored_and_effort_is():
    with WireMock(lambda _body: ("look", {"at": "it"})) as mock:
        await model(mock, llm_effort="low").ainvoke(HELLO, tools=[TOOL], tool_choice="required")
    assert "tool_choice" not in mock.requests[0]
    assert mock.requests[0]["effort"] == "low"
    assert mock.requests[0]["max_completion_tokens"] == 16_384


async def test_langgraph_streams_the_words_of_a_node_that_asks():
    with WireMock(says("One word after another. " * 40)) as mock:
        chat = model(mock)

        async def node(state: MessagesState) -> MessagesState:
            return {"messages": [await chat.ainvoke(state["messages"])]}

        graph = StateGraph(MessagesState).add_node("node", node).add_edge(START, "node").compile()
        stream = graph.astream({"messages": HELLO}, stream_mode="messages")
        pieces = [str(chunk.content) async for chunk, _ in stream]
    assert "".join(pieces) == "One word after another. " * 40
    assert sum(bool(piece) for piece in pieces) > 1


@pytest.mark.parametrize("shape", ["leak", "leak_m2"])
async def test_a_tool_call_that_leaked_into_the_text_is_flagged(shape):
    with WireMock(lambda _body: ("look", {"at": "it"}), [shape]) as mock:
        chat = model(mock)
        assert (await chat.ainvoke(HELLO, tools=[TOOL])).response_metadata["leaked_markup"] is True
        assert "leaked_markup" not in (await chat.ainvoke(HELLO, tools=[TOOL])).response_metadata


async def test_a_model_that_would_think_for_ever_is_asked_for_little_effort():
    with WireMock(says("Yes.")) as mock:
        await model(mock, llm_model="MiniMax-M3.1-Flash").ainvoke(HELLO)
        await model(mock).ainvoke(HELLO)
    assert [request.get("effort") for request in mock.requests] == ["low", None]
