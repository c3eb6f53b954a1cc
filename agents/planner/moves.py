"""Camera movements as paths: each takes a framed key and the length of the shot and returns the keys of the move.

The framed key is where the composition was solved. A move ends on it, but `pull_out`, which starts there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from agents.planner.geometry import moved
from vibeboard.camera import CameraKey, Ease, cross, dot, look_at, smoothstep, subtract, unit
from vibeboard.shot import Movement
from vibeboard.stage import Vec3

Keys = tuple[CameraKey, ...]
_SAMPLES = 12
"""Steps of a path that no straight line between two keys can follow."""


def static(key: CameraKey) -> Keys:
    return (key,)


def pan(key: CameraKey, frames: int, degrees: float) -> Keys:
    """Turn about the camera's vertical axis by `degrees` (positive to the right) onto the framed key."""
    return _from(_looking(key, _spun(_ray(key), (0.0, 1.0, 0.0), degrees)), key, frames)


def tilt(key: CameraKey, frames: int, degrees: float) -> Keys:
    """Tilt upwards by `degrees` (downwards if negative) onto the framed key."""
    right, _, _ = look_at(key.position, key.target)
    return _from(_looking(key, _spun(_ray(key), right, -degrees)), key, frames)


def whip_pan(key: CameraKey, frames: int, degrees: float) -> Keys:
    """A pan that rests, rushes and rests."""
    first, last = pan(key, frames, degrees)
    return (first.model_copy(update={"ease": Ease.WHIP}), last)


def push_in(key: CameraKey, frames: int, ratio: float) -> Keys:
    """Drive towards the target onto the framed key, from `ratio` (> 1) times its distance."""
    return _from(_at_distance(key, ratio), key, frames)


def pull_out(key: CameraKey, frames: int, ratio: float) -> Keys:
    """Drive away from the framed key to `ratio` (> 1) times its distance."""
    return (key, _at_distance(key, ratio).model_copy(update={"frame": frames - 1}))


def truck(key: CameraKey, frames: int, metres: float) -> Keys:
    """Drive sideways, to the right if positive, without turning, onto the framed key."""
    right, _, _ = look_at(key.position, key.target)
    return _from(shifted(key, right, -metres), key, frames)


def arc(key: CameraKey, frames: int, pivot: Vec3, degrees: float) -> Keys:
    """Drive on a circle about a point, by `degrees` about `+y`, onto the framed key."""
    return tuple(_on_circle(key, pivot, -degrees * (1 - smoothstep(t)), t, frames) for t in _steps())


def crane(key: CameraKey, frames: int, metres: float) -> Keys:
    """Rise by `metres` (sink if negative) onto the framed key, the eye on the target all the while."""
    x, y, z = key.position
    return _from(key.model_copy(update={"position": (x, y - metres, z)}), key, frames)


def zoom(key: CameraKey, frames: int, ratio: float) -> Keys:
    """Zoom in onto the framed key from its focal length divided by `ratio`."""
    return _from(key.model_copy(update={"focal_mm": key.focal_mm / ratio}), key, frames)


def dolly_zoom(key: CameraKey, frames: int, subject: Vec3, ratio: float) -> Keys:
    """Drive in from `ratio` times the distance while zooming out, so that what is as deep as the subject keeps its
    size: focal length stays in proportion to depth."""
    forward = unit(_ray(key))
    depth = dot(subtract(subject, key.position), forward)
    return tuple(_zoomed(key, forward, depth, 1 + (ratio - 1) * (1 - smoothstep(t)), t, frames) for t in _steps())


def follow(key: CameraKey, offsets: Sequence[tuple[int, Vec3]]) -> Keys:
    """Travel along with somebody who is `offset` metres away from where the framed key has them, at each frame."""
    return tuple(
        key.model_copy(
            update={
                "frame": frame,
                "position": moved(key.position, offset, 1.0),
                "target": moved(key.target, offset, 1.0),
                "ease": Ease.LINEAR,
            }
        )
        for frame, offset in offsets
    )


def shifted(key: CameraKey, direction: Vec3, metres: float) -> CameraKey:
    """The same view from a camera moved as a whole."""
    return key.model_copy(
        update={"position": moved(key.position, direction, metres), "target": moved(key.target, direction, metres)}
    )


def resting_move(movement: Movement, key: CameraKey, frames: int, centre: Vec3 | None, sign: float) -> Keys:
    """A movement in the measure that suits a shot whose people stay where they are.

    Args:
        centre: the middle of the people, or None in a shot of the place alone.
        sign: 1 or -1, the side to which the movement goes where it has one.
    """
    empty = centre is None
    paths: dict[Movement, Callable[[], Keys]] = {
        Movement.PUSH_IN: lambda: push_in(key, frames, 1.22 if empty else 1.3),
        Movement.PULL_OUT: lambda: pull_out(key, frames, 1.35),
        Movement.PAN: lambda: pan(key, frames, sign * 14.0),
        Movement.WHIP_PAN: lambda: whip_pan(key, frames, sign * 60.0),
        Movement.TILT: lambda: tilt(key, frames, 12.0),
        Movement.TRUCK: lambda: truck(key, frames, sign * 0.9),
        Movement.ARC: lambda: arc(key, frames, centre or key.target, sign * 24.0),
        Movement.CRANE: lambda: crane(key, frames, -1.8 if empty else 0.8),
        Movement.ZOOM: lambda: zoom(key, frames, 1.5),
        Movement.DOLLY_ZOOM: lambda: dolly_zoom(key, frames, key.target, 1.7),
    }
    return paths.get(movement, lambda: static(key))()


def _from(start: CameraKey, key: CameraKey, frames: int) -> Keys:
    return (start, key.model_copy(update={"frame": max(frames - 1, 1)}))


def _ray(key: CameraKey) -> Vec3:
    return subtract(key.target, key.position)


def _looking(key: CameraKey, ray: Vec3) -> CameraKey:
    return key.model_copy(update={"target": moved(key.position, ray, 1.0)})


def _at_distance(key: CameraKey, ratio: float) -> CameraKey:
    position = moved(key.target, _ray(key), -ratio)
    return key.model_copy(update={"position": position, "focus_m": key.focus_m * ratio})


def _spun(vector: Vec3, axis: Vec3, degrees: float) -> Vec3:
    """Rodrigues' rotation of a vector about a unit axis."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    side, along = cross(axis, vector), dot(axis, vector) * (1 - cos)
    x, y, z = (v * cos + s * sin + a * along for v, s, a in zip(vector, side, axis, strict=True))
    return (x, y, z)


def _steps() -> list[float]:
    return [step / _SAMPLES for step in range(_SAMPLES + 1)]


def _on_circle(key: CameraKey, pivot: Vec3, degrees: float, t: float, frames: int) -> CameraKey:
    up = (0.0, 1.0, 0.0)
    place = {
        "position": moved(pivot, _spun(subtract(key.position, pivot), up, degrees), 1.0),
        "target": moved(pivot, _spun(subtract(key.target, pivot), up, degrees), 1.0),
        "frame": round(t * (frames - 1)),
        "ease": Ease.LINEAR,
    }
    return key.model_copy(update=place)


def _zoomed(key: CameraKey, forward: Vec3, depth: float, ratio: float, t: float, frames: int) -> CameraKey:
    place = {
        "position": moved(key.position, forward, depth * (1 - ratio)),
        "focal_mm": key.focal_mm * ratio,
        "focus_m": key.focus_m * ratio,
        "frame": round(t * (frames - 1)),
        "ease": Ease.LINEAR,
    }
    return key.model_copy(update=place)
