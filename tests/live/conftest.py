from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from storage.blobs import FolderBlobs
from storage.configured import service_store
from storage.records import Records
from storage.store import Store
from tests.service.conftest import SCRIPT, Server, serving
from vibeboard.events import Event, EventType
from vibeboard.settings import Settings

WITHIN_S = 60
Told = dict[str, Any]


class Wire:
    """A client of a thread's socket. `told` is everything that came, in order; `frames` the previews."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.told: list[Told] = []
        self.frames: list[tuple[Told, bytes]] = []
        self._commands = 100

    async def send(self, method: str, command: int | str | None = None, **params: Any) -> int | str:
        self._commands += 1
        number = self._commands if command is None else command
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    async def do(self, method: str, command: int | str | None = None, **params: Any) -> Told:
        """A command and its answer."""
        number = await self.send(method, command, **params)
        return await self.until(lambda told: told["type"] != "event" and told["id"] == number)

    async def follow(self, *channels: str, **params: Any) -> Told:
        answer = await self.do("subscription.subscribe", channels=channels or ("lifecycle", "updates"), **params)
        return answer["result"]

    async def next(self) -> Told:
        async with asyncio.timeout(WITHIN_S):
            while isinstance(said := await self.socket.recv(), bytes):
                length = int.from_bytes(said[:4], "big")
                self.frames.append((json.loads(said[4 : 4 + length]), said[4 + length :]))
        self.told.append(json.loads(said))
        return self.told[-1]

    async def until(self, is_it: Callable[[Told], bool]) -> Told:
        while not is_it(told := await self.next()):
            pass
        return told

    async def until_kind(self, kind: EventType) -> Told:
        return await self.until(lambda told: told["type"] == "event" and told["params"]["data"].get("kind") == kind)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the events that came and are kept."""
        return [told["seq"] for told in self.told if "seq" in told]

    def kinds(self) -> list[str]:
        return [told["params"]["data"]["kind"] for told in self.told if "seq" in told]


@asynccontextmanager
async def wired(server: Server, film: str, path: str = "socket", **options: Any) -> AsyncIterator[Wire]:
    url = f"{server.url.replace('http', 'ws', 1)}/api/threads/{film}/{path}"
    async with connect(url, **options) as socket:
        yield Wire(socket)


@contextmanager
def store_of(server: Server) -> Iterator[Store]:
    """The server's store, opened by another process."""
    store = service_store(server.home, Settings())
    try:
        yield store
    finally:
        store.close()


def note(number: int) -> Event:
    return Event(type=EventType.PLAN_READY, data={"number": number})


def write(server: Server, film: str, *events: Event) -> None:
    """Write events as another process does."""
    with store_of(server) as store:
        for event in events:
            Records(store, film).log("run", event)


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("live") / "home", VIBEBOARD_UNACKED_EVENTS="8") as served:
        yield served


@pytest.fixture(scope="module")
def client(server) -> Iterator[httpx2.Client]:
    with server.client() as opened:
        yield opened


def new_film(client: httpx2.Client, script: str | None = SCRIPT) -> str:
    made: str = client.post("/api/projects", json={"name": "The Kettle"}).json()["id"]
    if script is not None:
        client.post(f"/api/projects/{made}/scripts", json={"text": script}).raise_for_status()
    return made


@pytest.fixture
def film(client) -> str:
    """A film without a script, so that its log is empty."""
    return new_film(client, script=None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "home", tmp_path / "home" / "service.db", FolderBlobs(tmp_path / "blobs"))
    try:
        yield opened
    finally:
        opened.close()
