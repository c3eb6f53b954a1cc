"""Where one client is in a thread, and what it is to be sent next."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from api.live.filters import PREVIEW, Filter
from api.live.lines import Line, plain_line
from vibeboard.faults import Rejected

if TYPE_CHECKING:
    from api.live.thread import LiveThread

_AT_ONCE = 256


class TooSlow(Exception):
    """The client is further behind than it may be. It can come back and go on from where it was."""


class Follower:
    """A place in the log, and how much of what was sent is acknowledged: nothing is queued for a client. What is kept
    is read from the log when it can be sent; of what is not, the latest of its kind is there for all.

    `bound` is how many events may be sent and not acknowledged, if the client acknowledges, and how far one that had
    everything may fall behind; then `slow` is called, once.
    """

    def __init__(self, thread: LiveThread, bound: int, *, acks: bool, slow: Callable[[], None]) -> None:
        self._thread, self._bound, self._slow = thread, bound, slow
        self.at = self._stamp = 0
        self.acks = acks
        self.filters: Mapping[str, Filter] = {}
        self._first: list[Line] = []
        self._unacked: deque[int] = deque()
        self._had_all = self.is_slow = False
        self._woken = asyncio.Event()

    def begin(self, since: int) -> bool:
        """Go on after number `since`; false if it is unknown here, or what follows it is no longer kept: then the
        client is told what it missed, and goes on with what there is."""
        oldest, newest = self._thread.oldest, self._thread.newest
        known = oldest - 1 <= since <= newest
        self.at = since if known else newest if since > newest else oldest - 1
        if not known:
            lost: JsonValue = None if since > newest else [since + 1, oldest - 1]
            self._first.append(plain_line("missed", {"since": since, "lost": lost, "goes_on_after": self.at}))
        return known

    def tell(self, line: Line) -> None:
        """Send this client a line that is for it alone."""
        self._first.append(line)
        self.wake()

    def wake(self) -> None:
        self._woken.set()

    def ack(self, seq: int) -> None:
        """All up to number `seq` has arrived."""
        while self._unacked and self._unacked[0] <= seq:
            self._unacked.popleft()
        self.wake()

    @property
    def unacked(self) -> int:
        return len(self._unacked)

    @property
    def wants_previews(self) -> bool:
        return any(PREVIEW in wanted.channels for wanted in self.filters.values())

    def look(self) -> None:
        """There is news: be woken, or be given up if there is too much of it by now."""
        if self._had_all and not self.is_slow and self._thread.newest - self.at > self._bound:
            self.is_slow = True
            self._slow()
        self.wake()

    async def next(self) -> list[Line]:
        """What to send next, as soon as there is something.

        Raises:
            TooSlow: the client is too far behind.
            Rejected: the film was deleted.
        """
        while True:
            self._woken.clear()
            if self.is_slow:
                raise TooSlow
            if self._thread.is_gone:
                raise Rejected("no_such_film", "the film was deleted")
            lines, self._first = self._first, []
            if room := min(_AT_ONCE, self._bound - self.unacked if self.acks else _AT_ONCE):
                lines += await self._logged(room)
                lines += self._live()
            if lines:
                return lines
            if self._had_all or not room:
                await self._woken.wait()

    async def _logged(self, most: int) -> list[Line]:
        """The next lines of the log that are wanted, of the next `most`."""
        scanned = await self._thread.after(self.at, most)
        if scanned:
            self.at = scanned[-1].seq
        self._had_all = self.at >= self._thread.newest
        wanted = [line for line in scanned if self._takes(line)]
        if self.acks:
            self._unacked.extend(line.seq for line in wanted)
        return wanted

    def _live(self) -> list[Line]:
        if not self._had_all:
            return []
        self._stamp, lines = self._thread.shown_since(self._stamp)
        return [line for line in lines if self._takes(line)]

    def _takes(self, line: Line) -> bool:
        return any(wanted.takes(line) for wanted in self.filters.values())
