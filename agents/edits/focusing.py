"""Focus that goes from one thing to another while a line is said: keys on the camera's path.

The previs draws everything sharp; the optics tools render the keys.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.edits.changing import Unfit, must_be_there
from agents.planner.aims import aim_point
from agents.planner.geometry import moved
from vibeboard.camera import CameraKey, CameraPath, Ease, camera_at, smoothstep
from vibeboard.edits import Aim, RackFocus
from vibeboard.shot import Shot
from vibeboard.timing import Rate

_PULL_SECONDS = 0.8
"""How long a focus puller takes from one mark to the other."""
_OPEN = 2.0
"""The f-number at which a rack is seen."""
_STEPS = 12
_NEAREST = 0.1


def racked(shot: Shot, racks: Sequence[RackFocus], fps: Rate) -> CameraPath:
    """The shot's path with the focus of `racks`. A path that moves is sampled: each sample is a key.

    Raises:
        Unfit: a line or a thing is not in the shot.
    """
    pulls = sorted(((_start(shot, rack), rack) for rack in racks), key=lambda pull: pull[0])
    for _, rack in pulls:
        must_be_there(rack.start, shot.stage)
        must_be_there(rack.end, shot.stage)
    length = max(fps.frames(_PULL_SECONDS), 2)
    still = shot.camera.model_copy(update={"handheld": 0.0})
    frames = {0, shot.frames - 1} if still.moves else {0}
    for start, _ in pulls:
        frames |= {start + length * step // 4 for step in range(5)}
    if still.moves:
        frames |= {(shot.frames - 1) * step // _STEPS for step in range(_STEPS + 1)}
        frames |= {key.frame for key in still.keys}
    keys = tuple(
        _key(shot, still, frame, _focus(shot, still, pulls, length, frame))
        for frame in sorted(frame for frame in frames if frame < shot.frames)
    )
    return shot.camera.model_copy(update={"keys": keys, "f_number": min(shot.camera.f_number, _OPEN)})


def _start(shot: Shot, rack: RackFocus) -> int:
    line = next((line for line in shot.lines if line.element_id == rack.line_id), None)
    if line is None:
        raise Unfit("the line at which the focus goes is not said in the shot")
    return line.start


def _focus(shot: Shot, path: CameraPath, pulls: Sequence[tuple[int, RackFocus]], length: int, frame: int) -> float:
    begun = [(start, rack) for start, rack in pulls if start <= frame]
    if not begun:
        return _depth(shot, path, pulls[0][1].start, frame)
    start, rack = begun[-1]
    t = min((frame - start) / length, 1.0)
    a, b = _depth(shot, path, rack.start, frame), _depth(shot, path, rack.end, frame)
    return a + (b - a) * smoothstep(t)


def _depth(shot: Shot, path: CameraPath, aim: Aim, frame: int) -> float:
    """Metres along the optical axis."""
    point = aim_point(shot.stage, aim, frame)
    assert point is not None
    return max(camera_at(path, frame).world_to_camera(point)[2], _NEAREST)


def _key(shot: Shot, path: CameraPath, frame: int, focus_m: float) -> CameraKey:
    """The path's own key at a frame. The planner tips the horizon by the same angle at all keys of a shot."""
    pose = camera_at(path, frame)
    x, y, z = pose.position
    tx, ty, tz = moved(pose.position, pose.rotation[2], pose.focus_m)
    return CameraKey(
        frame=frame,
        position=(round(x, 4), round(y, 4), round(z, 4)),
        target=(round(tx, 4), round(ty, 4), round(tz, 4)),
        roll=path.keys[0].roll,
        focal_mm=round(pose.focal_mm, 3),
        focus_m=round(focus_m, 3),
        ease=Ease.LINEAR,
    )
