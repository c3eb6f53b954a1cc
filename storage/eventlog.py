"""Appending to the log of a film, inside the transaction that the event reports."""

from __future__ import annotations

import json

from sqlalchemy import func
from sqlmodel import Session, select

from storage.tables import EventRow, ProjectRow
from vibeboard.events import Event

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
