"""The renderer: a take's frames and passes, and what is kept between frames so that little is done twice."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpu_runtime.models.previs.cast import Layers, cast
from gpu_runtime.models.previs.facing import Faces, facing, numbered, places
from gpu_runtime.models.previs.forms import Forms
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


_PAD = 0.35
"""Metres round a moving thing in which its contact shade and the blur of its shadow lie."""
_MOST = 0.8
"""Share of the picture above which all of it is made anew."""
_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])


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
    """What does not move, as seen in one camera pose."""

    pose: CameraPose
    view: View
    forms: Forms
    layers: Layers
    patterns: list[Patterned]


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
        self._pose: CameraPose | None = None
        self._moving: Moving | None = None
        self._picture = torch.zeros(0)
        self._surface = torch.zeros(0)

    @property
    def objects(self) -> tuple[Named, ...]:
        return self.staging.objects

    def pose(self, frame: int) -> CameraPose:
        return camera_at(self.take.camera, frame, self.take.fps.seconds(frame), self.take.seed)

    def picture(self, frame: int) -> Tensor:
        """The finished frame `[h, w, 3]` uint8 sRGB."""
        pose = self.pose(frame)
        moving = self.staging.moving(frame, pose.position)
        before = self._moving if pose == self._pose else None
        changed = None if before is None else moving.changed(before)
        if changed == []:
            return self._picture
        still = self._stand(pose)
        self.shadow.set_moving(moving.solids)
        rects = None if before is None or changed is None else self._rects(still.view, before, moving, changed)
        self._picture = self._whole(still, moving) if rects is None else self._partial(still, moving, rects)
        self._pose, self._moving = pose, moving
        return self._picture

    def buffers(self, frame: int) -> Buffers:
        pose = self.pose(frame)
        moving = self.staging.moving(frame, pose.position)
        still = self._stand(pose)
        layers = still.layers.copy()
        cast(Forms.of(moving.solids, still.view), still.view, layers, len(self.staging.still))
        return _passes(still.view, layers, joined([self.staging.still, moving.solids]))

    def boxes(self) -> dict[int, tuple[int, int, int, int]]:
        """Pixel boxes (left, top, width, height) of the objects seen in the frame rendered last."""
        assert self._moving is not None
        owner = _owners(joined([self.staging.still, self._moving.solids]))
        ids = owner[self._surface.long()]
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

    def _rects(self, view: View, before: Moving, now: Moving, changed: list[int]) -> list[Rect] | None:
        """The rectangles in which the picture changes, apart from each other; None if that is most of it."""
        touched = [
            self._touched(view, before.parts[n].extent).join(self._touched(view, now.parts[n].extent)) for n in changed
        ]
        rects = _apart([rect for rect in touched if not rect.empty])
        area = sum((r.x1 - r.x0) * (r.y1 - r.y0) for r in rects)
        return rects if area < _MOST * view.width * view.height else None

    def _partial(self, still: _Still, moving: Moving, rects: list[Rect]) -> Tensor:
        """The last picture with some rectangles made anew."""
        picture, surface = self._picture.clone(), self._surface.clone()
        forms = Forms.of(moving.solids, still.view)
        look = self._look(still, moving.solids, moving.contacts)
        for rect in rects:
            layers = still.layers.part(rect.grown(MARGIN).meet(still.view.frame)).copy()
            cast(forms, still.view, layers, len(self.staging.still))
            made = shade(look, layers)
            smooth(made, layers.surface)
            rows = slice(rect.y0 - layers.rect.y0, rect.y1 - layers.rect.y0)
            columns = slice(rect.x0 - layers.rect.x0, rect.x1 - layers.rect.x0)
            picture[rect.y0 : rect.y1, rect.x0 : rect.x1] = made[rows, columns]
            surface[rect.y0 : rect.y1, rect.x0 : rect.x1] = layers.surface[rows, columns]
        self._surface = surface
        return picture

    def _touched(self, view: View, extent: Array) -> Rect:
        """Pixels that a moving thing within world bounds `extent` `[2, 3]` covers, shades or darkens."""
        corners = _CORNERS * (extent[1] - extent[0] + 2 * _PAD) / 2 + (extent[0] + extent[1]) / 2
        towards = np.array(self.light.key_from)
        drop = np.maximum(corners[:, 1:2] + 0.02, 0.0) / towards[1]
        hull = np.concatenate([corners, corners - towards * drop])
        return Rect(*(int(b) for b in view.bounds(hull[None])[0])).grown(MARGIN).meet(view.frame)


def _apart(rects: list[Rect]) -> list[Rect]:
    """Rectangles over the same pixels of which none meet."""
    apart: list[Rect] = []
    for rect in rects:
        joint = rect
        while touching := [other for other in apart if not joint.meet(other).empty]:
            for other in touching:
                apart.remove(other)
                joint = joint.join(other)
        apart.append(joint)
    return apart


def _owners(solids: Solids) -> Tensor:
    """Object id by surface; index -1, the sky, gives 0."""
    return torch.from_numpy(np.append(solids.owner, 0)).int()


def _passes(view: View, layers: Layers, solids: Solids) -> Buffers:
    surface = layers.surface.long()
    palette = torch.from_numpy(np.append(np.round(solids.colour * 255), np.zeros((1, 3)), axis=0)).to(torch.uint8)
    return Buffers(
        depth=torch.where(layers.surface < 0, math.inf, 1.0 / layers.near),
        normals=facing(numbered(layers), places(view, layers), Faces.of(solids)).permute(1, 2, 0),
        albedo=palette[surface],
        ids=_owners(solids)[surface],
    )
