"""Which way surfaces face, from what the rays met and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpu_runtime.models.previs.cast import Layers
from gpu_runtime.models.previs.solids import DISC, TUBE, Array, Solids
from gpu_runtime.models.previs.view import Rect, View

FAR = 1e-4
"""Nearness of the sky, for want of another."""


@dataclass(frozen=True)
class Faces:
    """The sky, then each solid. `flat` `[4, n + 1]`: a flat's unit normal, 0 for others, and 1 for curved ones; `bent`
    `[12, n + 1]`: the gradient of a quadric, affine in the world position, its three components one after the other
    as factors of `x`, `y`, `z` and 1."""

    flat: Tensor
    bent: Tensor

    @classmethod
    def of(cls, solids: Solids) -> Faces:
        flat, bent = np.zeros((4, len(solids) + 1)), np.zeros((12, len(solids) + 1))
        is_flat = solids.kind <= DISC
        normals = solids.axes[is_flat][:, :, 1]
        flat[:3, 1:][:, is_flat] = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).T
        flat[3, 1:] = ~is_flat
        bent[:, 1:][:, ~is_flat] = _gradients(solids.pick(~is_flat)).reshape(-1, 12).T
        return cls(torch.from_numpy(flat).float(), torch.from_numpy(bent).float())


def _gradients(quadrics: Solids) -> Array:
    """`[n, 3, 4]`: canonically `(x, y, z)` on a ball and `(x, -k1 (k0 + k1 y), z)` on a tube, taken to the world."""
    k0, k1 = np.where((quadrics.kind == TUBE)[:, None], quadrics.taper, 0.0).T
    inverse = np.linalg.inv(quadrics.axes)
    stretch = np.ones((len(quadrics), 1, 3))
    stretch[:, 0, 1] = np.where(quadrics.kind == TUBE, -k1 * k1, 1.0)
    into_world = inverse.transpose(0, 2, 1)
    linear = (into_world * stretch) @ inverse
    constant = into_world[:, :, 1:2] * (-k0 * k1)[:, None, None] - linear @ quadrics.centre[:, :, None]
    return np.concatenate([linear, constant], axis=2)


def facing(index: Tensor, place: Tensor, faces: Faces) -> Tensor:
    """Unit normals `[3, h, w]` of the surfaces `index` `[h * w]` (int32; 0: the sky, which has none, then the solids)
    met at `place` `[3, h, w]`. Curved ones are worked out on their own pixels only."""
    picked = faces.flat.index_select(1, index)
    curved = picked[3].nonzero().flatten()
    if len(curved):
        solid = index.index_select(0, curved)
        bent = faces.bent.index_select(1, solid)
        x, y, z = (p.index_select(0, curved) for p in place.flatten(1))
        gradient = [
            bent[k].mul_(x).addcmul_(bent[k + 1], y).addcmul_(bent[k + 2], z).add_(bent[k + 3]) for k in (0, 4, 8)
        ]
        shrink = dotted(gradient, gradient).clamp_min_(1e-20).rsqrt_()
        for axis in range(3):
            picked[axis].index_copy_(0, curved, gradient[axis].mul_(shrink))
    return picked[:3].view_as(place)


def dotted(a: Sequence[Tensor] | Tensor, b: Sequence[Tensor] | Tensor) -> Tensor:
    """Dot product of two vectors of pixels."""
    return (a[0] * b[0]).addcmul_(a[1], b[1]).addcmul_(a[2], b[2])


def pixelwise(row: Array, rect: Rect) -> Tensor:
    """`row[0] + row[1] u + row[2] v` over the pixels of a rectangle."""
    u = torch.arange(rect.x0, rect.x1, dtype=torch.float32) + 0.5
    v = torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + 0.5
    return (v * float(row[2]) + float(row[0])) + u * float(row[1])


def directions(view: View, rect: Rect) -> Tensor:
    """Rays of unit depth `[3, h, w]` through the pixels of a rectangle."""
    return torch.stack([pixelwise(view.rays[:, axis], rect) for axis in range(3)])


def depths(layers: Layers) -> Tensor:
    """Metres along the optical axis `[h, w]`; far for the sky."""
    return layers.near.clamp_min(FAR).reciprocal_()


def placed_along(view: View, direction: Tensor, depth: Tensor) -> Tensor:
    return (direction * depth).add_(torch.from_numpy(view.eye[:3, None, None]).float())


def numbered(layers: Layers) -> Tensor:
    """What was met, `[h * w]` int32: 0 for the sky, then the solids."""
    return (layers.surface + 1.0).int().flatten()


def places(view: View, layers: Layers) -> Tensor:
    """World positions `[3, h, w]` of what the rays of a camera met."""
    return placed_along(view, directions(view, layers.rect), depths(layers))
