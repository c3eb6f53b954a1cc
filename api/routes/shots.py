"""Shots as they are planned now, and the takes that were made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response

from agents.director.desk import Changed
from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.service import Identity, ReadFilm, TheService, WriteFilm
from api.shapes import After, IfMatch, Limit, Page, must_match, page_after, tagged
from api.studio.desk import at_desk
from gpu_runtime.engine import Quality
from gpu_runtime.engine import registry as engines
from graphs.activation import activate
from graphs.cut import CutShot
from graphs.desk import FilmDesk, Planned
from graphs.quote import Quoted
from graphs.request import TAKE_TASK, MakeRequest
from graphs.takes import TAKE
from storage.tables import aware
from storage.takes import Taken
from vibeboard.asset import BlobRef
from vibeboard.digest import derive_seed
from vibeboard.edits import Reseed
from vibeboard.model import Frozen
from vibeboard.shot import Angle, Framing, Movement, Rig, ShotSize, SpokenLine
from vibeboard.timing import Rate

router = APIRouter(prefix="/api/projects/{project_id}/shots", tags=["shots"], route_class=IdempotentRoute)

NAME = r"^[0-9A-Za-z._-]{1,80}$"
WhichShot = Annotated[str, Path(pattern=NAME, description="A shot's id, or its number", examples=["1A"])]
OfScene = Annotated[str | None, Query(pattern=NAME, description="Only of this scene, by its id or number")]
TakeKey = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="A take's key")]


_AS_PLANNED = {
    *("id", "scene_id", "size", "framing", "angle", "movement", "rig", "subjects", "description", "reason"),
    *("first_line", "last_line", "frames", "seed"),
}


class Standing(StrEnum):
    """`current`: all of it is there. `stale`: a build would render it, or finish it, again. `missing`: it was never
    made."""

    CURRENT = "current"
    STALE = "stale"
    MISSING = "missing"


class Take(Frozen):
    """A picture that was made of a shot. `assets` are its files by role; `seconds` is what it took."""

    key: str
    engine: str
    quality: Quality | None
    seed: int
    active: bool
    made_at: datetime
    seconds: float
    assets: dict[str, BlobRef]

    @classmethod
    def of(cls, taken: Taken) -> Self:
        engine = engines().get(taken.job.engine)
        return cls(
            key=taken.job.key,
            engine=taken.job.engine,
            quality=engine.quality if engine else None,
            seed=json.loads(taken.job.params)["seed"],
            active=taken.active,
            made_at=aware(taken.job.updated_at),
            seconds=taken.job.seconds,
            assets=taken.outputs,
        )


class FilmShot(Frozen):
    """A shot of the plan with the film's edits. `start` is a frame of the film, `frames` at `fps` its length; lines of
    dialogue count in frames of the shot. `take` is what the film uses of it, `reasons` why it is not current, and
    `engine` who would make it now; with `renders` its picture is made again, and not only what is laid over it."""

    id: str
    number: str
    scene_id: str
    scene: str
    size: ShotSize
    framing: Framing
    angle: Angle
    movement: Movement
    rig: Rig
    lens_mm: float
    subjects: tuple[str, ...]
    description: str
    reason: str
    lines: tuple[SpokenLine, ...]
    first_line: int
    last_line: int
    start: int
    frames: int
    fps: Rate
    seconds: float
    seed: int
    planner: str
    engine: str
    quality: Quality
    standing: Standing
    reasons: tuple[str, ...]
    renders: bool
    take: Take | None

    @classmethod
    def of(cls, placed: CutShot, request: MakeRequest, todo: Quoted | None, taken: Taken | None) -> Self:
        shot, engine, fps = placed.shot, request.engine(TAKE_TASK, placed.shot.id), request.fps
        return cls(
            **shot.model_dump(include=_AS_PLANNED),
            lines=shot.lines,
            number=placed.number,
            scene=placed.breakdown.number,
            lens_mm=shot.focal_mm,
            start=placed.start,
            fps=fps,
            seconds=round(fps.seconds(shot.frames), 3),
            planner=placed.planner,
            engine=engine.name,
            quality=engine.quality,
            standing=_standing(todo, taken),
            reasons=todo.reasons if todo else (),
            renders=bool(todo and todo.renders),
            take=Take.of(taken) if taken else None,
        )


def _standing(todo: Quoted | None, taken: Taken | None) -> Standing:
    if taken is None:
        return Standing.MISSING
    return Standing.STALE if todo and todo.steps else Standing.CURRENT


async def _shown(desk: FilmDesk, planned: Planned, laid: Sequence[CutShot]) -> tuple[FilmShot, ...]:
    """Shots with their takes and how they stand."""
    request = desk.request()
    todo = {item.unit: item for item in (await desk.quoted(planned, laid)).todo}
    takes = {taken.unit: taken for taken in desk.project.takes.of(TAKE) if taken.active}
    return tuple(FilmShot.of(placed, request, todo.get(placed.shot.id), takes.get(placed.shot.id)) for placed in laid)


async def _shot(desk: FilmDesk, which: str) -> FilmShot:
    planned = await desk.planned()
    return (await _shown(desk, planned, [planned.shot(which)]))[0]


async def _seen(desk: FilmDesk, which: str, identity: str, if_match: str | None) -> FilmDesk:
    """The desk for a change of a shot that is as the caller has read it. An edit that somebody makes until then is
    found when the change is kept; a change that was made already is not refused for what it has changed itself.

    Raises:
        Rejected: `condition_missing`, or `changed_meanwhile`.
    """
    version = desk.project.edits.version()
    if desk.project.edits.find(identity) is None:
        must_match(await _shot(desk, which), if_match)
    return desk if if_match == "*" else replace(desk, seen=version)


@router.get("", responses=documented(404, 409))
def list_shots(
    film: ReadFilm, service: TheService, scene: OfScene = None, limit: Limit = 50, after: After = ""
) -> Page[FilmShot]:
    """The shots in the order of the cut, with the edits of now. `after` is the id of the last shot before the page."""

    async def page(desk: FilmDesk) -> Page[FilmShot]:
        planned = await desk.planned()
        laid = [item for item in planned.laid if scene is None or scene in (item.scene.id, item.breakdown.number)]
        here = page_after(laid, limit, after, lambda placed: placed.shot.id)
        return Page(items=await _shown(desk, planned, here.items), next=here.next)

    return at_desk(service.studio, film.id, page)


@router.get("/{shot_id}", responses=documented(404, 409))
def read_shot(shot_id: WhichShot, film: ReadFilm, service: TheService, response: Response) -> FilmShot:
    """A shot."""
    return tagged(at_desk(service.studio, film.id, lambda desk: _shot(desk, shot_id)), response)


@router.get("/{shot_id}/takes", responses=documented(404, 409))
def list_takes(
    shot_id: WhichShot, film: ReadFilm, service: TheService, limit: Limit = 50, after: After = ""
) -> Page[Take]:
    """Every take that was made of a shot, the oldest first; at most one is active."""
    takes = film.takes.of(TAKE, shot_id)
    if not takes:
        planned = at_desk(service.studio, film.id, FilmDesk.planned)
        takes = film.takes.of(TAKE, planned.shot(shot_id).shot.id)
    return page_after([Take.of(taken) for taken in takes], limit, after, lambda take: take.key)


@router.post("/{shot_id}/takes/{key}/activate", responses=documented(404, 409, 412, 428))
def activate_take(
    shot_id: WhichShot,
    key: TakeKey,
    film: WriteFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    if_match: IfMatch = None,
    _key: IdempotencyKey = None,
) -> FilmShot:
    """Use an earlier take of a shot again. Its engine is pinned for the shot and its seed becomes an edit, so that the
    next build finds it and renders nothing. A take that other things told apart, such as another camera, is refused."""

    async def activated(desk: FilmDesk) -> FilmShot:
        await activate(await _seen(desk, shot_id, identity, if_match), identity, shot_id, key)
        return await _shot(desk, shot_id)

    return tagged(at_desk(service.studio, film.id, activated), response)


@router.post("/{shot_id}/redo", status_code=201, responses=documented(404, 409, 412, 428))
def redo_shot(
    shot_id: WhichShot,
    film: WriteFilm,
    service: TheService,
    identity: Identity,
    response: Response,
    if_match: IfMatch = None,
    _key: IdempotencyKey = None,
) -> Changed:
    """Give a shot a new seed, so that the next build makes another take of it. The one of now is kept. The ETag is that
    of the shot as it is then."""

    async def reseed(desk: FilmDesk) -> Changed:
        seen = await _seen(desk, shot_id, identity, if_match)
        placed = (await desk.planned()).shot(shot_id)
        seed = derive_seed(placed.shot.id, "again", identity)
        changed = await seen.change(identity, Reseed(scene_id=placed.scene.id, shot_id=placed.shot.id, seed=seed))
        tagged(await _shot(desk, shot_id), response)
        return changed

    return at_desk(service.studio, film.id, reseed)
