"""Soft shadows of the key light: a variance shadow map (Donnelly & Lauritzen 2006) made by the same caster.

The map of what stands still is kept; what moves is cast over it on the rectangle it covers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gpu_runtime.models.previs.cast import Layers, cast
from gpu_runtime.models.previs.forms import Forms
from gpu_runtime.models.previs.solids import Array, Solids
from gpu_runtime.models.previs.view import Rect, light_view

RESOLUTION = 768
_BLUR = 2
_SPREAD = 0.0009
"""Least variance, in square metres: what keeps lit surfaces from shading themselves."""
_EDGE = 0.93
"""How far out, of its half width, the map is believed."""
_TOUCHING = 0.012
"""Metres by which a surface may lie behind the map and still be what the light met."""
_BLEED = 0.25
"""Share of the variance bound that counts as full shadow; it hides light that leaks where shadows overlap."""


class ShadowMap:
    """The key's view of a stage, `radius` metres round `centre`."""

    def __init__(self, towards: Array, centre: Array, radius: float) -> None:
        self.view = light_view(towards, centre, radius, RESOLUTION)
        self.reach = radius
        self.moments = torch.zeros(1, 2, RESOLUTION, RESOLUTION)
        self._still = Layers.blank(self.view.frame, -2 * self.reach, shape_only=True)
        self._still_moments = self.moments
        self._dirty = Rect(0, 0, 0, 0)

    def set_still(self, solids: Solids) -> None:
        self._still = Layers.blank(self.view.frame, -2 * self.reach, shape_only=True)
        cast(Forms.of(solids, self.view), self.view, self._still)
        self._still_moments = torch.zeros(1, 2, RESOLUTION, RESOLUTION)
        self._still_moments[0] = _moments(self._still.near)
        self.moments = self._still_moments.clone()
        self._dirty = Rect(0, 0, 0, 0)

    def set_moving(self, solids: Solids) -> None:
        """Cast what moves over the still map, in place of what moved before."""
        d = self._dirty
        self.moments[:, :, d.y0 : d.y1, d.x0 : d.x1] = self._still_moments[:, :, d.y0 : d.y1, d.x0 : d.x1]
        forms = Forms.of(solids, self.view)
        shown = forms.bounds[(forms.bounds[:, 0] < forms.bounds[:, 2]) & (forms.bounds[:, 1] < forms.bounds[:, 3])]
        if not len(shown):
            self._dirty = Rect(0, 0, 0, 0)
            return
        low, high = shown[:, :2].min(axis=0), shown[:, 2:].max(axis=0)
        covered = Rect(int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        work = self._still.part(covered.grown(2 * _BLUR).meet(self.view.frame)).copy()
        cast(forms, self.view, work)
        self._dirty = d = covered.grown(_BLUR).meet(self.view.frame)
        inner = work.rect
        blurred = _moments(work.near)
        rows = slice(d.y0 - inner.y0, d.y1 - inner.y0)
        self.moments[0, :, d.y0 : d.y1, d.x0 : d.x1] = blurred[:, rows, d.x0 - inner.x0 : d.x1 - inner.x0]

    def lit(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        """Share of the key `[k]` that reaches world positions; 1 outside of the map."""
        step = 2 / RESOLUTION
        grid = torch.empty(1, 1, len(x), 2)
        for axis in range(2):
            grid[0, 0, :, axis] = _linear(x, y, z, self.view.project[axis] * step, -1.0)
        seen = torch.nn.functional.grid_sample(
            self.moments, grid, mode="bilinear", padding_mode="border", align_corners=False
        )[0, :, 0]
        towards = self.view.eye[:3]
        offset = float(np.dot(towards, self.view.rays[0, :3]))
        gap = _linear(x, y, z, np.append(towards, 0.0), -offset).neg_().add_(seen[0]).sub_(_TOUCHING).clamp_min_(0.0)
        spread = seen[1].addcmul_(seen[0], seen[0], value=-1.0).clamp_min_(_SPREAD)
        share = spread / gap.square_().add_(spread)
        share = share.sub_(_BLEED).mul_(1 / (1 - _BLEED)).clamp_min_(0.0)
        out = torch.maximum(*grid.abs_()[0, 0].unbind(1))
        return torch.maximum(share, out.sub_(_EDGE).mul_(1 / (0.99 - _EDGE)).clamp_(0.0, 1.0))


def _linear(x: Tensor, y: Tensor, z: Tensor, row: Array, shift: float) -> Tensor:
    moved = (x * float(row[0])).add_(y, alpha=float(row[1])).add_(z, alpha=float(row[2]))
    return moved.add_(float(row[3]) + shift)


def _moments(near: Tensor) -> Tensor:
    """Blurred first and second moment `[2, h, w]` of the nearness."""
    pair = torch.stack([near, near * near])
    return _box(_box(pair, 1), 2)


def _box(values: Tensor, dim: int) -> Tensor:
    """Mean over `2 * _BLUR + 1` neighbours along an axis, the edge value beyond the edge; the same sums in the same
    order wherever the window lies."""
    size = values.shape[dim]
    index = torch.arange(-_BLUR, size + _BLUR).clamp_(0, size - 1)
    wide = values.index_select(dim, index)
    total = wide.narrow(dim, 0, size).clone()
    for k in range(1, 2 * _BLUR + 1):
        total += wide.narrow(dim, k, size)
    return total * (1 / (2 * _BLUR + 1))
