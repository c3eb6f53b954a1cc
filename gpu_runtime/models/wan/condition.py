"""What the transformer is given beside the words, one class a kind of backbone.

The arithmetic is that of diffusers' Wan pipelines (0.42, `pipelines/wan`), bit for bit; the tests compare them.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


class Condition:
    """Nothing beside the words. `lead` latent frames come before the shot's own and are dropped in the end."""

    lead = 0

    def inputs(self, latents: Tensor, t: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        """Arguments of the transformer for latents `[1, c, f, h, w]` at time `t` (a scalar, 0 to 1000)."""
        return {"hidden_states": latents.to(dtype), "timestep": t.expand(1)}

    def finish(self, latents: Tensor) -> Tensor:
        """The shot's latents after the last step."""
        return latents[:, :, self.lead :]


@dataclass(frozen=True)
class FirstLatent(Condition):
    """Every token has its own time; those of a given first frame `[1, c, 1, h, w]` are at time 0 and never change."""

    first: Tensor | None

    def inputs(self, latents: Tensor, t: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        times = (self._open(latents)[0][0][:, ::2, ::2] * t).flatten()
        return {"hidden_states": self.finish(latents).to(dtype), "timestep": times[None]}

    def finish(self, latents: Tensor) -> Tensor:
        if self.first is None:
            return latents
        mask = self._open(latents)
        return (1 - mask) * self.first + mask * latents

    def _open(self, latents: Tensor) -> Tensor:
        """`[1, 1, f, h, w]`: 1 where there is something to be made, 0 in a given first frame."""
        mask = torch.ones_like(latents[:, :1])
        if self.first is not None:
            mask[:, :, 0] = 0
        return mask


@dataclass(frozen=True)
class ImageChannels(Condition):
    """`channels` `[1, 4 + c, f, h, w]` go beside the latents: which frames are given, and their latents; `image` are
    the tokens `[1, n, d]` of the image encoder, where the backbone has one."""

    channels: Tensor
    image: Tensor | None

    def inputs(self, latents: Tensor, t: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        hidden = torch.cat([latents, self.channels], dim=1).to(dtype)
        made = {"hidden_states": hidden, "timestep": t.expand(1)}
        return made if self.image is None else {**made, "encoder_hidden_states_image": self.image.to(dtype)}


@dataclass(frozen=True)
class ControlVideo(Condition):
    """`control` `[1, 96, lead + f, h, w]`: latents of what is known, of what steers, and the mask; at full strength in
    `layers` control layers."""

    control: Tensor
    layers: int
    lead: int = 0

    def inputs(self, latents: Tensor, t: Tensor, dtype: torch.dtype) -> dict[str, Tensor]:
        return {
            **super().inputs(latents, t, dtype),
            "control_hidden_states": self.control.to(dtype),
            "control_hidden_states_scale": torch.ones(self.layers, device=latents.device, dtype=dtype),
        }
