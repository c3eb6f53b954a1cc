"""Tools that are not ours, for the second held-out round."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import Any, Literal

from pydantic import Field

from benchmarks.medic_world import asset
from tools.context import Context
from tools.declare import AssetId, Params, Tool, field, tool
from vibeboard.asset import Result
from vibeboard.hints import also_called, hints
from vibeboard.model import Frozen
from vibeboard.stage import Colour, Vec3
from vibeboard.timing import Rate


@also_called(CROSS=("crossfade", "mix"), CUT=("straight cut", "hard cut"))
class Join(StrEnum):
    CUT = "cut"
    CROSS = "dissolve"
    WIPE = "wipe"


class Pull(Frozen):
    """The focus at one moment: how far, and after how long."""

    after: float = Field(ge=0, json_schema_extra=hints(unit="s", measures=("time", "when", "at")))
    distance: float = Field(gt=0, json_schema_extra=hints(unit="m", measures=("focus", "how_far")))
    ease: Literal["hard", "soft"] = "soft"


class RefocusParams(Params):
    source: AssetId = field("The take", protected=True, synonyms=("take", "clip"))
    pulls: tuple[Pull, ...] = field("Focus over time", protected=True, min_length=1, synonyms=("focus_pulls", "keys"))
    strength: float = field("Strength of the blur", default=0.5, ge=0, le=1, soft=True, synonyms=("blur_strength",))
    blades: int = field("Blades of the iris", default=9, ge=3, le=18, synonyms=("iris_blades", "blade_count"))
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate", "framerate"))


class CrowdParams(Params):
    place: Vec3 = field("Middle of the crowd", protected=True, unit="m", synonyms=("centre", "center", "position"))
    people: int = field("How many", protected=True, ge=1, le=500, synonyms=("head_count", "crowd_size", "extras"))
    spread: float = field("Radius", unit="m", gt=0, le=200, synonyms=("radius",))
    tint: Colour | None = field("Colour of their clothes, or any", default=None, synonyms=("colour", "color"))
    facing: float = field("Where they look", default=0.0, unit="deg", measures=("direction",))
    seed: int = field("Seed of who stands where", ge=0, lt=2**31, synonyms=("random_seed",))


class SpliceParams(Params):
    first: AssetId = field("What comes first", protected=True, synonyms=("a", "outgoing"))
    then: AssetId = field("What follows", protected=True, synonyms=("b", "incoming"))
    join: Join = field("How they meet", protected=True, synonyms=("transition", "transition_type"))
    overlap: int = field(
        "Frames they share", default=0, ge=0, unit="frame", measures=("transition_length", "overlap_time")
    )
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate", "framerate"))
    keep_sound: bool = field("Whether the sound of the first goes on", default=True, synonyms=("keep_audio",))


@tool(module="optics-engine", produces="document", droppable=("cache_dir", "precision"))
async def refocus(params: RefocusParams, ctx: Context) -> Result:
    """Pull focus in a take."""
    return await ctx.render("refocus", params)


@tool(module="shot-studio", produces="document")
async def crowd(params: CrowdParams, ctx: Context) -> Result:
    """Fill a place with people."""
    return await ctx.render("crowd", params)


@tool(module="sequencer", produces="document")
async def splice(params: SpliceParams, ctx: Context) -> Result:
    """Join two takes."""
    return await ctx.render("splice", params)


STRANGERS: dict[str, Tool] = {"refocus": refocus, "crowd": crowd, "splice": splice}  # type: ignore[dict-item]


def stranger(name: str, chance: Random) -> dict[str, Any]:
    """A good call of one of them."""
    raw: dict[str, Any] = {
        "refocus": {
            "source": asset("take-b"),
            "pulls": [{"after": 0.0, "distance": 1.2}, {"after": 1.5, "distance": chance.choice([3.0, 4.5])}],
            "strength": 0.6,
            "blades": chance.choice([7, 9, 11]),
            "fps": {"num": 24},
        },
        "crowd": {
            "place": [2.0, 0.0, -6.5],
            "people": chance.randrange(20, 90),
            "spread": 7.5,
            "tint": [0.2, 0.4, 0.6],
            "facing": 45.0,
            "seed": chance.randrange(1, 10**6),
        },
        "splice": {
            "first": asset("take-a"),
            "then": asset("take-b"),
            "join": chance.choice(["dissolve", "wipe"]),
            "overlap": 12,
            "fps": {"num": 25},
            "keep_sound": False,
        },
    }[name]
    made: dict[str, Any] = STRANGERS[name].params.model_validate(raw).model_dump(mode="json")
    return made
