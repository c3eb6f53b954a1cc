"""Whoever follows, however they come and go: no event is missing or comes twice, in order, and the bound holds."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from api.live.filters import Filter
from api.live.follower import Follower, TooSlow
from api.live.hub import Hub
from api.live.thread import LiveThread
from storage.blobs import FolderBlobs
from storage.records import Records
from storage.store import Store
from vibeboard.events import Event, EventType

BOUND = 4
WANTED = Filter(channels=("updates", "custom"))
WITHIN_S = 20


def note(number: int) -> Event:
    return Event(type=EventType.PLAN_READY, data={"number": number})


@dataclass
class Client:
    """Someone who follows, comes and goes. `got` are the numbers of all that ever arrived."""

    follower: Follower | None = None
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    got: list[int] = field(default_factory=list)
    acked: int = 0


class Following(RuleBasedStateMachine):
    """Three clients of a thread of a real store. Every rule leaves the hub's reader at rest."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        self.store = Store(home, home / "store.db", FolderBlobs(home / "blobs"))
        self.film = Records(self.store, self.store.create("film"))
        self.runner = asyncio.Runner()
        self.hub = Hub(self.store, BOUND)
        self.runner.run(self.hub.__aenter__())
        self.clients = [Client() for _ in range(3)]
        self.newest = 0

    def teardown(self) -> None:
        for client in self.clients:
            self.runner.run(client.stack.aclose())
        self.runner.run(self.hub.__aexit__())
        self.runner.close()
        self.store.close()
        self._folder.cleanup()

    @rule(count=st.integers(1, 2 * BOUND))
    def append(self, count: int) -> None:
        for _ in range(count):
            self.newest += 1
            self.film.log("run", note(self.newest))
        self.runner.run(self._news())

    async def _news(self) -> None:
        for thread in self.hub._threads.values():
            await thread.catch_up()

    @rule(which=st.integers(0, 2), acks=st.booleans())
    def come(self, which: int, acks: bool) -> None:
        client = self.clients[which]
        if client.follower is None:
            self.runner.run(self._come(client, acks))

    async def _come(self, client: Client, acks: bool) -> None:
        since = client.got[-1] if client.got else 0
        following = self.hub.follow(self.film, since, WANTED, acks=acks)
        client.follower, known = await client.stack.enter_async_context(following)
        assert known

    @rule(which=st.integers(0, 2))
    def go(self, which: int) -> None:
        self._leave(self.clients[which])

    def _leave(self, client: Client) -> None:
        self.runner.run(client.stack.aclose())
        client.stack, client.follower = AsyncExitStack(), None

    @rule(which=st.integers(0, 2))
    def receive(self, which: int) -> None:
        """Take what is there; who fell too far behind is sent away."""
        client = self.clients[which]
        waiting = client.follower is not None and client.follower.at < self.newest
        full = client.follower is not None and client.follower.acks and client.follower.unacked >= BOUND
        if client.follower is None or not waiting or (full and not client.follower.is_slow):
            return
        try:
            lines = self.runner.run(asyncio.wait_for(client.follower.next(), WITHIN_S))
        except TooSlow:
            assert self.newest - client.follower.at > BOUND
            self._leave(client)
            return
        client.got += [line.seq for line in lines]

    @rule(which=st.integers(0, 2))
    def acknowledge(self, which: int) -> None:
        client = self.clients[which]
        if client.follower is not None and client.got:
            client.follower.ack(client.got[-1])

    @invariant()
    def nothing_is_missing_or_twice(self) -> None:
        for client in self.clients:
            assert client.got == list(range(1, len(client.got) + 1))

    @invariant()
    def the_bound_holds(self) -> None:
        for client in self.clients:
            if client.follower is not None and client.follower.acks:
                assert client.follower.unacked <= BOUND


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


async def test_of_what_is_not_kept_the_latest_is_shown_and_nothing_that_is_over(store):
    film = Records(store, store.create("film"))
    async with Hub(store, BOUND) as hub, hub.follow(film, 0, WANTED) as (follower, _):
        for done in range(50):
            for unit in ("a", "b"):
                hub.told(film.id, Event(type=EventType.JOB_PROGRESS, unit=unit, data={"done": done}))
        shown = [line.text for line in await follower.next()]
        assert len(shown) == 2
        assert all('"done":49' in text for text in shown)
        film.log("run", Event(type=EventType.UNIT_DONE, unit="a"))
        hub.told(film.id, Event(type=EventType.UNIT_DONE, unit="a"))
        async with hub.follow(film, 1, WANTED) as (late, _):
            (line,) = await late.next()
            assert line.namespace == ("b",)


async def test_an_event_is_read_and_encoded_once_for_all_who_follow(store, monkeypatch):
    film = Records(store, store.create("film"))
    reads: list[int] = []
    read = Records.log_since
    monkeypatch.setattr(Records, "log_since", lambda self, seq, most: reads.append(seq) or read(self, seq, most))
    async with Hub(store, 100) as hub, AsyncExitStack() as stack:
        followers = [(await stack.enter_async_context(hub.follow(film, 0, WANTED)))[0] for _ in range(50)]
        reads.clear()
        film.log("run", note(1))
        hub.told(film.id, note(1))
        lines = [await follower.next() for follower in followers]
        assert len(reads) <= 2
        assert all(line[0] is lines[0][0] for line in lines)


async def test_who_begins_at_the_beginning_reads_what_is_no_longer_in_memory(store, monkeypatch):
    monkeypatch.setattr("api.live.thread.PAGE", 8)
    film = Records(store, store.create("film"))
    for number in range(30):
        film.log("run", note(number))
    async with Hub(store, 5) as hub, hub.follow(film, 3, WANTED) as (follower, known):
        got: list[int] = []
        while len(got) < 27:
            got += [line.seq for line in await follower.next()]
        assert known
        assert got == list(range(4, 31))


async def test_threads_that_nobody_follows_are_forgotten(store):
    film = Records(store, store.create("film"))
    async with Hub(store, BOUND) as hub:
        async with hub.follow(film, 0, WANTED):
            assert isinstance(hub._threads[film.id], LiveThread)
        assert not hub._threads
