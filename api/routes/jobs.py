"""Jobs of a film, and the queue of all of them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Response
from pydantic import Field, JsonValue

from api.problems import documented
from api.service import Admin, ReadFilm, SpendFilm, TheService
from api.shapes import After, IfMatch, Limit, Page, must_match, page_of, tagged
from gpu_runtime.stock import left_to, why_waiting
from storage.tables import JobRow, aware
from vibeboard.asset import Result
from vibeboard.faults import Fault, Rejected
from vibeboard.jobs import AT_WORK, JobClass, JobState, Progress
from vibeboard.model import Frozen

router = APIRouter(tags=["jobs"])

Key = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="A job's content key")]


class JobProblem(Frozen):
    code: str
    message: str


class JobPriority(Frozen):
    """Of the film's waiting jobs those of the highest `priority` go first; one that is `paused` is not taken."""

    priority: int = Field(ge=-1000, le=1000, examples=[10])
    paused: bool = Field(examples=[False])


class FilmJob(Frozen):
    """A piece of work, named by its content. `done` of `total` frames or steps; `seconds` are what it took.
    `why_waiting` says why no worker takes it, if none can."""

    key: str
    task: str
    engine: str
    params: dict[str, JsonValue]
    state: JobState
    job_class: JobClass
    queue: JobPriority
    attempt: int
    owner: str
    done: int | None = None
    total: int | None = None
    seconds_left: float | None = None
    seconds: float
    why_waiting: str = ""
    outputs: dict[str, str] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    problem: JobProblem | None = None
    queued_at: datetime

    @classmethod
    def of(cls, row: JobRow) -> Self:
        progress = Progress.model_validate_json(row.progress) if row.progress else None
        fault = Fault.model_validate_json(row.fault) if row.fault else None
        result = Result.model_validate_json(row.result) if row.result else Result(outputs={})
        return cls.model_validate(
            row.model_dump(include={"key", "task", "engine", "state", "job_class", "attempt", "owner", "seconds"})
            | {
                "params": json.loads(row.params),
                "queue": JobPriority(priority=row.priority, paused=row.paused),
                "done": progress.done if progress else None,
                "total": progress.total if progress else None,
                "seconds_left": progress.seconds_left if progress else None,
                "why_waiting": _why_waiting(row),
                "outputs": {role: ref.sha256 for role, ref in result.outputs.items()},
                "problem": JobProblem(code=fault.code, message=fault.message) if fault else None,
                "queued_at": aware(row.queued_at),
            }
        )


def _why_waiting(row: JobRow) -> str:
    waits = row.state is JobState.QUEUED and not row.paused
    return why_waiting(row.engine, row.revision, left_to().there()) if waits else ""


class QueueState(Frozen):
    """While the queue is `paused`, workers take no job of any film; what they have in hand goes on."""

    paused: bool = Field(examples=[True])


@router.get("/api/projects/{project_id}/jobs", responses=documented(404))
def list_jobs(film: ReadFilm, state: JobState | None = None, limit: Limit = 50, after: After = "") -> Page[FilmJob]:
    """Jobs that the film asked for, by key."""
    rows = film.jobs.listed(state, limit + 1, after)
    return page_of([FilmJob.of(row) for row in rows], limit, lambda item: item.key)


@router.get("/api/projects/{project_id}/jobs/{key}", responses=documented(404))
def read_job(key: Key, film: ReadFilm, response: Response) -> FilmJob:
    """A job. Its ETag is that of its place in the queue."""
    job = FilmJob.of(film.jobs.of_film(key))
    tagged(job.queue, response)
    return job


@router.patch("/api/projects/{project_id}/jobs/{key}", responses=documented(404, 409, 412, 428))
def reorder_job(key: Key, ask: JobPriority, film: SpendFilm, response: Response, if_match: IfMatch = None) -> FilmJob:
    """Prefer a waiting job to others of its film, or hold it back."""
    before = FilmJob.of(film.jobs.of_film(key))
    must_match(before.queue, if_match)
    if before.state is not JobState.QUEUED:
        raise Rejected("wrong_state", f"the job is {before.state}: only one that waits has a place in the queue")
    film.jobs.reorder(key, priority=ask.priority, paused=ask.paused)
    return read_job(key, film, response)


@router.post("/api/projects/{project_id}/jobs/{key}/cancel", responses=documented(404, 409))
def cancel_job(key: Key, film: SpendFilm) -> FilmJob:
    """End a job that waits or runs. What it was for is missing then, until it is made again."""
    job = film.jobs.of_film(key)
    if job.state not in AT_WORK:
        raise Rejected("wrong_state", f"the job is {job.state}: there is nothing to cancel")
    film.jobs.withdraw(key)
    return FilmJob.of(film.jobs.of_film(key))


@router.get("/api/queue")
def read_queue(service: TheService, _caller: Admin) -> QueueState:
    """Whether the queue is paused."""
    return QueueState(paused=service.store.queue.all_paused())


@router.put("/api/queue")
def pause_queue(ask: QueueState, service: TheService, _caller: Admin) -> QueueState:
    """Pause the queue of all films, or let it go on."""
    service.store.queue.pause_all(on=ask.paused)
    return ask
