"""A scene and its breakdown in, its shots with stage and camera out: a pure function, kept as a build step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.planner.beats import Beat, Line, read_beats
from agents.planner.blocking import Blocking
from agents.planner.cameras import Operator
from agents.planner.coverage import cover
from agents.planner.durations import BEAT_SECONDS, action_seconds, line_seconds
from agents.planner.looks import CastLook, cast_looks
from agents.planner.setups import Setup, rig_for
from agents.planner.things import props_of
from agents.planner.words import describe
from vibeboard.breakdown import SceneBreakdown
from vibeboard.digest import derive_seed, sha256
from vibeboard.screenplay import Dual, Scene
from vibeboard.sets import LAYOUTS
from vibeboard.shot import Framing, Movement, ScenePlan, Shot, ShotSize, SpokenLine
from vibeboard.stage import Stage
from vibeboard.timing import Rate

PLANNER_REVISION = 2
"""Raised by hand whenever the same scene gets another plan."""

_LOOK_SECONDS = {ShotSize.EST: 3.5, ShotSize.EWS: 3.0, ShotSize.INSERT: 2.0}
_MOVING_SECONDS = 4.0
_SPOKEN_SECONDS = 1.6
"""A word alone is held so long, or it flashes past."""
_LEAD_SECONDS = 0.25
"""Before the first words of a shot."""
_LONGEST_SECONDS = 12.0


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
    layout = LAYOUTS[breakdown.set_kind]
    people = {name for beat in beats for name in beat.present}
    looks = {name: cast[name] if name in cast else cast_looks([name])[name] for name in sorted(people)}
    blocking = Blocking(breakdown.set_kind, looks, fps, props_of(breakdown, layout))
    blocking.open(beats)
    shots = [_shot(setup, scene, breakdown, blocking, fps, aspect) for setup in setups]
    return ScenePlan(scene_id=scene.id, shots=tuple(shots))


def shot_id(scene_id: str, role: str, anchor: str) -> str:
    """The name of a shot for good: what it is for, and at which element of the script."""
    return "s" + sha256("\x1f".join((scene_id, role, anchor)).encode())[:10]


def _shot(setup: Setup, scene: Scene, breakdown: SceneBreakdown, blocking: Blocking, fps: Rate, aspect: float) -> Shot:
    identity = shot_id(scene.id, setup.role, setup.anchor)
    frames, lines = _timed(setup, fps)
    viewpoint = blocking.viewpoint(setup.subjects[0]) if setup.framing is Framing.POV else None
    figures, props = blocking.play(setup, frames, lines)
    stage = Stage(
        set_kind=breakdown.set_kind,
        int_ext=scene.slug.int_ext,
        time=breakdown.time,
        dressing_seed=derive_seed("place", scene.slug.place),
        figures=figures,
        props=props,
    )
    camera = Operator(setup, stage, aspect, frames, viewpoint).path()
    movement = setup.movement if camera.moves else Movement.STATIC
    return Shot(
        id=identity,
        scene_id=scene.id,
        size=setup.size,
        framing=setup.framing,
        angle=setup.angle,
        movement=movement,
        rig=rig_for(movement, breakdown.set_kind),
        subjects=setup.subjects,
        description=describe(setup, scene, breakdown.set_kind, {figure.id: figure for figure in figures}),
        reason=setup.reason,
        covers=tuple(element.id for element in setup.elements),
        first_line=min(element.line for element in setup.elements),
        last_line=max(element.last_line for element in setup.elements),
        lines=lines,
        frames=frames,
        seed=derive_seed(identity),
        stage=stage,
        camera=camera,
    )


def _timed(setup: Setup, fps: Rate) -> tuple[int, tuple[SpokenLine, ...]]:
    """Length of a setup and when its lines are said: action first, then the lines, each in the order of the script."""
    clock, start = 0.0, 0.0
    spoken: list[SpokenLine] = []
    for beat in setup.beats:
        if isinstance(beat, Line):
            together = beat.dual is Dual.RIGHT and bool(spoken)
            start = start if together else clock + (BEAT_SECONDS if spoken else _LEAD_SECONDS)
            seconds = line_seconds(beat.text)
            spoken.append(_spoken(beat, start, seconds, fps))
            clock = max(clock, start + seconds)
        else:
            clock = min(clock + action_seconds(beat.text), _LONGEST_SECONDS)
    clock += BEAT_SECONDS if spoken else 0.0
    clock = max(clock, _least_seconds(setup))
    return max(fps.frames(clock), 2, *(line.start + line.frames for line in spoken)), tuple(spoken)


def _spoken(line: Line, start: float, seconds: float, fps: Rate) -> SpokenLine:
    return SpokenLine(
        element_id=line.element.id,
        speaker=line.speaker,
        text=line.text,
        voice=line.voice,
        start=fps.frames(start),
        frames=max(fps.frames(seconds), 1),
    )


def _least_seconds(setup: Setup) -> float:
    if setup.lines:
        return _SPOKEN_SECONDS
    if setup.framing is Framing.MASTER:
        return 2.5
    moving = setup.movement in (Movement.CRANE, Movement.PAN, Movement.TRUCK, Movement.ARC, Movement.DOLLY_ZOOM)
    return _MOVING_SECONDS if moving and not setup.subjects else _LOOK_SECONDS.get(setup.size, 1.6)
