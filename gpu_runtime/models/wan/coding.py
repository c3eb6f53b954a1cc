"""Pictures into latents and back, and the conditions that are made of them. Each function runs inside one stage."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
from diffusers.video_processor import VideoProcessor
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from transformers import CLIPImageProcessorPil

from gpu_runtime.models.wan import frames
from gpu_runtime.models.wan.condition import ControlVideo, FirstLatent, ImageChannels
from gpu_runtime.models.wan.recipe import Geometry, Roles
from gpu_runtime.models.wan.stills import pixels
from gpu_runtime.run import DeviceRun, Remedy, Step


def signed(pictures: Tensor) -> Tensor:
    """`[n, h, w, 3]` uint8 as `[1, 3, n, h, w]` float32 from -1 to 1."""
    return 2.0 * (pictures.permute(3, 0, 1, 2)[None].float() / 255.0) - 1.0


def decoded(latents: Tensor, roles: Roles, at: Step, run: DeviceRun) -> Generator[Step, None, Tensor]:
    """Frames `[n, h, w, 3]` uint8 on the CPU. Every step yielded is `at`, here and below."""
    latents = _descaled(latents, roles["vae"], run)
    if Remedy.TILING in run.remedies:
        video = _tiled(run, roles["vae"], lambda vae: vae.decode(latents, return_dict=False)[0].cpu())
    else:
        video = yield from frames.decode(latents, roles["vae"], run, at)
    shares = (video[0] * 0.5 + 0.5).clamp(0, 1).float()
    return (shares * 255).round().to(torch.uint8).permute(1, 2, 3, 0).contiguous()


def first_latent(still: Image.Image, roles: Roles, at: Step, run: DeviceRun) -> Generator[Step, None, FirstLatent]:
    return FirstLatent((yield from _encoded(signed(pixels(still)), roles["vae"], at, run)))


def image_channels(
    still: Image.Image, length: int, geometry: Geometry, roles: Roles, at: Step, run: DeviceRun
) -> Generator[Step, None, ImageChannels]:
    first = signed(pixels(still))
    video = torch.cat([first, first.new_zeros(1, 3, length - 1, still.height, still.width)], dim=2)
    latents = yield from _encoded(video, roles["vae"], at, run)
    given = latents.new_zeros(1, geometry.temporal, *latents.shape[2:])
    given[:, :, 0] = 1
    return ImageChannels(torch.cat([given, latents], dim=1), _image_tokens(still, roles, run))


@torch.no_grad()
def _image_tokens(still: Image.Image, roles: Roles, run: DeviceRun) -> Tensor | None:
    """By Pillow, whatever else is installed: torchvision scales a little otherwise."""
    if "image_encoder" not in roles:
        return None
    processor = CLIPImageProcessorPil.from_pretrained(run.folder(roles["image_processor"]), local_files_only=True)
    image = processor(images=still, return_tensors="pt").to(run.device)
    tokens: Tensor = run.module(roles["image_encoder"])(**image, output_hidden_states=True).hidden_states[-2]
    return tokens


def control_video(
    control: Tensor,
    known: Tensor | None,
    references: Sequence[Image.Image],
    geometry: Geometry,
    roles: Roles,
    at: Step,
    run: DeviceRun,
) -> Generator[Step, None, ControlVideo]:
    """The condition of VACE (arXiv 2503.07598): `control` `[1, 3, n, h, w]` (all zero where nothing steers), of which
    the first frames are replaced by those that are `known` `[k, h, w, 3]` uint8 and stay as they are."""
    mask = torch.ones_like(control[:, :1])
    if known is not None:
        control = torch.cat([signed(known), control[:, :, len(known) :]], dim=2)
        mask[:, :, : len(known)] = 0
    unchanging = yield from _own_type(control * (1 - mask), roles["vae"], at, run)
    steering = yield from _own_type(control * mask, roles["vae"], at, run)
    latents = torch.cat([unchanging, steering], dim=1)
    size = (control.shape[3], control.shape[4])
    for reference in references:
        still = _on_white(reference, size, geometry)[None, :, None]
        encoded = yield from _own_type(still, roles["vae"], at, run)
        latents = torch.cat([torch.cat([encoded, torch.zeros_like(encoded)], dim=1), latents], dim=2)
    masks = _mask_latents(mask.to(latents.device), latents.shape[2] - len(references), len(references), geometry)
    return ControlVideo(
        torch.cat([latents, masks.to(latents.dtype)], dim=1), _control_layers(run, roles), len(references)
    )


def _mask_latents(mask: Tensor, latent_frames: int, lead: int, geometry: Geometry) -> Tensor:
    """The mask's pixels under each latent as channels `[1, s * s, lead + f, h, w]`; references are not made, so 0."""
    step = geometry.spatial
    _, _, frames, height, width = mask.shape
    rows, columns = height // (2 * step) * 2, width // (2 * step) * 2
    tiles = mask[0, 0].view(frames, rows, step, columns, step).permute(2, 4, 0, 1, 3).flatten(0, 1)
    made = interpolate(tiles[None], size=(latent_frames, rows, columns), mode="nearest-exact")
    return torch.cat([torch.zeros_like(made[:, :, :lead]), made], dim=2)


def _on_white(image: Image.Image, size: tuple[int, int], geometry: Geometry) -> Tensor:
    """A reference in the middle of a white picture `[3, h, w]`, as large as fits."""
    still = VideoProcessor(vae_scale_factor=geometry.spatial).preprocess(image)
    scale = min(size[0] / still.shape[-2], size[1] / still.shape[-1])
    height, width = int(still.shape[-2] * scale), int(still.shape[-1] * scale)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    canvas = torch.ones(3, *size)
    inside = interpolate(still, size=(height, width), mode="bilinear", align_corners=False)[0]
    canvas[:, top : top + height, left : left + width] = inside
    return canvas


def _control_layers(run: DeviceRun, roles: Roles) -> int:
    config = json.loads((run.folder(roles["transformer"]) / "config.json").read_bytes())
    return len(config["vace_layers"])


def _encoded(video: Tensor, component: str, at: Step, run: DeviceRun) -> Generator[Step, None, Tensor]:
    """Normalised latents, float32, of a video `[1, 3, n, h, w]`: the mode of what the encoder gives."""
    if Remedy.TILING in run.remedies:
        latents = _tiled(run, component, lambda vae: vae.encode(video.to(run.device, vae.dtype)).latent_dist.mode())
    else:
        latents = yield from frames.encode(video, component, run, at)
    latents = latents.float()
    mean, scale = _statistics(run.module(component), latents.dtype, latents.device)
    normalised: Tensor = (latents - mean) * scale
    return normalised


def _own_type(video: Tensor, component: str, at: Step, run: DeviceRun) -> Generator[Step, None, Tensor]:
    """The same in the type of the VAE."""
    latents = yield from _encoded(video, component, at, run)
    return latents.to(run.module(component).dtype)


def _descaled(latents: Tensor, component: str, run: DeviceRun) -> Tensor:
    """Normalised latents in the VAE's own scale and type."""
    vae = run.module(component)
    latents = latents.to(vae.dtype)
    mean, scale = _statistics(vae, latents.dtype, latents.device)
    descaled: Tensor = latents / scale + mean
    return descaled


def _statistics(vae: Any, dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and 1 / deviation of latents, `[1, c, 1, 1, 1]`."""
    mean = torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1, 1)
    scale = 1.0 / torch.tensor(vae.config.latents_std).view(1, -1, 1, 1, 1)
    return mean.to(device, dtype), scale.to(device, dtype)


@torch.no_grad()
def _tiled(run: DeviceRun, component: str, work: Callable[[Any], Tensor]) -> Tensor:
    """Something done by a VAE in overlapping tiles, without a step; the module is shared, so it is left as it was:
    without tiles, and without the frames that it remembers, which a failure would leave in it."""
    vae = run.module(component)
    vae.enable_tiling()
    try:
        return work(vae)
    finally:
        vae.disable_tiling()
        vae.clear_cache()
