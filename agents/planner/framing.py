"""Where the camera must stand, or which lens it needs, so that what the shot is about fills the frame as it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.planner.geometry import heading, middle, moved, plan_distance, to_millimetre
from vibeboard.camera import SUPER35_WIDTH_MM, CameraKey, CameraPose, look_at, project
from vibeboard.figure import FRACTION, Landmark, height_of
from vibeboard.shot import ShotSize
from vibeboard.stage import Figure, Mark, Pose, Vec3

PRIMES = (16.0, 18.0, 21.0, 24.0, 28.0, 35.0, 40.0, 50.0, 65.0, 75.0, 85.0, 100.0)
"""The lenses in the box, mm."""

_ROUNDS = 24
_CLOSE = 0.0005
_NEAR = 0.05
_UP = (0.0, 1.0, 0.0)
_LEAST = 0.35
"""Share of a size's span that it shows at least of somebody who sits or kneels."""
_WIDTH = 1000


@dataclass(frozen=True)
class Crop:
    """How much of a body a size shows: from the fraction `top` of standing height, put at the fraction `head` of the
    frame's height, down to `low`, put at `foot`. `half` is the half width to keep in frame, in heights."""

    top: float
    low: float
    head: float
    foot: float
    half: float
    lens: float


CROPS: dict[ShotSize, Crop] = {
    ShotSize.EWS: Crop(1.0, 0.0, 0.46, 0.80, 0.15, 24.0),
    ShotSize.WS: Crop(1.0, 0.0, 0.22, 0.88, 0.15, 28.0),
    ShotSize.FS: Crop(1.0, 0.0, 0.10, 0.94, 0.15, 35.0),
    ShotSize.MFS: Crop(1.0, 0.20, 0.10, 1.0, 0.15, 35.0),
    ShotSize.MLS: Crop(1.0, 0.40, 0.10, 1.0, 0.15, 35.0),
    ShotSize.MS: Crop(1.0, 0.57, 0.10, 1.0, 0.15, 40.0),
    ShotSize.MCU: Crop(1.0, 0.69, 0.10, 1.0, 0.13, 50.0),
    ShotSize.CU: Crop(1.0, 0.785, 0.09, 1.0, 0.09, 65.0),
    ShotSize.BCU: Crop(0.995, 0.835, 0.03, 1.0, 0.06, 75.0),
    ShotSize.ECU: Crop(0.97, 0.875, 0.0, 1.0, 0.05, 85.0),
}
"""Cut between the joints, never at them: below the knees, mid-thigh, below the waist, above the elbows, shoulders."""


@dataclass(frozen=True)
class Box:
    """What points cover of the frame, in fractions of its width and height from the top left."""

    left: float
    right: float
    top: float
    foot: float


@dataclass(frozen=True)
class Window:
    """The part of the frame that the subject's points fill, in fractions of its width and height from the top left."""

    top: float = 0.1
    foot: float = 0.9
    centre: float = 0.5
    margin: float = 0.05
    sink: float = 0.0
    """Share of the height left over, in a tall frame, that goes above."""

    @property
    def half(self) -> float:
        return min(self.centre, 1 - self.centre) - self.margin

    def top_of(self, box: Box) -> float:
        """Where the top of a box belongs."""
        return self.top + self.sink * max(self.foot - self.top - (box.foot - box.top), 0.0)


@dataclass(frozen=True)
class View:
    """From where: a direction on the plan away from the subject, and either a fixed height of the lens or a climb
    (metres up for each metre away, from the middle of the subject)."""

    direction: Vec3
    height: float | None = None
    climb: float = 0.0

    def position(self, centre: Vec3, distance: float) -> Vec3:
        x, _, z = moved(centre, self.direction, distance)
        return (x, self.height if self.height is not None else max(centre[1] + self.climb * distance, 0.12), z)


def body_height(figure: Figure, mark: Mark, fraction: float) -> float:
    """Height above the ground of a fraction of the standing figure, between the landmarks that frame it."""
    above = min((mark_ for mark_ in Landmark if FRACTION[mark_] >= fraction), key=FRACTION.__getitem__)
    below = max((mark_ for mark_ in Landmark if FRACTION[mark_] <= fraction), key=FRACTION.__getitem__)
    low, high = height_of(figure, mark, below), height_of(figure, mark, above)
    gap = FRACTION[above] - FRACTION[below]
    return low if gap == 0 else low + (high - low) * (fraction - FRACTION[below]) / gap


def body_point(figure: Figure, mark: Mark, fraction: float) -> Vec3:
    """World position of a fraction of the standing figure; one who lies has the head away from where the mark faces."""
    height = body_height(figure, mark, fraction)
    if mark.pose is not Pose.LIE:
        return (mark.x, height, mark.z)
    return moved((mark.x, height, mark.z), heading(mark.yaw), (FRACTION[Landmark.HIPS] - fraction) * figure.height)


def body_points(figure: Figure, mark: Mark, crop: Crop, right: Vec3) -> list[Vec3]:
    """Top, bottom and both sides of what a crop shows of a figure seen along a view whose right is `right`."""
    top, low = body_point(figure, mark, crop.top), body_point(figure, mark, crop.low)
    half = crop.half * figure.height * figure.build
    if mark.pose is Pose.LIE:
        return [moved(end, axis, sign * half) for end in (top, low) for axis in (right, _UP) for sign in (-1, 1)]
    least = (crop.top - crop.low) * figure.height * _LEAST
    low = (low[0], min(low[1], top[1] - least), low[2])
    centre = middle([top, low])
    return [top, low, moved(centre, right, half), moved(centre, right, -half)]


def solve(points: Sequence[Vec3], view: View, window: Window, lens: float, aspect: float) -> CameraKey:
    """Put the camera at the distance at which the points just fill the window, and aim it there.

    Args:
        points: what must be seen, in world metres.
        lens: focal length, mm; kept.
        aspect: width of the frame over its height.

    Returns:
        The key, focused on the middle of the points. The tighter of width and height decides; the top is always put
        at the window's top, so that a tall frame shows more below, never more headroom.
    """
    centre = middle(points)
    target, distance = centre, 3.0
    for _ in range(_ROUNDS):
        pose = _pose(view.position(centre, distance), target, lens)
        box = _bounds(pose, points, aspect)
        if box is None:
            distance *= 1.6
            continue
        need = _need(box, window)
        target = _aimed(pose, target, box, window, aspect, centre)
        distance *= min(max(need, 0.4), 2.5)
        if abs(need - 1) < _CLOSE and abs(box.top - window.top_of(box)) < _CLOSE:
            break
    return _key(pose.position, target, lens, centre)


def solve_lens(
    points: Sequence[Vec3], position: Vec3, window: Window, aspect: float, limits: tuple[float, float]
) -> CameraKey:
    """Choose the focal length, within limits in mm, and the aim with which a camera that stays put fills the window."""
    centre = middle(points)
    target, lens = centre, limits[0]
    for _ in range(_ROUNDS):
        pose = _pose(position, target, lens)
        box = _bounds(pose, points, aspect)
        if box is None:
            break
        target = _aimed(pose, target, box, window, aspect, centre)
        lens = min(max(lens / _need(box, window), limits[0]), limits[1])
    return _key(position, target, round(lens, 1), centre)


def within_reach(
    points: Sequence[Vec3], view: View, window: Window, lens: float, aspect: float, reach: float
) -> CameraKey:
    """`solve` with the longest lens up to `lens` that keeps the camera within `reach` metres of the subject."""
    centre = middle(points)
    for prime in reversed([PRIMES[0], *(prime for prime in PRIMES[1:] if prime <= lens)]):
        key = solve(points, view, window, prime, aspect)
        if plan_distance(key.position, centre) <= reach:
            break
    return key


def place_in_frame(key: CameraKey, aspect: float, point: Vec3) -> tuple[float, float, float]:
    """Where a point falls in the frame: fractions of its width and height from the top left, and depth in metres."""
    pose = CameraPose(key.position, look_at(key.position, key.target, key.roll), key.focal_mm, key.focus_m)
    return _place(pose, aspect, point)


def _pose(position: Vec3, target: Vec3, lens: float) -> CameraPose:
    return CameraPose(position, look_at(position, target), lens, 1.0)


def _place(pose: CameraPose, aspect: float, point: Vec3) -> tuple[float, float, float]:
    u, v, depth = project(pose, SUPER35_WIDTH_MM, _WIDTH, round(_WIDTH / aspect), point)
    return (u / _WIDTH, v / round(_WIDTH / aspect), depth)


def _bounds(pose: CameraPose, points: Sequence[Vec3], aspect: float) -> Box | None:
    """The box of the points in the frame; None when one is behind the camera."""
    seen = [_place(pose, aspect, point) for point in points]
    if min(depth for _, _, depth in seen) < _NEAR:
        return None
    us, vs = [u for u, _, _ in seen], [v for _, v, _ in seen]
    return Box(min(us), max(us), min(vs), max(vs))


def _need(box: Box, window: Window) -> float:
    wide = (box.right - box.left) / (2 * window.half)
    high = (box.foot - box.top) / (window.foot - window.top)
    return max(wide, high)


def _aimed(pose: CameraPose, target: Vec3, box: Box, window: Window, aspect: float, centre: Vec3) -> Vec3:
    """The target moved across the frame so that the box comes to lie in the window."""
    right, down, _ = pose.rotation
    depth = max(pose.world_to_camera(centre)[2], _NEAR)
    width = depth * SUPER35_WIDTH_MM / pose.focal_mm
    ray = pose.world_to_camera(target)[2] / depth
    across = ((box.left + box.right) / 2 - window.centre) * width * ray
    below = (box.top - window.top_of(box)) * width / aspect * ray
    return moved(moved(target, right, across), down, below)


def _key(position: Vec3, target: Vec3, lens: float, centre: Vec3) -> CameraKey:
    """The key, focused on a point, to the millimetre."""
    depth = max(_pose(position, target, lens).world_to_camera(centre)[2], 0.1)
    return CameraKey(
        frame=0, position=to_millimetre(position), target=to_millimetre(target), focal_mm=lens, focus_m=round(depth, 3)
    )
