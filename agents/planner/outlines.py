"""The points of a thing that a frame must hold, and where a thing in somebody's hand is."""

from __future__ import annotations

from agents.planner.framing import body_height
from agents.planner.geometry import heading, moved
from vibeboard.stage import Figure, Mark, Prop, Vec3

_CARRIED_FROM = 0.3
"""Size from which a thing hangs at the side of who carries it, metres."""


def hand_of(holder: Figure, mark: Mark, prop: Prop) -> Vec3:
    """About where a held thing is: before the chest on the right, or hanging at the side if it is big."""
    big = max(prop.size) > _CARRIED_FROM
    ahead, aside, height = (0.02, 0.17, 0.28) if big else (0.21, 0.07, 0.66)
    front = moved(mark.ground, heading(mark.yaw), ahead * holder.height)
    x, _, z = moved(front, heading(mark.yaw - 90), aside * holder.height)
    return (x, body_height(holder, mark, height), z)


def corners(prop: Prop, base: Vec3) -> list[Vec3]:
    """The corners of a thing's box, turned as it lies."""
    width, height, depth = prop.size
    across, along = heading(prop.yaw + 90), heading(prop.yaw)
    return [
        moved(moved((base[0], base[1] + h, base[2]), across, s * width / 2), along, t * depth / 2)
        for h in (0.0, height)
        for s in (-1, 1)
        for t in (-1, 1)
    ]


def around(point: Vec3, reach: float) -> list[Vec3]:
    """Six points about a thing in a hand, so that the hand is seen too."""
    return [
        moved(point, axis, sign * reach)
        for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
        for sign in (-1, 1)
    ]
