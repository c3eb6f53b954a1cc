"""A database and its blobs: the films that are kept together, and whom their jobs are open to."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Engine, text
from sqlmodel import Session, col, or_, select

from storage.blobs import FolderBlobs, StoredBlobs
from storage.database import is_postgres, open_database
from storage.locks import Membership, ProjectLock, alone, project_folder
from storage.queue import WorkQueue
from storage.tables import ProjectRow
from vibeboard.faults import Rejected, StoreAway

MARK = "project"
"""The file in which a film's folder has the id of a film that is in another store."""


class Store:
    """`home` is its folder on this machine, for what is not in the database or the blobs.

    A film's own folder is a store with one film. What is named by content, jobs and blobs, is shared by the films of a
    store; everything else belongs to one of them (`storage.project.Project`).
    """

    def __init__(self, home: Path, database: Path | str, blobs: StoredBlobs, *, one_film: bool = False) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home, self.blobs, self.one_film = home, blobs, one_film
        self.engine: Engine = open_database(database)
        self.queue = WorkQueue(self.engine)

    @classmethod
    def in_folder(cls, root: Path) -> Self:
        """The store of one film: `project.db` and `blobs/` in the film's folder."""
        return cls(root, root / "project.db", FolderBlobs(root / "blobs"), one_film=True)

    def answers(self) -> bool:
        """Whether both the database and the blobs can be asked."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except StoreAway:
            return False
        return self.blobs.answers()

    def close(self) -> None:
        self.engine.dispose()
        self.blobs.close()

    def projects(self) -> list[ProjectRow]:
        """The films, the oldest first."""
        with Session(self.engine) as session:
            return list(session.exec(select(ProjectRow).order_by(col(ProjectRow.created_at), col(ProjectRow.id))))

    def create(self, name: str) -> str:
        """The id of a new film."""
        project_id = uuid.uuid4().hex
        with Session(self.engine) as session:
            session.add(ProjectRow(id=project_id, name=name))
            session.commit()
        return project_id

    def find(self, which: str) -> str:
        """The id of the film with an id or a name.

        Raises:
            Rejected: there is none, or several have the name.
        """
        with Session(self.engine) as session:
            found = list(
                session.exec(select(ProjectRow.id).where(or_(ProjectRow.id == which, ProjectRow.name == which)))
            )
        if which in found:
            return which
        if len(found) != 1:
            several = f"{len(found)} films have the name {which}: use an id, {', '.join(sorted(found))}"
            raise Rejected("no_such_film", several if found else f"the store has no film {which}")
        return found[0]

    def project_of(self, root: Path) -> str:
        """The film that the folder `root` is of; a new one if it is of none."""
        mark = root / MARK
        if self.one_film:
            known = [project.id for project in self.projects()]
        else:
            known = [mark.read_text()] if mark.is_file() else []
        if len(known) > 1:
            raise Rejected("no_such_film", f"{root} has {len(known)} films: it is not the folder of one")
        project_id = known[0] if known else self.create(root.resolve().parent.name)
        if not known and not self.one_film:
            mark.write_text(project_id)
        return self.find(project_id)

    def written(self) -> Membership:
        """Be among those who write blobs, which keeps clean-ups out.

        Raises:
            Rejected: a clean-up is at work.
        """
        return Membership(self.engine)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who has anything to do with the store.

        Raises:
            Rejected: a film is open, or a worker is at work.
        """
        with alone(self.engine, self.home) as granted:
            if not granted:
                message = f"{self} is in use: stop vibeboard make, serve and their workers, and run again"
                raise Rejected("store_busy", message)
            yield

    @contextmanager
    def film_closed(self, project_id: str) -> Iterator[None]:
        """Keep a film from being opened.

        Raises:
            Rejected: it is open.
        """
        folder = self.home if self.one_film else project_folder(self.home, project_id)
        with ProjectLock(folder) as lock:
            if not self.one_film:
                lock.hold(self.engine, project_id)
            yield

    def __str__(self) -> str:
        return f"the store in {self.home}" if not is_postgres(self.engine) else f"the store {self.engine.url}"
