"""Clients of threads over WebSocket, a thousand in one process: what each saw, and how late."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.load_service import Served, resident_kib

CHANNELS = ("lifecycle", "updates", "tasks", "messages", "tools", "input", "custom")
END_S = 60.0
"""The last events have so long to arrive."""
_AT_ONCE = 50
_SETTLED_S = 3.0
_SLOW_S = 1.0


class Cast(NamedTuple):
    """How many clients there are of each kind, spread evenly over the threads. All see everything in the end, but
    for those that are `leaving`."""

    steady: int
    storming: int = 0
    """Their connections break without a word, all at one moment, and all come back at once."""
    slow: int = 0
    """They read a message a second."""
    leaving: int = 0
    """Their connections break without a word, and they stay away."""


class Seen(NamedTuple):
    """What the clients saw. `lags` are seconds from an event's time to its arrival, of events that happened while the
    client was there and kept up; `events` are the numbers of those that are kept, of which none may be `lost` or
    `repeated`; `breaks` are connections that the service ended, after which the client came back."""

    clients: int
    events: int
    shown: int
    lost: int
    repeated: int
    breaks: int
    back_s: list[float]
    lags: list[float]


class Client:
    """One client of a thread. It comes back after a break with the number that it saw last."""

    def __init__(self, url: str, thread: str, *, slow: bool = False) -> None:
        self._url = f"{url.replace('http', 'ws', 1)}/api/threads/{thread}/socket"
        self.thread, self.slow, self.pause_s = thread, slow, _SLOW_S if slow else 0.0
        self.numbers: list[int] = []
        self.lags: list[float] = []
        self.shown = self.breaks = 0
        self._is_gone = False
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def last(self) -> int:
        return self.numbers[-1] if self.numbers else 0

    async def come(self) -> None:
        """Connect, subscribe, and read from then on; back when the service has answered."""
        self._is_gone = False
        options: dict[str, Any] = {"max_queue": 1} if self.slow else {}
        self._socket = await connect(self._url, compression=None, ping_interval=None, open_timeout=60, **options)
        asked = {"channels": CHANNELS, "since": self.last}
        await self._socket.send(json.dumps({"id": 1, "method": "subscription.subscribe", "params": asked}))
        answer = json.loads(await self._socket.recv())
        if answer["type"] != "success" or answer["result"]["missed"]:
            raise RuntimeError(f"not subscribed: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket, time.time()))

    async def _read(self, socket: ClientConnection, since: float) -> None:
        try:
            async for text in socket:
                self._heard(json.loads(text), time.time(), since)
                if self.pause_s:
                    await asyncio.sleep(self.pause_s)
        except ConnectionClosed:
            if not self._is_gone:
                self.breaks += 1
                await self.come()

    def _heard(self, told: dict[str, Any], now: float, since: float) -> None:
        if "seq" not in told:
            self.shown += 1
            return
        self.numbers.append(told["seq"])
        happened = told["params"]["timestamp"] / 1000
        if happened >= since and not self.slow:
            self.lags.append(now - happened)

    async def break_off(self) -> None:
        """End the connection as a machine does whose cable is pulled, as far as the kernel lets one."""
        assert self._socket
        assert self._reader
        self._is_gone = True
        self._socket.transport.abort()
        await self._reader

    async def leave(self) -> None:
        assert self._socket
        self._is_gone = True
        await self._socket.close()


async def _gather(clients: Sequence[Client]) -> None:
    """Bring clients in, a few at a time."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def come(client: Client) -> None:
        async with room:
            await client.come()

    await asyncio.gather(*map(come, clients))


async def _back(client: Client) -> float:
    begin = time.monotonic()
    await client.come()
    return time.monotonic() - begin


def idle_memory(service: Served, threads: Sequence[str], counts: Sequence[int]) -> list[tuple[int, int]]:
    """Memory of the service in KiB with ever more clients to whom nothing happens: (clients, KiB)."""

    async def measured() -> list[tuple[int, int]]:
        clients: list[Client] = []
        found: list[tuple[int, int]] = []
        for count in counts:
            more = [Client(service.url, threads[number % len(threads)]) for number in range(len(clients), count)]
            await _gather(more)
            clients += more
            await asyncio.sleep(_SETTLED_S)
            found.append((count, resident_kib(service.pid)))
        await asyncio.gather(*(client.leave() for client in clients))
        return found

    return asyncio.run(measured())


def follow(url: str, threads: Sequence[str], cast: Cast, seconds: float) -> Seen:
    """Follow threads for so long: after a third of it the storm breaks, after two thirds those leave who do. Then wait
    until every client has what had happened by the end."""
    return asyncio.run(_followed(url, threads, cast, seconds))


async def _followed(url: str, threads: Sequence[str], cast: Cast, seconds: float) -> Seen:
    groups = [
        [Client(url, threads[number % len(threads)], slow=slow) for number in range(count)]
        for count, slow in ((cast.steady, False), (cast.storming, False), (cast.slow, True), (cast.leaving, False))
    ]
    _, storming, slow, leaving = groups
    clients = [client for group in groups for client in group]
    await _gather(clients)
    await asyncio.sleep(seconds / 3)
    await asyncio.gather(*(client.break_off() for client in storming))
    back_s = await asyncio.gather(*map(_back, storming))
    await asyncio.sleep(seconds / 3)
    await asyncio.gather(*(client.break_off() for client in leaving))
    await asyncio.sleep(seconds / 3)
    newest = await _newest(url, threads)
    for client in slow:
        client.pause_s = 0.0
    staying = [client for client in clients if client not in set(leaving)]
    await _until_all_have(staying, newest)
    await asyncio.gather(*(client.leave() for client in staying))
    return seen_by(clients, staying, newest, back_s)


async def _newest(url: str, threads: Sequence[str]) -> dict[str, int]:
    """The number of the newest event of each thread."""
    async with httpx2.AsyncClient(base_url=url, timeout=60) as client:
        pages = [await client.get(f"/api/threads/{thread}/log?limit=1") for thread in threads]
    return {thread: page.json()["newest"] for thread, page in zip(threads, pages, strict=True)}


async def _until_all_have(clients: Sequence[Client], newest: dict[str, int]) -> None:
    end = time.monotonic() + END_S
    while time.monotonic() < end and any(client.last < newest[client.thread] for client in clients):
        await asyncio.sleep(0.1)


def seen_by(clients: Sequence[Client], staying: Sequence[Client], newest: dict[str, int], back_s: list[float]) -> Seen:
    """What is missing up to the newest event counts as lost, for those who left up to the last that they saw."""
    lost = repeated = 0
    stayed = set(staying)
    for client in clients:
        seen = Counter(client.numbers)
        due = newest[client.thread] if client in stayed else client.last
        lost += len(set(range(1, due + 1)) - set(seen))
        repeated += sum(count - 1 for count in seen.values())
    return Seen(
        clients=len(clients),
        events=sum(len(client.numbers) for client in clients),
        shown=sum(client.shown for client in clients),
        lost=lost,
        repeated=repeated,
        breaks=sum(client.breaks for client in clients),
        back_s=back_s,
        lags=[lag for client in clients for lag in client.lags],
    )
