"""Waiting for jobs that somebody else has in hand."""

from __future__ import annotations

import asyncio

from storage.queue import WorkQueue

EVERY_S = 0.2


class Joined:
    """Looks at all of them at once: a film may have every shot in common with another."""

    def __init__(self, jobs: WorkQueue) -> None:
        self._jobs = jobs
        self._keys: set[str] = set()
        self._look: asyncio.Task[frozenset[str]] | None = None

    async def until_free(self, key: str) -> None:
        """Return when a job is made or given up, or nobody has it in hand any more; perhaps sooner.

        Raises:
            StoreAway: the store does not answer.
        """
        self._keys.add(key)
        try:
            while key in await asyncio.shield(self._next_look()):
                pass
        finally:
            self._keys.discard(key)

    def _next_look(self) -> asyncio.Task[frozenset[str]]:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._in_hand())
        return self._look

    async def _in_hand(self) -> frozenset[str]:
        await asyncio.sleep(EVERY_S)
        return await asyncio.to_thread(self._seen, list(self._keys))

    def _seen(self, keys: list[str]) -> frozenset[str]:
        self._jobs.expire()
        return self._jobs.in_hand(keys)
