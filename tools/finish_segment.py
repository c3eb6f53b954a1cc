from __future__ import annotations

from typing import Any

from pydantic import Field

from tools.context import Context
from tools.declare import AssetId, Params, example_asset, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen
from vibeboard.timing import Rate

_FRAME: dict[str, Any] = {
    "joint": ("size", "resolution", "dimensions", "dims", "frame_size", "picture_size", "canvas", "wxh"),
    "ratio": ("aspect_ratio", "aspect", "ratio"),
}


class BurnIn(Frozen):
    """What is drawn over the picture: slate texts at the corners, names beside people and props.

    `record_start` is the film frame on which the segment starts; the running record timecode counts from it.
    """

    title: str = Field(json_schema_extra=hints(synonyms=("film_title", "film", "production")))
    scene: str = Field(json_schema_extra=hints(synonyms=("scene_number", "scene_no")))
    shot: str = Field(json_schema_extra=hints(synonyms=("shot_number", "shot_no")))
    lens: str = Field(json_schema_extra=hints(synonyms=("lens_text", "facts", "camera")))
    note: str = Field(json_schema_extra=hints(synonyms=("notes", "remark", "comment")))
    record_start: int = Field(
        json_schema_extra=hints(
            unit="frame",
            synonyms=("start_frame", "rec_start", "record_frame"),
            measures=("start", "record_tc", "record_timecode", "start_timecode", "record_in", "start_time", "timecode"),
        )
    )
    names: bool = Field(default=True, json_schema_extra=hints(synonyms=("show_names", "labels", "name_tags")))


class FinishSegmentParams(Params):
    take: AssetId = field("The take's video", protected=True, synonyms=("video", "clip", "take_id", "source"))
    scene: AssetId = field(
        "The take's scene data, for where names stand", protected=True, synonyms=("scene_data", "scene_id", "stage")
    )
    burn_in: BurnIn | None = field(
        "Slate and names, or none", default=None, widget="burn-in", synonyms=("slate", "overlay", "burnin", "burn_ins")
    )
    frames: int = field(
        "Length in the film",
        unit="frame",
        ge=1,
        le=240 * 600,
        synonyms=("num_frames", "frame_count", "length_in_frames"),
        measures=("duration", "length", "time", "runtime"),
    )
    fps: Rate = field("Frame rate of the film", unit="frame/s", synonyms=("frame_rate", "rate", "frames_per_second"))
    width: int = field("Width of the film", unit="px", ge=64, le=7680, synonyms=("w",), **_FRAME)
    height: int = field("Height of the film", unit="px", ge=64, le=7680, synonyms=("h",), **_FRAME)


@tool(
    module="sequencer",
    produces="video",
    example={
        "take": example_asset("video"),
        "scene": example_asset("scene"),
        "frames": 8,
        "fps": {"num": 24},
        "width": 96,
        "height": 64,
    },
)
async def finish_segment(params: FinishSegmentParams, ctx: Context) -> Result:
    """Bring a take to the film's size and rate and draw what lies over it. Output: `video`."""
    return await ctx.render("finish_segment", params)
