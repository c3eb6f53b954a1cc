"""Eyes: how a pixel becomes a ray, for a camera and for a light, in one homogeneous form.

A ray is the set of homogeneous points `X = s E + D(u, v)` with the eye `E` and `D` affine in the pixel `(u, v)`. For a
perspective camera `E = (position, 1)` and `D` a direction of unit depth, so that `s` is one over the depth in metres
along the optical axis. For a parallel light `E = (towards the light, 0)` and `D` a point of its picture plane, so that
`s` is the distance in metres from that plane towards the light. Either way the larger `s` is nearer, a plane's `s` is
affine in `(u, v)`, and a quadric's solves a quadratic whose leading coefficient does not depend on the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_runtime.models.previs.solids import Array
from vibeboard.camera import CameraPose, focal_px

NEAR = 0.05
"""Nothing nearer than this, in metres, is drawn."""


class Rect(NamedTuple):
    """Pixels `[x0, x1) x [y0, y1)`."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def empty(self) -> bool:
        return self.x0 >= self.x1 or self.y0 >= self.y1

    def meet(self, other: Rect) -> Rect:
        return Rect(max(self.x0, other.x0), max(self.y0, other.y0), min(self.x1, other.x1), min(self.y1, other.y1))

    def join(self, other: Rect) -> Rect:
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def grown(self, margin: int) -> Rect:
        return Rect(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


@dataclass(frozen=True)
class View:
    """`eye` is `[4]`; `rays` `[3, 4]` holds `D`'s constant, per-u and per-v parts; `project` `[3, 4]` takes a
    homogeneous world point to `(u w, v w, w)`, where `w` is the depth of a perspective view and 1 of a parallel one."""

    eye: Array
    rays: Array
    project: Array
    width: int
    height: int

    @property
    def perspective(self) -> bool:
        return bool(self.eye[3] > 0.5)

    @property
    def frame(self) -> Rect:
        return Rect(0, 0, self.width, self.height)

    def bounds(self, corners: Array) -> NDArray[np.int64]:
        """Pixel bounds `[n, 4]` (x0, y0, x1, y1, exclusive) of the hulls of `corners` `[n, k, 3]`, cut at the near
        plane and to the picture; those with nothing in front are empty."""
        points = np.einsum("ij,nkj->nki", self.project[:, :3], corners) + self.project[:, 3]
        depth = points[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            pixels = points[..., :2] / depth[..., None]
        low, high = pixels.min(axis=1), pixels.max(axis=1)
        behind = depth < NEAR
        unseen = behind.all(axis=1)
        low[unseen], high[unseen] = np.inf, -np.inf
        for n in np.nonzero(behind.any(axis=1) & ~unseen)[0]:
            low[n], high[n] = self._cut(points[n], behind[n])
        size = (self.width, self.height)
        first = np.clip(np.floor(low - 0.5), 0, size)
        last = np.clip(np.ceil(high + 0.5), 0, size)
        return np.concatenate([first, last], axis=1).astype(np.int64)

    @staticmethod
    def _cut(points: Array, behind: np.ndarray) -> tuple[Array, Array]:
        front, back = points[~behind], points[behind]
        share = (front[:, None, 2] - NEAR) / (front[:, None, 2] - back[None, :, 2])
        cut = front[:, None] + share[..., None] * (back[None] - front[:, None])
        seen = np.concatenate([front, cut.reshape(-1, 3)])
        pixels = seen[:, :2] / seen[:, 2:]
        return pixels.min(axis=0), pixels.max(axis=0)


def camera_view(pose: CameraPose, sensor_width_mm: float, width: int, height: int) -> View:
    """The pinhole view of a camera; agrees with `vibeboard.camera.project`."""
    focal = focal_px(pose.focal_mm, sensor_width_mm, width)
    right, down, forward = (np.array(axis) for axis in pose.rotation)
    corner = forward - right * (width / 2 / focal) - down * (height / 2 / focal)
    rays = np.zeros((3, 4))
    rays[:, :3] = corner, right / focal, down / focal
    position = np.array(pose.position)
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    rotation = np.stack([right, down, forward])
    extrinsics = np.concatenate([rotation, -(rotation @ position)[:, None]], axis=1)
    return View(np.append(position, 1.0), rays, intrinsics @ extrinsics, width, height)


def light_view(towards: Array, centre: Array, radius: float, resolution: int) -> View:
    """The parallel view of a light in direction `towards` (unit, `[3]`) over a square of half width `radius`."""
    helper = np.array([0.0, 1.0, 0.0]) if abs(towards[1]) < 0.95 else np.array([0.0, 0.0, 1.0])
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right)
    down = np.cross(right, towards)
    texel = 2 * radius / resolution
    rays = np.zeros((3, 4))
    rays[0] = np.append(centre - (right + down) * radius, 1.0)
    rays[1, :3], rays[2, :3] = right * texel, down * texel
    project = np.zeros((3, 4))
    for row, axis in enumerate((right, down)):
        project[row, :3] = axis / texel
        project[row, 3] = resolution / 2 - axis @ centre / texel
    project[2, 3] = 1.0
    return View(np.append(towards, 0.0), rays, project, resolution, resolution)
