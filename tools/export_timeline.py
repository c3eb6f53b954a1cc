from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.model import Frozen
from vibeboard.timing import Rate


class TimelineClip(Frozen):
    """A shot on the timeline. `media` is the take's path relative to the OTIO file, `frames` its length, of which
    `[trim, trim + length)` is used."""

    number: str
    shot_id: str
    scene_id: str
    heading: str
    media: str
    frames: int = Field(gt=0)
    trim: int = Field(default=0, ge=0)
    length: int = Field(gt=0)
    first_line: int
    last_line: int
    facts: dict[str, str]


class TimelineSound(Frozen):
    """A line of dialogue on the sound track, from film frame `start`."""

    speaker: str
    text: str
    element_id: str
    media: str
    start: int = Field(ge=0)
    frames: int = Field(gt=0)


class ExportTimelineParams(Params):
    title: str = field("Name of the timeline")
    fps: Rate = field("Frame rate", unit="frame/s")
    clips: tuple[TimelineClip, ...] = field("Clips in cutting order", min_length=1)
    sounds: tuple[TimelineSound, ...] = field("Dialogue", default=())


@tool(module="sequencer", produces="timeline")
async def export_timeline(params: ExportTimelineParams, ctx: Context) -> Result:
    """Write the cut for an editing program. Output: `otio`, with shot ids and source lines in its metadata."""
    return await ctx.render("export_timeline", params)
