"""Asking a job table that may be away for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from vibeboard.faults import StoreAway

T = TypeVar("T")

AGAIN_S = 0.5
WAITS = "the store does not answer; waiting"
ANSWERS = "the store answers again"


class Patience:
    """Asks until there is an answer, and gives up `limit_s` seconds after the first refusal. All who ask share it: they
    are told to be waiting once. `renew` takes anew what an outage took, before anything else is asked."""

    def __init__(self, say: Callable[[str], None], limit_s: float, renew: Callable[[], None]) -> None:
        self._say, self._limit_s, self._renew = say, limit_s, renew
        self._since: float | None = None

    def end(self) -> None:
        """Give up at the next refusal."""
        self._limit_s = 0.0

    async def ask(self, question: Callable[[], T]) -> T:
        """The answer, asked for on the loop.

        Raises:
            StoreAway: patience has ended.
        """
        while True:
            try:
                return self._answer(question)
            except StoreAway as error:
                await self._wait(error)

    async def ask_apart(self, question: Callable[[], T]) -> T:
        """The same, in a thread: a database can keep one waiting."""
        while True:
            try:
                return await asyncio.to_thread(self._answer, question)
            except StoreAway as error:
                await self._wait(error)

    async def _wait(self, refusal: StoreAway) -> None:
        """Before asking again; a refusal is raised again when patience has ended."""
        self._refused()
        if time.monotonic() - (self._since or 0.0) >= self._limit_s:
            raise refusal
        await asyncio.sleep(AGAIN_S)

    def _answer(self, question: Callable[[], T]) -> T:
        if self._since is None:
            return question()
        self._renew()
        answer = question()
        self._since = None
        self._say(ANSWERS)
        return answer

    def _refused(self) -> None:
        if self._since is None:
            self._since = time.monotonic()
            self._say(WAITS)
