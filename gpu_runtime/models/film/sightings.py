"""Where named people and things are seen in a take, read from its scene data (`docs/take-format.md`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from gpu_runtime.models.film.boxes import Box
from vibeboard.faults import Rejected
from vibeboard.figure import Landmark, mark_at, point_of
from vibeboard.stage import Figure, Pose, Stage, Vec3

Sample = tuple[int, float, float, float, float]
"""Frame of the take, then left, top, width and height in its pixels."""
Row = tuple[float, float, float, float]

GAP = 12
"""Samples further apart than this many frames are two appearances."""


class Sighting(NamedTuple):
    """A name and, for each frame asked for, its box in the take's pixels or nothing. A person's box is the head's."""

    name: str
    boxes: list[Box | None]
    is_head: bool


class _Camera(BaseModel):
    world_to_camera: tuple[Row, Row, Row]
    K: Row

    def project(self, point: Vec3) -> tuple[float, float] | None:
        """The pixel of a world point, or nothing for one that is not before the camera."""
        x, y, z = (sum(a * b for a, b in zip(row, (*point, 1.0), strict=True)) for row in self.world_to_camera)
        return (self.K[0] * x / z + self.K[2], self.K[1] * y / z + self.K[3]) if z > 0.05 else None


class _Named(BaseModel):
    id: int
    key: str = ""
    name: str


class _Scene(BaseModel):
    """The part of a take's scene data that is read here; a take without it has no names."""

    stage: Stage | None = None
    cameras: list[_Camera] = []
    objects: list[_Named] = []
    tracks: dict[int, list[Sample]] = {}


def sightings(scene: Path, order: Sequence[int]) -> list[Sighting]:
    """Where every named thing is at the given frames of the take.

    Raises:
        Rejected: `unreadable_scene`.
    """
    try:
        seen = _Scene.model_validate_json(scene.read_bytes())
    except ValidationError:
        raise Rejected("unreadable_scene", "The take's scene data cannot be read: make the shot again.") from None
    figures = {figure.id: figure for figure in seen.stage.figures} if seen.stage and seen.cameras else {}
    made = []
    for thing in seen.objects:
        boxes = [box_at(seen.tracks.get(thing.id, ()), frame) for frame in order]
        figure = figures.get(thing.key)
        if figure:
            boxes = [box and head(figure, seen.cameras, at, box) for box, at in zip(boxes, order, strict=True)]
        made.append(Sighting(thing.name, boxes, figure is not None))
    return made


def box_at(samples: Sequence[Sample], frame: int) -> Box | None:
    """Where something is at a frame of the take, between its samples; nothing outside of them or across a gap."""
    for before, after in pairwise(samples):
        if before[0] <= frame <= after[0] and after[0] - before[0] <= GAP:
            t = (frame - before[0]) / max(after[0] - before[0], 1)
            return Box(*(a + (b - a) * t for a, b in zip(before[1:], after[1:], strict=True)))
    here = [sample for sample in samples if sample[0] == frame]
    return Box(*here[0][1:]) if here else None


def head(figure: Figure, cameras: Sequence[_Camera], frame: int, whole: Box) -> Box:
    """The box of a figure's head as its camera sees it, inside the box of all that is seen of the figure.

    Who rises or sits down is between two poses, and who stands behind something is seen in part: there the head is
    looked for at the top of what is seen, unless that is cut by the picture's edge. Who lies is taken as a whole.
    """
    mark = mark_at(figure, frame)
    camera = cameras[min(frame, len(cameras) - 1)]
    crown = camera.project(point_of(figure, mark, Landmark.CROWN))
    chin = camera.project(point_of(figure, mark, Landmark.CHIN))
    if mark.pose is Pose.LIE or crown is None or chin is None:
        return whole
    size = max(abs(chin[0] - crown[0]), abs(chin[1] - crown[1]))
    x, y = (crown[0] + chin[0]) / 2, (crown[1] + chin[1] - size) / 2
    if whole.y > 1 and abs(whole.y - y) > size / 2:
        y = whole.y
    return Box(x - 0.4 * size, y, 0.8 * size, size)
