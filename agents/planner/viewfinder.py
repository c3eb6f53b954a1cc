"""What a setup asks of the camera on a blocked stage: whom it frames and how much of them, and from which side."""

from __future__ import annotations

from dataclasses import dataclass

from agents.planner.framing import (
    CROPS,
    Crop,
    View,
    Window,
    body_height,
    body_points,
    within_reach,
)
from agents.planner.geometry import (
    heading,
    middle,
    moved,
    plan_distance,
    side_of,
    towards,
    turned,
    yaw_of,
)
from agents.planner.setups import Setup, chance
from agents.planner.sightlines import Moment, Sightlines
from vibeboard.camera import CameraKey, cross
from vibeboard.sets import LAYOUTS, Layout
from vibeboard.shot import Angle, Movement, ShotSize
from vibeboard.stage import Figure, Mark, Pose, SetKind, Stage, Vec3

_INDOOR_REACH, _OUTDOOR_REACH = 7.5, 16.0
_STEP = 0.7
"""Who moves less than this, getting up from a chair, is not followed."""
_CLIMB = {Angle.HIGH: 0.45, Angle.LOW: -0.32, Angle.OVERHEAD: 5.0, Angle.AERIAL: 1.2}
_AT = 0.05
"""A look this near to somebody's middle is at them, metres."""
_ACROSS = 72.0
"""Degrees between a walk and the camera that pans or drives along with it."""
_CLIMB_TO_BED = 0.6
_OFF_AXIS = {ShotSize.CU: 30.0, ShotSize.BCU: 24.0, ShotSize.ECU: 20.0, ShotSize.MCU: 35.0, ShotSize.MS: 38.0}
"""Degrees between the subject's eyeline and the camera: the closer the shot, the closer to the eyes."""


@dataclass(frozen=True)
class Viewfinder:
    """Knows the stage, the frame's aspect and the length of the shot."""

    setup: Setup
    stage: Stage
    aspect: float
    frames: int
    viewpoint: tuple[Vec3, Vec3] | None = None
    """For a point of view: the eyes, and a point far ahead of them."""

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.stage.set_kind]

    @property
    def _sightlines(self) -> Sightlines:
        return Sightlines(self.stage)

    @property
    def in_car(self) -> bool:
        return self.stage.set_kind is SetKind.CAR

    def _subjects(self) -> list[Figure]:
        return [figure for name in self.setup.subjects if (figure := self.stage.figure(name))]

    def _mark(self, figure: Figure) -> Mark:
        """Where somebody is when the shot is framed: where a walk with the camera begins, else where it ends."""
        return figure.marks[0] if self._travels else figure.marks[-1]

    @property
    def _travels(self) -> bool:
        """Whether the camera goes along with a walk, rather than pan with it."""
        return self.setup.movement in (Movement.FOLLOW, Movement.TRUCK)

    def _framed_marks(self, figure: Figure) -> list[Mark]:
        """The marks that the frame must hold: both of somebody who sits down or gets up in the shot."""
        first, last = figure.marks[0], figure.marks[-1]
        return [first, last] if first.pose is not last.pose and not offsets_of(figure, first) else [self._mark(figure)]

    def _spot(self, figure: Figure) -> Vec3:
        return self._mark(figure).ground

    def _framed(self, figures: list[Figure], direction: Vec3, lens: float) -> CameraKey:
        """The camera in a direction from its subjects; where they walk past it, from where they come nearest."""
        right = right_of(direction)
        marks = [(figure, mark) for figure in figures for mark in self._framed_marks(figure)]
        points = [point for figure, mark in marks for point in body_points(figure, mark, self._crop, right)]
        reach = _INDOOR_REACH if self.layout.interior else _OUTDOOR_REACH
        return within_reach(
            points, self._view(figures, direction), self._window(figures, right), lens, self.aspect, reach
        )

    @property
    def _crop(self) -> Crop:
        return CROPS[self.setup.size]

    def _window(self, figures: list[Figure], right: Vec3) -> Window:
        sink = 0.35 if len(figures) > 1 else 0.0
        return Window(self._crop.head, self._crop.foot, self._lead(figures, right), margin=0.04, sink=sink)

    def _view(self, figures: list[Figure], direction: Vec3) -> View:
        angle = self.setup.angle
        if angle is Angle.EYE_LEVEL and any(self._mark(figure).pose is Pose.LIE for figure in figures):
            return View(direction, climb=_CLIMB_TO_BED)
        if angle is Angle.GROUND:
            return View(direction, height=0.15)
        if angle in _CLIMB:
            return View(direction, climb=_CLIMB[angle])
        tight = self.setup.size in _OFF_AXIS
        fraction = 0.935 if tight else 0.78
        heights = [body_height(figure, self._mark(figure), fraction) for figure in figures]
        return View(direction, height=sum(heights) / len(heights))

    def _lead(self, figures: list[Figure], right: Vec3) -> float:
        """Where across the frame a single stands: room in the direction of the look."""
        if len(figures) > 1:
            return 0.5
        gaze = self._gaze(figures[0])
        across = gaze[0] * right[0] + gaze[2] * right[2]
        return 0.5 - 0.07 * max(min(across * 2, 1.0), -1.0)

    def _partner(self, figure: Figure) -> Figure | None:
        """Whom somebody faces: as the setup says, else whoever is looked at."""
        named = self.stage.figure(self.setup.toward)
        if named or not figure.looks:
            return named
        seen = figure.looks[0].point
        near = [other for other in self.stage.figures if plan_distance(seen, self._spot(other)) < _AT]
        return next((other for other in near if other.id != figure.id), None)

    def _gaze(self, figure: Figure) -> Vec3:
        """The way somebody looks: at the partner, at what they look at, along a walk, else ahead."""
        if offsets_of(figure, figure.marks[0]):
            return heading(figure.marks[0].yaw)
        partner = self.stage.figure(self.setup.toward)
        if partner and partner.id != figure.id:
            return towards(self._spot(figure), self._spot(partner))
        if figure.looks:
            return towards(self._spot(figure), figure.looks[0].point)
        return heading(self._mark(figure).yaw)

    def _direction(self, figures: list[Figure]) -> Vec3:
        """From the subject towards the camera."""
        if self.in_car:
            return self._car_direction(figures)
        if len(figures) > 1:
            return self._blended(self._normal(figures[0], figures[1]), 18.0)
        figure = figures[0]
        gaze = self._gaze(figure)
        if offsets_of(figure, figure.marks[0]) and self.setup.movement is not Movement.FOLLOW:
            return self._to_camera_side(figure, gaze, _ACROSS)
        return self._to_camera_side(figure, gaze, _OFF_AXIS.get(self.setup.size, 42.0))

    def _to_camera_side(self, figure: Figure, gaze: Vec3, degrees: float) -> Vec3:
        """The eyeline turned towards the side on which the camera stays."""
        partner = None if offsets_of(figure, figure.marks[0]) else self._partner(figure)
        side = self._normal(figure, partner) if partner else towards(self._spot(figure), self.layout.wide)
        left, right = turned(gaze, degrees), turned(gaze, -degrees)
        return max((left, right), key=lambda way: way[0] * side[0] + way[2] * side[2])

    def _normal(self, a: Figure, b: Figure) -> Vec3:
        """Across the line through two people, to the side on which the set is seen whole."""
        here, there = self._spot(a), self._spot(b)
        along = towards(here, there)
        side = side_of(self.layout.wide, here, there)
        return turned(along, -90.0 if side > 0 else 90.0)

    def _blended(self, direction: Vec3, most: float) -> Vec3:
        """The direction turned towards the set's wide position by `most` degrees at most."""
        centre = middle([self._spot(figure) for figure in self._subjects()])
        turn = (yaw_of(towards(centre, self.layout.wide)) - yaw_of(direction) + 180) % 360 - 180
        return turned(direction, max(min(turn, most), -most))

    def _car_direction(self, figures: list[Figure]) -> Vec3:
        """From the bonnet, from over the middle for two; for one often through the side window."""
        if len(figures) > 1:
            return heading(0.0)
        x = self._mark(figures[0]).x
        if self.setup.lines and chance(self.setup.anchor, "window") % 3 == 0:
            return heading(62.0 if x > 0 else -62.0)
        return heading(-14.0 if x > 0 else 14.0)

    def _moments(self, key: CameraKey, figures: list[Figure]) -> list[Moment]:
        """The frames at which somebody starts or stops, and where the camera is by then."""
        if self._travels and figures and (offsets := offsets_of(figures[0], self._mark(figures[0]))):
            return [(frame, moved(key.position, offset, 1.0)) for frame, offset in offsets]
        frames = sorted({mark.frame for figure in self.stage.figures for mark in figure.marks})
        return [(frame, key.position) for frame in frames]

    def _keeps_side(self, key: CameraKey, figures: list[Figure]) -> bool:
        partner = figures[1] if len(figures) > 1 else self._partner(figures[0])
        if partner is None or self.in_car:
            return True
        a, b = self._spot(figures[0]), self._spot(partner)
        return side_of(key.position, a, b) * side_of(self.layout.wide, a, b) > 0


def offsets_of(figure: Figure, framed: Mark) -> tuple[tuple[int, Vec3], ...]:
    """How far a figure that walks is from where it was framed, at each of its marks; nothing if it stays."""
    xs, zs = [mark.x for mark in figure.marks], [mark.z for mark in figure.marks]
    if max(xs) - min(xs) < _STEP and max(zs) - min(zs) < _STEP:
        return ()
    return tuple((mark.frame, (mark.x - framed.x, 0.0, mark.z - framed.z)) for mark in figure.marks)


def right_of(direction: Vec3) -> Vec3:
    """The right of a frame whose camera stands in a direction from its subject."""
    return cross(moved((0.0, 0.0, 0.0), direction, -1.0), (0.0, 1.0, 0.0))
