"""What a build would make now, before anything is made."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.problems import documented
from api.routes.shots import NAME
from api.service import ReadFilm, TheService
from api.studio.desk import at_desk
from gpu_runtime.engine import Quality
from graphs.approval import Offer, offer_of
from graphs.desk import FilmDesk
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
        planned, quote = await desk.standing()
        request, placed = desk.request(), {item.shot.id: item for item in planned.laid}
        wanted = {planned.shot(which).shot.id for which in shots or ()} or placed.keys()
        todo = [item for item in quote.todo if item.unit in wanted]
        return FilmQuote(
            current=sum(item.unit in wanted for item in quote.current),
            shots=tuple(
                QuotedShot(
                    id=item.unit,
                    number=placed[item.unit].number,
                    **item.model_dump(include={"steps", "found", "reasons"}),
                    renders=item.renders,
                    engine=request.engine(TAKE_TASK, item.unit).name,
                    quality=request.engine(TAKE_TASK, item.unit).quality,
                    cpu_seconds=round(item.seconds, 1),
                    gpu_seconds=round(item.device_seconds, 1),
                )
                for item in todo
            ),
            offer=offer_of(todo, desk.gpu_usd_per_hour),
            left=tuple(planned.left),
        )

    return at_desk(service.studio, film.id, quoted)
