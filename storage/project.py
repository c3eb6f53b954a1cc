"""A film's project: database, blobs and log in one folder, used by one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlmodel import Session, col, desc, select, update

from storage.blobs import FolderBlobs
from storage.chat import ChatLog
from storage.database import open_database
from storage.edits import EditLog
from storage.eventlog import append_event
from storage.queue import WorkQueue, process_name
from storage.tables import Asset, ElementRow, EventRow, JobRow, Pin, PlanRow, Revision, Run, SettingRow, Use
from storage.working import working
from vibeboard.asset import Result
from vibeboard.breakdown import Breakdown, SceneBreakdown, Status
from vibeboard.events import LIVE_ONLY, Event, EventType
from vibeboard.faults import FaultError, Rejected
from vibeboard.jobs import JobState

_CHUNK = 500
"""Keys in one query; SQLite bounds the variables of a statement."""


class Project:
    """The folder `root` and everything in it. Open it as a context manager; it is locked meanwhile.

    Raises:
        Rejected: another process works in the folder, or its database is damaged or of a newer version.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._lock = self._acquire(root / "lock")
        self.owner = process_name()
        self.blobs = FolderBlobs(root / "blobs")
        try:
            self._engine = open_database(root / "project.db")
        except FaultError:
            os.close(self._lock)
            raise
        self.jobs = WorkQueue(self._engine)
        self.edits = EditLog(self._engine)
        self.chat = ChatLog(self._engine)
        self.jobs.reclaim(self.owner)
        self._sweep()

    def _sweep(self) -> None:
        """Clear what a process that was killed left half-written, unless a worker by itself may be writing."""
        self.scratch.mkdir(exist_ok=True)
        with working(self.root, alone=True) as nobody_writes:
            if nobody_writes:
                shutil.rmtree(self.scratch, ignore_errors=True)
                self.scratch.mkdir(exist_ok=True)
                self.blobs.sweep()

    @property
    def scratch(self) -> Path:
        """Where workers write before they know what a file's name will be."""
        return self.root / "scratch"

    @staticmethod
    def _acquire(path: Path) -> int:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Rejected(
                "project_busy",
                f"another vibeboard works in {path.parent}: wait until it ends, or stop it, and run again",
            ) from None
        return handle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()
        os.close(self._lock)

    @property
    def checkpoints(self) -> Path:
        """LangGraph's own database."""
        return self.root / "checkpoints.db"

    def latest_revision(self) -> Revision | None:
        with Session(self._engine) as session:
            return session.exec(select(Revision).order_by(desc(col(Revision.id))).limit(1)).first()

    def add_revision(self, script_sha256: str, reader: int, screenplay_sha256: str) -> None:
        """Keep what reader revision `reader` made of a script."""
        with Session(self._engine) as session:
            session.add(Revision(script_sha256=script_sha256, reader=reader, screenplay_sha256=screenplay_sha256))
            session.commit()

    def pins(self, task: str | None = None) -> dict[str, str]:
        """Task -> the engine that was chosen for it; for a `task`, shot -> the engine that was chosen for that shot."""
        query = (
            select(Pin).where(Pin.unit == "") if task is None else select(Pin).where(Pin.task == task, Pin.unit != "")
        )
        with Session(self._engine) as session:
            return {pin.unit or pin.task: pin.engine for pin in session.exec(query)}

    def pin(self, engines: Mapping[str, str]) -> None:
        self._pin([Pin(task=task, engine=engine) for task, engine in engines.items()])

    def pin_shots(self, task: str, engines: Mapping[str, str]) -> None:
        """Choose engines of a task for single shots."""
        self._pin([Pin(task=task, unit=unit, engine=engine) for unit, engine in engines.items()])

    def _pin(self, pins: Iterable[Pin]) -> None:
        with Session(self._engine) as session:
            for pin in pins:
                session.merge(pin)
            session.commit()

    def setting(self, name: str) -> str:
        """What was last kept under a name, or nothing."""
        with Session(self._engine) as session:
            row = session.get(SettingRow, name)
            return row.value if row else ""

    def keep_setting(self, name: str, value: str) -> None:
        with Session(self._engine) as session:
            session.merge(SettingRow(name=name, value=value))
            session.commit()

    def find_plans(self, keys: Iterable[str]) -> dict[str, str]:
        """The kept plans, as JSON, of those keys that have one."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, str] = {}
        with Session(self._engine) as session:
            for start in range(0, len(wanted), _CHUNK):
                chunk = select(PlanRow).where(col(PlanRow.key).in_(wanted[start : start + _CHUNK]))
                found.update((row.key, row.plan) for row in session.exec(chunk))
        return found

    def keep_plans(self, plans: dict[str, str]) -> None:
        with Session(self._engine) as session:
            session.add_all(PlanRow(key=key, plan=plan) for key, plan in plans.items())
            session.commit()

    def store_elements(self, breakdown: Breakdown) -> Breakdown:
        """Keep the elements of the scenes of a breakdown; what is new is pending, what a person decided stays decided.

        A pending element that its scene no longer has goes, and so do those of scenes that are no more.

        Returns:
            The same breakdown with the status that each element has now.
        """
        with Session(self._engine) as session:
            known = {(row.scene_id, row.category, row.name): row for row in session.exec(select(ElementRow))}
            for scene in breakdown.scenes:
                for item in scene.items:
                    fresh = ElementRow(scene_id=scene.scene_id, category=item.category, name=item.name, lines="")
                    row = known.pop((scene.scene_id, item.category, item.name), fresh)
                    row.lines = json.dumps(item.lines)
                    session.add(row)
            for row in known.values():
                if row.status is Status.PENDING:
                    session.delete(row)
            session.commit()
            rows = session.exec(select(ElementRow))
            status = {(row.scene_id, row.category, row.name): row.status for row in rows}
        return _with_status(breakdown, status)

    def find_run(self, request_digest: str, graph_version: int) -> str | None:
        """The run to carry on: the newest of all, if it did not finish and is of the same request.

        An older one is not carried on: what was built since may have taken its shots' places.
        """
        with Session(self._engine) as session:
            run = session.exec(select(Run).order_by(desc(col(Run.created_at))).limit(1)).first()
        same = run and (run.request_digest, run.graph_version, run.finished) == (request_digest, graph_version, False)
        return run.id if run and same else None

    def abandon_runs(self, but: str) -> list[str]:
        """Close every unfinished run except one; the ids of the closed."""
        with Session(self._engine) as session:
            runs = session.exec(select(Run).where(col(Run.finished).is_(False), Run.id != but)).all()
            closed = [run.id for run in runs]
            session.execute(update(Run).where(col(Run.id).in_(closed)).values(finished=True))
            session.commit()
            return closed

    def start_run(self, run_id: str, request_digest: str, graph_version: int) -> None:
        with Session(self._engine) as session:
            session.add(Run(id=run_id, request_digest=request_digest, graph_version=graph_version))
            session.commit()

    def finish_run(self, run_id: str, event: Event) -> None:
        """Close a run and log how it ended, together."""
        with Session(self._engine) as session:
            session.execute(update(Run).where(col(Run.id) == run_id).values(finished=True))
            append_event(session, run_id, event)
            session.commit()

    def active_job(self, unit: str, step: str) -> JobRow | None:
        """The job behind what a step of a unit uses now."""
        query = (
            select(JobRow)
            .join(Use, col(Use.job_key) == col(JobRow.key))
            .where(Use.unit == unit, Use.step == step, col(Use.active))
        )
        with Session(self._engine) as session:
            return session.exec(query.limit(1)).first()

    def uses(self) -> list[Use]:
        """Every use of an asset, the earlier ones of each step too."""
        with Session(self._engine) as session:
            return list(session.exec(select(Use).order_by(col(Use.id))))

    def persist(self, run_id: str, unit: str, step: str, job_key: str, result: Result, event: Event) -> None:
        """In one transaction: the assets, their use by the step, the job done, the event. Doing it again changes
        nothing."""
        with Session(self._engine) as session:
            if self._uses(session, unit, step, job_key):
                return
            session.execute(update(Use).where(col(Use.unit) == unit, col(Use.step) == step).values(active=False))
            for role, ref in result.outputs.items():
                session.merge(Asset(sha256=ref.sha256, size=ref.size, media=ref.media))
                row = session.exec(
                    select(Use).where(Use.unit == unit, Use.step == step, Use.job_key == job_key, Use.role == role)
                ).first() or Use(unit=unit, step=step, role=role, job_key=job_key, sha256=ref.sha256)
                row.active, row.sha256 = True, ref.sha256
                session.add(row)
            session.execute(update(JobRow).where(col(JobRow.key) == job_key).values(state=JobState.DONE))
            append_event(session, run_id, event)
            session.commit()

    @staticmethod
    def _uses(session: Session, unit: str, step: str, job_key: str) -> bool:
        query = (
            select(Use)
            .join(JobRow, col(Use.job_key) == col(JobRow.key))
            .where(Use.unit == unit, Use.step == step, Use.job_key == job_key, col(Use.active))
            .where(JobRow.state == JobState.DONE)
        )
        return session.exec(query.limit(1)).first() is not None

    def log(self, run_id: str, event: Event) -> None:
        """Append to the run's log, unless the event is for watching only."""
        if event.type in LIVE_ONLY:
            return
        with Session(self._engine) as session:
            append_event(session, run_id, event)
            session.commit()

    def happened(self, kind: EventType) -> list[Event]:
        """Every event of a kind, of all runs, in order."""
        query = select(EventRow).where(EventRow.type == kind).order_by(col(EventRow.id))
        with Session(self._engine) as session:
            return [_event(row) for row in session.exec(query)]

    def events(self, run_id: str, since: int = 0) -> list[tuple[int, Event]]:
        """The run's log after number `since`."""
        query = select(EventRow).where(EventRow.run_id == run_id, EventRow.seq > since).order_by(col(EventRow.seq))
        with Session(self._engine) as session:
            return [(row.seq, _event(row)) for row in session.exec(query)]


def _event(row: EventRow) -> Event:
    return Event.model_validate({"type": row.type, "unit": row.unit, "data": json.loads(row.data)})


def _with_status(breakdown: Breakdown, status: Mapping[tuple[str, str, str], Status]) -> Breakdown:
    def decided(scene: SceneBreakdown) -> SceneBreakdown:
        items = tuple(
            item.model_copy(update={"status": status[scene.scene_id, item.category, item.name]}) for item in scene.items
        )
        return scene.model_copy(update={"items": items})

    return breakdown.model_copy(update={"scenes": tuple(decided(scene) for scene in breakdown.scenes)})
