"""A film's project: what is kept of it in a store, and its workplace on this machine. Used by one process at a time."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlmodel import Session, col, desc, select, update

from storage.chat import ChatLog
from storage.database import writing
from storage.edits import EditLog
from storage.eventlog import append_event
from storage.jobs import insert_new
from storage.locks import ProjectLock, project_folder, working
from storage.queue import WorkQueue, process_name
from storage.store import Store
from storage.tables import Asset, ElementRow, EventRow, JobRow, Pin, PlanRow, Revision, Run, SettingRow, Use
from vibeboard.asset import Result
from vibeboard.breakdown import Breakdown, SceneBreakdown, Status
from vibeboard.events import LIVE_ONLY, Event, EventType
from vibeboard.faults import FaultError
from vibeboard.jobs import JobState

_CHUNK = 500
"""Keys in one query; SQLite bounds the variables of a statement."""


class Project:
    """A film in a `store`, at work in the folder `root`. Open it as a context manager; it is locked meanwhile.

    Without a store it is the one film of the store in that folder. The film is the one with `project_id`, else the one
    that the folder is of, else a new one. What has a film's id sees that film's rows only.

    Raises:
        Rejected: another process works on the film or in the folder, or the database is damaged or of a newer version.
        StoreAway: the database does not answer. So does everything else, once the film's lock was lost with it.
    """

    def __init__(self, root: Path, store: Store | None = None, project_id: str | None = None) -> None:
        self.root = root
        self._lock = ProjectLock(root)
        try:
            self.store = store or Store.in_folder(root)
            self._own_store = store is None
            self.id = project_id or self.store.project_of(root)
            if store is not None:
                self._lock.hold(store.engine, self.id)
            self.owner = process_name()
            self._engine, self.blobs = self._lock.guarded(self.store.engine), self.store.blobs
            self.jobs = WorkQueue(self._engine, self.id)
            self.edits = EditLog(self._engine, self.id)
            self.chat = ChatLog(self._engine, self.id)
            self.jobs.reclaim(self.owner)
        except FaultError:
            self._lock.release()
            raise
        self._sweep()

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
        if self._own_store:
            self.store.close()
        self._lock.release()

    @property
    def checkpoints(self) -> Path:
        """LangGraph's own database, unless the store is in Postgres: its checkpoints are there too."""
        return self.root / "checkpoints.db"

    def latest_revision(self) -> Revision | None:
        with Session(self._engine) as session:
            return session.exec(
                select(Revision).where(Revision.project_id == self.id).order_by(desc(col(Revision.id))).limit(1)
            ).first()

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
        with Session(self._engine) as session:
            session.add_all(PlanRow(project_id=self.id, key=key, plan=plan) for key, plan in plans.items())
            session.commit()

    def store_elements(self, breakdown: Breakdown) -> Breakdown:
        """Keep the elements of the scenes of a breakdown; what is new is pending, what a person decided stays decided.

        A pending element that its scene no longer has goes, and so do those of scenes that are no more.

        Returns:
            The same breakdown with the status that each element has now.
        """
        mine = select(ElementRow).where(ElementRow.project_id == self.id)
        with writing(self._engine) as session:
            known = {(row.scene_id, row.category, row.name): row for row in session.exec(mine)}
            for scene in breakdown.scenes:
                for item in scene.items:
                    identity = (scene.scene_id, item.category, item.name)
                    row = known.pop(identity, None) or self._element(*identity)
                    row.lines = json.dumps(item.lines)
                    session.add(row)
            for row in known.values():
                if row.status is Status.PENDING:
                    session.delete(row)
            session.commit()
            status = {(row.scene_id, row.category, row.name): row.status for row in session.exec(mine)}
        return _with_status(breakdown, status)

    def _element(self, scene_id: str, category: str, name: str) -> ElementRow:
        return ElementRow(project_id=self.id, scene_id=scene_id, category=category, name=name, lines="")

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

    def start_run(self, run_id: str, request_digest: str, graph_version: int) -> None:
        with Session(self._engine) as session:
            made = Run(id=run_id, project_id=self.id, request_digest=request_digest, graph_version=graph_version)
            session.add(made)
            session.commit()

    def finish_run(self, run_id: str, event: Event) -> None:
        """Close a run and log how it ended, together."""
        mine = (col(Run.project_id) == self.id, col(Run.id) == run_id)
        with writing(self._engine) as session:
            session.execute(update(Run).where(*mine).values(finished=True))
            append_event(session, self.id, run_id, event)
            session.commit()

    def active_job(self, unit: str, step: str) -> JobRow | None:
        """The job behind what a step of a unit uses now."""
        query = (
            select(JobRow)
            .join(Use, col(Use.job_key) == col(JobRow.key))
            .where(Use.project_id == self.id, Use.unit == unit, Use.step == step, col(Use.active))
        )
        with Session(self._engine) as session:
            return session.exec(query.limit(1)).first()

    def uses(self) -> list[Use]:
        """Every use of an asset, the earlier ones of each step too."""
        with Session(self._engine) as session:
            return list(session.exec(select(Use).where(Use.project_id == self.id).order_by(col(Use.id))))

    def persist(self, run_id: str, unit: str, step: str, job_key: str, result: Result, event: Event) -> None:
        """In one transaction: the assets, their use by the step, the job done, the event. Doing it again changes
        nothing."""
        step_of = (Use.project_id == self.id, Use.unit == unit, Use.step == step)
        with writing(self._engine) as session:
            if self._uses(session, unit, step, job_key):
                return
            session.execute(update(Use).where(*step_of).values(active=False))  # type: ignore[arg-type]
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

    def happened(self, kind: EventType) -> list[Event]:
        """Every event of a kind, of all runs, in order."""
        query = select(EventRow).where(EventRow.project_id == self.id, EventRow.type == kind).order_by(col(EventRow.id))
        with Session(self._engine) as session:
            return [_event(row) for row in session.exec(query)]

    def events(self, run_id: str, since: int = 0) -> list[tuple[int, Event]]:
        """The run's log after number `since`."""
        of_run = (EventRow.project_id == self.id, EventRow.run_id == run_id, EventRow.seq > since)
        query = select(EventRow).where(*of_run).order_by(col(EventRow.seq))
        with Session(self._engine) as session:
            return [(row.seq, _event(row)) for row in session.exec(query)]


def _event(row: EventRow) -> Event:
    return Event.model_validate({"type": row.type, "unit": row.unit, "data": json.loads(row.data)})


def open_project(store: Store, which: str) -> Project:
    """Open the film of a store with an id or a name, in its own folder under the store's.

    Raises:
        Rejected: there is none, several have the name, or another process works on it.
    """
    project_id = store.find(which)
    return Project(project_folder(store.home, project_id), store, project_id)


def _with_status(breakdown: Breakdown, status: Mapping[tuple[str, str, str], Status]) -> Breakdown:
    def decided(scene: SceneBreakdown) -> SceneBreakdown:
        items = tuple(
            item.model_copy(update={"status": status[scene.scene_id, item.category, item.name]}) for item in scene.items
        )
        return scene.model_copy(update={"items": items})

    return breakdown.model_copy(update={"scenes": tuple(decided(scene) for scene in breakdown.scenes)})
