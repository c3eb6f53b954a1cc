"""The camera of a setup on a blocked stage: which side, from where, through which lens, along which path."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.planner.framing import (
    CROPS,
    Crop,
    View,
    Window,
    body_height,
    body_points,
    place_in_frame,
    solve_lens,
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
from agents.planner.moves import Keys, follow, resting_move, static
from agents.planner.outlines import around, corners, hand_of
from agents.planner.setups import Setup, chance
from agents.planner.sightlines import Moment, Sightlines
from vibeboard.camera import CameraKey, CameraPath, Ease, cross
from vibeboard.figure import Landmark, point_of
from vibeboard.sets import LAYOUTS, Layout
from vibeboard.shot import Angle, Framing, Movement, ShotSize
from vibeboard.stage import Figure, Mark, Pose, Prop, SetKind, Stage, Vec3

_INDOOR_REACH, _OUTDOOR_REACH = 7.5, 16.0
_SHORTEST_MOVE = 12
"""Frames below which a camera has no time to move."""
_STEP = 0.7
"""Who moves less than this, getting up from a chair, is not followed."""
_AROUND = (0.0, 14.0, -14.0, 28.0, -28.0, 42.0, -42.0)
_CLIMB = {Angle.HIGH: 0.45, Angle.LOW: -0.32, Angle.OVERHEAD: 5.0, Angle.AERIAL: 1.2}
_AT = 0.05
"""A look this near to somebody's middle is at them, metres."""
_ACROSS = 72.0
"""Degrees between a walk and the camera that pans or drives along with it."""
_CLIMB_TO_BED = 0.6
_OFF_AXIS = {ShotSize.CU: 30.0, ShotSize.BCU: 24.0, ShotSize.ECU: 20.0, ShotSize.MCU: 35.0, ShotSize.MS: 38.0}
"""Degrees between the subject's eyeline and the camera: the closer the shot, the closer to the eyes."""


@dataclass(frozen=True)
class Operator:
    """Whoever sets up the camera: knows the stage, the frame's aspect and the length of the shot."""

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

    def path(self) -> CameraPath:
        key = self._key()
        if self.setup.angle is Angle.DUTCH:
            key = key.model_copy(update={"roll": 9.0})
        handheld = 0.012 if self.setup.movement is Movement.HANDHELD else 0.0
        f_number = 2.8 if self.setup.size in (ShotSize.CU, ShotSize.BCU, ShotSize.ECU) else 4.0
        return CameraPath(f_number=f_number, handheld=handheld, keys=self._moved(key))

    def _key(self) -> CameraKey:
        figures = self._subjects()
        if self.viewpoint:
            return self._point_of_view(*self.viewpoint)
        if self.setup.framing is Framing.INSERT:
            return self._insert()
        if not figures:
            return self._wide()
        if self.setup.framing is Framing.OTS and (near := self._figure(self.setup.toward)):
            key = self._over_shoulder(figures[0], near)
            if not self._sightlines.in_a_body(self._moments(key, [])):
                return key
        return self._on_people(figures)

    def _figure(self, name: str) -> Figure | None:
        return next((figure for figure in self.stage.figures if figure.id == name), None)

    def _subjects(self) -> list[Figure]:
        return [figure for name in self.setup.subjects if (figure := self._figure(name))]

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
        return [first, last] if first.pose is not last.pose and not _offsets(figure, first) else [self._mark(figure)]

    def _spot(self, figure: Figure) -> Vec3:
        mark = self._mark(figure)
        return (mark.x, 0.0, mark.z)

    # -- people ---------------------------------------------------------------------------------------------------

    def _on_people(self, figures: list[Figure]) -> CameraKey:
        """The first place, from the wanted one outwards and from longer lenses to shorter, that nothing speaks
        against; else the one that least does."""
        direction = self._direction(figures)
        places = [(lens, turn) for lens in (1.0, 0.75, 0.55) for turn in _AROUND]
        best, least = None, math.inf
        for lens, turn in places:
            key = self._framed(figures, turned(direction, turn), self._crop.lens * lens)
            objections = self._objections(key, figures)
            if objections < least:
                best, least = key, objections
            if not objections:
                break
        assert best is not None
        return best

    def _objections(self, key: CameraKey, figures: list[Figure]) -> int:
        """What speaks against a place, the gravest counting most."""
        moments = self._moments(key, figures)
        inside, hidden = self._sightlines.in_a_body(moments), not self._sightlines.clear(moments, figures)
        return 8 * inside + 4 * (not self._keeps_side(key, figures)) + 2 * hidden + self._beheads(key, figures)

    def _beheads(self, key: CameraKey, figures: list[Figure]) -> bool:
        """Whether somebody else is in the frame without a head."""
        for other in self.stage.figures:
            crown, chest = (point_of(other, other.marks[-1], mark) for mark in (Landmark.CROWN, Landmark.CHEST))
            u, top, depth = place_in_frame(key, self.aspect, crown)
            _, low, _ = place_in_frame(key, self.aspect, chest)
            if other not in figures and depth > 0 and 0 < u < 1 and top < 0 < low < 1:
                return True
        return False

    def _framed(self, figures: list[Figure], direction: Vec3, lens: float) -> CameraKey:
        """The camera in a direction from its subjects; where they walk past it, from where they come nearest."""
        right = _right_of(direction)
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
        named = self._figure(self.setup.toward)
        if named or not figure.looks:
            return named
        seen = figure.looks[0].point
        near = [other for other in self.stage.figures if plan_distance(seen, self._spot(other)) < _AT]
        return next((other for other in near if other.id != figure.id), None)

    def _gaze(self, figure: Figure) -> Vec3:
        """The way somebody looks: at the partner, at what they look at, along a walk, else ahead."""
        if _offsets(figure, figure.marks[0]):
            return heading(figure.marks[0].yaw)
        partner = self._figure(self.setup.toward)
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
        if _offsets(figure, figure.marks[0]) and self.setup.movement is not Movement.FOLLOW:
            return self._to_camera_side(figure, gaze, _ACROSS)
        return self._to_camera_side(figure, gaze, _OFF_AXIS.get(self.setup.size, 42.0))

    def _to_camera_side(self, figure: Figure, gaze: Vec3, degrees: float) -> Vec3:
        """The eyeline turned towards the side on which the camera stays."""
        partner = None if _offsets(figure, figure.marks[0]) else self._partner(figure)
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
        if self._travels and figures and (offsets := _offsets(figures[0], self._mark(figures[0]))):
            return [(frame, moved(key.position, offset, 1.0)) for frame, offset in offsets]
        frames = sorted({mark.frame for figure in self.stage.figures for mark in figure.marks})
        return [(frame, key.position) for frame in frames]

    def _keeps_side(self, key: CameraKey, figures: list[Figure]) -> bool:
        partner = figures[1] if len(figures) > 1 else self._partner(figures[0])
        if partner is None or self.in_car:
            return True
        a, b = self._spot(figures[0]), self._spot(partner)
        return side_of(key.position, a, b) * side_of(self.layout.wide, a, b) > 0

    # -- over the shoulder ----------------------------------------------------------------------------------------

    def _over_shoulder(self, far: Figure, near: Figure) -> CameraKey:
        """From behind one, whose head and shoulder stand at the frame's edge, onto the other."""
        crop = CROPS[self.setup.size]
        here, there = self._spot(near), self._spot(far)
        back = towards(there, here)
        side = self._normal(near, far)
        height, seen = (body_height(figure, self._mark(figure), 0.95) for figure in (near, far))
        height += 0.5 * max(height - seen, 0.0)
        return min(
            (
                self._behind(far, near, crop, moved(moved(here, back, 0.85), side, aside / 100), height)
                for aside in range(16, 72, 4)
            ),
            key=lambda key: abs(self._edge_gap(key, near)),
        )

    def _behind(self, far: Figure, near: Figure, crop: Crop, position: Vec3, height: float) -> CameraKey:
        position = (position[0], height, position[2])
        direction = towards(self._spot(far), position)
        right = _right_of(direction)
        to_near = towards(self._spot(far), self._spot(near))
        off = -0.1 if to_near[0] * right[0] + to_near[2] * right[2] > 0 else 0.1
        window = Window(top=crop.head, foot=crop.foot, centre=0.5 + off, margin=0.03)
        points = body_points(far, self._mark(far), crop, right)
        return solve_lens(points, position, window, self.aspect, (28.0, 75.0))

    def _edge_gap(self, key: CameraKey, near: Figure) -> float:
        """How far the near head's middle is from a tenth of the frame's width inside its nearer edge."""
        mark = self._mark(near)
        u, _, _ = place_in_frame(key, self.aspect, point_of(near, mark, Landmark.EYES))
        return min(abs(u - 0.09), abs(u - 0.91))

    # -- things and places ----------------------------------------------------------------------------------------

    def _insert(self) -> CameraKey:
        prop = self._prop()
        if prop is None:
            return self._wide()
        holder = self._figure(prop.held_by)
        base = hand_of(holder, self._mark(holder), prop) if holder else prop.position
        out = heading(180.0) if self.in_car else towards(base, self.layout.wide)
        if holder:
            out = self._to_camera_side(holder, heading(self._mark(holder).yaw), 50.0)
        window = Window(top=0.3, foot=0.72, margin=0.24)
        points = corners(prop, base) if holder is None else around(base, max(0.1, *prop.size))
        climb = 0.75 if holder is None else 1.0
        keys = [
            within_reach(points, View(turned(out, turn), climb=climb), window, 65.0, self.aspect, _OUTDOOR_REACH)
            for turn in (*_AROUND, 90.0, -90.0)
        ]
        return next((key for key in keys if not self._sightlines.in_a_body(self._moments(key, []))), keys[0])

    def _prop(self) -> Prop | None:
        return next((prop for prop in self.stage.props if prop.id == self.setup.thing), None)

    def _point_of_view(self, eyes: Vec3, ahead: Vec3) -> CameraKey:
        """From the eyes of somebody who is not in the shot, because the camera is."""
        figure = self._figure(self.setup.toward)
        if figure:
            crop = CROPS[self.setup.size]
            right = cross(towards(eyes, self._spot(figure)), (0.0, 1.0, 0.0))
            points = body_points(figure, self._mark(figure), crop, right)
            return solve_lens(points, eyes, Window(top=crop.head, foot=crop.foot), self.aspect, (28.0, 65.0))
        prop = self._prop()
        if prop is None:
            return CameraKey(frame=0, position=eyes, target=ahead, focal_mm=28.0, focus_m=20.0)
        return solve_lens(corners(prop, prop.position), eyes, Window(0.3, 0.72, margin=0.24), self.aspect, (28.0, 85.0))

    def _wide(self) -> CameraKey:
        """The whole set from the layout's own wide position."""
        focal = 21.0 if self.setup.size in (ShotSize.EST, ShotSize.EWS) else 28.0
        target = (0.0, min(1.2, self.layout.size[1] * 0.42), 0.0)
        distance = plan_distance(self.layout.wide, target)
        return CameraKey(frame=0, position=self.layout.wide, target=target, focal_mm=focal, focus_m=round(distance, 3))

    # -- movement -------------------------------------------------------------------------------------------------

    def _moved(self, key: CameraKey) -> Keys:
        figures = self._subjects()
        walker = figures[0] if figures and self.setup.framing is not Framing.POV else None
        offsets = _offsets(walker, self._mark(walker)) if walker else ()
        if offsets and self._travels:
            return follow(key, offsets)
        if walker and offsets:
            return self._panned(key, walker)
        if self.frames < _SHORTEST_MOVE:
            return static(key)
        centre = middle([self._spot(figure) for figure in figures]) if figures else None
        sign = 1.0 if chance(self.setup.anchor, "sign") % 2 else -1.0
        for way in (sign, -sign):
            keys = resting_move(self.setup.movement, key, self.frames, centre, way)
            if not any(self._sightlines.in_a_body(self._moments(moment, [])) for moment in keys):
                return keys
        return static(key)

    def _panned(self, key: CameraKey, walker: Figure) -> Keys:
        """From a fixed place, aimed at each mark of a walk so that the headroom stays."""
        return tuple(self._aimed_at(walker, mark, key) for mark in walker.marks)

    def _aimed_at(self, walker: Figure, mark: Mark, key: CameraKey) -> CameraKey:
        right = _right_of(towards((mark.x, 0.0, mark.z), key.position))
        points, window = body_points(walker, mark, self._crop, right), self._window([walker], right)
        aimed = solve_lens(points, key.position, window, self.aspect, (key.focal_mm, key.focal_mm))
        return aimed.model_copy(update={"frame": mark.frame, "ease": Ease.LINEAR, "roll": key.roll})


def _offsets(figure: Figure, framed: Mark) -> tuple[tuple[int, Vec3], ...]:
    """How far a figure that walks is from where it was framed, at each of its marks; nothing if it stays."""
    xs, zs = [mark.x for mark in figure.marks], [mark.z for mark in figure.marks]
    if max(xs) - min(xs) < _STEP and max(zs) - min(zs) < _STEP:
        return ()
    return tuple((mark.frame, (mark.x - framed.x, 0.0, mark.z - framed.z)) for mark in figure.marks)


def _right_of(direction: Vec3) -> Vec3:
    """The right of a frame whose camera stands in a direction from its subject."""
    return cross(moved((0.0, 0.0, 0.0), direction, -1.0), (0.0, 1.0, 0.0))
