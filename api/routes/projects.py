"""Films: begun, listed, renamed, deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response
from pydantic import Field

from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.service import Identity, ProjectId, Reader, TheService, WriteFilm, Writer
from api.shapes import After, IfMatch, Limit, Page, must_match, page_of, tagged
from storage.tables import ProjectRow, aware
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects", tags=["projects"], route_class=IdempotentRoute)


class NewProject(Frozen):
    name: str = Field(min_length=1, max_length=200, examples=["The Last Fare"])


class Project(Frozen):
    """A film. Its id is also that of its thread: the log of what happens with it."""

    id: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, row: ProjectRow) -> Self:
        return cls(id=row.id, name=row.name, created_at=aware(row.created_at))


@router.post("", status_code=201, responses=documented(409))
def begin_project(
    ask: NewProject,
    service: TheService,
    caller: Writer,
    identity: Identity,
    response: Response,
    _key: IdempotencyKey = None,
) -> Project:
    """Begin a film."""
    made = Project.of(service.films.add(caller.owner, identity, ask.name))
    response.headers["Location"] = f"/api/projects/{made.id}"
    return tagged(made, response)


@router.get("")
def list_projects(service: TheService, caller: Reader, limit: Limit = 50, after: After = "") -> Page[Project]:
    """Your films, by id."""
    rows = service.films.listed(caller.owner, limit + 1, after)
    return page_of([Project.of(row) for row in rows], limit, lambda item: item.id)


@router.get("/{project_id}", responses=documented(404))
def read_project(project_id: ProjectId, service: TheService, caller: Reader, response: Response) -> Project:
    """A film of yours."""
    return tagged(Project.of(service.films.get(caller.owner, project_id)), response)


@router.patch("/{project_id}", responses=documented(404, 412, 428))
def rename_project(
    film: WriteFilm, ask: NewProject, service: TheService, caller: Writer, response: Response, if_match: IfMatch = None
) -> Project:
    """Rename a film, if it is still what you have read."""
    now = Project.of(service.films.get(caller.owner, film.id))
    must_match(now, if_match)
    return tagged(Project.of(service.films.rename(caller.owner, film.id, now.name, ask.name)), response)


@router.delete("/{project_id}", status_code=204, responses=documented(404, 409))
def delete_project(project_id: ProjectId, service: TheService, caller: Writer) -> None:
    """Delete a film with all that was made for it. Files that other films use stay."""
    service.films.delete(caller.owner, project_id)
