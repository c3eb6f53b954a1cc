"""The films that this process has open: each once, for as long as somebody works with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from storage.project import Project, open_project
from storage.store import Store
from vibeboard.faults import Rejected


@dataclass
class _Open:
    """`making` is held by whoever builds the film: one build at a time."""

    project: Project
    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class OpenFilms:
    """Hands out films; for one event loop. A film is held against other processes while anybody uses it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[str, _Open] = {}

    @asynccontextmanager
    async def use(self, project_id: str) -> AsyncIterator[Project]:
        """The film, opened if it is not.

        Raises:
            Rejected: another process works on it, or there is none.
        """
        film = self._open.get(project_id)
        if film is None:
            film = self._open[project_id] = _Open(self._opened(project_id))
        film.users += 1
        try:
            yield film.project
        finally:
            film.users -= 1
            if not film.users:
                del self._open[project_id]
                film.project.__exit__(None, None, None)

    def _opened(self, project_id: str) -> Project:
        """A folder of this machine, which the refusal names, is nothing for who asks over HTTP."""
        try:
            return open_project(self._store, project_id)
        except Rejected as error:
            if error.fault.code != "project_busy":
                raise
            message = "another process works on this film: ask again when it is done, or ask the service that makes it"
            raise Rejected("project_busy", message) from error

    @asynccontextmanager
    async def make(self, project_id: str) -> AsyncIterator[Project]:
        """The film for a build, which waits for the one before it."""
        async with self.use(project_id) as project, self._open[project_id].making:
            yield project
