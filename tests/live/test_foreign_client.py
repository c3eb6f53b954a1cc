"""langgraph-sdk, which knows nothing of us, follows a run over its WebSocket transport and answers its question."""

from __future__ import annotations

import asyncio

from langgraph_sdk import get_client

from tests.live.conftest import WITHIN_S, new_film


async def test_it_follows_a_run_answers_its_question_and_reads_how_the_film_stands(server, client):
    film = new_film(client)
    ask = {"project_id": film, "width": 96, "height": 64, "fps": "12", "slate": False}
    episode = client.post("/api/episodes", json=ask).json()
    sdk = get_client(url=f"{server.url}/api", api_key=None)
    async with (
        sdk,
        asyncio.timeout(2 * WITHIN_S),
        sdk.threads.stream(film, assistant_id="episode", transport="websocket") as thread,
    ):
        phases = asyncio.create_task(_phases(thread))
        while not thread.interrupted:
            await asyncio.sleep(0.05)
        (question,) = thread.interrupts
        assert question["value"]["offer"]["shots"] > 0
        await thread.run.respond(True)
        values = await thread.output
        assert values["episodes"][0]["id"] == episode["id"]
        assert values["episodes"][0]["run_id"] == episode["run_id"]
        assert values["assets"]
        assert await phases == ["started", "running", "running", "completed"]


async def _phases(thread) -> list[str]:
    told = []
    async for event in thread.events:
        if event.get("method") == "lifecycle":
            told.append(event["params"]["data"]["event"])
            if told[-1] in ("completed", "failed"):
                break
    return told


async def test_it_talks_with_the_director(server, client):
    film = new_film(client)
    sdk = get_client(url=f"{server.url}/api", api_key=None)
    async with (
        sdk,
        asyncio.timeout(WITHIN_S),
        sdk.threads.stream(film, assistant_id="director", transport="websocket") as thread,
    ):
        started = await thread.run.start(input={"messages": [{"role": "user", "content": "help"}]})
        assert started == {"run_id": "chat", "turn": 1}
        async for event in thread.events:
            if event.get("method") == "messages" and event["params"]["data"]["event"] == "message-finish":
                break
        assert "shots with" in event["params"]["data"]["payload"]["text"]
