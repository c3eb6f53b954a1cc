"""What a script supervisor would object to in a plan."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from agents.planner.framing import body_point
from agents.planner.geometry import plan_distance, side_of
from vibeboard.camera import camera_at, project
from vibeboard.figure import FRACTION, Landmark, mark_at
from vibeboard.model import Frozen
from vibeboard.screenplay import Kind, Scene
from vibeboard.shot import Framing, ScenePlan, Shot, Voice
from vibeboard.stage import Figure, Pose, SetKind, Vec3

_GIRTH = 0.3
"""Nearer than this to somebody's middle a camera is inside them, metres."""


class Fault(StrEnum):
    LINE_COUNT = "dialogue not covered exactly once"
    ACTION_LOST = "action not covered"
    SPEAKER_UNSEEN = "speaker neither in the frame nor marked off-screen"
    CROSSES_LINE = "crosses the line"
    LINE_TIME = "line outside its shot"
    SAME_ID = "two shots with one id"
    IN_A_BODY = "camera inside somebody"


class Finding(Frozen):
    """One objection: what, in which shot (empty for the scene), about which script element or person."""

    fault: Fault
    shot_id: str = ""
    about: str = ""


def lint(scene: Scene, plan: ScenePlan, aspect: float = 16 / 9) -> list[Finding]:
    """Everything that breaks the rules of coverage; an empty list for a plan that may be shot."""
    findings = _uncovered(scene, plan)
    repeated = [shot for shot, count in Counter(shot.id for shot in plan.shots).items() if count > 1]
    findings += [Finding(fault=Fault.SAME_ID, shot_id=shot) for shot in repeated]
    for shot in plan.shots:
        findings += [*_untimed(shot), *_unseen(shot, aspect), *_inside(shot)]
    return findings + _crossings(plan)


def _uncovered(scene: Scene, plan: ScenePlan) -> list[Finding]:
    said = Counter(line.element_id for shot in plan.shots for line in shot.lines)
    covered = {element for shot in plan.shots for element in shot.covers}
    findings = []
    for element in scene.elements:
        if element.kind is Kind.DIALOGUE and said[element.id] != 1:
            findings.append(Finding(fault=Fault.LINE_COUNT, about=element.id))
        if element.kind is Kind.ACTION and element.id not in covered:
            findings.append(Finding(fault=Fault.ACTION_LOST, about=element.id))
    return findings


def _untimed(shot: Shot) -> list[Finding]:
    late = [line for line in shot.lines if line.start + line.frames > shot.frames]
    return [Finding(fault=Fault.LINE_TIME, shot_id=shot.id, about=line.element_id) for line in late]


def _unseen(shot: Shot, aspect: float) -> list[Finding]:
    unseen = [
        line
        for line in shot.lines
        if line.voice is Voice.ON and not in_frame(shot, line.speaker, line.start + line.frames // 2, aspect)
    ]
    return [Finding(fault=Fault.SPEAKER_UNSEEN, shot_id=shot.id, about=line.speaker) for line in unseen]


def in_frame(shot: Shot, name: str, frame: int, aspect: float) -> bool:
    """Whether somebody's eyes (in an over-the-shoulder shot, the head) are in the picture at a frame."""
    figure = shot.stage.figure(name)
    if figure is None:
        return False
    pose = camera_at(shot.camera, frame)
    width, height = 1000, round(1000 / aspect)
    point = body_point(figure, mark_at(figure, frame), FRACTION[Landmark.EYES])
    u, v, depth = project(pose, shot.camera.sensor_width_mm, width, height, point)
    slack = 0.12 * width if shot.framing is Framing.OTS else 0.0
    return depth > 0 and -slack <= u <= width + slack and -slack <= v <= height + slack


def _inside(shot: Shot) -> list[Finding]:
    frames = {key.frame for key in shot.camera.keys} | {0, shot.frames - 1}
    near = [
        figure.id
        for figure in shot.stage.figures
        if any(_touches(figure, frame, camera_at(shot.camera, frame).position) for frame in frames)
    ]
    return [Finding(fault=Fault.IN_A_BODY, shot_id=shot.id, about=name) for name in near]


def _touches(figure: Figure, frame: int, position: Vec3) -> bool:
    mark = mark_at(figure, frame)
    return plan_distance(position, mark.ground) < _GIRTH and position[1] < mark.floor + figure.height


def _crossings(plan: ScenePlan) -> list[Finding]:
    """Shots from the other side of the line between two people than the first shot that shows the pair.

    A point of view is on the line; in a car, whose people face one way, cameras work all around it; and people who
    have moved since make a new line.
    """
    sides: dict[tuple[tuple[str, Vec3], ...], float] = {}
    findings = []
    for shot in plan.shots:
        pair = _pair(shot)
        if pair is None or shot.framing is Framing.POV or shot.stage.set_kind is SetKind.CAR:
            continue
        a, b = sorted(pair, key=lambda figure: figure.id)
        side = side_of(shot.camera.keys[-1].position, _spot(a), _spot(b))
        first = sides.setdefault(((a.id, _spot(a)), (b.id, _spot(b))), side)
        if first * side < 0:
            findings.append(Finding(fault=Fault.CROSSES_LINE, shot_id=shot.id, about=f"{a.id}, {b.id}"))
    return findings


def _pair(shot: Shot) -> tuple[Figure, Figure] | None:
    """The two people on whose line a shot works: those in it, else the one in it and whom that one looks at; none where
    somebody lies, whose eyes no line is drawn through."""
    seen = [figure for name in shot.subjects if (figure := shot.stage.figure(name))]
    if any(figure.marks[-1].pose is Pose.LIE for figure in shot.stage.figures):
        return None
    if len(seen) >= 2:
        return seen[0], seen[1]
    if len(seen) == 1 and seen[0].looks:
        goal = seen[0].looks[0].point
        others = [
            figure
            for figure in shot.stage.figures
            if figure is not seen[0] and plan_distance(goal, _spot(figure)) < 0.05
        ]
        return (seen[0], others[0]) if others else None
    return None


def _spot(figure: Figure) -> Vec3:
    return figure.marks[-1].ground
