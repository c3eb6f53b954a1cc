from __future__ import annotations

from typing import Any

from tools.context import Context
from tools.declare import Params, field, tool
from vibeboard.asset import Result
from vibeboard.camera import CameraPath
from vibeboard.stage import Stage
from vibeboard.timing import Rate

_FRAME: dict[str, Any] = {
    "joint": ("size", "resolution", "dimensions", "frame_size", "picture_size"),
    "ratio": ("aspect_ratio", "aspect", "ratio"),
}


class GenerateShotParams(Params):
    prompt: str = field(
        "What the shot shows, in words",
        protected=True,
        widget="text",
        synonyms=("description", "text", "positive_prompt", "text_prompt", "caption"),
    )
    stage: Stage = field(
        "Set, light, people and props", protected=True, widget="stage", synonyms=("blocking", "staging", "scene")
    )
    camera: CameraPath = field(
        "Camera path, lens and focus",
        protected=True,
        widget="camera-path",
        synonyms=("camera_path", "cam", "camera_move", "trajectory"),
    )
    frames: int = field(
        "Length",
        unit="frame",
        ge=1,
        le=240 * 600,
        synonyms=("num_frames", "frame_count", "length_in_frames"),
        measures=("duration", "length", "time", "runtime"),
    )
    fps: Rate = field("Frame rate", unit="frame/s", synonyms=("frame_rate", "rate", "frames_per_second"))
    width: int = field("Width of the picture", unit="px", ge=64, le=7680, synonyms=("w", "picture_width"), **_FRAME)
    height: int = field("Height of the picture", unit="px", ge=64, le=7680, synonyms=("h", "picture_height"), **_FRAME)
    seed: int = field(
        "Seed of everything that is random", ge=0, lt=2**31, synonyms=("random_seed", "rng_seed", "noise_seed")
    )


@tool(
    module="shot-studio",
    produces="video",
    droppable=(
        "guidance_scale",
        "cfg_scale",
        "cfg",
        "num_inference_steps",
        "inference_steps",
        "sampling_steps",
        "steps",
        "sampler",
        "scheduler",
        "eta",
        "output_type",
        "return_dict",
        "max_sequence_length",
        "dtype",
        "torch_dtype",
        "device",
        "vae_tiling",
        "enable_tiling",
        "cpu_offload",
    ),
)
async def generate_shot(params: GenerateShotParams, ctx: Context) -> Result:
    """Make one shot. Outputs: `video`, and `scene`, the stage and camera data that it was made from."""
    return await ctx.render("generate_shot", params)
