"""The job table as a queue between the orchestrator, which offers, and workers by themselves, which take."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import case, delete, update
from sqlmodel import Session, col, select

from storage.database import writing
from storage.jobs import JobTable, job_of
from storage.tables import JobRow, WorkerRow, aware, now
from vibeboard.asset import Result
from vibeboard.digest import canonical, sha256
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
    return f"{_here()}:{os.getpid()}"


@cache
def _here() -> str:
    """Names those processes that know each other by number: of one boot of one machine, and of one container in it.
    Containers and machines may well have the same host name."""
    boot, numbers = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    found = [path.read_text() for path in (boot,) if path.exists()]
    found += [str(path.stat().st_ino) for path in (numbers,) if path.exists()]
    host = socket.gethostname()
    return f"{host}-{sha256(canonical([host, *found]))[:8]}"


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

    def at_work(self, prefix: str = "") -> list[Job]:
        """The jobs that wait for somebody or are in somebody's hands and whose keys begin with `prefix`."""
        mine = (
            col(JobRow.state).in_([JobState.QUEUED, JobState.RUNNING]),
            col(JobRow.key).startswith(prefix, autoescape=True),
        )
        with Session(self._engine) as session:
            return [job_of(row) for row in session.exec(select(JobRow).where(*mine).order_by(col(JobRow.key)))]

    def stopped(self, owner: str) -> list[str]:
        """The keys of what a process does itself, by no lease, and that somebody asked to stop."""
        own = (JobRow.owner == owner, JobRow.state == JobState.RUNNING, col(JobRow.leased_until).is_(None))
        with Session(self._engine) as session:
            return list(session.exec(select(JobRow.key).where(*own, col(JobRow.stop).is_(True))))

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
        because somebody asked for it or because they are no longer the worker's."""
        mine = (col(JobRow.owner) == owner, col(JobRow.state) == JobState.RUNNING, col(JobRow.key).in_(list(held)))
        with Session(self._engine) as session:
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
                row.lost, row.owner, row.leased_until = row.lost + 1, "", None
                row.state = JobState.QUEUED if row.lost < MOST_LOST else JobState.FAILED
                row.fault = "" if row.lost < MOST_LOST else _given_up(row).model_dump_json()
                session.add(row)
            session.commit()
            return len(lost)

    def show(self, owner: str, snapshot: Snapshot) -> Wish | None:
        """Say what a process is doing; what somebody wishes it to do, once."""
        with writing(self._engine) as session:
            row = session.get(WorkerRow, owner, with_for_update=True) or self._new_worker(session, owner)
            wish, row.wish = row.wish, ""
            row.snapshot, row.beat_at = snapshot.model_dump_json(), now()
            session.add(row)
            session.commit()
        return Wish(wish) if wish else None

    def _new_worker(self, session: Session, owner: str) -> WorkerRow:
        """A row for a process that was not seen before; those of processes that died go."""
        session.execute(delete(WorkerRow).where(col(WorkerRow.beat_at) < now() - LEASE))
        return WorkerRow(owner=owner, snapshot="")

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
    """Whether a process that we know by its number is gone; of others only their silence tells."""
    here, _, pid = owner.rpartition(":")
    if here != _here():
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
