"""Carrying work on that a store which was away has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gpu_runtime.placement.patience import ANSWERS, WAITS
from storage.store import Store
from vibeboard.faults import StoreAway

T = TypeVar("T")

SOON_S = 5.0
"""How long a bucket is asked again by who can be carried on: it says soon that it waits."""
_LOOK_EVERY_S = 1.0


async def carried_on(
    work: Callable[[], Awaitable[T]], store: Store | None, say: Callable[[str], None], patience_s: float
) -> T:
    """What `work` comes to. When the store is away it has ended as in a crash, and is begun again when the store
    answers: it opens everything anew, locks too, and carries on what it finds. Without a store nothing can be away.

    Raises:
        StoreAway: the store was away for longer than `patience_s` seconds, all in all since the work last lasted for
            longer than that.
    """
    left = patience_s
    while True:
        begun = time.monotonic()
        try:
            return await work()
        except StoreAway as error:
            if store is None:
                raise
            left = patience_s if time.monotonic() - begun > patience_s else left
            say(WAITS)
            left -= await _answered(store, left, error)
            say(f"{ANSWERS}; carrying on")


async def _answered(store: Store, patience_s: float, error: StoreAway) -> float:
    """Wait until the store answers; how many seconds that took. It is not asked at once: it has just not answered."""
    begun = time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        waited = time.monotonic() - begun
        if waited > patience_s:
            raise error
        if await asyncio.to_thread(store.answers):
            return waited
