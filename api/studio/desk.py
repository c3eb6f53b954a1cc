"""The desk of a film in the service's store, for whoever changes its plan or talks about it over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from agents.llm.choosing import OFFLINE, model_for
from api.making import PLAN_TASK
from gpu_runtime.placement.table import Table
from graphs.aliases import keep_aliases
from graphs.desk import FilmDesk
from graphs.request import TAKE_TASK, MakeRequest, last_request, pin_engines
from graphs.scripts import newest_script
from storage.project import Project
from vibeboard.edits import Author

if TYPE_CHECKING:
    from agents.llm.model import LlmModel
    from api.studio.studio import Studio

T = TypeVar("T")


def desk_for(studio: Studio, project: Project, author: Author) -> FilmDesk:
    """The desk of an open film: jobs go through the job table, and what happens is told in its thread."""
    settings = studio.settings

    def planner() -> LlmModel | None:
        return model_for(project.pins().get(PLAN_TASK, OFFLINE), settings)

    return FilmDesk(
        project=project,
        author=author,
        request=partial(request_now, project),
        planner=planner,
        placement=lambda: Table(project.jobs),
        watching=lambda _request: nullcontext(partial(studio.tell, project.id)),
        output=None,
        gpu_usd_per_hour=settings.gpu_usd_per_hour,
        making=partial(studio.films.make, project.id),
    )


def request_now(project: Project) -> MakeRequest:
    """What a build of the film would be asked for: as it was last made, its newest script, its engines of now.

    Raises:
        Rejected: it has no script yet.
    """
    engines = pin_engines(project.pins())
    update = {
        "script": newest_script(project).script_sha256,
        "engines": engines,
        "shot_engines": project.pins(TAKE_TASK),
        "aliases": keep_aliases(project),
    }
    kept = last_request(project) or MakeRequest(script="", name=project.name, engines=engines)
    return kept.model_copy(update=update)


def at_desk(studio: Studio, project_id: str, work: Callable[[FilmDesk], Awaitable[T]]) -> T:
    """Do some work at a film's desk, on the studio's loop, as a person; for the threads of requests.

    Raises:
        Rejected: another process works on the film, or what the work raises.
    """

    async def done() -> T:
        async with studio.film(project_id) as project:
            return await work(desk_for(studio, project, Author.PERSON))

    return studio.submit(done()).result()
