"""What stands in a camera's way: bodies and cars, as discs on the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.planner.geometry import distance_to_segment, heading, moved, plan_distance
from vibeboard.figure import mark_at
from vibeboard.stage import Figure, Stage, Vec3

Moment = tuple[int, Vec3]
"""A frame and where the camera is by then."""
Disc = tuple[Vec3, float]

_LAP = 0.45
"""How near a camera may come to the middle of a body, metres."""
_CLEAR = 0.38
"""How near the line of sight a body may come, metres."""
_HEAD = 0.2
"""And somebody else whom the shot is about."""
_BULKY = 1.0
"""Height above which a prop hides people, metres."""


@dataclass(frozen=True)
class Sightlines:
    stage: Stage

    def in_a_body(self, moments: Sequence[Moment]) -> bool:
        """Whether the camera is ever in somebody's lap or inside a car."""
        return any(
            plan_distance(position, spot) < radius
            for frame, position in moments
            for spot, radius in [*_bodies(self.stage.figures, frame, _LAP), *self._bulks()]
        )

    def clear(self, moments: Sequence[Moment], subjects: Sequence[Figure], past: Sequence[Figure] = ()) -> bool:
        """Whether nobody else, but those the camera looks past, and no car ever stands between it and its subjects."""
        for frame, position in moments:
            for subject in subjects:
                others = [figure for figure in self.stage.figures if figure not in subjects and figure not in past]
                beside = [figure for figure in subjects if figure is not subject]
                discs = [*_bodies(others, frame, _CLEAR), *_bodies(beside, frame, _HEAD), *self._bulks()]
                goal = _bodies([subject], frame, 0.0)[0][0]
                nears = [(radius, *distance_to_segment(spot, position, goal)) for spot, radius in discs]
                if any(gap < radius and along < 0.97 for radius, gap, along in nears):
                    return False
        return True

    def _bulks(self) -> list[Disc]:
        """Cars and the like as discs in a row."""
        large = [prop for prop in self.stage.props if prop.size[1] > _BULKY and not prop.held_by]
        return [
            (moved(prop.position, heading(prop.yaw), prop.size[2] * step), prop.size[0] / 2 + 0.1)
            for prop in large
            for step in (-0.4, -0.2, 0.0, 0.2, 0.4)
        ]


def _bodies(figures: Sequence[Figure], frame: int, radius: float) -> list[Disc]:
    return [(mark_at(figure, frame).ground, radius) for figure in figures]
