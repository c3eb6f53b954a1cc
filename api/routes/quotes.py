"""What a build would make now, before anything is made."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query

from api.problems import documented
from api.routes.shots import NAME
from api.service import ReadFilm, TheService
from api.studio.desk import at_desk
from gpu_runtime.engine import Engine, Quality
from graphs.approval import Offer, offer_of
from graphs.cut import CutShot
from graphs.desk import FilmDesk
from graphs.quote import Quoted
from graphs.request import TAKE_TASK
from vibeboard.edits import Left
from vibeboard.model import Frozen

router = APIRouter(prefix="/api/projects/{project_id}/quote", tags=["shots"])

OfShots = Annotated[
    list[Annotated[str, Query(pattern=NAME)]] | None,
    Query(max_length=1000, description="Only of these shots, by their ids or numbers [all]", examples=[["1A"]]),
]


class QuotedShot(Frozen):
    """A shot that is not current: the `steps` to make, of which only a take is a picture, and why. `found` were made
    before and are only taken up again. `cpu_seconds` are those of one worker, `gpu_seconds` those of a device."""

    id: str
    number: str
    steps: tuple[str, ...]
    found: tuple[str, ...]
    reasons: tuple[str, ...]
    renders: bool
    engine: str
    quality: Quality
    cpu_seconds: float
    gpu_seconds: float

    @classmethod
    def of(cls, item: Quoted, placed: CutShot, engine: Engine) -> Self:
        return cls(
            **item.model_dump(include={"steps", "found", "reasons"}),
            id=item.unit,
            number=placed.number,
            renders=item.renders,
            engine=engine.name,
            quality=engine.quality,
            cpu_seconds=round(item.seconds, 1),
            gpu_seconds=round(item.device_seconds, 1),
        )


class FilmQuote(Frozen):
    """`current` shots need nothing. `offer` is what the others take together, its `usd` at the price of the device that
    is set here. `left` are edits that do not fit the plan any more."""

    current: int
    shots: tuple[QuotedShot, ...]
    offer: Offer
    left: tuple[Left, ...]


@router.get("", responses=documented(404, 409))
def quote_film(film: ReadFilm, service: TheService, shots: OfShots = None) -> FilmQuote:
    """What a build would make now, why, how long it would take and what it would cost. Nothing is made."""

    async def quoted(desk: FilmDesk) -> FilmQuote:
        planned, request = await desk.planned(), desk.request()
        laid = {item.shot.id: item for item in (map(planned.shot, shots) if shots else planned.laid)}
        quote = await desk.quoted(planned, list(laid.values()))
        todo = [QuotedShot.of(item, laid[item.unit], request.engine(TAKE_TASK, item.unit)) for item in quote.todo]
        return FilmQuote(
            current=len(quote.current),
            shots=tuple(todo),
            offer=offer_of(quote.todo, desk.gpu_usd_per_hour),
            left=tuple(planned.left),
        )

    return at_desk(service.studio, film.id, quoted)
