"""A thread over its WebSocket, with a real server: what comes, in which order, and what is refused."""

from __future__ import annotations

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosed

from tests.live.conftest import new_film, note, wired, write
from vibeboard.events import EventType


async def test_what_was_and_what_is_come_in_order_and_once(server, film):
    write(server, film, *map(note, range(5)))
    async with wired(server, film) as wire:
        assert (await wire.follow("updates"))["missed"] is False
        await wire.until(lambda told: told.get("seq") == 5)
        write(server, film, *map(note, range(5, 9)))
        await wire.until(lambda told: told.get("seq") == 9)
        assert wire.numbers == list(range(1, 10))
        assert [told["params"]["data"]["values"]["number"] for told in wire.told if "seq" in told] == list(range(9))


async def test_who_comes_back_goes_on_where_they_were(server, film):
    write(server, film, *map(note, range(6)))
    async with wired(server, film) as wire:
        subscription = (await wire.follow("updates"))["subscription_id"]
        await wire.until(lambda told: told.get("seq") == 3)
    async with wired(server, film) as wire:
        params = {"last_event_id": "3", "subscriptions": [subscription]}
        answer = await wire.do("subscription.reconnect", **params)
        assert answer["result"]["restored"] is True
        await wire.until(lambda told: told.get("seq") == 6)
        assert wire.numbers == [4, 5, 6]


async def test_a_number_that_is_unknown_is_answered_with_missed_and_how_the_film_stands(server, film):
    write(server, film, note(0), note(1))
    async with wired(server, film) as wire:
        assert (await wire.follow("updates", since=99))["missed"] is True
        missed, values = await wire.next(), await wire.next()
        assert (missed["method"], missed["params"]["data"]) == (
            "missed",
            {"since": 99, "lost": None, "goes_on_after": 2},
        )
        assert (values["method"], values["params"]["data"]["applied_through_seq"]) == ("values", 2)
        write(server, film, note(2))
        await wire.until(lambda told: told.get("seq") == 3)
        assert wire.numbers == [3]


async def test_only_what_was_subscribed_to_comes(server, client):
    film = new_film(client)
    write(server, film, note(0))
    async with wired(server, film) as wire:
        await wire.follow("lifecycle")
        client.post("/api/episodes", json={"project_id": film, "plan_only": True}).raise_for_status()
        await wire.until_kind(EventType.RUN_FINISHED)
        assert set(wire.kinds()) == {EventType.EPISODE_QUEUED, EventType.RUN_STARTED, EventType.RUN_FINISHED}
        more = await wire.do("subscription.subscribe", channels=["updates"])
        write(server, film, note(1))
        await wire.until_kind(EventType.PLAN_READY)
        await wire.do("subscription.unsubscribe", subscription_id=more["result"]["subscription_id"])


async def test_an_episode_is_followed_to_its_film_with_progress_and_pictures(server, client):
    film = new_film(client)
    async with wired(server, film) as wire:
        await wire.follow("lifecycle", "tasks", "custom", "custom:preview")
        ask = {"project_id": film, "width": 160, "height": 90, "fps": "12", "slate": False, "auto_approve": True}
        client.post("/api/episodes", json=ask).raise_for_status()
        await wire.until_kind(EventType.RUN_FINISHED)
        log = client.get(f"/api/threads/{film}/log", params={"limit": 200}).json()["items"]
        wanted = [item["seq"] for item in log if not item["type"].startswith(("plan", "quote", "script", "breakdown"))]
        assert wire.numbers == wanted
        takes = [item for item in log if item["type"] == "asset.persisted" and item["data"]["step"] == "take"]
        while len(wire.frames) < len(takes):
            await wire.do("state.get")
        header, jpeg = wire.frames[0]
        assert header["sha256"] in {item["data"]["outputs"]["video"] for item in takes}
        assert (header["width"], header["height"], jpeg[:3]) == (320, 180, b"\xff\xd8\xff")


async def test_who_acknowledges_is_sent_no_more_than_the_bound_ahead(server, film):
    write(server, film, *map(note, range(12)))
    async with wired(server, film) as wire:
        await wire.follow("updates", acks=True)
        await wire.until(lambda told: told.get("seq") == 8)
        await wire.do("state.get")
        assert wire.numbers == list(range(1, 9))
        await wire.do("ack", seq=3)
        await wire.until(lambda told: told.get("seq") == 11)
        await wire.do("ack", seq=11)
        await wire.until(lambda told: told.get("seq") == 12)
        assert wire.numbers == list(range(1, 13))


async def test_who_is_too_slow_is_let_go_and_comes_back(server, film):
    async with wired(server, film) as wire:
        await wire.follow("updates", acks=True)
        write(server, film, note(0))
        await wire.until(lambda told: told.get("seq") == 1)
        write(server, film, *map(note, range(1, 30)))
        with pytest.raises(ConnectionClosed) as closed:
            await wire.until(lambda _told: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013
    last = wire.numbers[-1]
    async with wired(server, film) as again:
        await again.follow("updates", since=last)
        await again.until(lambda told: told.get("seq") == 30)
        assert wire.numbers + again.numbers == list(range(1, 31))


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ("no json", "invalid_argument"),
        ("[1]", "invalid_argument"),
        ("[" * 30_000, "invalid_argument"),
        (b"bytes", "invalid_argument"),
        ({"id": 1}, "invalid_argument"),
        ({"id": {}, "method": "ack"}, "invalid_argument"),
        ({"method": "fly"}, "unknown_command"),
        ({"method": "ack", "params": {"seq": "soon"}}, "invalid_argument"),
        ({"method": "subscription.subscribe", "params": {"channels": ["everything"]}}, "invalid_argument"),
        ({"method": "subscription.subscribe", "params": {"channels": ["input"], "since": -1}}, "invalid_argument"),
        ({"method": "subscription.reconnect", "params": {"subscriptions": ["??"]}}, "no_such_subscription"),
        ({"method": "subscription.unsubscribe", "params": {"subscription_id": "x"}}, "no_such_subscription"),
        ({"method": "input.respond", "params": {"interrupt_id": "7.1", "response": True}}, "no_such_interrupt"),
        ({"method": "run.cancel", "params": {"run_id": "none"}}, "no_such_run"),
        ({"method": "run.cancel", "params": {"run_id": "chat"}}, "unknown_error"),
        ({"method": "run.start", "params": {"input": ""}}, "invalid_argument"),
    ],
)
async def test_what_cannot_be_done_is_answered_with_a_sentence(server, film, sent, error):
    async with wired(server, film) as wire:
        await wire.socket.send(json.dumps(sent) if isinstance(sent, dict) else sent)
        answer = await wire.next()
        assert (answer["type"], answer["error"]) == ("error", error)
        assert len(answer["message"]) > 20
        assert (await wire.do("state.get"))["type"] == "success"


async def test_a_message_that_is_too_large_ends_the_connection(server, film):
    async with wired(server, film) as wire:
        await wire.socket.send(json.dumps({"id": 1, "method": "run.start", "params": {"input": "x" * 70_000}}))
        with pytest.raises(ConnectionClosed) as closed:
            await wire.next()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_thread_that_is_not_there_cannot_be_followed(server):
    async with wired(server, "nobody") as wire:
        answer = await wire.do("subscription.subscribe", channels=["lifecycle"])
        assert (answer["code"], answer["problem"]) == (404, "no_such_film")


async def test_a_foreign_page_is_not_let_in(server, film):
    with pytest.raises(Exception, match="403"):
        async with wired(server, film, origin="https://evil.example"):
            pass


async def test_a_film_that_is_deleted_ends_its_thread(server, client, film):
    write(server, film, note(0))
    async with wired(server, film) as wire:
        await wire.follow("updates")
        await wire.until(lambda told: told.get("seq") == 1)
        client.delete(f"/api/projects/{film}").raise_for_status()
        with pytest.raises(ConnectionClosed):
            await wire.next()


async def test_many_follow_one_thread_alike(server, film):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_follow(server, film, 40)) for _ in range(30)]
        await asyncio.to_thread(write, server, film, *map(note, range(40)))
    assert all(task.result() == list(range(1, 41)) for task in tasks)


async def _follow(server, film: str, last: int) -> list[int]:
    async with wired(server, film) as wire:
        await wire.follow("updates")
        await wire.until(lambda told: told.get("seq") == last)
        return wire.numbers
