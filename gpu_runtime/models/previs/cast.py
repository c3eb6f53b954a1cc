"""The caster: nearest solid along each pixel's ray, in closed form, each solid on its own pixel rectangle only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_runtime.models.previs.solids import BALL, DISC, TRAPEZOID, TUBE, Array, Mask, Solids
from gpu_runtime.models.previs.view import Rect, View

SKY = -1
_SEAM = 1 - 1e-5
"""Flats are a hair larger than stated, so that no ray slips between two that share an edge."""
_SPECK = 2
"""Solids whose bounds are no larger than this many pixels are left out: they would only flicker."""
_PIECE = 40000
_BANISH = 1e30
"""Times how far outside of a solid a ray passes, which moves its nearness far behind everything."""


@dataclass
class Layers:
    """What the rays met on the pixels of `rect`: `near` `[h, w]` (`s` of `View`; 0: nothing), `surface` `[h, w]`
    (index of the solid, as a float; `SKY` where none) and `normal` `[3, h, w]` (world, not unit length, of the nearest
    curved solid; `facing` completes it). A shadow map needs neither of the last two."""

    rect: Rect
    near: Tensor
    surface: Tensor
    normal: Tensor
    shape_only: bool = False

    @classmethod
    def blank(cls, rect: Rect, floor: float = 0.0, shape_only: bool = False) -> Layers:
        h, w = rect.y1 - rect.y0, rect.x1 - rect.x0
        return cls(
            rect,
            torch.full((h, w), floor),
            torch.full((1, 1) if shape_only else (h, w), float(SKY)),
            torch.zeros((3, 1, 1) if shape_only else (3, h, w)),
            shape_only,
        )

    def part(self, rect: Rect) -> Layers:
        """A view of these layers on a smaller rectangle."""
        rows = slice(rect.y0 - self.rect.y0, rect.y1 - self.rect.y0)
        columns = slice(rect.x0 - self.rect.x0, rect.x1 - self.rect.x0)
        if self.shape_only:
            return Layers(rect, self.near[rows, columns], self.surface, self.normal, True)
        return Layers(rect, self.near[rows, columns], self.surface[rows, columns], self.normal[:, rows, columns])

    def copy(self) -> Layers:
        return Layers(self.rect, self.near.clone(), self.surface.clone(), self.normal.clone(), self.shape_only)


@dataclass(frozen=True)
class Forms:
    """Solids as seen in a view: coefficients over `(1, u - u0, v - v0)` with each solid's own middle pixel
    `(u0, v0)`, which keeps single precision sharp however far away a thing is.

    `affine` `[n, 5, 3]`: flats use rows 0-2 (`s`, canonical `x`, `z`), quadrics rows 0-4 (half the linear
    coefficient, the three of the normal, canonical `y`); `scale` `[n, 5]` multiplies `s` in
    the same rows. `quadratic` `[n, 5]` (1, u, v, u², v²) and `cross` `[n]` (uv) make the discriminant, or the edge
    of a disc.
    """

    bounds: Array
    middle: Array
    affine: Tensor
    scale: Array
    quadratic: Tensor
    cross: Array
    lead: Array
    taper: Array
    kind: Array

    @classmethod
    def of(cls, solids: Solids, view: View) -> Forms:
        bounds = view.bounds(solids.corners())
        middle = _middles(solids, view)
        inverse = np.linalg.inv(solids.axes).astype(np.float64)
        rays = np.broadcast_to(view.rays, (len(solids), 3, 4)).copy()
        rays[:, 0] += middle[:, :1] * view.rays[1] + middle[:, 1:] * view.rays[2]
        eye = _into(inverse, solids.centre, np.broadcast_to(view.eye, (len(solids), 1, 4)))[:, 0]
        rays = _into(inverse, solids.centre, rays)
        affine, scale = np.zeros((len(solids), 5, 3)), np.zeros((len(solids), 5))
        square, lead = np.zeros((len(solids), 3, 3)), np.ones(len(solids))
        is_flat = solids.kind <= DISC
        with np.errstate(divide="ignore", invalid="ignore"):
            _flats(is_flat, eye, rays, affine, square)
            _quadrics(~is_flat, solids, inverse, eye, rays, affine, scale, square, lead)
        shown = _shown(solids, view, eye, is_flat)
        bounds[~shown] = 0
        quadratic = np.stack(
            [square[:, 0, 0], 2 * square[:, 0, 1], 2 * square[:, 0, 2], square[:, 1, 1], square[:, 2, 2]], axis=1
        )
        return cls(
            bounds=bounds,
            middle=middle,
            affine=torch.from_numpy(affine).float(),
            scale=scale,
            quadratic=torch.from_numpy(quadratic).float(),
            cross=2 * square[:, 1, 2],
            lead=lead,
            taper=solids.taper,
            kind=solids.kind.astype(np.float64),
        )


def _middles(solids: Solids, view: View) -> Array:
    """The pixel of each centre; the picture's own middle for what is behind the eye."""
    points = solids.centre @ view.project[:, :3].T + view.project[:, 3]
    ahead = points[:, 2] > 0.05
    depth = np.where(ahead, points[:, 2], 1.0)
    middle = np.where(ahead[:, None], points[:, :2] / depth[:, None], (view.width / 2, view.height / 2))
    return np.clip(np.round(middle), -4 * view.width, 4 * view.width)


def _into(inverse: Array, centre: Array, points: Array) -> Array:
    """Homogeneous world points `[n, k, 4]` in each solid's canonical frame."""
    local = np.einsum("nij,nkj->nki", inverse, points[..., :3] - centre[:, None] * points[..., 3:])
    return np.concatenate([local, points[..., 3:]], axis=2)


def _flats(which: Mask, eye: Array, rays: Array, affine: Array, square: Array) -> None:
    """`s = -D_y / E_y`; then `x`, `z` and `w` along the ray are affine in the pixel too."""
    nearness = -rays[:, :, 1] / eye[:, 1:2]
    along = nearness[:, :, None] * eye[:, None, :] + rays
    affine[which, 0] = nearness[which]
    affine[which, 1] = along[which, :, 0] * _SEAM
    affine[which, 2] = along[which, :, 2] * _SEAM
    x, z, w = along[which, :, 0], along[which, :, 2], along[which, :, 3]
    square[which] = w[:, :, None] * w[:, None] - x[:, :, None] * x[:, None] - z[:, :, None] * z[:, None]


def _quadrics(
    which: Mask,
    solids: Solids,
    inverse: Array,
    eye: Array,
    rays: Array,
    affine: Array,
    scale: Array,
    square: Array,
    lead: Array,
) -> None:
    """`lead s² + 2 half(u, v) s + rest(u, v) = 0` from the canonical quadric, and its gradient as the normal."""
    e, d, kind = eye[which], rays[which], solids.kind[which]
    features_e, features_d = _features(e[:, None], kind, solids.taper[which]), _features(d, kind, solids.taper[which])
    signs = np.array([1.0, 1.0, 1.0, -1.0])
    head = features_e[:, 0]
    lead[which] = (head * signs * head).sum(axis=1)
    half = (features_d * (signs * head)[:, None]).sum(axis=2)
    rest = ((features_d * signs)[:, :, None] * features_d[:, None]).sum(axis=3)
    square[which] = half[:, :, None] * half[:, None] - lead[which][:, None, None] * rest
    into_world = inverse[which].transpose(0, 2, 1)
    gradient_e = _gradient(e[:, None], kind, solids.taper[which])
    gradient_d = _gradient(d, kind, solids.taper[which])
    scale[which, 1:4] = np.einsum("nij,nkj->nki", into_world, gradient_e)[:, 0]
    affine[which, 1:4] = np.einsum("nij,nkj->nik", into_world, gradient_d)
    affine[which, 0] = half
    affine[which, 4], scale[which, 4] = d[:, :, 1], e[:, 1]


def _features(points: Array, kind: NDArray[np.int64], taper: Array) -> Array:
    """Canonical points `[n, k, 4]` as four numbers of which the first three squares sum to the fourth on the shape."""
    tube = (kind == TUBE)[:, None]
    rim = taper[:, :1] * points[..., 3] + taper[:, 1:] * points[..., 1]
    out = points.copy()
    out[..., 1] = np.where(tube, 0.0, points[..., 1])
    out[..., 3] = np.where(tube, rim, points[..., 3])
    return out


def _gradient(points: Array, kind: NDArray[np.int64], taper: Array) -> Array:
    tube = (kind == TUBE)[:, None]
    rim = taper[:, :1] * points[..., 3] + taper[:, 1:] * points[..., 1]
    out = points[..., :3].copy()
    out[..., 1] = np.where(tube, -taper[:, 1:] * rim, points[..., 1])
    return out


def _shown(solids: Solids, view: View, eye: Array, is_flat: Mask) -> Mask:
    """Flats that face the eye, quadrics that it is not inside of; nothing whose wall is flown out."""
    facing = np.where(is_flat, eye[:, 1] > 1e-9, True)
    if not view.perspective:
        return facing & solids.casts
    outside = np.where(solids.kind == BALL, (eye[:, :3] ** 2).sum(axis=1) > 1, True)
    return facing & outside & (solids.seen_from @ view.eye > 0)


def cast(forms: Forms, view: View, layers: Layers, first: int = 0) -> None:
    """Add the solids of `forms`, numbered from `first`, to `layers` in place."""
    us = torch.arange(view.width, dtype=torch.float32) + 0.5
    vs = torch.arange(view.height, dtype=torch.float32) + 0.5
    area = np.array(layers.rect)
    bounds = np.concatenate([np.maximum(forms.bounds[:, :2], area[:2]), np.minimum(forms.bounds[:, 2:], area[2:])], 1)
    size = forms.bounds[:, 2:] - forms.bounds[:, :2]
    worth = size.max(axis=1) > _SPECK
    for n in np.nonzero(worth & (bounds[:, 0] < bounds[:, 2]) & (bounds[:, 1] < bounds[:, 3]))[0]:
        one = _cast_flat if forms.kind[n] <= DISC else _cast_quadric
        for rect in _bands(Rect(*(int(b) for b in bounds[n]))):
            u = us[rect.x0 : rect.x1] - float(forms.middle[n, 0])
            v = vs[rect.y0 : rect.y1] - float(forms.middle[n, 1])
            one(forms, int(n), u, v, layers.part(rect), first, view.perspective)


def _bands(rect: Rect) -> list[Rect]:
    """A large rectangle in pieces that fit a core's cache."""
    rows = max(1, _PIECE // (rect.x1 - rect.x0))
    return [Rect(rect.x0, y, rect.x1, min(y + rows, rect.y1)) for y in range(rect.y0, rect.y1, rows)]


def _planes(forms: Forms, n: int, rows: slice, u: Tensor, v: Tensor) -> Tensor:
    """Affine forms `[k, h, w]` over the rectangle."""
    a = forms.affine[n, rows]
    return (a[:, 0:1] + a[:, 2:3] * v)[:, :, None] + (a[:, 1:2] * u)[:, None, :]


def _conic(forms: Forms, n: int, u: Tensor, v: Tensor) -> Tensor:
    q = forms.quadratic[n]
    along = (q[1] + q[3] * u) * u
    down = (q[2] + q[4] * v) * v + q[0]
    return (down[:, None] + along).add_((v * float(forms.cross[n]))[:, None] * u)


def _cast_flat(forms: Forms, n: int, u: Tensor, v: Tensor, part: Layers, first: int, perspective: bool) -> None:
    if forms.kind[n] == TRAPEZOID:
        near, x, z = _planes(forms, n, slice(0, 3), u, v)
        k0, k1 = forms.taper[n]
        deep = near - z.abs() if perspective else 1.0 - z.abs()
        wide = z.mul_(float(k1)) if k1 else z.zero_()
        wide.add_(near * float(k0) if perspective else float(k0)).sub_(x.abs_())
        outside = torch.minimum(deep, wide).clamp_max_(0.0)
    else:
        near = _planes(forms, n, slice(0, 1), u, v)[0]
        outside = _conic(forms, n, u, v).clamp_max_(0.0)
    near = near + outside.mul_(_BANISH)
    _claim(part, near, first + n)


def _cast_quadric(forms: Forms, n: int, u: Tensor, v: Tensor, part: Layers, first: int, perspective: bool) -> None:
    """The root that enters the solid, banished where there is none or, on a tube, where it is past an end."""
    tube = forms.kind[n] == TUBE
    planes = _planes(forms, n, slice(0, 5 if tube else 4), u, v)
    conic = _conic(forms, n, u, v)
    near = conic.clamp_min(0.0).sqrt_().sub_(planes[0]).mul_(1.0 / float(forms.lead[n]))
    outside = conic.clamp_max_(0.0)
    if tube:
        height = planes[4].add_(near * float(forms.scale[n, 4])).abs_()
        outside = torch.minimum(outside, near - height if perspective else 1.0 - height)
    claimed = _claim(part, near.add_(outside.mul_(_BANISH)), first + n)
    if claimed is not None:
        keep, take = claimed
        scale = torch.tensor(forms.scale[n, 1:4], dtype=torch.float32)
        normal = planes[1:4].add_(part.near * scale[:, None, None])
        part.normal.mul_(keep).add_(normal.mul_(take))


def _claim(part: Layers, near: Tensor, surface: int) -> tuple[Tensor, Tensor] | None:
    """Take the pixels on which a solid is nearer than what is there. Returns what is kept of the old, and taken of the
    new, as 0 and 1: products and sums are several times as fast here as choosing by a mask."""
    if part.shape_only:
        torch.maximum(part.near, near, out=part.near)
        return None
    take = (near - part.near).sign_().clamp_min_(0.0)
    keep = take.neg().add_(1.0)
    torch.maximum(part.near, near, out=part.near)
    part.surface.mul_(keep).add_(take * float(surface))
    return keep, take


def faces(solids: Solids) -> Tensor:
    """For `facing`, `[4, n + 1]`: the sky, then each solid; a flat's normal in rows 0-2, row 3 is 1 for curved ones."""
    table = np.zeros((4, len(solids) + 1))
    flat = solids.kind <= DISC
    normals = solids.axes[flat][:, :, 1]
    table[:3, 1:][:, flat] = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).T
    table[3, 1:] = ~flat
    return torch.from_numpy(table).float()


def facing(layers: Layers, table: Tensor) -> Tensor:
    """Normals `[3, h, w]` of what the rays met, not unit length; 0 for the sky."""
    index = (layers.surface + 1.0).int().flatten()
    picked = table.index_select(1, index).view(4, *layers.near.shape)
    return (layers.normal * picked[3]).add_(picked[:3])
