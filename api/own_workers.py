"""Workers of the service's own process, fed from the job table as those elsewhere are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from pathlib import Path

from api.studio import Studio
from api.working import placement_for
from gpu_runtime.needs import stock_here
from gpu_runtime.placement.feed import Feed
from gpu_runtime.placement.patience import AGAIN_S
from storage.locks import Membership, working
from storage.queue import process_name
from vibeboard.faults import StoreAway

log = logging.getLogger("vibeboard.serving")


class OwnWorkers:
    """They are on the studio's loop. When a store was away for longer than they are patient, they are begun anew."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._feed: Feed | None = None
        self._serving: Future[None] | None = None
        self._stopping = False

    @property
    def are_there(self) -> bool:
        return self._serving is not None and not self._serving.done()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        store = self._studio.store
        (store.home / "scratch").mkdir(exist_ok=True)
        with store.written() as membership, working(store.home):
            self._serving = self._studio.submit(self._serve(store.home, membership))
            try:
                yield
            finally:
                self._studio.call_soon(self._stop)
                await asyncio.wrap_future(self._serving)

    async def _serve(self, home: Path, membership: Membership) -> None:
        patience_s = self._studio.settings.store_patience_s
        while not self._stopping:
            placement = placement_for(home)
            queue = self._studio.store.queue
            self._feed = Feed(queue, placement, process_name(), log.info, patience_s, membership.renew, stock_here)
            try:
                await self._feed.serve()
            except StoreAway as error:
                log.warning("the workers have ended (%s); beginning them anew", error)
                await asyncio.sleep(AGAIN_S)

    def _stop(self) -> None:
        self._stopping = True
        if self._feed is not None:
            self._feed.stop()
