"""What a film's rows say of what it took: its jobs, its runs, what models were paid, and the time of the devices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select

from storage.tables import EventRow, JobRow, Run, Use, WorkerRow, aware
from vibeboard.events import Event, EventType
from vibeboard.jobs import DeviceSnapshot, Snapshot


class JobSpent(NamedTuple):
    """A job that the film had made (`ours`) or found made, with the seconds of its newest attempt that was made.

    `unit` is the shot or deliverable that used it first, `run_id` the run that took it up first; both are empty for
    one that was never used, and the run for those of films that were made before the log named jobs.
    """

    key: str
    task: str
    engine: str
    seconds: float
    ended_at: datetime
    ours: bool
    unit: str
    run_id: str


class RunSpan(NamedTuple):
    run_id: str
    began_at: datetime
    finished: bool


class Spending:
    """Reads what the film `project_id` took. Changes nothing and takes no lock.

    A job belongs to the film that had it made last, `JobRow.project_id`: other films that use it were spared it. One
    that was asked for by itself, `POST /inference`, belongs to none.
    """

    def __init__(self, engine: Engine, project_id: str) -> None:
        self._engine, self._project_id = engine, project_id

    def jobs(self) -> list[JobSpent]:
        """The jobs that took time, in the order in which they were made."""
        units, runs = self._first_units(), self._first_runs()
        used = select(Use.job_key).where(Use.project_id == self._project_id)
        concern = or_(col(JobRow.project_id) == self._project_id, col(JobRow.key).in_(used))
        query = select(JobRow).where(concern, col(JobRow.seconds) > 0).order_by(col(JobRow.updated_at), JobRow.key)
        with Session(self._engine) as session:
            return [
                JobSpent(
                    key=row.key,
                    task=row.task,
                    engine=row.engine,
                    seconds=row.seconds,
                    ended_at=aware(row.updated_at),
                    ours=row.project_id == self._project_id,
                    unit=units.get(row.key, ""),
                    run_id=runs.get(row.key, ""),
                )
                for row in session.exec(query)
            ]

    def _first_units(self) -> dict[str, str]:
        query = select(Use).where(Use.project_id == self._project_id).order_by(col(Use.id).desc())
        with Session(self._engine) as session:
            return {use.job_key: use.unit for use in session.exec(query)}

    def _first_runs(self) -> dict[str, str]:
        first: dict[str, str] = {}
        for run_id, event in self.events(EventType.ASSET_PERSISTED):
            first.setdefault(str(event.data.get("job", "")), run_id)
        return first

    def runs(self) -> list[RunSpan]:
        """The runs of the film, the oldest first."""
        query = select(Run).where(Run.project_id == self._project_id).order_by(col(Run.created_at), col(Run.id))
        with Session(self._engine) as session:
            return [RunSpan(run.id, aware(run.created_at), run.finished) for run in session.exec(query)]

    def events(self, kind: EventType) -> Iterator[tuple[str, Event]]:
        """Every event of a kind with its run, in order."""
        of_kind = (EventRow.project_id == self._project_id, EventRow.type == kind)
        with Session(self._engine) as session:
            for row in session.exec(select(EventRow).where(*of_kind).order_by(col(EventRow.id))):
                yield row.run_id, Event.model_validate({"type": kind, "unit": row.unit, "data": json.loads(row.data)})

    def devices(self) -> list[DeviceSnapshot]:
        """The last word of every device that the store's processes had, those of the past too (`WorkQueue.leave`)."""
        with Session(self._engine) as session:
            rows = list(session.exec(select(WorkerRow).where(WorkerRow.snapshot != "")))
        return [device for row in rows for device in Snapshot.model_validate_json(row.snapshot).devices]
