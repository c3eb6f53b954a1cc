"""The job table: one row a content key, one owner at a time, an attempt number that fences the late."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue
from sqlalchemy import Engine, Executable, or_, update
from sqlmodel import Session, col

from storage.tables import JobRow, now
from vibeboard.asset import Result
from vibeboard.faults import Fault
from vibeboard.jobs import Job, JobClass, JobState


class JobTable:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, key: str) -> JobRow | None:
        with Session(self._engine) as session:
            return session.get(JobRow, key)

    def claim(
        self,
        key: str,
        task: str,
        engine: str,
        params: Mapping[str, JsonValue],
        owner: str,
        priority: int = 0,
        job_class: JobClass = JobClass.BATCH,
    ) -> Job:
        """Make the job ours to run, or to offer to a worker: a new attempt, whatever became of those before."""
        with Session(self._engine) as session:
            row = session.get(JobRow, key)
            if row is None:
                row = JobRow(key=key, task=task, engine=engine, params=json.dumps(params, sort_keys=True))
            row.state, row.owner, row.fault, row.result = JobState.RUNNING, owner, "", ""
            row.job_class, row.priority, row.leased_until = job_class, priority, None
            row.lost, row.stop, row.progress = 0, False, ""
            row.attempt += 1
            row.updated_at = now()
            session.add(row)
            session.commit()
            return job_of(row)

    def made(self, job: Job, result: Result, seconds: float) -> bool:
        """Record the bytes of an attempt; false when a later attempt has taken over."""
        return self._end(job, state=JobState.MADE, result=result.model_dump_json(), seconds=seconds)

    def failed(self, job: Job, fault: Fault) -> bool:
        return self._end(job, state=JobState.FAILED, fault=fault.model_dump_json())

    def _end(self, job: Job, **values: object) -> bool:
        fence = (
            update(JobRow)
            .where(
                col(JobRow.key) == job.key,
                col(JobRow.attempt) == job.attempt,
                col(JobRow.state) == JobState.RUNNING,
            )
            .values(updated_at=now(), **values)
        )
        with Session(self._engine) as session:
            ended = session.execute(fence)
            session.commit()
            return ended.rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def free(self, key: str, fault: Fault) -> None:
        """Give a key back whose result failed the probe, so that the next attempt makes it anew."""
        statement = (
            update(JobRow)
            .where(col(JobRow.key) == key, col(JobRow.state) != JobState.RUNNING)
            .values(state=JobState.FAILED, fault=fault.model_dump_json(), updated_at=now())
        )
        self._execute(statement)

    def reclaim(self, owner: str) -> None:
        """Queue again what a process that is gone was running. The caller holds the project's lock as `owner`; what a
        worker by itself has in hand stays with it while it renews its lease."""
        gone = (
            update(JobRow)
            .where(
                col(JobRow.state) == JobState.RUNNING,
                col(JobRow.owner) != owner,
                or_(col(JobRow.leased_until).is_(None), col(JobRow.leased_until) < now()),
            )
            .values(state=JobState.QUEUED, owner="", leased_until=None, updated_at=now())
        )
        self._execute(gone)

    def _execute(self, statement: Executable) -> None:
        with Session(self._engine) as session:
            session.execute(statement)
            session.commit()


def job_of(row: JobRow) -> Job:
    """The job that a row stands for, at its newest attempt."""
    return Job(
        key=row.key,
        task=row.task,
        engine=row.engine,
        params=json.loads(row.params),
        attempt=row.attempt,
        priority=row.priority,
        job_class=row.job_class,
    )
