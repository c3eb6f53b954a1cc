"""One episode from what was asked for to its end, or to the question that it waits with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from agents.llm.choosing import model_for
from api.studio.ask import EpisodeAsk, build_of
from gpu_runtime.placement.table import Table
from graphs.approval import Offer
from graphs.make import make
from graphs.request import TAKE_TASK, MakeRequest
from storage.project import Project
from storage.tables import EpisodeRow
from vibeboard.episodes import EpisodeState
from vibeboard.events import Event, EventType
from vibeboard.model import Frozen

if TYPE_CHECKING:
    from agents.llm.model import LlmModel
    from api.studio.studio import Studio


class EpisodeQuestion(Frozen):
    """The price that a person has to approve; `id` is answered once."""

    id: str
    offer: Offer


async def make_episode(studio: Studio, episode: EpisodeRow) -> None:
    """Make the film of an episode in hand; its jobs go through the job table, to whatever workers there are."""
    ask = EpisodeAsk.model_validate_json(episode.ask)
    async with studio.films.make(episode.project_id) as project:
        model = model_for(ask.planner, studio.settings)
        request = _request(studio, episode, ask, project, model)

        def watch(event: Event) -> None:
            if event.type is EventType.QUOTE_READY:
                studio.episodes.become(episode, EpisodeState.MAKING)
            studio.tell(project.id, event)

        studio.episodes.become(episode, EpisodeState.PLANNING)
        made = await make(
            project,
            Table(project.jobs),
            request,
            None,
            watch,
            model,
            run_id=episode.run_id,
            approval=ask.approval(studio.settings.gpu_usd_per_hour),
            approved=_is_approved(episode, project),
        )
        if made.offer is None:
            studio.episodes.become(episode, EpisodeState.FINISHED, files=json.dumps(dict(made.files)))
        else:
            _ask_person(studio, episode, project, made.offer)


def _request(
    studio: Studio, episode: EpisodeRow, ask: EpisodeAsk, project: Project, model: LlmModel | None
) -> MakeRequest:
    """The build of an episode: what it was when it was begun, with the engines that its shots were given since."""
    if not episode.request:
        request = build_of(ask, project, model)
        studio.episodes.become(episode, EpisodeState.PLANNING, request=request.model_dump_json())
        return request
    begun = MakeRequest.model_validate_json(episode.request)
    return begun.model_copy(update={"shot_engines": {**begun.shot_engines, **project.pins(TAKE_TASK)}})


def _is_approved(episode: EpisodeRow, project: Project) -> bool:
    if not episode.offer:
        return False
    question = EpisodeQuestion.model_validate_json(episode.offer)
    return project.chat.answer_to(question.id) == "yes"


def _ask_person(studio: Studio, episode: EpisodeRow, project: Project, offer: Offer) -> None:
    asked = sum(event.type is EventType.INPUT_REQUESTED for _, event in project.events(episode.run_id))
    question = EpisodeQuestion(id=f"{episode.run_id}.{asked + 1}", offer=offer)
    event = Event(type=EventType.INPUT_REQUESTED, data={"episode": episode.id, **question.model_dump(mode="json")})
    studio.episodes.become(episode, EpisodeState.WAITING, event, offer=question.model_dump_json())
    studio.tell(project.id, event)
