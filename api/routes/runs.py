"""Runs: every build of a film, and what happened in it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import JsonValue

from api.problems import documented
from api.service import ReadFilm
from api.shapes import After, Limit, Page, number_after, page_of
from storage.tables import aware
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects/{project_id}/runs", tags=["runs"])

RunId = Annotated[str, Path(pattern=r"^[0-9a-zA-Z-]{1,64}$", description="A run's id")]


class FilmRun(Frozen):
    id: str
    finished: bool
    began_at: datetime


class RunEvent(Frozen):
    """`seq` counts within the film, without gaps over all of its runs. `unit` is the shot or deliverable concerned."""

    seq: int
    type: str
    unit: str
    data: dict[str, JsonValue]


@router.get("", responses=documented(404))
def list_runs(film: ReadFilm, limit: Limit = 50, after: After = "") -> Page[FilmRun]:
    """The film's builds, by id."""
    rows = film.runs(limit + 1, after)
    runs = [FilmRun(id=row.id, finished=row.finished, began_at=aware(row.created_at)) for row in rows]
    return page_of(runs, limit, lambda item: item.id)


@router.get("/{run_id}/events", responses=documented(404))
def list_events(run_id: RunId, film: ReadFilm, limit: Limit = 200, after: After = "") -> Page[RunEvent]:
    """What happened in a build, in order, after a number."""
    happened = film.events(film.run(run_id).id, number_after(after), limit + 1)
    events = [RunEvent(seq=seq, type=event.type, unit=event.unit, data=event.data) for seq, event in happened]
    return page_of(events, limit, lambda item: item.seq)
