from __future__ import annotations

from enum import StrEnum

from tools.context import Context
from tools.declare import AssetId, Params, field, tool
from vibeboard.asset import Result


class Pass(StrEnum):
    DEPTH = "depth"
    NORMALS = "normals"
    ALBEDO = "albedo"
    IDS = "ids"
    BEAUTY = "beauty"


class RenderPassParams(Params):
    scene: AssetId = field("The scene data of a take", protected=True)
    kind: Pass = field("Which pass", protected=True)
    first: int = field("First frame", unit="frame", ge=0, default=0)
    frames: int = field("How many frames", unit="frame", ge=1, le=240 * 600)


@tool(module="vfx-suite", produces="tensor")
async def render_pass(params: RenderPassParams, ctx: Context) -> Result:
    """Render depth, normals, albedo or object ids of a previs take again. Output: `frames`, a safetensors file."""
    return await ctx.render("render_pass", params)
