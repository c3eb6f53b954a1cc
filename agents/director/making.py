"""Having the film made."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from agents.director.declare import Ask, Outcome, spending_tool
from agents.director.desk import Desk
from agents.director.words import listed


class MakeFilmAsk(Ask):
    shots: tuple[str, ...] = Field(default=(), max_length=400, description="only these shots")
    scenes: tuple[str, ...] = Field(default=(), max_length=200, description="only the shots of these scenes")


async def _wanted(ask: MakeFilmAsk, desk: Desk) -> Sequence[str]:
    film = await desk.film()
    shots = [film.shot(number).number for number in ask.shots]
    shots += [placed.number for scene in ask.scenes for placed in film.scene(scene)]
    return tuple(dict.fromkeys(shots))


@spending_tool(_wanted)
async def make_film(ask: MakeFilmAsk, desk: Desk, _key: str) -> Outcome:
    """Make what is not up to date: the whole film, some scenes, or some shots. What costs is asked for first."""
    made = await desk.make(await _wanted(ask, desk))
    lines = [f"made: {listed(made.made)}"]
    if made.missing:
        lines.append(f"the film is put together once these are made too: {listed(made.missing)}")
    return Outcome(lines=(*lines, *made.files), data=made.model_dump(mode="json"))
