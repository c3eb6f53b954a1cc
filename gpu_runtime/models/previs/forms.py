"""Solids as seen in a view: what is left of each is a few coefficients over the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_runtime.models.previs.solids import BALL, DISC, TUBE, Array, Mask, Solids
from gpu_runtime.models.previs.view import View

_SEAM = 1 - 1e-5
"""Flats are a hair larger than stated, so that no ray slips between two that share an edge."""

FIRST, SECOND, THIRD = slice(0, 3), slice(3, 6), slice(6, 9)
CONIC, LEAD, RISE = slice(9, 15), 15, 16
"""Columns of `Forms.coefficients`."""


@dataclass(frozen=True)
class Forms:
    """Coefficients `[n, 17]` over the pixel `(u - u0, v - v0)` with each solid's own middle pixel `(u0, v0)`, which
    keeps single precision sharp however far away a thing is.

    `FIRST` to `THIRD` are affine (1, u, v). Flats: `s`, canonical `z`, and how wide the shape is there. Quadrics: half
    the linear coefficient of the equation in `s`, and canonical `y`, to which `RISE` times `s` is added. `CONIC` (1, u,
    v, u², v², uv) is the discriminant, or the edge of a disc; `LEAD` one over the leading coefficient, or, of a
    trapezoid, unused. A trapezoid's canonical `x` is in the first three of `CONIC`.
    """

    bounds: NDArray[np.int64]
    middle: Array
    coefficients: Tensor
    kind: NDArray[np.int64]

    @classmethod
    def of(cls, solids: Solids, view: View) -> Forms:
        bounds, middle = np.zeros((len(solids), 4), dtype=np.int64), np.zeros((len(solids), 2))
        table = np.zeros((len(solids), 17))
        shown = np.nonzero(_shown(solids, view))[0]
        bounds[shown] = view.bounds(solids.pick(shown).corners())
        shown = shown[(bounds[shown, 2:] > bounds[shown, :2]).all(axis=1)]
        middle[shown], table[shown] = _coefficients(solids.pick(shown), view)
        return cls(bounds, middle, torch.from_numpy(table).float(), solids.kind)


def _coefficients(solids: Solids, view: View) -> tuple[Array, Array]:
    """Middle pixels and coefficients, as in `Forms`."""
    middle, table = _middles(solids, view), np.zeros((len(solids), 17))
    inverse = np.linalg.inv(solids.axes).astype(np.float64)
    rays = np.broadcast_to(view.rays, (len(solids), 3, 4)).copy()
    rays[:, 0] += middle[:, :1] * view.rays[1] + middle[:, 1:] * view.rays[2]
    eye = _into(inverse, solids.centre, np.broadcast_to(view.eye, (len(solids), 1, 4)))[:, 0]
    rays = _into(inverse, solids.centre, rays)
    flat = solids.kind <= DISC
    table[flat] = _flats(solids.kind[flat], solids.taper[flat], eye[flat], rays[flat])
    table[~flat] = _quadrics(solids.kind[~flat], solids.taper[~flat], eye[~flat], rays[~flat])
    return middle, table


def _middles(solids: Solids, view: View) -> Array:
    """The pixel of each centre; the picture's own middle for what is behind the eye."""
    points = solids.centre @ view.project[:, :3].T + view.project[:, 3]
    ahead = points[:, 2] > 0.05
    depth = np.where(ahead, points[:, 2], 1.0)
    middle = np.where(ahead[:, None], points[:, :2] / depth[:, None], (view.width / 2, view.height / 2))
    return np.clip(np.round(middle), -4 * view.width, 4 * view.width)


def _into(inverse: Array, centre: Array, points: Array) -> Array:
    """Homogeneous world points `[n, k, 4]` in each solid's canonical frame."""
    local = (points[..., :3] - centre[:, None] * points[..., 3:]) @ inverse.transpose(0, 2, 1)
    return np.concatenate([local, points[..., 3:]], axis=2)


def _flats(kind: NDArray[np.int64], taper: Array, eye: Array, rays: Array) -> Array:
    """`s = -D_y / E_y`; then `x`, `z` and `w` along the ray are affine in the pixel too."""
    nearness = -rays[:, :, 1] / eye[:, 1:2]
    along = nearness[:, :, None] * eye[:, None, :] + rays
    x, z, w = along[:, :, 0] * _SEAM, along[:, :, 2] * _SEAM, along[:, :, 3]
    wide = taper[:, :1] * w + taper[:, 1:] * z
    square = w[:, :, None] * w[:, None] - x[:, :, None] * x[:, None] - z[:, :, None] * z[:, None]
    trapezoid = np.concatenate([x, np.zeros_like(x)], axis=1)
    edge = np.where((kind == DISC)[:, None], _six(square), trapezoid)
    return np.concatenate([nearness, z, wide, edge, np.zeros((len(eye), 2))], axis=1)


def _quadrics(kind: NDArray[np.int64], taper: Array, eye: Array, rays: Array) -> Array:
    """`lead s² + 2 half(u, v) s + rest(u, v) = 0` from the canonical quadric."""
    features_e, features_d = _features(eye[:, None], kind, taper), _features(rays, kind, taper)
    signs = np.array([1.0, 1.0, 1.0, -1.0])
    head = features_e[:, 0]
    lead = (head * signs * head).sum(axis=1)
    half = (features_d * (signs * head)[:, None]).sum(axis=2)
    rest = (features_d * signs) @ features_d.transpose(0, 2, 1)
    square = half[:, :, None] * half[:, None] - lead[:, None, None] * rest
    unused = np.zeros_like(half)
    last = np.stack([1 / lead, eye[:, 1]], axis=1)
    return np.concatenate([half, rays[:, :, 1], unused, _six(square), last], axis=1)


def _six(square: Array) -> Array:
    """Symmetric forms `[n, 3, 3]` over (1, u, v) as their factors of 1, u, v, u², v², uv."""
    s = square
    return np.stack([s[:, 0, 0], 2 * s[:, 0, 1], 2 * s[:, 0, 2], s[:, 1, 1], s[:, 2, 2], 2 * s[:, 1, 2]], axis=1)


def _features(points: Array, kind: NDArray[np.int64], taper: Array) -> Array:
    """Canonical points `[n, k, 4]` as four numbers of which the first three squares sum to the fourth on the shape."""
    tube = (kind == TUBE)[:, None]
    rim = taper[:, :1] * points[..., 3] + taper[:, 1:] * points[..., 1]
    out = points.copy()
    out[..., 1] = np.where(tube, 0.0, points[..., 1])
    out[..., 3] = np.where(tube, rim, points[..., 3])
    return out


def _shown(solids: Solids, view: View) -> Mask:
    """Flats that face the eye, balls that it is not inside of, any tube; nothing whose wall is flown out. A light sees
    what throws a shadow."""
    towards = view.eye[:3] - solids.centre * view.eye[3]
    facing = (solids.axes[:, :, 1] * towards).sum(axis=1) > 1e-9
    shown: Mask = np.where(solids.kind <= DISC, facing, True)
    if not view.perspective:
        return shown & solids.casts
    balls = np.nonzero(solids.kind == BALL)[0]
    inward = np.linalg.solve(solids.axes[balls], towards[balls, :, None])[:, :, 0]
    shown[balls] = (inward**2).sum(axis=1) > 1
    return shown & (solids.seen_from @ view.eye > 0)
