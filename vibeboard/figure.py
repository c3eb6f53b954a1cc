"""Proportions of the mannequin, shared by whoever frames it and whoever draws it.

Fractions of standing height after the eight-head canon that drawing manuals and the Drillis & Contini (1966) segment
lengths agree on within a few per cent.
"""

from __future__ import annotations

import math
from enum import StrEnum

from vibeboard.stage import Figure, Mark, Pose, Vec3


class Landmark(StrEnum):
    CROWN = "crown"
    EYES = "eyes"
    CHIN = "chin"
    SHOULDERS = "shoulders"
    CHEST = "chest"
    WAIST = "waist"
    HIPS = "hips"
    KNEES = "knees"
    FEET = "feet"


FRACTION: dict[Landmark, float] = {
    Landmark.CROWN: 1.0,
    Landmark.EYES: 0.935,
    Landmark.CHIN: 0.87,
    Landmark.SHOULDERS: 0.82,
    Landmark.CHEST: 0.72,
    Landmark.WAIST: 0.61,
    Landmark.HIPS: 0.52,
    Landmark.KNEES: 0.285,
    Landmark.FEET: 0.0,
}

HIP_CLEARANCE = 0.05
"""Hip joint above what one sits, kneels or lies on, as a fraction of height."""


def height_of(figure: Figure, mark: Mark, landmark: Landmark) -> float:
    """Height above the ground, in metres, of a landmark of a figure at a mark.

    Sitting keeps the body above the hips upright over the seat; kneeling puts the knees on the ground; lying, all is
    just above the surface.
    """
    fraction = FRACTION[landmark]
    if mark.pose is Pose.LIE:
        return mark.floor + HIP_CLEARANCE * 2 * figure.height
    if mark.pose is Pose.SIT:
        if landmark is Landmark.FEET:
            return max(mark.floor - FRACTION[Landmark.KNEES] * figure.height, 0.0)
        return mark.floor + max(fraction - FRACTION[Landmark.HIPS] + HIP_CLEARANCE, 0.0) * figure.height
    if mark.pose is Pose.KNEEL:
        return mark.floor + max(fraction - FRACTION[Landmark.KNEES] + 0.04, 0.0) * figure.height
    return mark.floor + fraction * figure.height


def mark_at(figure: Figure, frame: float) -> Mark:
    """Where the figure is at a frame: between two marks that are apart it walks, evenly; the turn is the short way."""
    before = [mark for mark in figure.marks if mark.frame <= frame] or [figure.marks[0]]
    a = before[-1]
    after = [mark for mark in figure.marks if mark.frame > frame]
    if not after or frame <= a.frame:
        return a
    b = after[0]
    t = (frame - a.frame) / (b.frame - a.frame)
    turn = (b.yaw - a.yaw + 180) % 360 - 180
    return a.model_copy(
        update={
            "frame": int(frame),
            "x": a.x + (b.x - a.x) * t,
            "z": a.z + (b.z - a.z) * t,
            "yaw": a.yaw + turn * t,
            "floor": a.floor + (b.floor - a.floor) * t,
        }
    )


def walks_at(figure: Figure, frame: float) -> bool:
    """Whether the figure is on its way between two marks."""
    before = [mark for mark in figure.marks if mark.frame <= frame]
    after = [mark for mark in figure.marks if mark.frame > frame]
    if not before or not after:
        return False
    a, b = before[-1], after[0]
    return math.hypot(b.x - a.x, b.z - a.z) > 0.05


def point_of(figure: Figure, mark: Mark, landmark: Landmark) -> Vec3:
    """World position of a landmark on the figure's vertical axis."""
    return (mark.x, height_of(figure, mark, landmark), mark.z)
