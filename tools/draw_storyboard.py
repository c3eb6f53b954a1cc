from __future__ import annotations

from pydantic import Field

from tools.context import Context
from tools.declare import AssetId, Params, example_asset, field, tool
from vibeboard.asset import Result
from vibeboard.hints import hints
from vibeboard.model import Frozen


class Panel(Frozen):
    """One shot on the board: the frame of its take that stands for it, and its facts."""

    number: str = Field(json_schema_extra=hints(synonyms=("shot_number", "shot", "no")))
    heading: str = Field(json_schema_extra=hints(synonyms=("slugline", "slug", "scene_heading", "scene_header")))
    take: AssetId = Field(json_schema_extra=hints(synonyms=("video", "clip", "asset")))
    frame: int = Field(
        json_schema_extra=hints(unit="frame", synonyms=("frame_number", "at_frame", "still"), measures=("time",))
    )
    facts: str = Field(json_schema_extra=hints(synonyms=("shot_facts", "camera_facts", "details")))
    action: str = Field(json_schema_extra=hints(synonyms=("description", "what_happens")))
    dialogue: tuple[str, ...] = Field(default=(), json_schema_extra=hints(synonyms=("lines", "dialog")))


class DrawStoryboardParams(Params):
    title: str = field("Title of the film", synonyms=("name", "film_title"))
    panels: tuple[Panel, ...] = field("Panels in cutting order", min_length=1, synonyms=("frames", "shots", "cells"))
    note: str = field(
        "Line at the foot of each page, such as what made the pictures", default="", synonyms=("footer", "footnote")
    )


@tool(
    module="sequencer",
    produces="document",
    example={
        "title": "The Kettle",
        "panels": [
            {
                "number": "1A",
                "heading": "INT. KITCHEN - NIGHT",
                "take": example_asset("video"),
                "frame": 3,
                "facts": "MS  50mm  static",
                "action": "A kettle whistles.",
            }
        ],
    },
)
async def draw_storyboard(params: DrawStoryboardParams, ctx: Context) -> Result:
    """Draw a storyboard. Outputs: `pdf`, one panel a shot, and `contact_sheet`, a PNG of all panels."""
    return await ctx.render("draw_storyboard", params)
