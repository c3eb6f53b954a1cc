"""A film at work: its rows in a store, and its workplace on this machine. Used by one process at a time."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.locks import ProjectLock, project_folder, working
from storage.queue import process_name
from storage.records import Records
from storage.store import Store


class Project(Records):
    """A film in a `store`, at work in the folder `root`. Open it as a context manager; it is locked meanwhile.

    Without a store it is the one film of the store in that folder. The film is the one with `project_id`, else the one
    that the folder is of, else a new one. What has a film's id sees that film's rows only.

    Raises:
        Rejected: another process works on the film or in the folder, or the database is damaged or of a newer version.
        StoreAway: the database does not answer. So does everything else, once the film's lock was lost with it.
    """

    def __init__(self, root: Path, store: Store | None = None, project_id: str | None = None) -> None:
        self.root, self._own_store = root, store is None
        with ExitStack() as opening:
            lock = opening.enter_context(ProjectLock(root))
            opened = store or opening.enter_context(closing(Store.in_folder(root)))
            film = project_id or opened.project_of(root)
            if store is not None:
                lock.hold(store.engine, film)
            super().__init__(opened, film, lock.guarded(opened.engine))
            self.owner = process_name()
            self.jobs.reclaim(self.owner)
            self._sweep()
            self._open = opening.pop_all()

    def _sweep(self) -> None:
        """Clear what a process that was killed left half-written, unless a worker by itself may be writing."""
        self.scratch.mkdir(exist_ok=True)
        with working(self.root, alone=True) as nobody_writes:
            if nobody_writes:
                shutil.rmtree(self.scratch, ignore_errors=True)
                self.scratch.mkdir(exist_ok=True)
                if self._own_store:
                    self.blobs.sweep()

    @property
    def scratch(self) -> Path:
        """Where workers write before they know what a file's name will be."""
        return self.root / "scratch"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def checkpoints(self) -> Path:
        """LangGraph's own database, unless the store is in Postgres: its checkpoints are there too."""
        return self.root / "checkpoints.db"


def open_project(store: Store, which: str) -> Project:
    """Open the film of a store with an id or a name, in its own folder under the store's.

    Raises:
        Rejected: there is none, several have the name, or another process works on it.
    """
    project_id = store.find(which)
    return Project(project_folder(store.home, project_id), store, project_id)
