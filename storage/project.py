"""A film's project: database, blobs and log in one folder, used by one process at a time."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import func
from sqlmodel import Session, col, desc, select, update

from storage.blobs import FolderBlobs
from storage.database import open_database
from storage.jobs import JobTable
from storage.tables import Asset, EventRow, JobRow, PlanRow, Revision, Run, Use
from vibeboard.asset import Result
from vibeboard.events import LIVE_ONLY, Event
from vibeboard.faults import Rejected
from vibeboard.jobs import JobState


class Project:
    """The folder `root` and everything in it. Open it as a context manager; it is locked meanwhile.

    Raises:
        Rejected: another process works in the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._lock = self._acquire(root / "lock")
        self.owner = f"{socket.gethostname()}:{os.getpid()}"
        self.blobs = FolderBlobs(root / "blobs")
        self._engine = open_database(root / "project.db")
        self.jobs = JobTable(self._engine)
        self.jobs.reclaim(self.owner)
        self._sweep()

    def _sweep(self) -> None:
        """Clear what a process that was killed left half-written; under the lock nobody else is writing."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir()
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

    def add_revision(self, script_sha256: str, screenplay_sha256: str) -> None:
        with Session(self._engine) as session:
            session.add(Revision(script_sha256=script_sha256, screenplay_sha256=screenplay_sha256))
            session.commit()

    def find_plans(self, keys: Iterable[str]) -> dict[str, str]:
        """The kept plans, as JSON, of those keys that have one."""
        wanted = set(keys)
        with Session(self._engine) as session:
            rows = (
                session.exec(select(PlanRow))
                if len(wanted) > 500
                else session.exec(select(PlanRow).where(col(PlanRow.key).in_(wanted)))
            )
            return {row.key: row.plan for row in rows if row.key in wanted}

    def keep_plans(self, plans: dict[str, str]) -> None:
        with Session(self._engine) as session:
            session.add_all(PlanRow(key=key, plan=plan) for key, plan in plans.items())
            session.commit()

    def find_run(self, request_digest: str, graph_version: int) -> str | None:
        """A run of the same request that did not finish."""
        query = (
            select(Run)
            .where(
                Run.request_digest == request_digest, Run.graph_version == graph_version, col(Run.finished).is_(False)
            )
            .order_by(desc(col(Run.created_at)))
        )
        with Session(self._engine) as session:
            run = session.exec(query).first()
            return run.id if run else None

    def start_run(self, run_id: str, request_digest: str, graph_version: int) -> None:
        with Session(self._engine) as session:
            session.add(Run(id=run_id, request_digest=request_digest, graph_version=graph_version))
            session.commit()

    def finish_run(self, run_id: str, event: Event) -> None:
        """Close a run and log how it ended, together."""
        with Session(self._engine) as session:
            session.execute(update(Run).where(col(Run.id) == run_id).values(finished=True))
            self._append(session, run_id, event)
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
            self._append(session, run_id, event)
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
            self._append(session, run_id, event)
            session.commit()

    @staticmethod
    def _append(session: Session, run_id: str, event: Event) -> None:
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

    def events(self, run_id: str, since: int = 0) -> list[tuple[int, Event]]:
        """The run's log after number `since`."""
        query = select(EventRow).where(EventRow.run_id == run_id, EventRow.seq > since).order_by(col(EventRow.seq))
        with Session(self._engine) as session:
            return [
                (row.seq, Event.model_validate({"type": row.type, "unit": row.unit, "data": json.loads(row.data)}))
                for row in session.exec(query)
            ]
