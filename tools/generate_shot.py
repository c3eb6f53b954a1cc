from __future__ import annotations

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.camera import CameraPath
from vibeboard.stage import Stage
from vibeboard.timing import Rate


class GenerateShotParams(Params):
    prompt: str = field(
        "What the shot shows, in words", protected=True, widget="text", synonyms=("description", "text")
    )
    stage: Stage = field("Set, light, people and props", protected=True, widget="stage")
    camera: CameraPath = field("Camera path, lens and focus", protected=True, widget="camera-path")
    frames: int = field(
        "Length", unit="frame", ge=1, le=240 * 600, synonyms=("num_frames",), measures=("duration", "length")
    )
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate", "rate"))
    width: int = field("Width of the picture", unit="px", ge=64, le=7680, synonyms=("w",))
    height: int = field("Height of the picture", unit="px", ge=64, le=7680, synonyms=("h",))
    seed: int = field("Seed of everything that is random", ge=0, lt=2**31, synonyms=("random_seed",))


@tool(module="shot-studio", produces="video")
async def generate_shot(params: GenerateShotParams, ctx: Context) -> Result:
    """Make one shot. Outputs: `video`, and `scene`, the stage and camera data that it was made from."""
    return await ctx.render("generate_shot", params)
