"""What films took: seconds of GPU and processor, models, money; and what a session would."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.cost import terms
from api.problems import documented
from api.routes.runs import RunId
from api.service import Reader, ReadFilm, TheService
from graphs.costs.film import ProjectCost, RunCost, project_cost
from graphs.costs.session import WINDOWS_S, SessionCost, spread, under_windows
from storage.spending import Spending
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

router = APIRouter(tags=["cost"])

_A_WEEK = 7 * 24 * 3600


class Sessions(Frozen):
    """The same session under each idle window, from the shortest."""

    sessions: tuple[SessionCost, ...]


@router.get("/api/projects/{project_id}/cost", responses=documented(404))
def read_cost(film: ReadFilm, service: TheService) -> ProjectCost:
    """What a film took until now, per shot and run, beside what was quoted."""
    return project_cost(Spending(service.store.engine, film.id), film.id, service.settings.gpu_usd_per_hour)


@router.get("/api/projects/{project_id}/runs/{run_id}/cost", responses=documented(404))
def read_run_cost(run_id: RunId, film: ReadFilm, service: TheService) -> RunCost:
    """What a run took, beside what was quoted for it."""
    for run in read_cost(film, service).runs:
        if run.run_id == run_id:
            return run
    raise Rejected("no_such_run", f"the film has no run {run_id}")


@router.get("/api/cost/session")
def price_session(
    service: TheService,
    _caller: Reader,
    clips: Annotated[int, Query(ge=1, le=10_000, description="How many")] = 1,
    work_s: Annotated[float, Query(gt=0, le=86_400, description="What a clip takes of a warm GPU, s")] = 60.0,
    over_s: Annotated[float, Query(ge=0, le=_A_WEEK, description="Asked for evenly over so long, s")] = 0.0,
) -> Sessions:
    """What a studio session would cost under each idle window, and the break-even against hosted prices per clip."""
    windows = (*WINDOWS_S, service.settings.idle_unload_s)
    return Sessions(sessions=under_windows(spread(clips, work_s, over_s), windows, terms(service.settings)))
