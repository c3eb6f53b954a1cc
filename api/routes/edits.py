"""Edits of a film's plan: made, undone, done again. The list is only ever added to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import Field

from agents.director.desk import Changed
from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.service import Identity, ReadFilm, TheService, WriteFilm
from api.shapes import MOST, After, IfMatch, Limit, Page, page_after
from api.studio.desk import at_desk
from graphs.desk import FilmDesk, Planned
from storage.records import Records
from vibeboard.edits import Edit, Entry, SetCoverage, ShotEdit
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects/{project_id}/edits", tags=["edits"], route_class=IdempotentRoute)

_SHOT = {"scene_id": "1", "shot_id": "1A"}
EXAMPLES: dict[str, Any] = {
    "closer": {"value": {"kind": "size", **_SHOT, "size": "CU"}},
    "longer lens": {"value": {"kind": "lens", **_SHOT, "focal_mm": 85}},
    "slower": {"value": {"kind": "scale length", **_SHOT, "factor": 1.5}},
    "described": {"value": {"kind": "description", **_SHOT, "text": "Steam hides her face."}},
    "more tension": {"value": {"kind": "coverage", "scene_id": "1", "tension": 1}},
}
NewEdit = Annotated[ShotEdit | SetCoverage, Body(discriminator="kind", openapi_examples=EXAMPLES)]

_NO_VERSION = -1


class WhichEdit(Frozen):
    edit: int | None = Field(default=None, ge=1, le=MOST, description="Its number [the last that can be]", examples=[1])


@router.get("", responses=documented(404))
def list_edits(film: ReadFilm, response: Response, limit: Limit = 200, after: After = "") -> Page[Entry]:
    """The edits in the order in which they were made, those that were undone too. The ETag is that of the whole list,
    whatever page is read; changes of it need the one that was read last."""
    response.headers["ETag"] = _etag(film)
    return page_after(film.edits.entries(), limit, after, lambda entry: entry.id)


@router.post("", status_code=201, responses=documented(404, 409, 412, 428))
def make_edit(
    ask: NewEdit,
    film: WriteFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    if_match: IfMatch = None,
    _key: IdempotencyKey = None,
) -> Changed:
    """Change the plan. Shot and scene are named by their ids, or by their numbers of now. An edit that does not fit, or
    changes nothing, is refused and not kept. Nothing is made: a build makes what has changed."""

    async def change(desk: FilmDesk) -> Changed:
        known = desk.project.edits.find(identity)
        edit = next((entry.edit for entry in desk.edits() if entry.id == known), None)
        return await desk.change(identity, edit or _named(await desk.planned(), ask))

    return _changed(change, film, service, response, if_match)


@router.post("/undo", responses=documented(404, 409, 412, 428))
def undo_edit(
    film: WriteFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    ask: WhichEdit | None = None,
    if_match: IfMatch = None,
    _key: IdempotencyKey = None,
) -> Changed:
    """Undo an edit, or the last."""
    which = ask.edit if ask else None
    return _changed(lambda desk: desk.undo(identity, which), film, service, response, if_match)


@router.post("/redo", responses=documented(404, 409, 412, 428))
def redo_edit(
    film: WriteFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    ask: WhichEdit | None = None,
    if_match: IfMatch = None,
    _key: IdempotencyKey = None,
) -> Changed:
    """Do an undone edit again, or the one that was undone last."""
    which = ask.edit if ask else None
    return _changed(lambda desk: desk.redo(identity, which), film, service, response, if_match)


def _changed(
    change: Callable[[FilmDesk], Awaitable[Changed]],
    film: Records,
    service: TheService,
    response: Response,
    if_match: str | None,
) -> Changed:
    seen = _seen(if_match)
    made = at_desk(service.studio, film.id, lambda desk: change(replace(desk, seen=seen)))
    response.headers["ETag"] = _etag(film)
    return made


def _etag(film: Records) -> str:
    return f'"edits-{film.edits.version()}"'


def _seen(if_match: str | None) -> int | None:
    """The version of the list that the caller has read; None for any.

    Raises:
        Rejected: the caller does not say, or names something that is no version.
    """
    if if_match is None:
        raise Rejected("condition_missing", "send If-Match with the ETag of the edits, so that no change is lost")
    if if_match.strip() == "*":
        return None
    version = re.fullmatch(r'"edits-(\d{1,10})"', if_match.strip())
    return int(version[1]) if version else _NO_VERSION


def _named(planned: Planned, edit: ShotEdit | SetCoverage) -> Edit:
    """The edit with the ids of what it names."""
    if isinstance(edit, SetCoverage):
        return edit.model_copy(update={"scene_id": planned.scene(edit.scene_id).id})
    placed = planned.shot(edit.shot_id)
    if edit.scene_id not in (placed.scene.id, placed.breakdown.number):
        raise Rejected("edit_unfit", f"shot {placed.number} is in scene {placed.breakdown.number}, not {edit.scene_id}")
    return edit.model_copy(update={"scene_id": placed.scene.id, "shot_id": placed.shot.id})
