"""The way to a rate-limited server: so many requests and tokens a minute, so many at once, fewer after a refusal."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

_MINUTE = 60.0
_RECOVERS_AFTER = 10
"""Calls that must go well before one more may run at once."""


class RateGate:
    """Lets calls through. `clock` is in seconds, `sleep` waits for some; tests bring their own."""

    def __init__(
        self,
        requests: int,
        tokens: int,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._requests, self._tokens, self._most = requests, tokens, at_once
        self._clock, self._sleep = clock, sleep
        self._limit, self._running, self._well = at_once, 0, 0
        self._closed_until = 0.0
        self._window: deque[tuple[float, int]] = deque()
        self._changed = asyncio.Condition()

    @property
    def limit(self) -> int:
        """How many calls may run at once now."""
        return self._limit

    @asynccontextmanager
    async def turn(self, tokens: int) -> AsyncIterator[None]:
        """Wait for one's turn with a call of about so many tokens, and hold a place while it runs."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._running < self._limit)
            self._running += 1
        try:
            while (wait := self._wait_s(tokens)) > 0:
                await self._sleep(wait)
            self._window.append((self._clock(), tokens))
            yield
        finally:
            async with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _wait_s(self, tokens: int) -> float:
        now = self._clock()
        while self._window and self._window[0][0] <= now - _MINUTE:
            self._window.popleft()
        used = sum(count for _, count in self._window)
        full = len(self._window) >= self._requests or used + tokens > self._tokens
        frees = self._window[0][0] + _MINUTE - now if self._window and full else 0.0
        return max(self._closed_until - now, frees)

    def refused(self, wait_s: float) -> None:
        """The server wants less: nobody goes for a while, and then only half as many at once."""
        self._limit, self._well = max(self._limit // 2, 1), 0
        self._closed_until = max(self._closed_until, self._clock() + wait_s)

    def went_well(self) -> None:
        self._well += 1
        if self._well >= _RECOVERS_AFTER and self._limit < self._most:
            self._limit, self._well = self._limit + 1, 0
