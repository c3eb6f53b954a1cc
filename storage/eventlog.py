"""Appending to the log of a run, inside the transaction that the event reports."""

from __future__ import annotations

import json

from sqlalchemy import func
from sqlmodel import Session, select

from storage.tables import EventRow
from vibeboard.events import Event

CHAT = "chat"
"""The run of what is not part of making the film: edits, questions and their answers."""


def append_event(session: Session, run_id: str, event: Event) -> None:
    """Add an event under the run's next number."""
    last = session.exec(select(func.max(EventRow.seq)).where(EventRow.run_id == run_id)).one()
    session.add(
        EventRow(
            run_id=run_id,
            seq=(last or 0) + 1,
            type=event.type,
            unit=event.unit,
            data=json.dumps(event.data, sort_keys=True),
        )
    )
