from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from tools.context import Context
from tools.declare import AssetId, Params, field, tool
from vibeboard.asset import Result
from vibeboard.camera import CameraPath
from vibeboard.model import Frozen
from vibeboard.region import Region
from vibeboard.stage import Stage
from vibeboard.timing import Rate

_FRAME: dict[str, Any] = {
    "joint": ("size", "resolution", "dimensions", "dims", "frame_size", "picture_size", "canvas", "wxh"),
    "ratio": ("aspect_ratio", "aspect", "ratio"),
}


class Control(StrEnum):
    """What of the previs steers the picture of an engine that can be steered."""

    DEPTH = "depth"
    """How far everything is; looks are left to the words."""
    PICTURE = "picture"
    """The previs' own picture, colours and all."""
    LAYOUT = "layout"
    """Boxes: the regions asked for, or where the figures of the previs are."""
    NONE = "none"


class AdapterScale(Frozen):
    """An adapter of the catalog, and how strongly it works."""

    adapter: str = Field(min_length=1, max_length=200)
    scale: float = Field(default=1.0, ge=-2.0, le=2.0)


class GenerateShotParams(Params):
    """What a film asks for comes first. What has a default is for engines with weights; a previs ignores it."""

    prompt: str = field(
        "What the shot shows, in words",
        protected=True,
        widget="text",
        synonyms=(
            "description",
            "text",
            "positive_prompt",
            "text_prompt",
            "caption",
            "scene_description",
            "what_happens",
        ),
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
        "Seed of everything that is random",
        ge=0,
        lt=2**31,
        synonyms=("random_seed", "rng_seed", "noise_seed", "generator_seed", "manual_seed", "random_state"),
    )
    negative_prompt: str | None = field(
        "What the shot shall not show, in words; left open, the engine's own list",
        default=None,
        protected=True,
        widget="text",
        synonyms=("negative", "avoid"),
    )
    control: Control = field(
        "What of the previs steers the picture", default=Control.DEPTH, protected=True, widget="choice"
    )
    regions: tuple[Region, ...] = field(
        "Boxes that things stay in, drawn as outlines; they steer with control `layout`",
        default=(),
        protected=True,
        widget="regions",
        synonyms=("boxes", "layout"),
    )
    first_frame: AssetId | None = field(
        "A still that the shot starts from; left open, engines that need one take the previs' first frame",
        default=None,
        protected=True,
        widget="image",
        synonyms=("image", "start_image"),
    )
    references: tuple[AssetId, ...] = field(
        "Stills of who and what shall be seen",
        default=(),
        max_length=8,
        protected=True,
        widget="images",
        synonyms=("reference_images",),
    )
    adapters: tuple[AdapterScale, ...] = field(
        "Adapters over the engine's weights", default=(), max_length=8, protected=True, widget="adapters"
    )
    steps: int | None = field(
        "Denoising steps; left open, the engine's own",
        default=None,
        ge=1,
        le=200,
        synonyms=("num_inference_steps", "inference_steps", "sampling_steps"),
    )
    guidance: float | None = field(
        "How closely the words are followed (1: not guided); left open, the engine's own",
        default=None,
        ge=1.0,
        le=20.0,
        synonyms=("guidance_scale", "cfg", "cfg_scale"),
    )

    @field_validator("regions")
    @classmethod
    def _steer(cls, regions: tuple[Region, ...], info: ValidationInfo) -> tuple[Region, ...]:
        if regions and info.data.get("control") not in (Control.LAYOUT, None):
            raise ValueError("regions steer the picture with control 'layout' only: set it, or leave the regions out")
        return regions


@tool(
    module="shot-studio",
    produces="video",
    example={
        "prompt": "A kettle whistles on the stove.",
        "stage": {
            "set_kind": "kitchen",
            "int_ext": "INT",
            "time": "NIGHT",
            "dressing_seed": 1,
            "figures": [
                {"id": "anna", "name": "ANNA", "colour": [0.8, 0.3, 0.3], "marks": [{"frame": 0, "x": 0, "z": 0}]}
            ],
        },
        "camera": {"keys": [{"frame": 0, "position": [0, 1.5, 3], "target": [0, 1.4, 0]}]},
        "frames": 8,
        "fps": {"num": 24},
        "width": 96,
        "height": 64,
        "seed": 7,
    },
    droppable=(
        "sampler",
        "sampler_name",
        "scheduler",
        "scheduler_type",
        "eta",
        "output_type",
        "return_dict",
        "max_sequence_length",
        "dtype",
        "torch_dtype",
        "device",
        "vae_tiling",
        "enable_tiling",
        "vae_slicing",
        "enable_vae_slicing",
        "enable_vae_tiling",
        "cpu_offload",
        "enable_model_cpu_offload",
        "device_map",
    ),
)
async def generate_shot(params: GenerateShotParams, ctx: Context) -> Result:
    """Make one shot. Outputs: `video`, and `scene`, the stage and camera data that it was made from."""
    return await ctx.render("generate_shot", params)
