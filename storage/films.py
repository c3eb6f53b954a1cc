"""The films of a store by their owners."""

from __future__ import annotations

from sqlmodel import Session, col, select

from storage.contents import clear
from storage.database import writing
from storage.store import Store
from storage.tables import ProjectRow
from vibeboard.faults import Rejected


class Films:
    """Every method is given the owner and sees that owner's films only."""

    def __init__(self, store: Store) -> None:
        self._store, self._engine = store, store.engine

    def listed(self, owner: str, most: int, after: str = "") -> list[ProjectRow]:
        """Up to `most` films by id, those that come after one."""
        mine = (ProjectRow.owner == owner, col(ProjectRow.id) > after)
        with Session(self._engine) as session:
            return list(session.exec(select(ProjectRow).where(*mine).order_by(col(ProjectRow.id)).limit(most)))

    def get(self, owner: str, project_id: str) -> ProjectRow:
        """
        Raises:
            Rejected: there is none of that id, or it is somebody else's.
        """
        with Session(self._engine) as session:
            return _found(session, owner, project_id)

    def has(self, owner: str, project_id: str) -> bool:
        with Session(self._engine) as session:
            row = session.get(ProjectRow, project_id)
            return row is not None and row.owner == owner

    def add(self, owner: str, project_id: str, name: str) -> ProjectRow:
        """A new film, or the one that has the id already."""
        with writing(self._engine) as session:
            known = session.get(ProjectRow, project_id)
            if known is None:
                session.add(ProjectRow(id=project_id, name=name, owner=owner))
                session.commit()
            return _found(session, owner, project_id)

    def rename(self, owner: str, project_id: str, before: str, name: str) -> ProjectRow:
        """
        Raises:
            Rejected: it has another name than `before`: somebody else renamed it meanwhile.
        """
        with writing(self._engine) as session:
            row = _found(session, owner, project_id)
            if row.name != before:
                raise Rejected("changed_meanwhile", f"the film is called {row.name} now: read it and try again")
            row.name = name
            session.add(row)
            session.commit()
            session.refresh(row)
            return row

    def delete(self, owner: str, project_id: str) -> None:
        """Delete a film and all that is kept of it; files that no other film uses go at the next clean-up.

        Raises:
            Rejected: it is being made.
        """
        self.get(owner, project_id)
        with self._store.film_closed(project_id), writing(self._engine) as session:
            _found(session, owner, project_id)
            clear(session, project_id)
            session.commit()


def _found(session: Session, owner: str, project_id: str) -> ProjectRow:
    row = session.get(ProjectRow, project_id)
    if row is None or row.owner != owner:
        raise Rejected("no_such_film", f"there is no film {project_id}: GET /api/projects lists yours")
    return row
