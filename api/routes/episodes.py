"""Episodes: a script in, a price, a film out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field, model_validator

from api.problems import documented, of_field
from api.replies import IdempotencyKey, IdempotentRoute
from api.script_request import ScriptRequest, must_have_engine, must_have_planner
from api.service import (
    Caller,
    Identity,
    Reader,
    Scope,
    Service,
    Spender,
    TheService,
    caller_of,
    film_of,
    must_have,
    service_of,
)
from api.shapes import After, Limit, Page, number_after, page_of, tagged
from api.studio import EpisodeAsk
from api.studio.making import EpisodeQuestion
from gpu_runtime.engine import Quality
from graphs.planning import selected
from graphs.request import last_request
from storage.records import Records
from storage.tables import EpisodeRow, aware
from vibeboard.episodes import EpisodeState
from vibeboard.faults import Fault, Rejected
from vibeboard.model import Frozen
from vibeboard.screenplay import Screenplay
from vibeboard.timing import Rate

router = APIRouter(prefix="/api/episodes", tags=["episodes"], route_class=IdempotentRoute)

EpisodeId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="An episode's id")]
OfFilm = Annotated[str | None, Query(pattern=r"^[0-9a-zA-Z_-]{1,64}$", description="Only of this film")]
QUESTION = "9f2c1e0b7a5d4c3f8e6a1b2c3d4e5f60-1.1"
_BEFORE = "[as the film was made before]"
_PIXELS = f"Pixels; what an engine cannot do is made legal {_BEFORE}"


class NewEpisode(ScriptRequest):
    """With a `script` (its text) it becomes the film's newest revision; without one the newest is made, with the edits
    of now. Without a `project_id` a film is begun. A build that costs more than `budget_usd` waits for a person, and
    so does every one without `auto_approve`."""

    scenes: tuple[int, int] | None = Field(default=None, description="The first and the last to make, from 1")
    width: int | None = Field(default=None, ge=64, le=7680, description=_PIXELS, examples=[96])
    height: int | None = Field(default=None, ge=64, le=7680, description=_PIXELS, examples=[64])
    fps: str | None = Field(default=None, max_length=20, description=f"Frames a second, such as 23.976 {_BEFORE}")
    slate: bool = True
    quality: Quality | None = Field(default=None, description=f"Of the takes {_BEFORE}", examples=["previs"])
    engine: str | None = Field(default=None, max_length=100, description="A certain engine for the takes")
    shots: tuple[str, ...] = Field(default=(), max_length=10_000, description="Numbers of the shots that take it [all]")
    plan_only: bool = False
    upgrade: bool = Field(default=False, description="Take the best engines of now for everything")
    auto_approve: bool = False
    budget_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False, examples=[2.5])

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.shots and not (self.quality or self.engine):
            raise ValueError("shots: say with quality or engine what makes them")
        if self.scenes is not None and not 1 <= self.scenes[0] <= self.scenes[1]:
            raise ValueError("scenes: the first is from 1, and the last not before it")
        return self

    def must_be_makeable(self, service: Service, screenplay: Screenplay) -> None:
        """
        Raises:
            Rejected: an engine, a planner, a rate or scenes that there are not.
        """
        must_have_engine(self.quality, self.engine)
        must_have_planner(service, self.planner)
        with of_field("body.scenes", self.scenes):
            selected(screenplay, self.scenes)
        if self.fps is not None:
            rate_of(self.fps)

    def ask(self, film: Records, script: str, name: str) -> EpisodeAsk:
        """The ask of a film's episode, in the size and at the rate that the film was last made with if none is said."""
        before = last_request(film)
        looks = before.model_dump(include={"width", "height", "fps"}) if before else {}
        looks |= self.model_dump(include={"width", "height"}, exclude_none=True)
        if self.fps is not None:
            looks["fps"] = rate_of(self.fps)
        fields = self.model_dump(exclude={"script", "project_id", "name", "width", "height", "fps"})
        return EpisodeAsk(script=script, name=name, **looks, **fields)


class EpisodeProblem(Frozen):
    code: str
    message: str


class Episode(Frozen):
    """`place` is how many are before it while it is queued; `question` waits for an answer; `files` are there when it
    has finished, by name, each under its hash."""

    id: str
    project_id: str
    run_id: str
    state: EpisodeState
    attempt: int
    place: int | None = None
    question: EpisodeQuestion | None = None
    problem: EpisodeProblem | None = None
    files: dict[str, str] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: EpisodeRow, service: Service) -> Self:
        fault = Fault.model_validate_json(row.fault) if row.fault else None
        waits = row.state is EpisodeState.WAITING
        return cls(
            id=row.id,
            project_id=row.project_id,
            run_id=row.run_id,
            state=row.state,
            attempt=row.attempt,
            place=service.studio.episodes.place(row) if row.state is EpisodeState.QUEUED else None,
            question=EpisodeQuestion.model_validate_json(row.offer) if waits and row.offer else None,
            problem=EpisodeProblem(code=fault.code, message=fault.message) if fault else None,
            files=json.loads(row.files) if row.files else {},
            created_at=aware(row.created_at),
            updated_at=aware(row.updated_at),
        )


class Answer(Frozen):
    """The answer to an episode's question; each is answered once."""

    question: str = Field(max_length=100, description="Its id", examples=[QUESTION])
    yes: bool = Field(examples=[True])


def rate_of(text: str) -> Rate:
    """A frame rate as people write it.

    Raises:
        Rejected: it is none.
    """
    with of_field("body.fps", text):
        try:
            return Rate.parse(text)
        except ValueError as error:
            raise Rejected("bad_fps", f"fps {text!r}: {error}") from None


@router.post("", status_code=202, responses=documented(404, 409))
def make_episode(
    ask: NewEpisode,
    service: TheService,
    caller: Spender,
    identity: Identity,
    response: Response,
    _key: IdempotencyKey = None,
) -> Episode:
    """Make an episode: it is queued, planned and priced, approved, and made. Follow it in its film's thread."""
    named = ask.film(service, caller)
    ask.must_be_makeable(service, ask.screenplay(named))
    film, revision = ask.kept(service, caller, identity, named)
    name = service.films.get(caller.owner, film.id).name
    asked = ask.ask(film, revision.script_sha256, name)
    row = EpisodeRow(id=identity, project_id=film.id, run_id=f"{identity}-1", ask=asked.model_dump_json())
    made = service.studio.episodes.add(row)
    service.studio.stir(film.id)
    response.headers["Location"] = f"/api/episodes/{made.id}"
    return Episode.of(made, service)


@router.get("", responses=documented(404))
def list_episodes(
    service: TheService, caller: Reader, project_id: OfFilm = None, limit: Limit = 50, after: After = ""
) -> Page[Episode]:
    """Your episodes, the newest first; of one film if it is named."""
    if project_id is not None:
        film_of(service, caller, project_id)
    before = number_after(after) or None
    rows = service.studio.episodes.of_owner(caller.owner, limit + 1, before, project_id)
    shown = page_of(rows, limit, lambda row: row.number)
    return Page(items=tuple(Episode.of(row, service) for row in shown.items), next=shown.next)


def _episode(scope: Scope) -> Callable[[str, Request], EpisodeRow]:
    def episode(episode_id: EpisodeId, request: Request) -> EpisodeRow:
        caller = caller_of(request)
        must_have(caller, scope)
        return episode_of(service_of(request), caller, episode_id)

    return episode


ReadEpisode = Annotated[EpisodeRow, Depends(_episode(Scope.READ))]
SpendEpisode = Annotated[EpisodeRow, Depends(_episode(Scope.SPEND))]


def episode_of(service: Service, caller: Caller, episode_id: str) -> EpisodeRow:
    """An episode of the caller's.

    Raises:
        Rejected: there is none of that id.
    """
    row = service.studio.episodes.find(episode_id)
    if row is None or not service.films.has(caller.owner, row.project_id):
        raise Rejected("no_such_episode", f"there is no episode {episode_id}: GET /api/episodes lists yours")
    return row


@router.get("/{episode_id}", responses=documented(404))
def read_episode(row: ReadEpisode, service: TheService, response: Response) -> Episode:
    """How an episode stands."""
    return tagged(Episode.of(row, service), response)


@router.post("/{episode_id}/answer", responses=documented(404, 409))
def answer_episode(row: SpendEpisode, answer: Answer, service: TheService, _key: IdempotencyKey = None) -> Episode:
    """Approve the price of an episode that waits, or refuse it, which ends it. A second answer is refused with 409."""
    service.studio.episodes.answer(row, answer.question, yes=answer.yes)
    return _after(service, row)


@router.post("/{episode_id}/cancel", responses=documented(404, 409))
def cancel_episode(row: SpendEpisode, service: TheService) -> Episode:
    """End an episode. What is made is kept."""
    if not service.studio.episodes.stop(row):
        raise Rejected("wrong_state", f"the episode has ended ({row.state}): there is nothing to cancel")
    return _after(service, row)


@router.post("/{episode_id}/retry", status_code=202, responses=documented(404, 409))
def retry_episode(row: SpendEpisode, service: TheService, _key: IdempotencyKey = None) -> Episode:
    """Make a failed or cancelled episode again. What was made is not made again."""
    if not service.studio.episodes.again(row, f"{row.id}-{row.attempt + 1}"):
        raise Rejected("wrong_state", f"the episode is {row.state}: only a failed or cancelled one is made again")
    return _after(service, row)


def _after(service: Service, row: EpisodeRow) -> Episode:
    service.studio.stir(row.project_id)
    now = service.studio.episodes.find(row.id)
    assert now is not None
    return Episode.of(now, service)
