"""What a tool may reach: the runtime, through one call. No storage, no network, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vibeboard.asset import Result

if TYPE_CHECKING:
    from tools.declare import Params


class Context(Protocol):
    async def render(self, task: str, params: Params) -> Result:
        """Have a task done by the engine that was pinned for it, or take the result that is already there.

        Raises:
            FaultError: one of the stated outcomes.
        """
