"""The camera of a setup on a blocked stage: which side, from where, through which lens, along which path."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.planner.aims import aim_point, aim_reach, aimed_move
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
    towards,
    turned,
)
from agents.planner.moves import Keys, follow, resting_move, static
from agents.planner.outlines import around, corners, hand_of
from agents.planner.setups import chance
from agents.planner.viewfinder import Viewfinder, offsets_of, right_of
from vibeboard.camera import CameraKey, CameraPath, Ease, cross
from vibeboard.edits import Aim
from vibeboard.figure import Landmark, point_of
from vibeboard.shot import Angle, Framing, Movement, ShotSize
from vibeboard.stage import Figure, Mark, Vec3

_THING_REACH = 16.0
"""Metres from a thing within which its insert is taken."""
_SHORTEST_MOVE = 12
"""Frames below which a camera has no time to move."""
_AROUND = (0.0, 14.0, -14.0, 28.0, -28.0, 42.0, -42.0)
_FROM_BEHIND = (70.0, -70.0, 110.0, -110.0, 144.0, -144.0)
"""Turns that are worth a try where many people, or a walk, leave the wanted side no clear view."""
_PROFILE = -0.2
"""Cosine between a gaze and the way to the camera below which no face is seen."""
_EDGE, _NEARER = -0.05, 0.75
"""Who is so much nearer than the subject, anywhere but at the frame's very edge, takes the picture over."""
_AT_EDGE = 0.3
"""Farther from its place at the frame's edge than this, in widths, nobody's shoulder is shot over."""


@dataclass(frozen=True)
class Operator(Viewfinder):
    """Whoever sets up the camera: chooses its place, its lens and its way."""

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
        if self.setup.framing is Framing.OTS and (near := self.stage.figure(self.setup.toward)):
            key = self._over_shoulder(figures[0], near)
            if self._works_over(key, figures[0], near):
                return key
            if any(line.speaker == near.id for line in self.setup.lines):
                return self._on_people([figures[0], near])
        return self._on_people(figures)

    # -- people ---------------------------------------------------------------------------------------------------

    def _on_people(self, figures: list[Figure]) -> CameraKey:
        """The first place, from the wanted one outwards and from longer lenses to shorter, that nothing speaks
        against; else the one that least does."""
        direction = self._direction(figures)
        far = _FROM_BEHIND if len(figures) > 2 or offsets_of(figures[0], figures[0].marks[0]) else ()
        places = [(lens, turn) for lens in (1.0, 0.75, 0.55) for turn in (*_AROUND, *far)]
        best, least = None, math.inf
        for lens, turn in places:
            key = self._framed(figures, turned(direction, turn), self._lens * lens)
            objections = self._objections(key, figures)
            if objections < least:
                best, least = key, objections
            if not objections:
                break
        assert best is not None
        return best

    @property
    def _lens(self) -> float:
        return self.setup.focal_mm or self._crop.lens

    def _objections(self, key: CameraKey, figures: list[Figure]) -> int:
        """What speaks against a place, the gravest counting most."""
        moments = self._moments(key, figures)
        inside, hidden = self._sightlines.in_a_body(moments), not self._sightlines.clear(moments, figures)
        wrong_side, turned_away = not self._keeps_side(key, figures), self._from_behind(key, figures)
        untidy = self._beheads(key, figures) + self._crowded(key, figures) + self._behind_wall(key)
        return 8 * inside + 4 * wrong_side + 2 * (hidden + turned_away) + untidy

    def _from_behind(self, key: CameraKey, figures: list[Figure]) -> bool:
        """Whether a speaker, or the only one in the shot, turns the back on the camera."""
        speakers = {line.speaker for line in self.setup.lines} if len(figures) > 1 else {figures[0].id}
        for figure in figures:
            gaze, seen = self._gaze(figure), towards(self._spot(figure), key.position)
            if figure.id in speakers and gaze[0] * seen[0] + gaze[2] * seen[2] < _PROFILE:
                return True
        return False

    def _beheads(self, key: CameraKey, figures: list[Figure]) -> bool:
        """Whether somebody else is in the frame without a head."""
        for other in self.stage.figures:
            crown, chest = (point_of(other, other.marks[-1], mark) for mark in (Landmark.CROWN, Landmark.CHEST))
            u, top, depth = place_in_frame(key, self.aspect, crown)
            _, low, _ = place_in_frame(key, self.aspect, chest)
            if other not in figures and depth > 0 and 0 < u < 1 and top < 0 < low < 1:
                return True
        return False

    def _behind_wall(self, key: CameraKey) -> bool:
        """Whether the camera stands outside a room but not where the wide one does: the wall is taken away for it, what
        stands at the wall is not."""
        if not self.layout.interior or self.in_car:
            return False
        (width, _, depth), (x, _, z) = self.layout.size, key.position
        return abs(x) > width / 2 or z < -depth / 2

    def _crowded(self, key: CameraKey, figures: list[Figure]) -> bool:
        """Whether somebody else stands in the frame much nearer than those the shot is about."""
        nearest = min(plan_distance(key.position, self._spot(figure)) for figure in figures)
        for other in self.stage.figures:
            marks = [] if other in figures else other.marks
            for mark in marks:
                u, _, depth = place_in_frame(key, self.aspect, point_of(other, mark, Landmark.CHEST))
                if _EDGE < u < 1 - _EDGE and 0 < depth < _NEARER * nearest:
                    return True
        return False

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

    def _works_over(self, key: CameraKey, far: Figure, near: Figure) -> bool:
        """Whether the near head is at the edge of the frame and nobody else in the way."""
        moments = self._moments(key, [])
        clear = self._sightlines.clear(moments, [far], past=[near])
        return self._edge_gap(key, near) < _AT_EDGE and clear and not self._sightlines.in_a_body(moments)

    def _behind(self, far: Figure, near: Figure, crop: Crop, position: Vec3, height: float) -> CameraKey:
        position = (position[0], height, position[2])
        direction = towards(self._spot(far), position)
        right = right_of(direction)
        to_near = towards(self._spot(far), self._spot(near))
        off = -0.1 if to_near[0] * right[0] + to_near[2] * right[2] > 0 else 0.1
        window = Window(top=crop.head, foot=crop.foot, centre=0.5 + off, margin=0.03)
        points = body_points(far, self._mark(far), crop, right)
        return solve_lens(points, position, window, self.aspect, (28.0, 75.0))

    def _edge_gap(self, key: CameraKey, near: Figure) -> float:
        """How far the near head's middle is from a tenth of the frame's width inside its nearer edge; out of reach
        where it is above or below the frame."""
        mark = self._mark(near)
        u, v, _ = place_in_frame(key, self.aspect, point_of(near, mark, Landmark.EYES))
        return min(abs(u - 0.09), abs(u - 0.91)) + (1.0 if not -_AT_EDGE < v < 1 else 0.0)

    # -- things and places ----------------------------------------------------------------------------------------

    def _insert(self) -> CameraKey:
        prop = self.stage.prop(self.setup.thing)
        if prop is None:
            return self._wide()
        holder = self.stage.figure(prop.held_by)
        base = hand_of(holder, self._mark(holder), prop) if holder else prop.position
        out = heading(180.0) if self.in_car else towards(base, self.layout.wide)
        if holder:
            out = self._to_camera_side(holder, heading(self._mark(holder).yaw), 50.0)
        window = Window(top=0.3, foot=0.72, margin=0.24)
        points = corners(prop, base) if holder is None else around(base, max(0.1, *prop.size))
        climb = 0.75 if holder is None else 1.0
        keys = [
            within_reach(
                points,
                View(turned(out, turn), climb=climb),
                window,
                self.setup.focal_mm or 65.0,
                self.aspect,
                _THING_REACH,
            )
            for turn in (*_AROUND, 90.0, -90.0)
        ]
        return next((key for key in keys if not self._sightlines.in_a_body(self._moments(key, []))), keys[0])

    def _point_of_view(self, eyes: Vec3, ahead: Vec3) -> CameraKey:
        """From the eyes of somebody who is not in the shot, because the camera is."""
        figure = self.stage.figure(self.setup.toward)
        if figure:
            crop = CROPS[self.setup.size]
            right = cross(towards(eyes, self._spot(figure)), (0.0, 1.0, 0.0))
            points = body_points(figure, self._mark(figure), crop, right)
            return solve_lens(points, eyes, Window(top=crop.head, foot=crop.foot), self.aspect, (28.0, 65.0))
        prop = self.stage.prop(self.setup.thing)
        if prop is None:
            return CameraKey(frame=0, position=eyes, target=ahead, focal_mm=28.0, focus_m=20.0)
        holder = self.stage.figure(prop.held_by)
        points = around(hand_of(holder, self._mark(holder), prop), 0.1) if holder else corners(prop, prop.position)
        return solve_lens(points, eyes, Window(0.3, 0.72, margin=0.24), self.aspect, (28.0, 135.0))

    def _wide(self) -> CameraKey:
        """The whole set from the layout's own wide position."""
        focal = self.setup.focal_mm or (21.0 if self.setup.size in (ShotSize.EST, ShotSize.EWS) else 28.0)
        target = (0.0, min(1.2, self.layout.size[1] * 0.42), 0.0)
        distance = plan_distance(self.layout.wide, target)
        return CameraKey(frame=0, position=self.layout.wide, target=target, focal_mm=focal, focus_m=round(distance, 3))

    # -- movement -------------------------------------------------------------------------------------------------

    def _moved(self, key: CameraKey) -> Keys:
        if self.setup.aim:
            return self._to_aim(key, self.setup.aim)
        figures = self._subjects()
        walker = figures[0] if figures and self.setup.framing is not Framing.POV else None
        offsets = offsets_of(walker, self._mark(walker)) if walker else ()
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

    def _to_aim(self, key: CameraKey, aim: Aim) -> Keys:
        """A movement that goes to something; it stands still where that would lead through somebody."""
        point = aim_point(self.stage, aim, self.frames - 1)
        if point is None or self.frames < _SHORTEST_MOVE:
            return static(key)
        reach = aim_reach(self.stage, aim)
        for wider in (1.0, 1.5, 2.2, 3.2):
            keys = aimed_move(self.setup.movement, key, point, reach * wider, self.frames, self.aspect)
            if not any(self._sightlines.in_a_body(self._moments(moment, [])) for moment in keys):
                return keys
        return static(key)

    def _panned(self, key: CameraKey, walker: Figure) -> Keys:
        """From a fixed place, aimed at each mark of a walk so that the headroom stays."""
        return tuple(self._aimed_at(walker, mark, key) for mark in walker.marks)

    def _aimed_at(self, walker: Figure, mark: Mark, key: CameraKey) -> CameraKey:
        right = right_of(towards(mark.ground, key.position))
        points, window = body_points(walker, mark, self._crop, right), self._window([walker], right)
        aimed = solve_lens(points, key.position, window, self.aspect, (key.focal_mm, key.focal_mm))
        return aimed.model_copy(update={"frame": mark.frame, "ease": Ease.LINEAR, "roll": key.roll})
