"""Single shots from a prompt, without a script: films of one shot."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field

from api.problems import documented
from api.replies import IdempotencyKey, IdempotentRoute
from api.routes.episodes import Episode, rate_of
from api.script_request import must_have_engine
from api.service import Caller, Identity, Service, Spender, TheService, begin_film, film_of
from api.studio import EpisodeAsk
from gpu_runtime.engine import Quality
from graphs.request import MakeRequest
from graphs.scripts import add_script
from graphs.single_shot import OneShot, plain_words, plan_one_shot, script_of
from storage.records import Records
from storage.tables import EpisodeRow
from vibeboard.digest import sha256
from vibeboard.faults import Rejected
from vibeboard.model import Frozen
from vibeboard.screenplay import TimeOfDay
from vibeboard.stage import SetKind

router = APIRouter(prefix="/api/shots", tags=["shots"], route_class=IdempotentRoute)

CLIP = "film.mp4"


def _has_words(prompt: str) -> str:
    if not plain_words(prompt):
        raise ValueError("say in words what the shot shows")
    return prompt


class PromptedShot(Frozen):
    """A shot in words. Without a `project_id` a film is begun for it; with one the film must have no script yet. A shot
    that costs more than `budget_usd` waits for a person, and so does every one without `auto_approve`."""

    prompt: Annotated[str, AfterValidator(_has_words)] = Field(
        min_length=1, max_length=1000, examples=["Rain on a taxi's windscreen; the driver looks into the mirror."]
    )
    seconds: float = Field(default=4.0, ge=0.25, le=120, allow_inf_nan=False, description="Length", examples=[1])
    place: SetKind = Field(default=SetKind.STUDIO, description="Where", examples=["car"])
    time: TimeOfDay = Field(default=TimeOfDay.DAY, description="When", examples=["NIGHT"])
    project_id: str | None = Field(default=None, pattern=r"^[0-9a-zA-Z_-]{1,64}$")
    name: str = Field(default="", max_length=200, description="Of the film, if it is begun", examples=["Taxi"])
    width: int = Field(default=854, ge=64, le=7680, description="Pixels", examples=[96])
    height: int = Field(default=480, ge=64, le=7680, description="Pixels", examples=[64])
    fps: str = Field(default="24", max_length=20, description="Frames a second, such as 24, 25 or 23.976")
    seed: int = Field(default=0, ge=0, lt=2**31, description="Of everything that is random; another is another take")
    quality: Quality | None = Field(default=None, examples=["previs"])
    engine: str | None = Field(default=None, max_length=100, description="A certain engine")
    auto_approve: bool = Field(default=False, examples=[True])
    budget_usd: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    @property
    def shot(self) -> OneShot:
        return OneShot.model_validate(self.model_dump(include=set(OneShot.model_fields)))


class ShotEpisode(Episode):
    """The episode of one shot; when it has finished, the clip is at `clip`. Its take, as the engine made it, is in
    `files` under `takes/`."""

    clip: str


@router.post("", status_code=202, responses=documented(404, 409))
def make_shot(
    ask: PromptedShot,
    service: TheService,
    caller: Spender,
    identity: Identity,
    response: Response,
    _key: IdempotencyKey = None,
) -> ShotEpisode:
    """Make a single shot from a prompt: an episode of one shot, planned offline, without a slate. The film can be
    edited, made again and talked about as any other."""
    fps, script = rate_of(ask.fps), script_of(ask.shot)
    must_have_engine(ask.quality, ask.engine)
    film = _film(service, caller, ask, identity, script)
    name = service.films.get(caller.owner, film.id).name
    kept = add_script(film, script)[1].script_sha256
    looks = {"script": kept, "name": name, "width": ask.width, "height": ask.height, "fps": fps}
    plan_one_shot(film, MakeRequest(**looks, engines={}), ask.shot, identity)
    chosen = ask.model_dump(include={"quality", "engine", "auto_approve", "budget_usd"})
    asked = EpisodeAsk(**looks, **chosen, slate=False)
    row = EpisodeRow(id=identity, project_id=film.id, run_id=f"{identity}-1", ask=asked.model_dump_json())
    made = service.studio.episodes.add(row)
    service.studio.stir(row.project_id)
    response.headers["Location"] = f"/api/episodes/{made.id}"
    clip = f"/api/episodes/{made.id}/files/{CLIP}"
    return ShotEpisode.model_validate(Episode.of(made, service).model_dump() | {"clip": clip})


def _film(service: Service, caller: Caller, ask: PromptedShot, identity: str, script: str) -> Records:
    """The film for the shot.

    Raises:
        Rejected: it has a script of its own, which the shot's would take the place of.
    """
    if ask.project_id is None:
        return begin_film(service, caller, identity, plain_words(ask.name))
    film = film_of(service, caller, ask.project_id)
    before = film.latest_revision()
    if before is not None and before.script_sha256 != sha256(script.encode()):
        message = "the film has a script already: leave project_id out, or POST its tools/generate_shot"
        raise Rejected("wrong_state", message)
    return film
