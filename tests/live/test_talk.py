"""The chat of the service: what is said, asked and answered becomes events of the thread, each once, whatever dies."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.live.conftest import Wire, new_film, wired
from tests.service.conftest import Server, serving
from tests.wire_mock import WireMock
from vibeboard.events import EventType

CHANNELS = ("messages", "tools", "input", "custom", "lifecycle")
STEPS: tuple[Any, ...] = (
    ("set_length", {"shot": "1A", "factor": 1.5}),
    ("make_film", {"shots": ["1A"]}),
    "Longer, and made.",
)


def next_step(body: dict[str, Any]) -> Any:
    """The step after as many as have results."""
    return STEPS[sum(message["role"] == "tool" for message in body["messages"])]


def say(client: httpx2.Client, film: str, text: str, **headers: str) -> httpx2.Response:
    return client.post(f"/api/threads/{film}/messages", json={"text": text}, headers=headers)


def logged(client: httpx2.Client, film: str) -> list[dict[str, Any]]:
    page = client.get(f"/api/threads/{film}/log", params={"limit": 200}).json()
    assert page["next"] is None
    assert [item["seq"] for item in page["items"]] == list(range(1, page["newest"] + 1))
    items: list[dict[str, Any]] = page["items"]
    return items


def chatted(client: httpx2.Client, film: str) -> list[str]:
    """What was said and done in the chat, in order."""
    wanted = ("message.", "tool.", "input.", "edit.")
    return [item["type"] for item in logged(client, film) if item["type"].startswith(wanted)]


async def test_a_command_without_a_model_changes_the_plan(server, client):
    film = new_film(client)
    async with wired(server, film) as wire:
        await wire.follow(*CHANNELS)
        assert say(client, film, "slower 1A").json() == {"turn": 1, "run_id": "chat"}
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
    said = ["message.said", "tool.called", "edit.made", "tool.answered", "message.answered"]
    assert chatted(client, film) == wire.kinds() == said


async def test_a_message_that_is_sent_twice_is_one_turn(server, client):
    film = new_film(client)
    async with wired(server, film) as wire:
        await wire.follow(*CHANNELS)
        first = say(client, film, "slower 1A", **{"Idempotency-Key": "once"})
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
        again = say(client, film, "slower 1A", **{"Idempotency-Key": "once"})
        assert (first.status_code, again.json()) == (202, first.json())
        command = {"method": "run.start", "params": {"input": "slower 1B"}, "idempotency_key": "twice"}
        answers = [client.post(f"/api/threads/{film}/commands", json={"id": number, **command}) for number in (1, 2)]
        assert [answer.json()["result"]["turn"] for answer in answers] == [2, 2]
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
        assert wire.kinds().count(EventType.MESSAGE_SAID) == 2


async def test_a_repeated_command_of_a_connection_gets_the_same_answer(server, client):
    film = new_film(client)
    async with wired(server, film) as wire:
        first = await wire.do("run.start", "mine", input="slower 1A")
        assert await wire.do("run.start", "mine", input="slower 1A") == first
        await wire.follow(*CHANNELS)
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
    assert chatted(client, film).count("message.said") == 1


@pytest.mark.parametrize("other", [("run.start", {"input": "slower 1B"}), ("state.get", {})])
async def test_another_command_under_an_id_of_the_connection_is_refused(server, client, other):
    film = new_film(client)
    method, params = other
    async with wired(server, film) as wire:
        first = await wire.do("run.start", "mine", input="slower 1A")
        refused = await wire.do(method, "mine", **params)
        assert (refused["type"], refused["code"], refused["problem"]) == ("error", 422, "id_reused")
        assert refused["message"].startswith("id mine was used for another command")
        assert await wire.do("run.start", "mine", input="slower 1A") == first
        await wire.follow(*CHANNELS)
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
    assert chatted(client, film).count("message.said") == 1


async def test_a_key_that_nobody_remembers_any_more_says_what_is_said_now(server, client):
    film = new_film(client)

    def sent(text: str):
        command = {"id": 1, "method": "run.start", "params": {"input": text}, "idempotency_key": f"daily {film}"}
        return client.post(f"/api/threads/{film}/commands", json=command).json()

    async with wired(server, film) as wire:
        await wire.follow(*CHANNELS)
        assert sent("slower 1A")["result"]["turn"] == 1
        await wire.until_kind(EventType.MESSAGE_ANSWERED)
        assert sent("slower 1B")["problem"] == "key_reused"
        with closing(sqlite3.connect(server.home / "vibeboard.db")) as store, store:
            store.execute("UPDATE reply SET created_at = datetime('now', '-2 days')")
        assert sent("slower 1B")["result"]["turn"] == 2
        await wire.until_kind(EventType.MESSAGE_ANSWERED)


async def test_a_film_without_a_script_says_so(server, client, film):
    async with wired(server, film) as wire:
        await wire.follow(*CHANNELS)
        say(client, film, "slower 1A")
        refused = await wire.until_kind(EventType.TOOL_ANSWERED)
        assert refused["params"]["data"]["event"] == "tool-error"
        assert "no script yet" in refused["params"]["data"]["message"]
        await wire.until_kind(EventType.MESSAGE_ANSWERED)


@pytest.fixture
def mock():
    with WireMock(next_step) as server:
        yield server


def directed(home: Path, mock: WireMock, **more: str):
    """A service whose director is a model, and which asks before any work."""
    return serving(home, VIBEBOARD_ASK_ABOVE_CPU_S="0", **mock.environment(), **more)


async def test_a_model_asks_before_it_spends_and_the_answer_counts_once(tmp_path, mock):
    with directed(tmp_path / "home", mock) as server, server.client() as client:
        film = new_film(client)
        async with wired(server, film) as wire:
            await wire.follow(*CHANNELS)
            assert say(client, film, "make 1A slower, and make it").status_code == 202
            question = (await wire.until_kind(EventType.INPUT_REQUESTED))["params"]["data"]["interrupt_id"]
            assert say(client, film, "hurry up").json()["code"] == "open_turn"
            wrong = await wire.do("input.respond", interrupt_id="1.9.9", response=True)
            assert (wrong["error"], wrong["code"]) == ("no_such_interrupt", 404)
            assert (await wire.do("input.respond", interrupt_id=question, response=True))["type"] == "success"
            second = await wire.do("input.respond", interrupt_id=question, response=False)
            assert (second["code"], second["problem"]) == (409, "answered_before")
            by_http = client.post(f"/api/threads/{film}/answers", json={"question": question, "yes": True})
            assert (by_http.status_code, by_http.json()["code"]) == (409, "answered_before")
            await wire.until_kind(EventType.MESSAGE_ANSWERED)
            assert_done_once(client, film, mock)
            pieces = [told for told in wire.told if told.get("method") == "messages" and "seq" not in told]
            assert all("Longer, and made.".startswith(text_of(piece)) for piece in pieces)


def text_of(piece: dict[str, Any]) -> str:
    text: str = piece["params"]["data"]["delta"]["fields"]["text"]
    return text


def assert_done_once(client: httpx2.Client, film: str, mock: WireMock) -> None:
    """Each answer of the model once, each event once, and the shot was made."""
    assert len(mock.answered) == len(set(mock.answered)) == len(STEPS)
    assert chatted(client, film) == [
        "message.said",
        "tool.called",
        "edit.made",
        "tool.answered",
        "input.requested",
        "input.answered",
        "tool.called",
        "tool.answered",
        "message.answered",
    ]
    kinds = Counter(item["type"] for item in logged(client, film))
    assert (kinds["run.finished"], kinds["llm.answered"]) == (1, len(STEPS))
    done = Counter(item["unit"] for item in logged(client, film) if item["type"] == "unit.done")
    assert set(done.values()) == {1}
    assert logged(client, film)[-1]["data"]["text"] == "Longer, and made."


async def told_again(server: Server, film: str, is_it: Callable[[Wire], Any]) -> None:
    async with wired(server, film) as wire:
        await wire.follow(*CHANNELS)
        await is_it(wire)


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
async def test_killed_in_the_middle_of_a_turn(tmp_path, mock, where, request):
    """At the model's second answer, and while it waits with a question: each time the next process carries it on."""
    home = tmp_path / "home"
    database = {"VIBEBOARD_DATABASE": request.getfixturevalue("postgres")} if where == "postgres" else {}
    mock.hold_from = 1
    with directed(home, mock, **database) as server, server.client() as client:
        film = new_film(client)
        say(client, film, "make 1A slower, and make it")
        assert await asyncio.to_thread(mock.holding.wait, 60)
        server.process.kill()
    mock.hold_from = None
    with directed(home, mock, **database) as server, server.client() as client:
        await told_again(server, film, lambda wire: wire.until_kind(EventType.INPUT_REQUESTED))
        server.process.kill()
    with directed(home, mock, **database) as server, server.client() as client:
        assert client.get(f"/api/threads/{film}/state").json()["values"]["question"]["id"] == "1.2.1"
        answered = client.post(f"/api/threads/{film}/answers", json={"question": "1.2.1", "yes": True})
        assert answered.json() == {"run_id": "chat"}
        await told_again(server, film, lambda wire: wire.until_kind(EventType.MESSAGE_ANSWERED))
        assert_done_once(client, film, mock)


async def test_a_turn_is_stopped_at_work_and_with_a_question_and_the_next_one_begins(tmp_path, mock):
    with directed(tmp_path / "home", mock) as server, server.client() as client:
        film = new_film(client)
        async with wired(server, film) as wire:
            await wire.follow(*CHANNELS)
            say(client, film, "make 1A slower, and make it")
            question = await wire.until_kind(EventType.INPUT_REQUESTED)
            assert (await wire.do("run.cancel", run_id="chat"))["type"] == "success"
            stopped = await wire.until_kind(EventType.MESSAGE_ANSWERED)
            assert "stopped by the person" in stopped["params"]["data"]["payload"]["text"]
            late = await wire.do(
                "input.respond", interrupt_id=question["params"]["data"]["interrupt_id"], response=True
            )
            assert late["error"] == "no_such_interrupt"
            mock.hold_from = len(mock.answered)
            say(client, film, "once more")
            assert await asyncio.to_thread(mock.holding.wait, 60)
            await wire.do("run.cancel", run_id="chat")
            await wire.until_kind(EventType.MESSAGE_ANSWERED)
            again = await wire.do("run.cancel", run_id="chat")
            assert (again["code"], again["problem"]) == (409, "wrong_state")
