"""Jobs that somebody asks the workers of a store for by themselves. They belong to no film."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue
from sqlmodel import Session, col, update

from storage.database import writing
from storage.jobs import Stand, insert_new
from storage.queue import WorkQueue, is_dead
from storage.tables import Asset, JobRow, now
from vibeboard.asset import BlobRef, Result
from vibeboard.jobs import JobClass, JobState


class AskedJobs(WorkQueue):
    """A `WorkQueue` in which a job is asked for and offered in one transaction, so that whoever asked may die."""

    def ask(
        self,
        key: str,
        task: str,
        engine: str,
        params: Mapping[str, JsonValue],
        job_class: JobClass,
        stand: Stand,
        *,
        revision: str = "",
    ) -> bool:
        """Have a job made by whoever takes it first: one that waits or is at work is joined, else it is a new attempt.

        False, and nothing happens, when it no longer stands as it did: what became of it is to be looked at first.
        """
        text = json.dumps(params, sort_keys=True)
        fresh = JobRow(key=key, task=task, engine=engine, params=text, job_class=job_class, revision=revision)
        with writing(self._engine) as session:
            session.execute(insert_new(session, fresh))
            row = session.get_one(JobRow, key, with_for_update=True)
            if stand != Stand(row.attempt, row.state):
                return False
            if row.state is not JobState.QUEUED and not _is_at_work(row):
                row.state, row.owner, row.fault, row.result = JobState.QUEUED, "", "", ""
                row.job_class, row.priority, row.leased_until = job_class, 0, None
                row.lost, row.stop, row.progress, row.project_id = 0, False, "", self._project_id
                row.revision = revision
                row.attempt += 1
                row.queued_at = row.updated_at = now()
                session.add(row)
            session.commit()
            return True

    def publish(self, key: str, result: Result) -> None:
        """In one transaction: the outputs are assets and the job is done. Doing it again changes nothing."""
        made = (col(JobRow.key) == key, col(JobRow.state) == JobState.MADE)
        with writing(self._engine) as session:
            for ref in result.outputs.values():
                session.execute(insert_new(session, Asset(sha256=ref.sha256, size=ref.size, media=ref.media)))
            session.execute(update(JobRow).where(*made).values(state=JobState.DONE))
            session.commit()

    def asset(self, sha256: str) -> BlobRef | None:
        """An output that was published, or that a film uses; nothing else that is kept."""
        with Session(self._engine) as session:
            row = session.get(Asset, sha256)
            return BlobRef(sha256=row.sha256, size=row.size, media=row.media) if row else None


def _is_at_work(row: JobRow) -> bool:
    """Whether somebody has it in hand; `WorkQueue.expire` sees to workers by themselves that are gone."""
    in_hand = row.leased_until is not None or not is_dead(row.owner)
    return row.state is JobState.RUNNING and not row.stop and in_hand
