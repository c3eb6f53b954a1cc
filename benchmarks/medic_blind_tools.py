"""Two more tools that are not ours, and the calls of all such tools, for the blind round."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Any

from pydantic import Field

from benchmarks.medic_foreign import FOREIGN, foreign
from benchmarks.medic_strangers import STRANGERS, stranger
from benchmarks.medic_world import asset
from tools.context import Context
from tools.declare import AssetId, Params, Tool, field, registry, tool
from vibeboard.asset import Result
from vibeboard.hints import also_called, hints
from vibeboard.model import Frozen
from vibeboard.stage import Colour
from vibeboard.timing import Rate


@also_called(BLEACH=("skip bleach", "silver retention"))
class Look(StrEnum):
    NEUTRAL = "neutral"
    BLEACH = "bleach bypass"
    TEAL = "teal and orange"


class Window(Frozen):
    """A soft-edged circle in which the grade works; all as shares of the picture's width."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    radius: float = Field(gt=0, le=1, json_schema_extra=hints(synonyms=("size",)))


class GradeParams(Params):
    take: AssetId = field("The take", protected=True, synonyms=("video", "clip"))
    look: Look = field("Which look", protected=True, synonyms=("preset", "lut"))
    saturation: float = field("1 leaves it as it is", default=1.0, ge=0, le=4, synonyms=("sat",))
    lift: Colour = field("Colour of the shadows", default=(0.0, 0.0, 0.0), synonyms=("shadows",))
    window: Window | None = field("Where, or everywhere", default=None, synonyms=("mask",))
    start: int = field("First frame", ge=0, unit="frame", synonyms=("start_frame",), measures=("start_time", "from"))
    frames: int = field("Length", ge=1, unit="frame", synonyms=("num_frames",), measures=("duration", "length"))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate",))


class Stem(Frozen):
    """One voice of the mix."""

    audio: AssetId = Field(json_schema_extra=hints(synonyms=("sound", "file")))
    level: float = Field(ge=-60, le=12, json_schema_extra=hints(unit="dB", synonyms=("gain_db",)))
    delay: float = Field(default=0.0, ge=0, json_schema_extra=hints(unit="s", measures=("start", "offset")))
    loop: bool = Field(default=False, json_schema_extra=hints(synonyms=("looped", "repeat")))


class MixParams(Params):
    stems: tuple[Stem, ...] = field("What is mixed", protected=True, min_length=1, synonyms=("tracks", "sounds"))
    sample_rate: int = field("Samples a second", ge=8000, le=192000, unit="Hz", synonyms=("sampling_rate", "sr"))
    channels: int = field("How many", ge=1, le=8, synonyms=("channel_count",))
    fade_out: float = field("At the end", default=0.0, ge=0, le=30, unit="s", measures=("fade",))


@tool(module="sequencer", produces="document", droppable=("bit_depth", "verbose"))
async def grade(params: GradeParams, ctx: Context) -> Result:
    """Grade a take."""
    return await ctx.render("grade", params)


@tool(module="sequencer", produces="document")
async def mix(params: MixParams, ctx: Context) -> Result:
    """Mix sounds."""
    return await ctx.render("mix", params)


NEW: Mapping[str, Tool] = {"grade": grade, "mix": mix}  # type: ignore[dict-item]
STILL = "extract_still"
OTHERS: Mapping[str, Tool] = {**FOREIGN, **STRANGERS, **NEW, STILL: registry()[STILL]}


def other(name: str, chance: Random) -> dict[str, Any]:
    """A good call of one of `OTHERS`."""
    if name in FOREIGN:
        return foreign(name, chance)
    if name in STRANGERS:
        return stranger(name, chance)
    made: dict[str, Any] = OTHERS[name].params.model_validate(_raw(name, chance)).model_dump(mode="json")
    return made


def _raw(name: str, chance: Random) -> dict[str, Any]:
    return {
        "grade": {
            "take": asset("take-a"),
            "look": chance.choice(list(Look)),
            "saturation": chance.choice([0.8, 1.2]),
            "lift": [0.2, 0.4, 0.6],
            "window": {"x": 0.5, "y": 0.25, "radius": 0.3},
            "start": 25,
            "frames": 50 * chance.randrange(1, 5),
            "fps": {"num": 25},
        },
        "mix": {
            "stems": [{"audio": asset("line-a"), "level": chance.choice([-6.0, -12.0]), "delay": 1.5, "loop": True}],
            "sample_rate": chance.choice([44100, 48000]),
            "channels": 2,
            "fade_out": 2.0,
        },
        STILL: {"take": asset("take-b"), "frame": chance.randrange(3, 90)},
    }[name]
