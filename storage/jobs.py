"""The job table: one row a content key, one owner at a time, an attempt number that fences the late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Engine, Executable, Insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

from storage.database import changed, is_postgres, writing
from storage.locks import is_open
from storage.tables import JobRow, aware, now
from vibeboard.asset import Result
from vibeboard.faults import Fault, FaultKind
from vibeboard.jobs import AT_WORK, Job, JobClass, JobState


class Stand(NamedTuple):
    attempts: int
    state: JobState


class JobTable:
    """The jobs of a database as the project `project_id` asks for them. A job is named by its content, so that projects
    share it."""

    def __init__(self, engine: Engine, project_id: str = "") -> None:
        self._engine, self._project_id = engine, project_id

    def find(self, key: str) -> JobRow | None:
        with Session(self._engine) as session:
            return session.get(JobRow, key)

    def stand(self, key: str) -> Stand:
        """How a job stands; one that there never was has had no attempt."""
        row = self.find(key)
        return Stand(row.attempt, row.state) if row else Stand(0, JobState.QUEUED)

    def claim(
        self,
        key: str,
        task: str,
        engine: str,
        params: Mapping[str, JsonValue],
        owner: str,
        priority: int = 0,
        job_class: JobClass = JobClass.BATCH,
        stand: Stand | None = None,
        *,
        revision: str = "",
    ) -> Job | None:
        """Make the job ours to run, or to offer to a worker: a new attempt, whatever became of those before.

        Its parameters are the asker's then, also those that do not count in the key. None while a worker has it in
        hand, or another project that is open wants it, and it was not asked to stop; and when it no longer stands as it
        did: what became of it is to be looked at first.
        """
        text = json.dumps(params, sort_keys=True)
        fresh = JobRow(key=key, task=task, engine=engine, params=text, project_id=self._project_id)
        with writing(self._engine) as session:
            session.execute(insert_new(session, fresh))
            row = session.get_one(JobRow, key, with_for_update=True)
            if self._in_hand(row, partial(is_open, session)) or stand not in (None, Stand(row.attempt, row.state)):
                return None
            row.state, row.owner, row.fault, row.result = JobState.RUNNING, owner, "", ""
            row.job_class, row.priority, row.leased_until = job_class, priority, None
            row.lost, row.stop, row.paused, row.progress = 0, False, False, ""
            row.project_id, row.params = self._project_id, text
            row.revision = revision
            row.attempt += 1
            row.updated_at = now()
            session.add(row)
            job = job_of(row)  # before the commit, after which the row would be read again
            session.commit()
            return job

    def in_hand(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of some jobs that cannot be claimed yet."""
        with Session(self._engine) as session:
            rows = session.exec(select(JobRow).where(col(JobRow.key).in_(list(keys)))).all()
            open_now = cache(partial(is_open, session))
            return frozenset(row.key for row in rows if self._in_hand(row, open_now))

    def _in_hand(self, row: JobRow, open_now: Callable[[str], bool]) -> bool:
        """What another project offered to workers is its own too, or its end would be both's; but for what somebody
        holds back, for which nobody else shall wait."""
        if row.state not in AT_WORK or row.stop or (row.state is JobState.QUEUED and row.paused):
            return False
        if row.state is JobState.RUNNING and row.leased_until is not None and now() < aware(row.leased_until):
            return True
        return row.project_id != self._project_id and open_now(row.project_id)

    def made(self, job: Job, result: Result, seconds: float) -> bool:
        """Record the bytes of an attempt; false when a later attempt has taken over. A worker that was cut off for
        longer than its lease is in time as long as nobody else has taken the job."""
        from_states = (JobState.RUNNING, JobState.QUEUED)
        return self._end(job, from_states, state=JobState.MADE, result=result.model_dump_json(), seconds=seconds)

    def failed(self, job: Job, fault: Fault) -> bool:
        return self._end(job, (JobState.RUNNING,), state=JobState.FAILED, fault=fault.model_dump_json())

    def _end(self, job: Job, from_states: tuple[JobState, ...], **values: object) -> bool:
        fence = (
            update(JobRow)
            .where(
                col(JobRow.key) == job.key,
                col(JobRow.attempt) == job.attempt,
                col(JobRow.state).in_(from_states),
            )
            .values(updated_at=now(), **values)
        )
        with Session(self._engine) as session:
            ended = changed(session, fence)
            session.commit()
            return ended == 1

    def free(self, key: str, fault: Fault) -> None:
        """Give a key back whose result failed the probe, so that the next attempt makes it anew."""
        statement = (
            update(JobRow)
            .where(col(JobRow.key) == key, col(JobRow.state) != JobState.RUNNING)
            .values(state=JobState.FAILED, fault=fault.model_dump_json(), updated_at=now())
        )
        self._execute(statement)

    def reclaim(self, owner: str) -> None:
        """Give up what a process that is gone was running for the project, as it may be wanted no more: who wants it
        claims it. The caller holds the project's lock as `owner`. What was offered to workers by themselves stays
        theirs, and `WorkQueue.expire` looks after it."""
        fault = Fault(kind=FaultKind.TRANSIENT, code="worker_died", message="the process that ran this is gone")
        gone = (
            update(JobRow)
            .where(
                col(JobRow.state) == JobState.RUNNING,
                col(JobRow.owner) != owner,
                col(JobRow.project_id) == self._project_id,
                col(JobRow.leased_until).is_(None),
            )
            .values(state=JobState.FAILED, fault=fault.model_dump_json(), owner="", updated_at=now())
        )
        self._execute(gone)

    def _execute(self, statement: Executable) -> None:
        with Session(self._engine) as session:
            session.execute(statement)
            session.commit()


def insert_new(session: Session, row: SQLModel) -> Insert:
    """Insert a row, or leave the one that has its key."""
    dialect = postgresql if is_postgres(session.connection().engine) else sqlite
    return dialect.insert(type(row)).values(**row.model_dump()).on_conflict_do_nothing()  # type: ignore[no-any-return]


def job_of(row: JobRow) -> Job:
    """The job that a row stands for, at its newest attempt."""
    return Job(
        key=row.key,
        task=row.task,
        engine=row.engine,
        revision=row.revision,
        params=json.loads(row.params),
        attempt=row.attempt,
        priority=row.priority,
        job_class=row.job_class,
    )
