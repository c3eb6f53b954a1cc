"""What the Medic changed in arguments so that a call could be made, and a person's word on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field, JsonValue

from api.problems import documented
from api.service import ReadFilm, WriteFilm
from api.shapes import After, IfMatch, Limit, Page, must_match, page_after, tagged
from graphs.repairs import judge_repair, repairs
from storage.records import Records
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects/{project_id}/repairs", tags=["repairs"])

RepairId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="A repair's id")]


class RepairedStep(Frozen):
    unit: str
    step: str


class FilmRepair(Frozen):
    """A change of the argument at `path`, and the steps of shots or deliverables that it was made for. A `declared` one
    gave way within the bounds of what was asked for; the others are only another spelling."""

    id: str
    path: str
    before: JsonValue
    after: JsonValue
    why: str
    declared: bool
    refused: bool
    steps: tuple[RepairedStep, ...]


class Judgement(Frozen):
    refused: bool = Field(examples=[True])


@router.get("", responses=documented(404))
def list_repairs(film: ReadFilm, limit: Limit = 50, after: After = "") -> Page[FilmRepair]:
    """Every repair that was ever made for the film, the oldest first."""
    return page_after(_repairs(film), limit, after, lambda repair: repair.id)


@router.get("/{repair_id}", responses=documented(404))
def read_repair(repair_id: RepairId, film: ReadFilm, response: Response) -> FilmRepair:
    """A repair."""
    return tagged(_repair(film, repair_id), response)


@router.patch("/{repair_id}", responses=documented(404, 412, 428))
def judge(
    repair_id: RepairId, ask: Judgement, film: WriteFilm, response: Response, if_match: IfMatch = None
) -> FilmRepair:
    """Refuse a repair, which makes stale what was made with it and leaves its call to you; or allow it again."""
    must_match(_repair(film, repair_id), if_match)
    judge_repair(film, repair_id, refuse=ask.refused)
    return tagged(_repair(film, repair_id), response)


def _repairs(film: Records) -> Sequence[FilmRepair]:
    found: dict[str, FilmRepair] = {}
    for repair in repairs(film):
        step = RepairedStep(unit=repair.unit, step=repair.step)
        known = found.get(repair.change.id)
        steps = (*known.steps, step) if known else (step,)
        found[repair.change.id] = FilmRepair(**repair.change.model_dump(), refused=repair.refused, steps=steps)
    return list(found.values())


def _repair(film: Records, repair_id: str) -> FilmRepair:
    for repair in _repairs(film):
        if repair.id == repair_id:
            return repair
    raise Rejected("no_such_repair", f"there is no repair {repair_id}: list the film's repairs")
