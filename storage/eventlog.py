"""Appending to the log of a film, inside the transaction that the event reports."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from storage.tables import EventRow, ProjectRow
from vibeboard.events import Event, EventType

CHAT = "chat"
"""The run of what is not part of making the film: edits, questions and their answers."""


def hold(session: Session, project_id: str) -> None:
    """Be the only one who numbers rows of the project until the transaction ends. (SQLite has one writer anyway.)"""
    session.exec(select(ProjectRow.id).where(ProjectRow.id == project_id).with_for_update())


def append_event(session: Session, project_id: str, run_id: str, event: Event) -> None:
    """Add an event of a run under the film's next number."""
    hold(session, project_id)
    last = session.exec(select(func.max(EventRow.seq)).where(EventRow.project_id == project_id)).one()
    session.add(
        EventRow(
            project_id=project_id,
            run_id=run_id,
            seq=(last or 0) + 1,
            type=event.type,
            unit=event.unit,
            data=json.dumps(event.data, sort_keys=True),
        )
    )


def append_once(session: Session, project_id: str, run_id: str, event: Event) -> bool:
    """Add an event that has an `id` in its data, unless the run has one of its type with that id; whether it was
    new."""
    hold(session, project_id)
    if find_event(session, project_id, run_id, event.type, str(event.data["id"])) is not None:
        return False
    append_event(session, project_id, run_id, event)
    return True


def find_event(session: Session, project_id: str, run_id: str, kind: EventType, wanted: str) -> dict[str, Any] | None:
    """The data of a run's event of a kind that has an `id` in it."""
    of_type = (EventRow.project_id == project_id, EventRow.run_id == run_id, EventRow.type == kind)
    alike = select(EventRow.data).where(
        *of_type, col(EventRow.data).contains(f'"id": {json.dumps(wanted)}', autoescape=True)
    )
    found = (json.loads(data) for data in session.exec(alike))
    return next((data for data in found if data["id"] == wanted), None)


def newest_of(engine: Engine, project_ids: Collection[str]) -> dict[str, int]:
    """The newest numbers of some films that have events."""
    query = select(EventRow.project_id, func.max(EventRow.seq)).where(col(EventRow.project_id).in_(project_ids))
    with Session(engine) as session:
        return dict(session.exec(query.group_by(EventRow.project_id)).all())
