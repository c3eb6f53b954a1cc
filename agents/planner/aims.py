"""Movements that go to one thing: where they end, so that it fills the frame, and the camera stays out of it."""

from __future__ import annotations

import math

from agents.planner.geometry import moved, to_millimetre
from agents.planner.moves import Keys
from agents.planner.outlines import hand_of
from vibeboard.camera import SUPER35_WIDTH_MM, CameraKey, subtract, unit
from vibeboard.edits import Aim
from vibeboard.figure import Landmark, mark_at, point_of
from vibeboard.shot import Movement
from vibeboard.stage import Stage, Vec3

_AROUND = {Landmark.EYES: 0.1, Landmark.CHIN: 0.1, Landmark.CROWN: 0.14}
_BODY = 0.3
"""Half of what is seen around a landmark, metres; of a thing it is half its size."""
_FILLS = 0.55
"""Share of the frame's height that the aim fills in the end."""
_NEAREST = 0.6
"""Metres between the lens and what it goes to."""
_LEAST = 0.85
"""A push goes at least so much nearer, as a share of the distance."""
_LONGEST_MM = 135.0


def aim_point(stage: Stage, aim: Aim, frame: float) -> Vec3 | None:
    """Where an aim is at a frame; None if it is not on the stage. A figure without a landmark is its eyes."""
    figure = stage.figure(aim.name)
    if figure:
        return point_of(figure, mark_at(figure, frame), aim.landmark or Landmark.EYES)
    prop = stage.prop(aim.name)
    if prop is None:
        return None
    holder = stage.figure(prop.held_by)
    if holder:
        return hand_of(holder, mark_at(holder, frame), prop)
    x, y, z = prop.position
    return (x, y + prop.size[1] / 2, z)


def aim_reach(stage: Stage, aim: Aim) -> float:
    """Half the extent of an aim, metres."""
    prop = stage.prop(aim.name)
    if prop and aim.landmark is None:
        return max(0.08, max(prop.size) / 2)
    return _AROUND.get(aim.landmark or Landmark.EYES, _BODY)


def aimed_move(movement: Movement, key: CameraKey, point: Vec3, reach: float, frames: int, aspect: float) -> Keys:
    """The keys of a movement between a framed key and the view that is filled by what lies `reach` metres about a
    point: to it, or in a pull out from it."""
    last = max(frames - 1, 1)
    if movement in (Movement.PAN, Movement.TILT):
        near = key.model_copy(update={"target": to_millimetre(point), "focus_m": _metres(key.position, point)})
    elif movement is Movement.ZOOM:
        wanted = _focal(_metres(key.position, point), reach, aspect)
        focal = round(min(max(wanted, key.focal_mm / _LEAST), _LONGEST_MM), 1)
        near = key.model_copy(update={"target": to_millimetre(point), "focal_mm": focal})
    else:
        near = _nearer(key, point, reach, aspect)
    if movement is Movement.PULL_OUT:
        return (near, key.model_copy(update={"frame": last}))
    return (key, near.model_copy(update={"frame": last}))


def _nearer(key: CameraKey, point: Vec3, reach: float, aspect: float) -> CameraKey:
    """Straight towards the point, through the same lens."""
    far = _metres(key.position, point)
    fills = key.focal_mm * 2 * reach * aspect / (_FILLS * SUPER35_WIDTH_MM)
    near = max(min(fills, _LEAST * far), min(_NEAREST, far))
    position = moved(point, unit(subtract(key.position, point)), near)
    update = {"position": to_millimetre(position), "target": to_millimetre(point), "focus_m": round(near, 3)}
    return key.model_copy(update=update)


def _focal(distance: float, reach: float, aspect: float) -> float:
    return _FILLS * SUPER35_WIDTH_MM * distance / (2 * reach * aspect)


def _metres(a: Vec3, b: Vec3) -> float:
    return round(math.dist(a, b), 3)
