"""The job table as a queue between the orchestrator, which offers, and workers by themselves, which take."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta

from sqlalchemy import case, delete, update
from sqlmodel import Session, col, select

from storage.database import writing
from storage.jobs import JobTable, job_of
from storage.tables import JobRow, WorkerRow, aware, now
from vibeboard.asset import Result
from vibeboard.faults import Fault, FaultKind
from vibeboard.jobs import Job, JobClass, JobState, JobView, Progress, Snapshot, Wish, WorkerView

LEASE = timedelta(seconds=30)
"""How long a worker that says nothing keeps its jobs."""
GONE_AFTER = timedelta(seconds=10)
"""How long a worker that says nothing is shown."""
MOST_LOST = 3
"""So many workers may die with a job before it is given up."""

_RANK = case((col(JobRow.job_class) == JobClass.INTERACTIVE, 0), (col(JobRow.job_class) == JobClass.BATCH, 1), else_=2)


def process_name() -> str:
    """The name under which this process owns jobs."""
    return f"{socket.gethostname()}:{os.getpid()}"


class WorkQueue(JobTable):
    """`vibeboard.jobs.JobQueue` over the job table. Every change is one statement or one transaction, so that two
    workers never have the same attempt."""

    def offer(self, job: Job) -> None:
        """Let a worker take a job that was claimed."""
        offered = (
            update(JobRow)
            .where(
                col(JobRow.key) == job.key,
                col(JobRow.attempt) == job.attempt,
                col(JobRow.state) == JobState.RUNNING,
            )
            .values(state=JobState.QUEUED, owner="", queued_at=now(), updated_at=now())
        )
        self._execute(offered)

    def look(self, keys: Iterable[str]) -> dict[str, JobView]:
        """What became of jobs, by key."""
        with Session(self._engine) as session:
            rows = session.exec(select(JobRow).where(col(JobRow.key).in_(list(keys)))).all()
        return {row.key: _view(row) for row in rows}

    def stop(self, key: str) -> None:
        """Ask for a job's end: at once if nobody has it, else the worker that has it will see to it."""
        cancelled = Fault(kind=FaultKind.CANCELLED, code="cancelled", message="cancelled")
        waits = (col(JobRow.key) == key, col(JobRow.state) == JobState.QUEUED)
        self._execute(update(JobRow).where(*waits).values(state=JobState.FAILED, fault=cancelled.model_dump_json()))
        self._execute(update(JobRow).where(col(JobRow.key) == key).values(stop=True))

    def take(self, owner: str, most: int, job_class: JobClass | None = None) -> list[Job]:
        """Up to `most` waiting jobs, the most urgent first, leased to a worker as new attempts. Workers of a Postgres
        database pass over the rows that another is just taking, and wait for nobody."""
        waiting = select(JobRow.key).where(JobRow.state == JobState.QUEUED)
        if job_class is not None:
            waiting = waiting.where(JobRow.job_class == job_class)
        order = (_RANK, col(JobRow.priority).desc(), col(JobRow.queued_at), col(JobRow.key))
        urgent = waiting.order_by(*order).limit(most).with_for_update(skip_locked=True).cte("urgent")
        taken = (
            update(JobRow)
            .where(col(JobRow.key).in_(select(urgent.c.key)), col(JobRow.state) == JobState.QUEUED)
            .values(
                state=JobState.RUNNING,
                owner=owner,
                attempt=JobRow.attempt + 1,
                leased_until=now() + LEASE,
                progress="",
                updated_at=now(),
            )
            .returning(JobRow)
        )
        with Session(self._engine) as session:
            jobs = [job_of(row) for row in session.execute(taken).scalars().all()]
            session.commit()
        return jobs

    def beat(self, owner: str, held: Mapping[str, Progress | None]) -> frozenset[str]:
        """Renew a worker's leases of what it has in hand and say how far that is; the keys of those that shall stop,
        because somebody asked for it or because they are no longer the worker's. What it had in hand when it was cut
        off for longer than its lease is its own again unless somebody has taken it."""
        queued = (col(JobRow.owner) == owner, col(JobRow.state) == JobState.QUEUED, col(JobRow.key).in_(list(held)))
        mine = (col(JobRow.owner) == owner, col(JobRow.state) == JobState.RUNNING, col(JobRow.key).in_(list(held)))
        with Session(self._engine) as session:
            session.execute(update(JobRow).where(*queued).values(state=JobState.RUNNING, lost=JobRow.lost - 1))
            session.execute(update(JobRow).where(*mine).values(leased_until=now() + LEASE))
            for key, event in held.items():
                if event is not None:
                    told = update(JobRow).where(*mine, col(JobRow.key) == key).values(progress=event.model_dump_json())
                    session.execute(told)
            wanted = session.exec(select(JobRow.key).where(*mine, col(JobRow.stop).is_(False))).all()
            session.commit()
        return frozenset(held) - frozenset(wanted)

    def expire(self, spared: str = "") -> int:
        """Queue again what workers that died or fell silent had in hand; how many jobs that were. A worker spares
        itself: if it was silent, nobody has taken its jobs yet."""
        leased = select(JobRow).where(
            JobRow.state == JobState.RUNNING, col(JobRow.leased_until).is_not(None), JobRow.owner != spared
        )
        with Session(self._engine) as session:
            if not any(_lost(row) for row in session.exec(leased)):
                return 0
        with writing(self._engine) as session:
            held = session.exec(leased.with_for_update(skip_locked=True))
            lost = [row for row in held if _lost(row)]
            for row in lost:
                row.lost, row.leased_until = row.lost + 1, None
                row.state = JobState.QUEUED if row.lost < MOST_LOST else JobState.FAILED
                row.fault = "" if row.lost < MOST_LOST else _given_up(row).model_dump_json()
                session.add(row)
            session.commit()
            return len(lost)

    def show(self, owner: str, snapshot: Snapshot) -> Wish | None:
        """Say what a process is doing; what somebody wishes it to do, once."""
        with writing(self._engine) as session:
            row = session.get(WorkerRow, owner, with_for_update=True) or WorkerRow(owner=owner, snapshot="")
            wish, row.wish = row.wish, ""
            row.snapshot, row.beat_at = snapshot.model_dump_json(), now()
            session.add(row)
            session.commit()
        return Wish(wish) if wish else None

    def leave(self, owner: str) -> None:
        """The process ends."""
        self._execute(delete(WorkerRow).where(col(WorkerRow.owner) == owner))

    def workers(self) -> list[WorkerView]:
        """The processes that are at work now."""
        with Session(self._engine) as session:
            rows = session.exec(select(WorkerRow).order_by(col(WorkerRow.owner))).all()
        recent = [row for row in rows if now() - aware(row.beat_at) < GONE_AFTER]
        return [WorkerView(owner=row.owner, snapshot=Snapshot.model_validate_json(row.snapshot)) for row in recent]

    def wish(self, wish: Wish) -> None:
        """Tell every process at work to do something; each does it at its next beat."""
        self._execute(update(WorkerRow).values(wish=wish))


def _view(row: JobRow) -> JobView:
    return JobView(
        state=row.state,
        attempt=row.attempt,
        progress=Progress.model_validate_json(row.progress) if row.progress else None,
        result=Result.model_validate_json(row.result) if row.result else None,
        fault=Fault.model_validate_json(row.fault) if row.fault else None,
        seconds=row.seconds,
    )


def _lost(row: JobRow) -> bool:
    assert row.leased_until is not None
    return now() > aware(row.leased_until) or _is_dead(row.owner)


def _is_dead(owner: str) -> bool:
    """Whether a process of this machine is gone; of others only their silence tells."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _given_up(row: JobRow) -> Fault:
    message = f"{row.lost} workers died with {row.task}; look at the end of worker.log, then make it again"
    return Fault(kind=FaultKind.REJECTED, code="worker_died", message=message)
