"""Hands what happens in threads to those who follow them: one read of the log and one encoding, for all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self

from sqlalchemy.exc import SQLAlchemyError

from api.live.filters import Filter
from api.live.follower import Follower
from api.live.previews import Previews
from api.live.thread import LiveThread
from storage.eventlog import newest_of
from storage.records import Logged, Records
from storage.store import Store
from vibeboard.events import Event
from vibeboard.faults import FaultError

POLL_S = 1.0
"""How often the log is looked at for what other processes wrote."""
_READERS = 2
log = logging.getLogger("vibeboard.live")


class Hub:
    """Open it as an async context manager, on the loop of those who follow. `bound` is a follower's."""

    def __init__(self, store: Store, bound: int) -> None:
        self._store, self._bound = store, bound
        self._threads: dict[str, LiveThread] = {}
        self._pool = ThreadPoolExecutor(_READERS, "live")
        self._previews = Previews(store.blobs)
        self._making: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._poller = self._loop.create_task(self._poll())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [self._poller, *self._making]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pool.shutdown()
        self._previews.close()

    def told(self, thread_id: str, event: Event) -> None:
        """Something happened in a thread. May be called from any thread."""
        if thread_id in self._threads:
            self._loop.call_soon_threadsafe(self._told, thread_id, event)

    def _told(self, thread_id: str, event: Event) -> None:
        if (thread := self._threads.get(thread_id)) is not None:
            thread.told(event)

    @asynccontextmanager
    async def follow(
        self,
        film: Records,
        since: int,
        wanted: Filter,
        *,
        acks: bool = False,
        slow: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[tuple[Follower, bool]]:
        """A follower of a film's thread, and whether `since` was known.

        Raises:
            Transient: the store does not answer.
        """
        thread = self._threads.get(film.id)
        if thread is None:
            thread = self._threads[film.id] = LiveThread(film, self.elsewhere, self._preview)
        follower = Follower(thread, self._bound, acks=acks, slow=slow)
        follower.filters = {wanted.id: wanted}
        thread.followers.add(follower)
        try:
            await thread.catch_up()
            yield follower, follower.begin(since)
        finally:
            thread.followers.discard(follower)
            if not thread.followers and self._threads.get(film.id) is thread:
                del self._threads[film.id]
                thread.close()

    def elsewhere(self, call: Callable[..., Any], *args: Any) -> Awaitable[Any]:
        """Do something that waits in a thread of the hub's own."""
        return self._loop.run_in_executor(self._pool, partial(call, *args))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._look()
            except (SQLAlchemyError, FaultError) as error:
                log.warning("the store does not answer: %s", error)

    async def _look(self) -> None:
        """Read on in threads that others wrote to, and end those of films that are no more."""
        if not self._threads:
            return
        newest: dict[str, int] = await self.elsewhere(newest_of, self._store.engine, tuple(self._threads))
        for thread_id, thread in tuple(self._threads.items()):
            if newest.get(thread_id, 0) > thread.newest:
                thread.refresh()
            elif thread_id not in newest and thread.newest > 0:
                thread.end()

    def _preview(self, thread: LiveThread, logged: Logged) -> None:
        task = self._loop.create_task(self._previews.show(thread, logged))
        self._making.add(task)
        task.add_done_callback(self._making.discard)
