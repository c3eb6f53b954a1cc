"""A script broken down for somebody who waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agents.llm.choosing import model_for
from gpu_runtime.placement.table import Table
from graphs.aliases import keep_aliases
from graphs.breakdown import break_down_script
from graphs.request import MakeRequest, pin_engines
from vibeboard.breakdown import Breakdown
from vibeboard.screenplay import Screenplay

if TYPE_CHECKING:
    from api.studio.studio import Studio


def break_down_film(studio: Studio, project_id: str, script: str, planner: str) -> tuple[Screenplay, Breakdown]:
    """The script (the blob of its text) of a film as it was read, and its elements, which are kept.

    Raises:
        Rejected: another process works on the film, or the model needs a person.
    """

    async def broken() -> tuple[Screenplay, Breakdown]:
        model = model_for(planner, studio.settings)
        async with studio.film(project_id) as project:
            engines, aliases = pin_engines(project.pins()), keep_aliases(project)
            request = MakeRequest(script=script, name=project.name, engines=engines, aliases=aliases)
            watch = partial(studio.tell, project.id)
            return await break_down_script(project, Table(project.jobs), request, watch, model)

    return studio.submit(broken()).result()
