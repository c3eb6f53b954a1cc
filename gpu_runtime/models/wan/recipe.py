"""How one shot is made: the engine's numbers, with what the call asks for instead."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, NamedTuple

from gpu_runtime.catalog.declare import backbones
from gpu_runtime.engine import Engine
from gpu_runtime.run import DeviceRun
from tools.generate_shot import GenerateShotParams
from vibeboard.model import Frozen


class Conditioning(StrEnum):
    """What the transformer of a backbone is given beside the words."""

    TEXT = "t2v"
    """Nothing."""
    IMAGE = "i2v"
    """The first picture, as channels beside the latents and, where there is an image encoder, as tokens."""
    FIRST_LATENT = "ti2v"
    """The first picture in place of the first latent frame, or nothing."""
    CONTROL = "vace"
    """A control video, frames that are known, and reference pictures."""


class Recipe(Frozen):
    """`chunk` frames at most are made at once, of which `overlap` are shared with the chunk before. `boundary` is the
    share of the noise below which the second expert works, at `guidance_2`. `pixels` is for `gpu_runtime.fitting`.

    `adapters` sit on top at full strength. A model that they distilled to a few steps takes them at `noise_levels`, the
    shares of noise (before the shift) that it was trained at, by Euler's rule.
    """

    conditioning: Conditioning
    pixels: int
    chunk: int
    overlap: int
    negative_prompt: str
    steps: int
    guidance: float
    shift: float
    guidance_2: float | None = None
    boundary: float | None = None
    adapters: tuple[str, ...] = ()
    noise_levels: tuple[float, ...] | None = None

    @classmethod
    def of(cls, engine: Engine, params: GenerateShotParams) -> Recipe:
        """A guidance that is asked for holds for both experts."""
        asked: dict[str, Any] = {"negative_prompt": params.negative_prompt, "steps": params.steps}
        asked = {name: value for name, value in asked.items() if name not in engine.ignores}
        if "guidance" not in engine.ignores:
            asked |= {"guidance": params.guidance, "guidance_2": params.guidance}
        return cls.model_validate({**engine.defaults, **{k: v for k, v in asked.items() if v is not None}})

    @property
    def guided(self) -> bool:
        """Whether the words are weighed against the negative prompt, in a second pass of the transformer."""
        return self.guidance > 1


class Roles(dict[str, str]):
    """Component ids of an engine's backbone by role."""

    @classmethod
    def of(cls, engine: Engine) -> Roles:
        return cls({role: component.id for role, component in backbones()[engine.backbone].roles.items()})


class Geometry(NamedTuple):
    """How frames and pixels become latents, and latents tokens: read from configuration, before weights are there."""

    channels: int
    spatial: int
    temporal: int
    width: int
    """Channels of the transformer's tokens."""

    @classmethod
    def of(cls, run: DeviceRun, roles: Roles) -> Geometry:
        vae = _config(run, roles["vae"])
        transformer = _config(run, roles["transformer"])
        width = transformer["num_attention_heads"] * transformer["attention_head_dim"]
        return cls(vae["z_dim"], vae.get("scale_factor_spatial", 8), vae.get("scale_factor_temporal", 4), width)

    def latent_frames(self, frames: int) -> int:
        return (frames - 1) // self.temporal + 1

    def shape(self, frames: int, height: int, width: int) -> tuple[int, int, int, int, int]:
        """`[1, channels, f, h, w]` of the latents of `frames` pictures."""
        return (1, self.channels, self.latent_frames(frames), height // self.spatial, width // self.spatial)

    def denoise_bytes(self, shape: tuple[int, ...]) -> int:
        """Room that a pass is thought to take until one was measured: some 16 copies of its tokens in 16 bits (the
        hidden state, its float32 norm, queries, keys, values and the wider middle of the feed-forward part)."""
        tokens = shape[2] * (shape[3] // 2) * (shape[4] // 2)
        return tokens * self.width * 2 * 16


def coding_bytes(frames: int, height: int, width: int) -> int:
    """Room that the VAE is thought to take until it was measured: four frames at a time in 96 channels of float32, six
    times over, and all the pictures in float32."""
    return height * width * 4 * (4 * 96 * 6 + 3 * frames)


def _config(run: DeviceRun, component: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run.folder(component) / "config.json").read_bytes())
    return found
