from __future__ import annotations

from tools.context import Context
from tools.declare import AssetId, Params, field, tool
from vibeboard.asset import Result
from vibeboard.model import Frozen
from vibeboard.timing import Rate


class BurnIn(Frozen):
    """What is drawn over the picture: slate texts at the corners, names beside people and props.

    `record_start` is the film frame on which the segment starts; the running record timecode counts from it.
    """

    title: str
    scene: str
    shot: str
    lens: str
    note: str
    record_start: int
    names: bool = True


class FinishSegmentParams(Params):
    take: AssetId = field("The take's video", protected=True)
    scene: AssetId = field("The take's scene data, for where names stand", protected=True)
    burn_in: BurnIn | None = field("Slate and names, or none", default=None, widget="burn-in")
    frames: int = field("Length in the film", unit="frame", ge=1, le=240 * 600)
    fps: Rate = field("Frame rate of the film", unit="frame/s")
    width: int = field("Width of the film", unit="px", ge=64, le=7680)
    height: int = field("Height of the film", unit="px", ge=64, le=7680)


@tool(module="sequencer", produces="video")
async def finish_segment(params: FinishSegmentParams, ctx: Context) -> Result:
    """Bring a take to the film's size and rate and draw what lies over it. Output: `video`."""
    return await ctx.render("finish_segment", params)
