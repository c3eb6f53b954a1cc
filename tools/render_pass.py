from __future__ import annotations

from enum import StrEnum

from tools.context import Context
from tools.declare import AssetId, Params, example_asset, field, tool
from vibeboard.asset import Result
from vibeboard.hints import also_called


@also_called(
    DEPTH=("z", "z depth", "zdepth", "depth map", "z buffer", "depth pass"),
    NORMALS=("surface normals", "normal map", "normals pass"),
    ALBEDO=("diffuse", "base colour", "base color", "diffuse colour", "diffuse color"),
    IDS=(
        "object ids",
        "id pass",
        "object id",
        "id map",
        "id mask",
        "instance ids",
        "segmentation",
        "segmentation mask",
    ),
    BEAUTY=("rgb", "beauty pass", "full picture", "final picture"),
)
class Pass(StrEnum):
    DEPTH = "depth"
    NORMALS = "normals"
    ALBEDO = "albedo"
    IDS = "ids"
    BEAUTY = "beauty"


class RenderPassParams(Params):
    scene: AssetId = field("The scene data of a take", protected=True, synonyms=("scene_data", "scene_id", "source"))
    kind: Pass = field(
        "Which pass", protected=True, synonyms=("pass", "pass_type", "type", "pass_kind", "aov", "channel")
    )
    first: int = field(
        "First frame",
        unit="frame",
        ge=0,
        default=0,
        synonyms=("start", "start_frame", "from_frame", "frame_start", "start_at"),
    )
    frames: int = field(
        "How many frames",
        unit="frame",
        ge=1,
        le=240 * 600,
        synonyms=("num_frames", "frame_count", "how_many", "n", "count"),
        measures=("duration", "length"),
    )


@tool(
    module="vfx-suite",
    produces="tensor",
    example={"scene": example_asset("scene"), "kind": "depth", "first": 0, "frames": 1},
)
async def render_pass(params: RenderPassParams, ctx: Context) -> Result:
    """Render depth, normals, albedo or object ids of a previs take again. Output: `frames`, a safetensors file."""
    return await ctx.render("render_pass", params)
