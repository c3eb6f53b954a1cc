"""The caster: nearest solid along each pixel's ray, in closed form, each solid on its own pixel rectangle only.

Large solids are cast one by one, whole rectangles at a time. Small ones, of which there are hundreds, are cut into
tiles and cast all together: there a call costs more than the pixels do. Both work out the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_runtime.models.previs.forms import CONIC, FIRST, LEAD, RISE, SECOND, THIRD, Forms
from gpu_runtime.models.previs.solids import BALL, DISC, TRAPEZOID, TUBE
from gpu_runtime.models.previs.view import Rect, View

SKY = -1
_SPECK = 2
"""Solids whose bounds are no larger than this many pixels are left out: they would only flicker."""
_PIECE = 80000
"""Pixels of a rectangle cast at a time: what fits a core's cache."""
_SMALL = 4000
"""Solids with fewer pixels in their bounds are cast in tiles."""
_TILE_HEIGHT, _TILE_WIDTH = 8, 16
_TILES = 400
"""Tiles cast at a time."""
_BANISH = 1e30
"""Times how far outside of a solid a ray passes, which moves its nearness far behind everything."""
_GONE = -1e6
"""Nearness behind everything."""


@dataclass
class Layers:
    """What the rays met on the pixels of `rect`: `near` `[h, w]` (`s` of `View`; 0: nothing) and `surface` `[h, w]`
    (index of the solid, as a float; `SKY` where none), which a shadow map has no need of."""

    rect: Rect
    near: Tensor
    surface: Tensor
    shape_only: bool = False

    @classmethod
    def blank(cls, rect: Rect, floor: float = 0.0, shape_only: bool = False) -> Layers:
        h, w = rect.y1 - rect.y0, rect.x1 - rect.x0
        surface = torch.full((1, 1) if shape_only else (h, w), float(SKY))
        return cls(rect, torch.full((h, w), floor), surface, shape_only)

    def part(self, rect: Rect) -> Layers:
        """A view of these layers on a smaller rectangle."""
        rows = slice(rect.y0 - self.rect.y0, rect.y1 - self.rect.y0)
        columns = slice(rect.x0 - self.rect.x0, rect.x1 - self.rect.x0)
        surface = self.surface if self.shape_only else self.surface[rows, columns]
        return Layers(rect, self.near[rows, columns], surface, self.shape_only)

    def copy(self) -> Layers:
        return Layers(self.rect, self.near.clone(), self.surface.clone(), self.shape_only)


def cast(forms: Forms, view: View, layers: Layers, first: int = 0) -> None:
    """Add the solids of `forms`, numbered from `first`, to `layers` (contiguous) in place."""
    area = np.array(layers.rect)
    bounds = np.concatenate([np.maximum(forms.bounds[:, :2], area[:2]), np.minimum(forms.bounds[:, 2:], area[2:])], 1)
    size = forms.bounds[:, 2:] - forms.bounds[:, :2]
    met = (size.max(axis=1) > _SPECK) & (bounds[:, 0] < bounds[:, 2]) & (bounds[:, 1] < bounds[:, 3])
    small = size.prod(axis=1) < _SMALL
    for n in np.nonzero(met & ~small)[0]:
        _cast_large(forms, int(n), Rect(*(int(b) for b in bounds[n])), view, layers, first)
    found = [
        _meetings(forms, kind, np.nonzero(met & small & (forms.kind == kind))[0], bounds, view, layers, first)
        for kind in (TRAPEZOID, DISC, BALL, TUBE)
    ]
    _settle(layers, [meeting for some in found for meeting in some])


def _cast_large(forms: Forms, n: int, bounds: Rect, view: View, layers: Layers, first: int) -> None:
    kind, factors = int(forms.kind[n]), forms.coefficients[n].tolist()
    for rect in _bands(bounds):
        u = torch.arange(rect.x0, rect.x1, dtype=torch.float32) + (0.5 - float(forms.middle[n, 0]))
        v = torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + (0.5 - float(forms.middle[n, 1]))
        _claim(layers.part(rect), _nearness(kind, factors, u, v, view.perspective), float(first + n))


def _bands(rect: Rect) -> list[Rect]:
    """A large rectangle in pieces that fit a core's cache."""
    rows = max(1, _PIECE // (rect.x1 - rect.x0))
    return [Rect(rect.x0, y, rect.x1, min(y + rows, rect.y1)) for y in range(rect.y0, rect.y1, rows)]


Factors = Sequence[float] | Tensor
"""A row of `Forms.coefficients`, or its columns for many solids, which broadcast over their pixels."""


def _plane(a: Factors, u: Tensor, v: Tensor) -> Tensor:
    return (v * a[2] + a[0]) + u * a[1]


def _conic(a: Factors, u: Tensor, v: Tensor) -> Tensor:
    along = (u * a[3] + a[1]) * u
    down = (v * a[4] + a[2]) * v + a[0]
    return (down + along).add_((v * a[5]) * u)


def _nearness(kind: int, a: Factors, u: Tensor, v: Tensor, perspective: bool) -> Tensor:
    """`s` at which rays meet solids of a kind, banished where they miss: of a quadric the root that enters it."""
    if kind == TRAPEZOID:
        near = _plane(a[FIRST], u, v)
        deep = _plane(a[SECOND], u, v).abs_().neg_().add_(near if perspective else 1.0)
        miss = _plane(a[THIRD], u, v).sub_(_plane(a[CONIC], u, v).abs_())
        miss = torch.minimum(deep, miss, out=miss)
    else:
        miss = _conic(a[CONIC], u, v)
        near = _plane(a[FIRST], u, v)
        if kind != DISC:
            near = miss.clamp_min(0.0).sqrt_().sub_(near).mul_(a[LEAD])
        if kind == TUBE:
            inside = (near * a[RISE]).add_(_plane(a[SECOND], u, v)).abs_().neg_().add_(near if perspective else 1.0)
            miss = torch.minimum(inside, miss, out=miss)
    return near.add_(miss.clamp_max_(0.0), alpha=_BANISH)


def _claim(part: Layers, near: Tensor, surface: float) -> None:
    """Take the pixels on which a solid is nearer than what is there. Weights of 0 and 1 are several times as fast here
    as choosing by a mask."""
    if not part.shape_only:
        taken = (near - part.near).sign_().clamp_min_(0.0)
        part.surface.lerp_(torch.tensor(surface), taken)
    torch.maximum(part.near, near, out=part.near)


Meetings = tuple[Tensor, Tensor, Tensor]
"""Where rays met solids: number of the pixel, nearness, number of the solid."""


def _meetings(
    forms: Forms, kind: int, index: NDArray[np.int64], bounds: NDArray[np.int64], view: View, layers: Layers, first: int
) -> list[Meetings]:
    """Small solids of one kind, a number of tiles at a time."""
    solid, left, top = _tiles(bounds[index])
    solid = index[solid]
    found = []
    for at in range(0, len(solid), _TILES):
        some = slice(at, at + _TILES)
        found.append(_meet_tiles(forms, kind, solid[some], left[some], top[some], bounds, view, layers, first))
    return found


def _tiles(bounds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rectangles `[n, 4]` cut into tiles: the rectangle, left and top of each."""
    columns = -(-(bounds[:, 2] - bounds[:, 0]) // _TILE_WIDTH)
    rows = -(-(bounds[:, 3] - bounds[:, 1]) // _TILE_HEIGHT)
    count = columns * rows
    owner = np.repeat(np.arange(len(bounds)), count)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    row, column = np.divmod(within, columns[owner])
    return owner, bounds[owner, 0] + _TILE_WIDTH * column, bounds[owner, 1] + _TILE_HEIGHT * row


def _meet_tiles(
    forms: Forms,
    kind: int,
    solid: NDArray[np.int64],
    left: NDArray[np.int64],
    top: NDArray[np.int64],
    bounds: NDArray[np.int64],
    view: View,
    layers: Layers,
    first: int,
) -> Meetings:
    x = torch.from_numpy(left).int()[:, None, None] + torch.arange(_TILE_WIDTH, dtype=torch.int32)
    y = torch.from_numpy(top).int()[:, None, None] + torch.arange(_TILE_HEIGHT, dtype=torch.int32)[:, None]
    limit = torch.from_numpy(bounds[solid, 2:]).int()[:, :, None, None]
    middle = torch.from_numpy(0.5 - forms.middle[solid]).float()[:, :, None, None]
    factors = forms.coefficients[torch.from_numpy(solid)].T[:, :, None, None]
    near = _nearness(kind, factors, x + middle[:, 0], y + middle[:, 1], view.perspective)
    hit = (near > _GONE) & ((x < limit[:, 0]) & (y < limit[:, 1]))
    at = hit.flatten().nonzero().flatten()
    pixel = ((y - layers.rect.y0) * (layers.rect.x1 - layers.rect.x0) + (x - layers.rect.x0)).flatten()[at]
    number = torch.from_numpy(solid + first).float()[at // (_TILE_HEIGHT * _TILE_WIDTH)]
    return pixel.long(), near.flatten()[at], number


def _settle(layers: Layers, meetings: list[Meetings]) -> None:
    """Keep the nearest meeting of each pixel, and of equals the solid that comes first."""
    if not meetings:
        return
    pixel, near, number = (torch.cat(values) for values in zip(*meetings, strict=True))
    nearest = layers.near.view(-1)
    if layers.shape_only:
        nearest.scatter_reduce_(0, pixel, near, "amax")
        return
    ahead = (near > nearest[pixel]).nonzero().flatten()
    pixel, near, number = pixel[ahead], near[ahead], number[ahead]
    nearest.scatter_reduce_(0, pixel, near, "amax")
    best = (near == nearest[pixel]).nonzero().flatten()
    layers.surface.view(-1).scatter_reduce_(0, pixel[best], number[best], "amin", include_self=False)
