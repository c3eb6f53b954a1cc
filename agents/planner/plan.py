"""A scene and its breakdown in, its shots with stage and camera out: a pure function, kept as a build step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.planner.beats import Beat, read_beats
from agents.planner.coverage import cover
from agents.planner.floor import Floor
from agents.planner.looks import CastLook
from agents.planner.setups import Setup
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import Scene
from vibeboard.shot import ScenePlan
from vibeboard.timing import Rate

PLANNER_REVISION = 4
"""Raised by hand whenever the same scene gets another plan."""


def plan_scene(
    scene: Scene, breakdown: SceneBreakdown, cast: Mapping[str, CastLook], fps: Rate, aspect: float
) -> ScenePlan:
    """Plan the shots of a scene.

    Args:
        cast: looks by name; who is missing gets the look that `cast_looks` gives a name alone.
        aspect: width of the frame over its height.

    Returns:
        Shots in cutting order, at least one. The same arguments give the same plan, to the byte.
    """
    beats = read_beats(scene, breakdown)
    return plan_setups(scene, breakdown, cast, fps, aspect, beats, cover(scene, breakdown, beats))


def plan_setups(
    scene: Scene,
    breakdown: SceneBreakdown,
    cast: Mapping[str, CastLook],
    fps: Rate,
    aspect: float,
    beats: Sequence[Beat],
    setups: Sequence[Setup],
) -> ScenePlan:
    """The shots of setups that somebody has chosen: blocking, cameras and lengths, as for those of our own."""
    floor = Floor(scene, breakdown, cast, fps, aspect, beats)
    return ScenePlan(scene_id=scene.id, shots=tuple(floor.shoot(setup) for setup in setups))
