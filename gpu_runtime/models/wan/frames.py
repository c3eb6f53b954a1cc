"""The causal VAE of Wan a few frames at a time, so that a job can stop or make way in between.

The pieces are those of diffusers' own loop (0.42, `AutoencoderKLWan`: one frame, then four for each latent frame), and
so are the numbers, bit for bit. What the convolutions remember of the frames before is held here and not in the module,
which other jobs use and which may be gone in between.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_wan import WanCausalConv3d, patchify, unpatchify
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from torch import Tensor, nn

from gpu_runtime.run import DeviceRun, Step

_PIECE = 4
"""Frames of a latent frame, after the first."""


class Past:
    """What a VAE's convolutions remember of the frames before: as much as pictures in all their channels, so that it
    goes to host memory when the job makes way."""

    def __init__(self, part: nn.Module) -> None:
        self._kept: list[Any] = [None] * sum(isinstance(module, WanCausalConv3d) for module in part.modules())

    def on(self, device: str) -> list[Any]:
        """The list that the VAE reads and changes."""
        self._kept = [item.to(device) if isinstance(item, Tensor) else item for item in self._kept]
        return self._kept

    def leave(self) -> None:
        self.on("cpu")


def decode(latents: Tensor, component: str, run: DeviceRun, at: Step) -> Generator[Step, None, Tensor]:
    """Pictures `[1, 3, n, h, w]` from -1 to 1, in host memory, of latents in the VAE's own scale. Every step yielded is
    `at`, with the way to make room and the pieces that are left."""
    past, hidden = Past(run.module(component).decoder), _unquantised(latents, component, run)
    made = []
    for index in range(latents.shape[2]):
        made.append(_decoded(hidden[:, :, index : index + 1], past, component, run, first=index == 0))
        yield at._replace(leave=past.leave, left=latents.shape[2] - 1 - index)
    return torch.cat(made, dim=2)


def encode(video: Tensor, component: str, run: DeviceRun, at: Step) -> Generator[Step, None, Tensor]:
    """The mode of the latents, in the VAE's own scale, of a video `[1, 3, 4k+1, h, w]` from -1 to 1."""
    past = Past(run.module(component).encoder)
    made = [_encoded(video[:, :, :1], past, component, run)]
    yield at._replace(leave=past.leave)
    for start in range(1, video.shape[2], _PIECE):
        made.append(_encoded(video[:, :, start : start + _PIECE], past, component, run))
        yield at._replace(leave=past.leave)
    return _mode(torch.cat(made, dim=2), component, run)


@torch.no_grad()
def _unquantised(latents: Tensor, component: str, run: DeviceRun) -> Tensor:
    hidden: Tensor = run.module(component).post_quant_conv(latents)
    return hidden


@torch.no_grad()
def _decoded(hidden: Tensor, past: Past, component: str, run: DeviceRun, *, first: bool) -> Tensor:
    vae = run.module(component)
    piece = vae.decoder(hidden, feat_cache=past.on(run.device), feat_idx=[0], first_chunk=first)
    if vae.config.patch_size is not None:
        piece = unpatchify(piece, patch_size=vae.config.patch_size)  # type: ignore[no-untyped-call]
    return torch.clamp(piece, min=-1.0, max=1.0).cpu()


@torch.no_grad()
def _encoded(piece: Tensor, past: Past, component: str, run: DeviceRun) -> Tensor:
    vae = run.module(component)
    piece = piece.to(device=run.device, dtype=vae.dtype)
    if vae.config.patch_size is not None:
        piece = patchify(piece, patch_size=vae.config.patch_size)  # type: ignore[no-untyped-call]
    made: Tensor = vae.encoder(piece, feat_cache=past.on(run.device), feat_idx=[0])
    return made


@torch.no_grad()
def _mode(made: Tensor, component: str, run: DeviceRun) -> Tensor:
    return DiagonalGaussianDistribution(run.module(component).quant_conv(made)).mode()
