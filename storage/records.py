"""What is kept of a film in a store: the rows that carry its id, and no other film's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, Subquery
from sqlmodel import Session, col, desc, func, select, update

from storage.assets import FilmAssets
from storage.chat import ChatLog
from storage.database import writing
from storage.edits import EditLog
from storage.elements import Elements
from storage.eventlog import append_event, append_once, hold
from storage.jobs import insert_new
from storage.queue import WorkQueue
from storage.store import Store
from storage.tables import (
    Asset,
    EventRow,
    JobRow,
    Pin,
    PlanRow,
    ProjectRow,
    Revision,
    Run,
    SettingRow,
    Use,
    aware,
)
from storage.takes import Takes
from vibeboard.asset import Result
from vibeboard.events import LIVE_ONLY, Event, EventType
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState

_CHUNK = 500
"""Keys in one query; SQLite bounds the variables of a statement."""


class Logged(NamedTuple):
    """An event with its number in the film's log, and its run."""

    seq: int
    run_id: str
    at: datetime
    event: Event


class Records:
    """The rows of the film `project_id` of a `store`. Any process may read and write them at any time; who makes the
    film opens it as a `storage.project.Project`."""

    def __init__(self, store: Store, project_id: str, engine: Engine | None = None) -> None:
        self.store, self.id = store, project_id
        self._engine, self.blobs = engine or store.engine, store.blobs
        self.jobs = WorkQueue(self._engine, project_id)
        self.assets = FilmAssets(self._engine, project_id)
        self.edits = EditLog(self._engine, project_id)
        self.chat = ChatLog(self._engine, project_id)
        self.elements = Elements(self._engine, project_id)
        self.takes = Takes(self._engine, project_id)

    @property
    def name(self) -> str:
        """The film's name."""
        with Session(self._engine) as session:
            return session.exec(select(ProjectRow.name).where(ProjectRow.id == self.id)).one()

    def latest_revision(self) -> Revision | None:
        with Session(self._engine) as session:
            return session.exec(
                select(Revision).where(Revision.project_id == self.id).order_by(desc(col(Revision.id))).limit(1)
            ).first()

    def revision_of(self, script_sha256: str, reader: int) -> Revision | None:
        """The newest revision that is what reader revision `reader` made of a script."""
        which = (Revision.project_id == self.id, Revision.script_sha256 == script_sha256, Revision.reader == reader)
        with Session(self._engine) as session:
            return session.exec(select(Revision).where(*which).order_by(desc(col(Revision.id))).limit(1)).first()

    def revisions(self, most: int, before: int | None = None) -> list[tuple[int, Revision]]:
        """The newest `most` revisions of the script, of those before a number, each with its number in the film."""
        numbered = self._numbered()
        query = select(numbered.c.number, Revision).join(numbered, numbered.c.id == col(Revision.id))
        if before is not None:
            query = query.where(numbered.c.number < before)
        with Session(self._engine) as session:
            return list(session.exec(query.order_by(desc(numbered.c.number)).limit(most)))

    def revision(self, number: int) -> Revision:
        """
        Raises:
            Rejected: the film has no revision of that number.
        """
        found = self.revisions(1, number + 1)
        if not found or found[0][0] != number:
            raise Rejected("no_such_revision", f"the film has no script revision {number}")
        return found[0][1]

    def _numbered(self) -> Subquery:
        place = func.row_number().over(order_by=col(Revision.id)).label("number")
        return select(Revision.id, place).where(Revision.project_id == self.id).subquery()

    def add_revision(self, script_sha256: str, reader: int, screenplay_sha256: str) -> None:
        """Keep what reader revision `reader` made of a script."""
        with Session(self._engine) as session:
            row = Revision(
                project_id=self.id, script_sha256=script_sha256, reader=reader, screenplay_sha256=screenplay_sha256
            )
            session.add(row)
            session.commit()

    def pins(self, task: str | None = None) -> dict[str, str]:
        """Task -> the engine that was chosen for it; for a `task`, shot -> the engine that was chosen for that shot."""
        which = (Pin.unit == "",) if task is None else (Pin.task == task, Pin.unit != "")
        query = select(Pin).where(Pin.project_id == self.id, *which)
        with Session(self._engine) as session:
            return {pin.unit or pin.task: pin.engine for pin in session.exec(query)}

    def pin(self, engines: Mapping[str, str]) -> None:
        self._pin([Pin(project_id=self.id, task=task, engine=engine) for task, engine in engines.items()])

    def pin_shots(self, task: str, engines: Mapping[str, str]) -> None:
        """Choose engines of a task for single shots."""
        self._pin([Pin(project_id=self.id, task=task, unit=unit, engine=engine) for unit, engine in engines.items()])

    def _pin(self, pins: Iterable[Pin]) -> None:
        with writing(self._engine) as session:
            for pin in pins:
                session.merge(pin)
            session.commit()

    def setting(self, name: str) -> str:
        """What was last kept under a name, or nothing."""
        with Session(self._engine) as session:
            row = session.get(SettingRow, (self.id, name))
            return row.value if row else ""

    def keep_setting(self, name: str, value: str) -> None:
        with writing(self._engine) as session:
            session.merge(SettingRow(project_id=self.id, name=name, value=value))
            session.commit()

    def change_setting(self, name: str, change: Callable[[str], str]) -> None:
        """Keep what `change` makes of what is kept under a name, which nobody else changes meanwhile."""
        with writing(self._engine) as session:
            hold(session, self.id)
            row = session.get(SettingRow, (self.id, name))
            session.merge(SettingRow(project_id=self.id, name=name, value=change(row.value if row else "")))
            session.commit()

    def find_plans(self, keys: Iterable[str]) -> dict[str, str]:
        """The kept plans, as JSON, of those keys that have one."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, str] = {}
        with Session(self._engine) as session:
            for start in range(0, len(wanted), _CHUNK):
                chunk = col(PlanRow.key).in_(wanted[start : start + _CHUNK])
                rows = session.exec(select(PlanRow).where(PlanRow.project_id == self.id, chunk))
                found.update((row.key, row.plan) for row in rows)
        return found

    def keep_plans(self, plans: dict[str, str]) -> None:
        """Keep plans; of two who plan the same at once, the first is kept."""
        with writing(self._engine) as session:
            for key, plan in sorted(plans.items()):
                session.execute(insert_new(session, PlanRow(project_id=self.id, key=key, plan=plan)))
            session.commit()

    def runs(self, most: int, after: str = "") -> list[Run]:
        """Runs by id, at most `most` after one."""
        query = select(Run).where(Run.project_id == self.id, col(Run.id) > after).order_by(col(Run.id)).limit(most)
        with Session(self._engine) as session:
            return list(session.exec(query))

    def run(self, run_id: str) -> Run:
        """
        Raises:
            Rejected: the film has no run of that id.
        """
        with Session(self._engine) as session:
            row = session.get(Run, run_id)
        if row is None or row.project_id != self.id:
            raise Rejected("no_such_run", f"the film has no run {run_id}")
        return row

    def find_run(self, request_digest: str, graph_version: int) -> str | None:
        """The run to carry on: the newest of all, if it did not finish and is of the same request.

        An older one is not carried on: what was built since may have taken its shots' places.
        """
        with Session(self._engine) as session:
            newest = select(Run).where(Run.project_id == self.id).order_by(desc(col(Run.created_at))).limit(1)
            run = session.exec(newest).first()
        same = run and (run.request_digest, run.graph_version, run.finished) == (request_digest, graph_version, False)
        return run.id if run and same else None

    def abandon_runs(self, but: str) -> list[str]:
        """Close every unfinished run except one; the ids of the closed."""
        unfinished = (Run.project_id == self.id, col(Run.finished).is_(False), Run.id != but)
        with writing(self._engine) as session:
            closed = list(session.exec(select(Run.id).where(*unfinished)))
            session.execute(update(Run).where(col(Run.id).in_(closed)).values(finished=True))
            session.commit()
            return closed

    def start_run(self, run_id: str, request_digest: str, graph_version: int) -> bool:
        """Open a run; false if it was begun before."""
        with writing(self._engine) as session:
            known = session.exec(select(Run).where(Run.project_id == self.id, Run.id == run_id)).first()
            if known is None:
                made = Run(id=run_id, project_id=self.id, request_digest=request_digest, graph_version=graph_version)
                session.add(made)
                session.commit()
            return known is None

    def finish_run(self, run_id: str, event: Event) -> None:
        """Close a run and log how it ended, together."""
        mine = (col(Run.project_id) == self.id, col(Run.id) == run_id)
        with writing(self._engine) as session:
            session.execute(update(Run).where(*mine).values(finished=True))
            append_event(session, self.id, run_id, event)
            session.commit()

    def active_jobs(self) -> dict[tuple[str, str], JobRow]:
        """The jobs behind what the film uses now, by unit and step."""
        query = (
            select(Use.unit, Use.step, JobRow)
            .join(JobRow, col(Use.job_key) == col(JobRow.key))
            .where(Use.project_id == self.id, col(Use.active))
        )
        with Session(self._engine) as session:
            return {(unit, step): job for unit, step, job in session.exec(query)}

    def uses(self) -> list[Use]:
        """Every use of an asset, the earlier ones of each step too."""
        with Session(self._engine) as session:
            return list(session.exec(select(Use).where(Use.project_id == self.id).order_by(col(Use.id))))

    def persist(self, run_id: str, unit: str, step: str, job_key: str, result: Result, event: Event) -> None:
        """In one transaction: the assets, their use by the step, the job done, the event. Doing it again changes
        nothing."""
        step_of = (col(Use.project_id) == self.id, col(Use.unit) == unit, col(Use.step) == step)
        with writing(self._engine) as session:
            if self._uses(session, unit, step, job_key):
                return
            session.execute(update(Use).where(*step_of).values(active=False))
            for _, ref in sorted(result.outputs.items(), key=lambda item: item[1].sha256):
                session.execute(insert_new(session, Asset(sha256=ref.sha256, size=ref.size, media=ref.media)))
            for role, ref in result.outputs.items():
                known = select(Use).where(*step_of, Use.job_key == job_key, Use.role == role)
                row = session.exec(known).first() or self._use(unit, step, job_key, role)
                row.active, row.sha256 = True, ref.sha256
                session.add(row)
            made = (col(JobRow.key) == job_key, col(JobRow.state) == JobState.MADE)
            session.execute(update(JobRow).where(*made).values(state=JobState.DONE))
            append_event(session, self.id, run_id, event)
            session.commit()

    def _use(self, unit: str, step: str, job_key: str, role: str) -> Use:
        return Use(project_id=self.id, unit=unit, step=step, role=role, job_key=job_key, sha256="")

    def _uses(self, session: Session, unit: str, step: str, job_key: str) -> bool:
        query = (
            select(Use)
            .join(JobRow, col(Use.job_key) == col(JobRow.key))
            .where(Use.project_id == self.id, Use.unit == unit, Use.step == step, Use.job_key == job_key)
            .where(col(Use.active), JobRow.state == JobState.DONE)
        )
        return session.exec(query.limit(1)).first() is not None

    def log(self, run_id: str, event: Event) -> None:
        """Append to the run's log, unless the event is for watching only."""
        if event.type in LIVE_ONLY:
            return
        with writing(self._engine) as session:
            append_event(session, self.id, run_id, event)
            session.commit()

    def log_once(self, run_id: str, event: Event) -> bool:
        """Append to the run's log unless it has an event of this type with the same `id` in its data; whether it was
        new."""
        with writing(self._engine) as session:
            new = append_once(session, self.id, run_id, event)
            session.commit()
            return new

    def log_since(self, seq: int, most: int) -> list[Logged]:
        """The film's log after number `seq`, of all runs, at most `most` events."""
        query = select(EventRow).where(EventRow.project_id == self.id, EventRow.seq > seq)
        with Session(self._engine) as session:
            rows = session.exec(query.order_by(col(EventRow.seq)).limit(most))
            return [Logged(row.seq, row.run_id, aware(row.created_at), _event(row)) for row in rows]

    def log_edges(self) -> tuple[int, int]:
        """The numbers of the oldest event that is kept, and of the newest; 1 and 0 if there is none."""
        edges = select(func.min(EventRow.seq), func.max(EventRow.seq)).where(EventRow.project_id == self.id)
        with Session(self._engine) as session:
            oldest, newest = session.exec(edges).one()
        return oldest or 1, newest or 0

    def happened(self, kind: EventType) -> list[Event]:
        """Every event of a kind, of all runs, in order."""
        query = select(EventRow).where(EventRow.project_id == self.id, EventRow.type == kind).order_by(col(EventRow.id))
        with Session(self._engine) as session:
            return [_event(row) for row in session.exec(query)]

    def events(self, run_id: str, since: int = 0, most: int | None = None) -> list[tuple[int, Event]]:
        """The run's log after number `since`, at most `most` of it."""
        of_run = (EventRow.project_id == self.id, EventRow.run_id == run_id, EventRow.seq > since)
        query = select(EventRow).where(*of_run).order_by(col(EventRow.seq)).limit(most)
        with Session(self._engine) as session:
            return [(row.seq, _event(row)) for row in session.exec(query)]


def _event(row: EventRow) -> Event:
    return Event.model_validate({"type": row.type, "unit": row.unit, "data": json.loads(row.data)})
