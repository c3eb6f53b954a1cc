"""A tool call for a film, on the studio's loop; it goes on when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from functools import partial
from typing import Any

from api.studio.studio import Studio
from gpu_runtime.engine import Engine
from gpu_runtime.placement.table import Table
from graphs.chain import UnitDone
from graphs.single import call_tool
from tools.declare import Params

log = logging.getLogger("vibeboard.studio")


class Calling:
    """A call at work. What it makes is found by its content, so that one that a crash broke off is just made again."""

    def __init__(self, studio: Studio, project_id: str, engine: Engine, params: Params) -> None:
        self._studio, self._project_id = studio, project_id
        self._engine, self._params = engine, params
        self._open: Future[None] = Future()
        self._done = studio.submit(self._call())
        self._done.add_done_callback(self._report)

    async def _call(self) -> UnitDone:
        async with self._studio.films.use(self._project_id) as project:
            self._open.set_result(None)
            watch = partial(self._studio.tell, self._project_id)
            return await call_tool(project, Table(project.jobs), self._engine, self._params, watch)

    def _report(self, done: Future[UnitDone]) -> None:
        if not done.cancelled() and (error := done.exception()):
            log.warning("a call of %s for film %s: %s", self._engine.task, self._project_id, error)

    async def ended(self, within_s: float) -> UnitDone | None:
        """How it ended, if it does in time.

        Raises:
            Rejected: another process has the film open.
            Transient: the store is away.
        """
        opened, done = asyncio.wrap_future(self._open), asyncio.wrap_future(self._done)
        either: set[asyncio.Future[Any]] = {opened, done}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({done}, timeout=within_s)
        return done.result() if done.done() else None
