"""The list of a film's edits: only ever added to, undoing and redoing included."""

from __future__ import annotations

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from storage.database import writing
from storage.eventlog import CHAT, append_event, hold
from storage.tables import EditRow, aware
from vibeboard.edits import Author, Edit, EditList, Entry, LaidOver
from vibeboard.events import Event, EventType
from vibeboard.faults import Rejected

_EDIT, _UNDO, _REDO = "edit", "undo", "redo"
_EVENTS = {_EDIT: EventType.EDIT_MADE, _UNDO: EventType.EDIT_UNDONE, _REDO: EventType.EDIT_REDONE}
_edit: TypeAdapter[Edit] = TypeAdapter(Edit)


class EditLog:
    """`key` names the occasion of a call; a second call with it changes nothing and returns what the first did."""

    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id
        self._mine = EditRow.project_id == project_id

    def entries(self) -> list[Entry]:
        """All edits in the order in which they were made, each as it stands now."""
        with Session(self._engine) as session:
            return self._entries(session)

    def _entries(self, session: Session) -> list[Entry]:
        rows = session.exec(select(EditRow).where(self._mine).order_by(col(EditRow.id))).all()
        active = {row.target if row.target else row.id: row.action != _UNDO for row in rows}
        return [_entry(row, active=active[row.id]) for row in rows if row.action == _EDIT]

    def active(self) -> EditList:
        """What a build has to lay over its plan."""
        return EditList(edits=tuple(LaidOver(id=item.id, edit=item.edit) for item in self.entries() if item.active))

    def add(self, key: str, author: Author, edit: Edit, seen: int | None = None) -> int:
        """The id of the edit, which is active at once.

        Raises:
            Rejected: the list's version is no longer the one that was `seen`, if that is given.
        """
        with writing(self._engine) as session:
            known = self._held(session, key, seen)
            return known.id if known else self._append(session, key, author, _EDIT, edit=_edit.dump_json(edit).decode())

    def version(self) -> int:
        """A number that grows with everything that happens to the list."""
        with Session(self._engine) as session:
            return self._version(session)

    def must_follow(self, key: str, seen: int | None) -> None:
        """
        Raises:
            Rejected: what happens on the occasion `key` would not follow the version that was `seen`.
        """
        with Session(self._engine) as session:
            if self._on(session, key) is None:
                self._must_be(session, seen)

    def _must_be(self, session: Session, seen: int | None) -> None:
        if seen is not None and self._version(session) != seen:
            raise Rejected("changed_meanwhile", "the edits have changed since you read them: read them again")

    def _version(self, session: Session) -> int:
        return session.exec(select(func.max(EditRow.id)).where(self._mine)).one() or 0

    def _on(self, session: Session, key: str) -> EditRow | None:
        return session.exec(select(EditRow).where(self._mine, EditRow.key == key)).first()

    def find(self, key: str) -> int | None:
        """The id of the edit that was made on an occasion, if it was."""
        with Session(self._engine) as session:
            row = self._on(session, key)
            return row.id if row else None

    def undo(self, key: str, author: Author, edit_id: int | None = None, seen: int | None = None) -> Entry:
        """Undo an edit, or the last that is active.

        Raises:
            Rejected: there is no such edit, it is undone already, or the list's version is no longer `seen`.
        """
        return self._switch(key, author, edit_id, _UNDO, seen)

    def redo(self, key: str, author: Author, edit_id: int | None = None, seen: int | None = None) -> Entry:
        """Do an edit again, or the one that was undone last.

        Raises:
            Rejected: there is no such edit, it is active, or the list's version is no longer `seen`.
        """
        return self._switch(key, author, edit_id, _REDO, seen)

    def _switch(self, key: str, author: Author, edit_id: int | None, action: str, seen: int | None) -> Entry:
        with writing(self._engine) as session:
            known = self._held(session, key, seen)
            entries = {entry.id: entry for entry in self._entries(session)}
            done = known.target if known else None
            if done is None:
                done = self._target(session, entries, edit_id, action)
                self._append(session, key, author, action, target=done)
        return entries[done].model_copy(update={"active": action == _REDO})

    def _target(self, session: Session, entries: dict[int, Entry], edit_id: int | None, action: str) -> int:
        undoing = action == _UNDO
        if edit_id is None:
            able = [entry.id for entry in entries.values() if entry.active is undoing]
            if not able:
                raise Rejected("no_edit", f"there is nothing to {action}")
            return able[-1] if undoing else self._undone_last(session, able)
        if edit_id not in entries:
            raise Rejected("no_edit", f"there is no edit {edit_id}: vibeboard edits lists them")
        if entries[edit_id].active is not undoing:
            state = "undone already" if undoing else "active already"
            raise Rejected("no_edit", f"edit {edit_id} is {state}")
        return edit_id

    def _undone_last(self, session: Session, undone: list[int]) -> int:
        query = select(EditRow.target).where(self._mine, EditRow.action == _UNDO).order_by(col(EditRow.id).desc())
        return next(target for target in session.exec(query) if target in undone)

    def _held(self, session: Session, key: str, seen: int | None) -> EditRow | None:
        """What was done on an occasion; else nobody but us adds to the list until the transaction ends."""
        hold(session, self._project_id)
        known = self._on(session, key)
        if known is None:
            self._must_be(session, seen)
        return known

    def _append(
        self, session: Session, key: str, author: Author, action: str, target: int | None = None, edit: str = ""
    ) -> int:
        number = self._version(session) + 1
        mine = self._project_id
        session.add(
            EditRow(project_id=mine, id=number, key=key, author=author, action=action, target=target, edit=edit)
        )
        data: dict[str, JsonValue] = {"edit": target or number, "author": author}
        append_event(session, mine, CHAT, Event(type=_EVENTS[action], data=data))
        session.commit()
        return number


def _entry(row: EditRow, *, active: bool) -> Entry:
    edit = _edit.validate_json(row.edit)
    return Entry(id=row.id, author=Author(row.author), at=aware(row.created_at), edit=edit, active=active)
