"""Tools that VibeBoard does not have, for the first held-out round: what a declaration is worth to rules."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import Any

from pydantic import Field

from benchmarks.medic_world import asset
from tools.context import Context
from tools.declare import AssetId, Params, Tool, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen
from vibeboard.timing import Rate


class Film(StrEnum):
    COLOUR_NEGATIVE = "colour negative"
    REVERSAL = "reversal"
    BLACK_AND_WHITE = "black and white"


class Light(Frozen):
    """A lamp: where it hangs, how hot it burns, how wide it spreads."""

    name: str
    height: float = Field(ge=0, le=20, json_schema_extra=hints(unit="m", measures=("elevation",)))
    kelvin: int = Field(ge=1000, le=20000, json_schema_extra=hints(unit="K", synonyms=("colour_temperature",)))
    beam: float = Field(default=60.0, gt=0, le=180, json_schema_extra=hints(unit="deg", synonyms=("beam_angle",)))
    dimmer: float = Field(default=1.0, ge=0, le=1, json_schema_extra=hints(soft=True, synonyms=("intensity",)))


class RelightParams(Params):
    take: AssetId = field("The take", protected=True, synonyms=("video",))
    lights: tuple[Light, ...] = field("Lamps", protected=True, min_length=1, synonyms=("lamps",))
    exposure: float = field("Exposure, in stops", default=0.0, ge=-6, le=6, soft=True, unit="EV", synonyms=("ev",))
    fade: float = field("How long the change takes", unit="s", ge=0, le=60, measures=("transition", "ramp"))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate",))


class PrintParams(Params):
    take: AssetId = field("The take", protected=True, synonyms=("video",))
    stock: Film = field("Film stock", protected=True, synonyms=("film_stock", "emulsion"))
    grain: float = field("Strength of the grain", default=0.2, ge=0, le=1, soft=True)
    frames: int = field("Length", unit="frame", ge=1, measures=("duration",))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate",))
    width: int = field("Width", unit="px", ge=64, le=8192, joint=("size", "resolution"), ratio=("aspect_ratio",))
    height: int = field("Height", unit="px", ge=64, le=8192, joint=("size", "resolution"), ratio=("aspect_ratio",))
    mirrored: bool = field("Whether left and right change places", default=False)


@tool(module="vfx-suite", produces="document")
async def relight(params: RelightParams, ctx: Context) -> Result:
    """Light a take anew."""
    return await ctx.render("relight", params)


@tool(module="vfx-suite", produces="document", droppable=("lut_cache",))
async def film_print(params: PrintParams, ctx: Context) -> Result:
    """Print a take on film stock."""
    return await ctx.render("film_print", params)


FOREIGN: dict[str, Tool] = {"relight": relight, "film_print": film_print}  # type: ignore[dict-item]


def foreign(name: str, chance: Random) -> dict[str, Any]:
    """A good call of one of them."""
    raw: dict[str, Any]
    if name == "relight":
        lamp = {"name": "key", "height": 2.5, "kelvin": chance.choice([3200, 5600]), "beam": 45.0, "dimmer": 0.8}
        raw = {"take": asset("take-a"), "lights": [lamp], "exposure": 0.5, "fade": 2.5, "fps": {"num": 25}}
    else:
        raw = {
            "take": asset("take-a"), "stock": "black and white", "grain": 0.3, "frames": 16 * chance.randrange(4, 9),
            "fps": {"num": 16}, "width": 960, "height": 544, "mirrored": False,
        }  # fmt: skip
    made: dict[str, Any] = FOREIGN[name].params.model_validate(raw).model_dump(mode="json")
    return made
