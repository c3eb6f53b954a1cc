"""What a script needs: broken down, decided about, and who in it is the same person or thing."""

from __future__ import annotations

import json
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from agents.breakdown.llm_aliases import SameThing, SameThings
from agents.llm.choosing import OFFLINE
from agents.screenplay import plain_text
from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.script_request import ScriptRequest, must_have_planner
from api.service import Identity, ReadFilm, Scope, TheService, WriteFilm, Writer, must_have
from api.shapes import MOST, After, IfMatch, Limit, Page, must_match, number_after, page_of, tagged
from api.studio.breaking import break_down_film
from graphs.aliases import SAID, found_aliases, must_be_clear, read_aliases, said_aliases
from graphs.scripts import scene_numbers
from storage.records import Records
from storage.tables import ElementRow
from vibeboard.breakdown import Breakdown, Category, Status
from vibeboard.faults import Rejected
from vibeboard.model import Frozen
from vibeboard.screenplay import Screenplay, TimeOfDay
from vibeboard.stage import SetKind

router = APIRouter(prefix="/api", tags=["breakdown"], route_class=IdempotentRoute)

ElementId = Annotated[int, Path(ge=1, le=MOST, description="An element's number")]
OfScene = Annotated[
    str | None, Query(pattern=r"^[^\x00]{1,80}$", description="Only of this scene, by its id or number", examples=["1"])
]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class FilmElement(Frozen):
    """Something that a scene needs, and the lines of the script that show it. `scene` is the scene's number, empty if
    the newest script has it no more."""

    id: int
    scene_id: str
    scene: str
    category: Category
    name: str
    lines: tuple[int, ...]
    status: Status

    @classmethod
    def of(cls, row: ElementRow, numbers: dict[str, str]) -> Self:
        assert row.id is not None
        return cls(
            id=row.id,
            scene_id=row.scene_id,
            scene=numbers.get(row.scene_id, ""),
            category=Category(row.category),
            name=row.name,
            lines=json.loads(row.lines),
            status=row.status,
        )


class BrokenScene(Frozen):
    """`eighths` of a page, at least one; `new_place` when no earlier scene plays there."""

    id: str
    number: str
    heading: str
    set_kind: SetKind
    time: TimeOfDay
    new_place: bool
    eighths: int
    cast: tuple[str, ...]
    elements: tuple[FilmElement, ...]


class FilmBreakdown(Frozen):
    project_id: str
    title: str
    scenes: tuple[BrokenScene, ...]


class Decision(Frozen):
    status: Status = Field(examples=[Status.APPROVED])


class AliasGroup(Frozen):
    """A person or thing: the name that is kept, and the others."""

    category: Category = Field(examples=[Category.CAST])
    kept_as: Name = Field(examples=["ANNA"])
    same: tuple[Name, ...] = Field(min_length=1, max_length=50, examples=[["THE WOMAN"]])


_ONE = {"category": Category.CAST, "kept_as": "ANNA", "same": ["THE WOMAN"]}


class SaidAliases(Frozen):
    groups: tuple[AliasGroup, ...] = Field(max_length=200, examples=[[_ONE]])


class FilmAliases(Frozen):
    """`groups` are merged in the breakdown: what a person says (`said`), or what a model found in its last one. `read`
    are longer names that the rules themselves read as somebody's."""

    groups: tuple[SameThing, ...]
    said: bool
    read: tuple[SameThing, ...]


@router.post("/agent/breakdown", status_code=201, responses=documented(404, 409))
def break_down(
    ask: ScriptRequest,
    service: TheService,
    caller: Writer,
    identity: Identity,
    response: Response,
    _key: IdempotencyKey = None,
) -> FilmBreakdown:
    """Break a script down. What is new is kept as pending; what a person decided stays decided. A model costs money,
    and needs the scope `spend`."""
    if ask.planner != OFFLINE:
        must_have(caller, Scope.SPEND)
    must_have_planner(service, ask.planner)
    named = ask.film(service, caller)
    ask.screenplay(named)
    film, revision = ask.kept(service, caller, identity, named)
    screenplay, breakdown = break_down_film(service.studio, film.id, revision.script_sha256, ask.planner)
    response.headers["Location"] = f"/api/projects/{film.id}/elements"
    return _broken(film, screenplay, breakdown)


def _broken(film: Records, screenplay: Screenplay, breakdown: Breakdown) -> FilmBreakdown:
    numbers = {scene.scene_id: scene.number for scene in breakdown.scenes}
    rows = {(row.scene_id, row.category, row.name): row for row in film.elements.listed(MOST)}
    scenes = tuple(
        BrokenScene(
            **broken.model_dump(include={"number", "set_kind", "time", "new_place", "eighths", "cast"}),
            id=scene.id,
            heading=plain_text(scene.heading),
            elements=tuple(
                FilmElement.of(rows[scene.id, item.category, item.name], numbers)
                for item in broken.items
                if (scene.id, item.category, item.name) in rows
            ),
        )
        for scene, broken in zip(screenplay.scenes, breakdown.scenes, strict=True)
    )
    return FilmBreakdown(project_id=film.id, title=screenplay.title, scenes=scenes)


@router.get("/projects/{project_id}/elements", responses=documented(404))
def list_elements(
    film: ReadFilm,
    status: Status | None = None,
    category: Category | None = None,
    scene: OfScene = None,
    limit: Limit = 50,
    after: After = "",
) -> Page[FilmElement]:
    """The elements of a film by number, of a status, a category or a scene."""
    numbers = scene_numbers(film)
    scenes = None if scene is None else {scene, *(key for key, number in numbers.items() if number == scene)}
    rows = film.elements.listed(limit + 1, number_after(after), scenes, category, status)
    return page_of([FilmElement.of(row, numbers) for row in rows], limit, lambda element: element.id)


@router.get("/projects/{project_id}/elements/{number}", responses=documented(404))
def read_element(number: ElementId, film: ReadFilm, response: Response) -> FilmElement:
    """An element."""
    return tagged(_element(film, number), response)


@router.patch("/projects/{project_id}/elements/{number}", responses=documented(404, 412, 428))
def decide(
    number: ElementId, ask: Decision, film: WriteFilm, response: Response, if_match: IfMatch = None
) -> FilmElement:
    """Approve or reject an element, or leave it open again."""
    before = _element(film, number)
    must_match(before, if_match)
    if not film.elements.decide(number, before.status, ask.status):
        raise Rejected("changed_meanwhile", f"somebody else decided about element {number}: read it again")
    return tagged(_element(film, number), response)


def _element(film: Records, number: int) -> FilmElement:
    return FilmElement.of(film.elements.get(number), scene_numbers(film))


@router.get("/projects/{project_id}/aliases", responses=documented(404))
def read_aliases_of(film: ReadFilm, response: Response) -> FilmAliases:
    """Who and what is the same under several names over the whole script."""
    return tagged(_aliases(film, film.setting(SAID)), response)


@router.put("/projects/{project_id}/aliases", responses=documented(404, 412, 428))
def say_aliases(ask: SaidAliases, film: WriteFilm, response: Response, if_match: IfMatch = None) -> FilmAliases:
    """Say who and what is the same, in place of what a model finds: the next breakdown and the next build keep to it.
    Shots are planned by each scene's own names, and stay as they are."""
    groups = SameThings.model_validate(ask.model_dump())
    must_be_clear(groups.groups)
    return _said(film, groups.model_dump_json(), response, if_match)


@router.delete("/projects/{project_id}/aliases", responses=documented(404, 412, 428))
def forget_aliases(film: WriteFilm, response: Response, if_match: IfMatch = None) -> FilmAliases:
    """Leave it to the breakdown again who and what is the same."""
    return _said(film, "", response, if_match)


def _said(film: Records, said: str, response: Response, if_match: str | None) -> FilmAliases:
    before = film.setting(SAID)
    must_match(_aliases(film, before), if_match)

    def changed(kept: str) -> str:
        if kept != before:
            raise Rejected("changed_meanwhile", "somebody else said who is the same: read it again")
        return said

    film.change_setting(SAID, changed)
    return tagged(_aliases(film, said), response)


def _aliases(film: Records, kept: str) -> FilmAliases:
    said = said_aliases(kept)
    groups = found_aliases(film) if said is None else said.groups
    return FilmAliases(groups=groups, said=said is not None, read=read_aliases(film))
