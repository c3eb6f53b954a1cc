"""A real camera as numbers: sensor, focal length, path; its pose and projection at any frame.

The world is right-handed with `y` up (see `vibeboard.stage`). A camera's own axes are OpenCV's: `x` right, `y` down,
`z` forward, pixels from the top left corner. Everything here is plain arithmetic, so that a plan can be checked,
and a path evaluated, without loading a renderer.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from vibeboard.hints import also_called, hints
from vibeboard.model import Frozen
from vibeboard.stage import Vec3

SUPER35_WIDTH_MM = 24.89
"""Width of the Super 35 sensor area that the plans assume."""


@also_called(
    LINEAR=("constant speed", "lerp"),
    SMOOTH=("smoothstep", "ease in out", "ease in and out", "ease-in-ease-out"),
    WHIP=("whip pan",),
)
class Ease(StrEnum):
    LINEAR = "linear"
    SMOOTH = "smooth"
    """Smoothstep: starts and ends at rest, as a dolly does."""
    WHIP = "whip"
    """Rests, rushes, rests."""


class CameraKey(Frozen):
    """The camera at one frame: where it stands, the point it looks at, its lens and its focus.

    `ease` shapes the way from this key to the next.
    """

    frame: int = Field(
        ge=0,
        json_schema_extra=hints(
            unit="frame", synonyms=("at_frame", "frame_number", "keyframe"), measures=("at", "time", "timestamp", "t")
        ),
    )
    position: Vec3 = Field(
        json_schema_extra=hints(unit="m", synonyms=("pos", "location", "eye", "coordinates", "camera_position"))
    )
    target: Vec3 = Field(
        json_schema_extra=hints(
            unit="m",
            synonyms=("look_at", "lookat", "aim", "looks_at", "look_at_point", "target_position", "target_point"),
        )
    )
    roll: float = Field(
        default=0.0,
        description="degrees, positive tips the horizon clockwise",
        json_schema_extra=hints(unit="deg", synonyms=("dutch", "dutch_angle", "roll_angle")),
    )
    focal_mm: float = Field(
        default=35.0,
        ge=4.0,
        le=1200.0,
        json_schema_extra=hints(unit="mm", synonyms=("focal_length", "focal"), measures=("lens",)),
    )
    focus_m: float = Field(
        default=3.0,
        gt=0.0,
        description="focus distance from the lens, metres",
        json_schema_extra=hints(
            unit="m", measures=("focus", "focus_distance", "focus_at", "focal_distance", "subject_distance")
        ),
    )
    ease: Ease = Field(default=Ease.SMOOTH, json_schema_extra=hints(synonyms=("easing", "interpolation", "curve")))


class CameraPath(Frozen):
    """Keys in order of frame over a sensor. `handheld` is the sway in metres (0 on sticks, about 0.012 on a
    shoulder); its drift derives from the shot's seed."""

    sensor_width_mm: float = Field(
        default=SUPER35_WIDTH_MM,
        gt=1.0,
        le=100.0,
        json_schema_extra=hints(unit="mm", synonyms=("sensor_width",), measures=("sensor",)),
    )
    f_number: float = Field(
        default=4.0,
        ge=0.7,
        le=32.0,
        json_schema_extra=hints(unit="f", synonyms=("aperture", "f_stop", "fstop", "f_no", "iris")),
    )
    handheld: float = Field(
        default=0.0, ge=0.0, le=0.2, json_schema_extra=hints(unit="m", measures=("sway", "handheld_sway"))
    )
    keys: tuple[CameraKey, ...] = Field(
        min_length=1, json_schema_extra=hints(synonyms=("keyframes", "key_frames", "path", "poses", "waypoints"))
    )

    @property
    def moves(self) -> bool:
        """Whether any two frames can differ."""
        first = self.keys[0]
        still = all(
            key.model_copy(update={"frame": 0, "ease": first.ease}) == first.model_copy(update={"frame": 0})
            for key in self.keys
        )
        return self.handheld > 0 or not still


class CameraPose(NamedTuple):
    """A camera at rest. `rotation` rows are the camera's right, down and forward axes in world coordinates, so that
    a world point `p` is `rotation @ (p - position)` in camera axes (world-to-camera)."""

    position: Vec3
    rotation: tuple[Vec3, Vec3, Vec3]
    focal_mm: float
    focus_m: float

    def world_to_camera(self, point: Vec3) -> Vec3:
        offset = subtract(point, self.position)
        right, down, forward = self.rotation
        return (dot(right, offset), dot(down, offset), dot(forward, offset))


def subtract(a: Vec3, b: Vec3) -> Vec3:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def dot(a: Vec3, b: Vec3) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec3, b: Vec3) -> Vec3:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def unit(a: Vec3) -> Vec3:
    length = math.sqrt(dot(a, a))
    return (a[0] / length, a[1] / length, a[2] / length)


def lerp(a: Vec3, b: Vec3, t: float) -> Vec3:
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def look_at(position: Vec3, target: Vec3, roll: float = 0.0) -> tuple[Vec3, Vec3, Vec3]:
    """World-to-camera rotation of a camera at `position` that looks at `target` with the horizon rolled.

    Straight up or down, the picture's top is `-z` (down) or `+z` (up).
    """
    forward = unit(subtract(target, position))
    upright = abs(forward[1]) < 0.99999
    up: Vec3 = (0.0, 1.0, 0.0) if upright else (0.0, 0.0, math.copysign(1.0, forward[1]))
    right = unit(cross(forward, up))
    down = cross(forward, right)
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    return (_combined(cos, right, -sin, down), _combined(sin, right, cos, down), forward)


def _combined(s: float, a: Vec3, t: float, b: Vec3) -> Vec3:
    return (s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2])


def smoothstep(t: float) -> float:
    """0 to 1 for `t` from 0 to 1, at rest at both ends."""
    return t * t * (3 - 2 * t)


def _eased(ease: Ease, t: float) -> float:
    if ease is Ease.SMOOTH:
        return smoothstep(t)
    if ease is Ease.WHIP:
        t = min(max((t - 0.35) / 0.3, 0.0), 1.0)
        return t * t * t * (t * (6 * t - 15) + 10)
    return t


def _sway(seed: int, seconds: float, channel: int) -> float:
    """Smooth noise in -1..1: three sines of unrelated periods with phases from the seed."""
    phase = ((seed * 2654435761 + channel * 40503) % 6283) / 1000
    return (
        0.55 * math.sin(1.7 * seconds + phase)
        + 0.30 * math.sin(4.1 * seconds + 2.3 * phase + channel)
        + 0.15 * math.sin(9.3 * seconds + 3.7 * phase)
    )


def camera_at(path: CameraPath, frame: float, seconds: float = 0.0, seed: int = 0) -> CameraPose:
    """The camera's pose at a frame; before the first and after the last key it rests there.

    `seconds` (the frame's time) and `seed` matter to a handheld camera only. Focal length eases in its logarithm,
    so that a zoom seems even.
    """
    before = [key for key in path.keys if key.frame <= frame] or [path.keys[0]]
    a = before[-1]
    after = [key for key in path.keys if key.frame > frame]
    b = after[0] if after and frame > a.frame else a
    t = _eased(a.ease, (frame - a.frame) / (b.frame - a.frame)) if b is not a else 0.0
    position, target = lerp(a.position, b.position, t), lerp(a.target, b.target, t)
    roll = a.roll + (b.roll - a.roll) * t
    if path.handheld:
        sway = [path.handheld * _sway(seed, seconds, channel) for channel in range(6)]
        position = (position[0] + sway[0], position[1] + sway[1], position[2] + sway[2])
        target = (target[0] + sway[3], target[1] + sway[4], target[2] + sway[3])
        roll += 12 * sway[5]
    return CameraPose(
        position=position,
        rotation=look_at(position, target, roll),
        focal_mm=math.exp(math.log(a.focal_mm) + (math.log(b.focal_mm) - math.log(a.focal_mm)) * t),
        focus_m=a.focus_m + (b.focus_m - a.focus_m) * t,
    )


def focal_px(focal_mm: float, sensor_width_mm: float, width: int) -> float:
    """Focal length in pixels of a picture `width` pixels wide; pixels are square."""
    return focal_mm / sensor_width_mm * width


def project(
    pose: CameraPose, sensor_width_mm: float, width: int, height: int, point: Vec3
) -> tuple[float, float, float]:
    """Pixel `(u, v)` and depth in metres along the optical axis of a world point (pinhole, principal point at the
    picture's centre). The middle of the top left pixel is `(0.5, 0.5)`. A point behind the camera has depth <= 0."""
    x, y, z = pose.world_to_camera(point)
    scale = focal_px(pose.focal_mm, sensor_width_mm, width) / (z if abs(z) > 1e-9 else 1e-9)
    return (width / 2 + x * scale, height / 2 + y * scale, z)
