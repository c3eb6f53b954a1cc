"""One thread while somebody follows it: the end of its log in memory, and what is shown and not kept."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from api.live.follower import Follower
from api.live.lines import Line, line_of, live_line
from storage.records import Logged, Records
from vibeboard.events import LIVE_ONLY, Event, EventType
from vibeboard.faults import FaultError, Transient

TAIL = 2048
"""Events of a thread that are kept in memory."""
PAGE = 512
_PAGES = 8
_PREVIEWS = 64
SHOW_EVERY_S = 0.1
"""How often what is not kept is shown; of what came in between, the latest."""
_ENDS_RUN = frozenset({EventType.RUN_FINISHED, EventType.RUN_FAILED, EventType.RUN_CANCELLED})
_ENDS_UNIT = frozenset({EventType.UNIT_DONE, EventType.UNIT_ESCALATED})
log = logging.getLogger("vibeboard.live")


class Elsewhere(Protocol):
    """Does something that waits, such as reading the database, where it holds nothing up."""

    def __call__(self, call: Callable[..., Any], *args: Any) -> Awaitable[Any]: ...


class LiveThread:
    """For one event loop. `preview` is told of each asset while somebody wants to see previews."""

    def __init__(self, film: Records, elsewhere: Elsewhere, preview: Callable[[LiveThread, Logged], None]) -> None:
        self.film, self._elsewhere, self._preview = film, elsewhere, preview
        self.followers: set[Follower] = set()
        self.oldest, self.newest, self.is_gone = 1, -1, False
        self._tail: list[Line] = []
        self._pages: OrderedDict[int, list[Line]] = OrderedDict()
        self._shown: dict[tuple[str, str], tuple[int, Line]] = {}
        self._stamp = 0
        self._reading, self._paging = asyncio.Lock(), asyncio.Lock()
        self._next_read: asyncio.Task[Exception | None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def told(self, event: Event) -> None:
        """Something happened: what is kept is in the log already."""
        if event.type not in LIVE_ONLY:
            self.refresh()
            return
        what = str(event.data.get("id", "")) if event.type is EventType.MESSAGE_PIECE else event.unit
        self.show((event.type, what), live_line(event))

    async def catch_up(self) -> None:
        """Know the log as it is now.

        Raises:
            Transient: the store does not answer.
        """
        error = await asyncio.shield(self.refresh())
        if error is not None:
            raise Transient("store_away", "the store does not answer: try again soon") from error

    def refresh(self) -> asyncio.Task[Exception | None]:
        """Read the log to its end; who asks before a read has begun shares it."""
        if self._next_read is None:
            self._next_read = asyncio.create_task(self._read_on())
        return self._next_read

    async def _read_on(self) -> Exception | None:
        async with self._reading:
            self._next_read = None
            try:
                if self.newest < 0:
                    self.oldest, self.newest = await self._elsewhere(self.film.log_edges)
                    return None
                while await self._read_page():
                    pass
            except (SQLAlchemyError, FaultError) as error:
                log.warning("the log of %s cannot be read: %s", self.film.id, error)
                return error
            return None

    async def _read_page(self) -> bool:
        """Read on; whether there may be more."""
        logged, lines = await self._elsewhere(_encoded, self.film, self.newest, PAGE)
        if not logged:
            return False
        self._tail += lines
        self.newest = lines[-1].seq
        if len(self._tail) > 2 * TAIL:
            del self._tail[:-TAIL]
        for item in logged:
            self._note(item)
        for follower in tuple(self.followers):
            follower.look()
        return len(logged) == PAGE

    def _note(self, logged: Logged) -> None:
        """What is no longer so is no longer shown."""
        event = logged.event
        if event.type in _ENDS_UNIT:
            self._shown.pop((EventType.JOB_PROGRESS, event.unit), None)
        elif event.type in _ENDS_RUN:
            self._hide(EventType.JOB_PROGRESS)
        elif event.type is EventType.MESSAGE_ANSWERED:
            self._hide(EventType.MESSAGE_PIECE)
        elif event.type is EventType.ASSET_PERSISTED and any(item.wants_previews for item in self.followers):
            self._preview(self, logged)

    def _hide(self, kind: EventType) -> None:
        for key in [key for key in self._shown if key[0] == kind]:
            del self._shown[key]

    async def after(self, seq: int, most: int) -> list[Line]:
        """Up to `most` lines after number `seq`, from memory if they are there.

        Raises:
            Transient: the store does not answer.
        """
        first = self.newest - len(self._tail) + 1
        if seq >= self.newest:
            return []
        if seq + 1 >= first:
            return self._tail[seq + 1 - first : seq + 1 - first + most]
        try:
            page = await self._page(seq // PAGE)
        except SQLAlchemyError as error:
            raise Transient("store_away", "the store does not answer: try again soon") from error
        self.is_gone |= not page
        return [line for line in page if line.seq > seq][:most]

    async def _page(self, number: int) -> list[Line]:
        """Lines from `number` * PAGE + 1 on, read once for all who want them."""
        async with self._paging:
            if number in self._pages:
                self._pages.move_to_end(number)
                return self._pages[number]
            lines: list[Line]
            _, lines = await self._elsewhere(_encoded, self.film, number * PAGE, PAGE)
            if len(lines) == PAGE:
                self._pages[number] = lines
                if len(self._pages) > _PAGES:
                    self._pages.popitem(last=False)
            return lines

    def show(self, key: tuple[str, str], line: Line) -> None:
        """Show something that is not kept, in place of what was shown under the same key."""
        self._stamp += 1
        self._shown.pop(key, None)
        self._shown[key] = (self._stamp, line)
        if sum(kind == key[0] for kind, _ in self._shown) > _PREVIEWS and line.frame:
            del self._shown[next(known for known in self._shown if known[0] == key[0])]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SHOW_EVERY_S, self._wake)

    def _wake(self) -> None:
        self._timer = None
        for follower in self.followers:
            follower.wake()

    def shown_since(self, stamp: int) -> tuple[int, list[Line]]:
        """What was shown after a stamp, and the stamp of now."""
        return self._stamp, [line for at, line in self._shown.values() if at > stamp]

    def end(self) -> None:
        """The film is gone."""
        self.is_gone = True
        self._wake()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _encoded(film: Records, after: int, most: int) -> tuple[list[Logged], list[Line]]:
    logged = film.log_since(after, most)
    return logged, [line_of(item) for item in logged]
