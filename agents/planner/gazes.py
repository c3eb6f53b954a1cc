"""Whom and what people look at, over the frames of a shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.planner.setups import Setup
from vibeboard.shot import SpokenLine
from vibeboard.stage import Look, Prop, Vec3


def looks_of(
    name: str, setup: Setup, lines: Sequence[SpokenLine], eyes: Mapping[str, Vec3], props: Mapping[str, Prop]
) -> tuple[Look, ...]:
    """The looks of one person: at what the shot has them look at, then at whoever speaks; a speaker at the partner.

    Args:
        eyes: where the eyes of everybody on the set are.
    """
    points: dict[int, Vec3] = {}
    first = _gaze(name, setup, eyes, props)
    if first:
        points[0] = first
    for line in lines:
        goal = setup.toward if line.speaker == name else line.speaker
        if goal in eyes and goal != name:
            points[line.start] = eyes[goal]
    keys = [Look(frame=frame, point=point) for frame, point in sorted(points.items())]
    return tuple(key for i, key in enumerate(keys) if i == 0 or key.point != keys[i - 1].point)


def _gaze(name: str, setup: Setup, eyes: Mapping[str, Vec3], props: Mapping[str, Prop]) -> Vec3 | None:
    """Where somebody looks before anybody speaks; None for straight ahead."""
    if name in setup.subjects and setup.toward in eyes and setup.toward != name:
        return eyes[setup.toward]
    if name in setup.subjects and setup.thing in props:
        return props[setup.thing].position
    others = [other for other in setup.subjects if other in eyes and other != name]
    if len(setup.subjects) > 1 and name in setup.subjects and others:
        return eyes[others[0]]
    if name == setup.toward and others:
        return eyes[others[0]]
    doers = [doer for action in setup.actions for doer in action.doers if doer in eyes and doer != name]
    return eyes[doers[0]] if doers and name not in setup.subjects else None
