"""Requests about a script that is sent with them, or a film's newest: all is looked at before any of it is kept."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from agents.llm.choosing import model_for
from agents.screenplay import must_have_scenes
from api.problems import of_field
from api.routes.scripts import EXAMPLE, MOST_CHARACTERS
from api.service import Caller, Service, begin_film, film_of
from gpu_runtime.engine import Quality, chosen
from graphs.request import TAKE_TASK
from graphs.scripts import add_script, newest_screenplay, newest_script
from storage.records import Records
from storage.tables import Revision
from vibeboard.model import Frozen
from vibeboard.screenplay import Screenplay


class ScriptRequest(Frozen):
    """With a `script` (its text) it becomes the film's newest revision; without one the newest is taken. Without a
    `project_id` a film is begun."""

    script: str | None = Field(default=None, min_length=1, max_length=MOST_CHARACTERS, examples=[EXAMPLE])
    project_id: str | None = Field(default=None, pattern=r"^[0-9a-zA-Z_-]{1,64}$")
    name: str = Field(default="", max_length=200, description="Of the film, if it is begun", examples=["The Kettle"])
    planner: Literal["offline", "minimax"] = "offline"

    @model_validator(mode="after")
    def _has_a_script(self) -> Self:
        if self.script is None and self.project_id is None:
            raise ValueError("send a script, or the project_id of a film that has one")
        return self

    def film(self, service: Service, caller: Caller) -> Records | None:
        """The film that is named.

        Raises:
            Rejected: there is none of that id, or it is somebody else's.
        """
        return film_of(service, caller, self.project_id) if self.project_id is not None else None

    def screenplay(self, film: Records | None) -> Screenplay:
        """What it is about, as it is read.

        Raises:
            Rejected: the script has no scenes, or the film has no script.
        """
        if self.script is None:
            assert film is not None
            return newest_screenplay(film)
        with of_field("body.script", self.script):
            return must_have_scenes(self.script, "the script")

    def kept(self, service: Service, caller: Caller, identity: str, film: Records | None) -> tuple[Records, Revision]:
        """The film, begun if there is none yet, and the revision that this is about."""
        film = film or begin_film(service, caller, identity, self.name)
        return film, newest_script(film) if self.script is None else add_script(film, self.script)[1]


def must_have_planner(service: Service, planner: str) -> None:
    """
    Raises:
        Rejected: this service cannot ask the model that is to plan.
    """
    with of_field("body.planner", planner):
        model_for(planner, service.settings)


def must_have_engine(quality: Quality | None, engine: str | None) -> None:
    """
    Raises:
        Rejected: takes of that quality, or by that engine, are asked for and cannot be made.
    """
    if quality or engine:
        with of_field("body.engine" if engine else "body.quality", engine or quality):
            chosen(TAKE_TASK, quality, engine)
