"""Directions and distances on the ground plan. A direction is a unit vector with `y` = 0."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vibeboard.stage import Vec3


def heading(yaw: float) -> Vec3:
    """The direction that a yaw in degrees faces."""
    return (math.sin(math.radians(yaw)), 0.0, math.cos(math.radians(yaw)))


def yaw_of(direction: Vec3) -> float:
    """The yaw in degrees that faces along a direction."""
    return math.degrees(math.atan2(direction[0], direction[2]))


def towards(origin: Vec3, goal: Vec3) -> Vec3:
    """The direction from one point to another on the plan; `+z` when they coincide."""
    x, z = goal[0] - origin[0], goal[2] - origin[2]
    length = math.hypot(x, z)
    return (x / length, 0.0, z / length) if length > 1e-6 else (0.0, 0.0, 1.0)


def turned(direction: Vec3, degrees: float) -> Vec3:
    """A direction turned about `+y`: positive turns `+z` towards `+x`."""
    return heading(yaw_of(direction) + degrees)


def moved(point: Vec3, direction: Vec3, metres: float) -> Vec3:
    return (
        point[0] + direction[0] * metres,
        point[1] + direction[1] * metres,
        point[2] + direction[2] * metres,
    )


def to_millimetre(point: Vec3) -> Vec3:
    """Enough, and the same on every machine."""
    return (round(point[0], 3), round(point[1], 3), round(point[2], 3))


def plan_distance(a: Vec3, b: Vec3) -> float:
    return math.hypot(a[0] - b[0], a[2] - b[2])


def middle(points: Sequence[Vec3]) -> Vec3:
    """The mean of points."""
    n = len(points)
    return (sum(p[0] for p in points) / n, sum(p[1] for p in points) / n, sum(p[2] for p in points) / n)


def side_of(point: Vec3, a: Vec3, b: Vec3) -> float:
    """On which side of the line through `a` and `b` a point lies on the plan, in metres from it, signed."""
    length = plan_distance(a, b) or 1.0
    return ((b[0] - a[0]) * (point[2] - a[2]) - (b[2] - a[2]) * (point[0] - a[0])) / length


def distance_to_segment(point: Vec3, a: Vec3, b: Vec3) -> tuple[float, float]:
    """Distance on the plan of a point from the segment `a`..`b`, and where along it (0 to 1) it is nearest."""
    dx, dz = b[0] - a[0], b[2] - a[2]
    square = dx * dx + dz * dz or 1.0
    t = min(max(((point[0] - a[0]) * dx + (point[2] - a[2]) * dz) / square, 0.0), 1.0)
    return math.hypot(point[0] - a[0] - dx * t, point[2] - a[2] - dz * t), t
