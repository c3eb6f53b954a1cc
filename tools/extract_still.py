from __future__ import annotations

from tools.context import Context
from tools.declare import AssetId, Params, example_asset, field, tool
from vibeboard.asset import Result


class ExtractStillParams(Params):
    take: AssetId = field("The take's video", protected=True, synonyms=("video", "clip", "take_id", "source"))
    frame: int = field(
        "Which frame, from 0; a number beyond the last means the last",
        unit="frame",
        ge=0,
        protected=True,
        synonyms=("frame_number", "at_frame", "index"),
    )


@tool(module="shot-studio", produces="image", example={"take": example_asset("video"), "frame": 7})
async def extract_still(params: ExtractStillParams, ctx: Context) -> Result:
    """Take one frame out of a take. Output: `image`, a PNG of the take's size."""
    return await ctx.render("extract_still", params)
