"""Whether somebody who follows still may: a token may be revoked, or end, while its connection lives on."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

AGAIN_S = 5.0
"""So long after a token's end its holder may still be told of something."""


class Permission:
    """`who` looks the caller up and raises when there is none any more."""

    def __init__(self, who: Callable[[], object]) -> None:
        self._who, self._looked_at = who, time.monotonic()

    async def look_again(self) -> None:
        """
        Raises:
            Rejected: `unauthorized`.
        """
        if time.monotonic() - self._looked_at >= AGAIN_S:
            await run_in_threadpool(self._who)
            self._looked_at = time.monotonic()
