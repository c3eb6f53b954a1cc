"""The renderer: a take's frames and passes, and what is kept between frames so that little is done twice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpu_runtime.models.previs.cast import Forms, Layers, cast
from gpu_runtime.models.previs.light import lighting
from gpu_runtime.models.previs.shade import CREVICE_REACH, Contact, Look, Patterned, Surfaces, patterned, placed, shade
from gpu_runtime.models.previs.shadow import ShadowMap
from gpu_runtime.models.previs.smooth import REACH, smooth
from gpu_runtime.models.previs.solids import Array, Solids, joined
from gpu_runtime.models.previs.staging import Moving, Staging
from gpu_runtime.models.previs.take import Named, Take
from gpu_runtime.models.previs.view import Rect, View, camera_view
from vibeboard.camera import CameraPose, camera_at

MARGIN = REACH + 2 + CREVICE_REACH + 2
"""Pixels round a rectangle that have to be rendered with it for its own to come out as in the whole picture."""


@dataclass(frozen=True)
class Buffers:
    """Passes of one frame: `depth` `[h, w]` float32 metres along the optical axis (inf: sky), `normals` `[h, w, 3]`
    float32 world (0: sky), `albedo` `[h, w, 3]` uint8 sRGB, `ids` `[h, w]` int32 (0: set and sky)."""

    depth: Tensor
    normals: Tensor
    albedo: Tensor
    ids: Tensor


@dataclass
class _Still:
    """What does not move, as seen in one camera pose; `base` is its finished picture once that has paid off."""

    pose: CameraPose
    view: View
    forms: Forms
    layers: Layers
    patterns: list[Patterned]
    base: Tensor | None = None


class Renderer:
    """Renders any frame of a take; frames asked for in order share work, and come out the same in any order."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.staging = Staging(take.stage, take.frames, take.fps, take.seed)
        self.light = lighting(take.stage.set_kind, take.stage.time, self.staging.lamps)
        centre, radius = self.staging.action()
        self.shadow = ShadowMap(np.array(self.light.key_from), centre, radius)
        self.shadow.set_still(self.staging.still)
        self._still: _Still | None = None
        self._moving: Moving | None = None
        self._picture = torch.zeros(0)
        self._surface = torch.zeros(0, dtype=torch.int32)

    @property
    def objects(self) -> tuple[Named, ...]:
        return self.staging.objects

    def pose(self, frame: int) -> CameraPose:
        return camera_at(self.take.camera, frame, self.take.fps.seconds(frame), self.take.seed)

    def picture(self, frame: int) -> Tensor:
        """The finished frame `[h, w, 3]` uint8 sRGB."""
        pose = self.pose(frame)
        moving = self.staging.moving(frame, pose.position)
        rests = self._still is not None and self._still.pose == pose
        if rests and self._moving is not None and self._moving.same(moving):
            return self._picture
        still = self._stand(pose)
        self.shadow.set_moving(moving.solids)
        self._moving = moving
        self._picture = self._partial(still, moving) if rests else self._whole(still, moving)
        return self._picture

    def buffers(self, frame: int) -> Buffers:
        pose = self.pose(frame)
        moving = self.staging.moving(frame, pose.position)
        still = self._stand(pose)
        layers = still.layers.copy()
        cast(Forms.of(moving.solids, still.view), still.view, layers, len(self.staging.still))
        return _passes(layers, joined([self.staging.still, moving.solids]))

    def boxes(self) -> dict[int, tuple[int, int, int, int]]:
        """Pixel boxes (left, top, width, height) of the objects seen in the frame rendered last."""
        assert self._moving is not None
        owner = _owners(joined([self.staging.still, self._moving.solids]))
        ids = owner[self._surface.flatten()].view(self._surface.shape)
        found = {}
        for item in self.objects:
            mask = ids == item.id
            rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
            if len(rows):
                left, top = int(columns[0]), int(rows[0])
                found[item.id] = (left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)
        return found

    def _stand(self, pose: CameraPose) -> _Still:
        if self._still is None or self._still.pose != pose:
            view = camera_view(pose, self.take.camera.sensor_width_mm, self.take.width, self.take.height)
            forms = Forms.of(self.staging.still, view)
            layers = Layers.blank(view.frame)
            cast(forms, view, layers)
            self._still = _Still(pose, view, forms, layers, patterned(self.staging.still, forms))
        return self._still

    def _look(self, still: _Still, solids: Solids, contacts: tuple[Contact, ...]) -> Look:
        surfaces = Surfaces.of(joined([self.staging.still, solids]))
        return Look(still.view, self.light, self.shadow, surfaces, tuple(still.patterns), placed(contacts, still.view))

    def _whole(self, still: _Still, moving: Moving) -> Tensor:
        look = self._look(still, moving.solids, moving.contacts)
        layers = still.layers.copy()
        cast(Forms.of(moving.solids, still.view), still.view, layers, len(self.staging.still))
        picture = shade(look, layers)
        smooth(picture, layers.surface)
        self._surface = layers.surface
        return picture

    def _partial(self, still: _Still, moving: Moving) -> Tensor:
        """The finished picture of what stands still, with the rectangles in which something moves made anew."""
        frame = still.view.frame
        rects = _apart([self._touched(still.view, extent) for extent in moving.extents], frame)
        if sum((r.x1 - r.x0) * (r.y1 - r.y0) for r in rects) > 0.8 * frame.x1 * frame.y1:
            return self._whole(still, moving)
        picture = self._base(still, moving).clone()
        surface = still.layers.surface.clone()
        forms = Forms.of(moving.solids, still.view)
        look = self._look(still, moving.solids, moving.contacts)
        for rect in rects:
            layers = still.layers.part(rect.grown(MARGIN).meet(frame)).copy()
            cast(forms, still.view, layers, len(self.staging.still))
            made = shade(look, layers)
            smooth(made, layers.surface)
            rows = slice(rect.y0 - layers.rect.y0, rect.y1 - layers.rect.y0)
            columns = slice(rect.x0 - layers.rect.x0, rect.x1 - layers.rect.x0)
            picture[rect.y0 : rect.y1, rect.x0 : rect.x1] = made[rows, columns]
            surface[rect.y0 : rect.y1, rect.x0 : rect.x1] = layers.surface[rows, columns]
        self._surface = surface
        return picture

    def _base(self, still: _Still, moving: Moving) -> Tensor:
        if still.base is None:
            nothing = moving.solids.pick(np.zeros(len(moving.solids), dtype=np.bool_))
            self.shadow.set_moving(nothing)
            still.base = shade(self._look(still, nothing, self.staging.contacts), still.layers)
            smooth(still.base, still.layers.surface)
            self.shadow.set_moving(moving.solids)
        return still.base

    def _touched(self, view: View, extent: Array) -> Rect:
        """Pixels that a moving thing within world bounds `extent` `[2, 3]` covers, shades or darkens."""
        low, high = extent[0] - 0.35, extent[1] + 0.35
        corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
        towards = np.array(self.light.key_from)
        drop = np.maximum(corners[:, 1:2] + 0.02, 0.0) / towards[1]
        hull = np.concatenate([corners, corners - towards * drop])
        return Rect(*(int(b) for b in view.bounds(hull[None])[0])).grown(MARGIN).meet(view.frame)


def _apart(rects: list[Rect], frame: Rect) -> list[Rect]:
    """The same pixels in rectangles that do not overlap once grown by `MARGIN`, where joining them is cheaper."""
    apart: list[Rect] = []
    for rect in rects:
        joint = rect
        while touching := [other for other in apart if not joint.meet(other).empty]:
            for other in touching:
                apart.remove(other)
                joint = joint.join(other)
        if not joint.meet(frame).empty:
            apart.append(joint)
    return apart


def _owners(solids: Solids) -> Tensor:
    """Object id by surface; index -1, the sky, gives 0."""
    return torch.from_numpy(np.append(solids.owner, 0)).int()


def _passes(layers: Layers, solids: Solids) -> Buffers:
    assert layers.normal is not None
    surface = layers.surface.flatten()
    sky = layers.surface < 0
    length = layers.normal.square().sum(0).sqrt()
    normals = torch.where(sky, 0.0, layers.normal / length.clamp_min(1e-12)).permute(1, 2, 0)
    palette = torch.from_numpy(np.append(np.round(solids.colour * 255), np.zeros((1, 3)), axis=0)).to(torch.uint8)
    return Buffers(
        depth=torch.where(sky, math.inf, 1.0 / layers.near),
        normals=normals,
        albedo=palette[surface].view(*layers.surface.shape, 3),
        ids=_owners(solids)[surface].view(layers.surface.shape),
    )
