"""The set of a scene, on which its setups are shot one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.planner.beats import Action, Beat, Line
from agents.planner.blocking import Blocking
from agents.planner.cameras import Operator
from agents.planner.durations import BEAT_SECONDS, action_seconds, line_seconds
from agents.planner.looks import CastLook, cast_looks
from agents.planner.setups import Setup, rig_for
from agents.planner.things import props_of
from agents.planner.words import describe
from vibeboard.breakdown import SceneBreakdown
from vibeboard.digest import derive_seed, sha256
from vibeboard.screenplay import Dual, Scene
from vibeboard.sets import LAYOUTS
from vibeboard.shot import Brief, Framing, Movement, Shot, ShotSize, SpokenLine
from vibeboard.stage import Figure, Prop, Stage
from vibeboard.timing import Rate

_LOOK_SECONDS = {ShotSize.EST: 3.5, ShotSize.EWS: 3.0, ShotSize.INSERT: 2.0}
_MOVING_SECONDS = 4.0
_SPOKEN_SECONDS = 1.6
"""A word alone is held so long, or it flashes past."""
_LEAD_SECONDS = 0.25
"""Before the first words of a shot."""
_LONGEST_SECONDS = 12.0


class Floor:
    """Where everybody is in a scene, setup after setup."""

    def __init__(
        self,
        scene: Scene,
        breakdown: SceneBreakdown,
        cast: Mapping[str, CastLook],
        fps: Rate,
        aspect: float,
        beats: Sequence[Beat],
    ) -> None:
        people = {name for beat in beats for name in beat.present}
        looks = {name: cast[name] if name in cast else cast_looks([name])[name] for name in sorted(people)}
        self._scene, self._breakdown, self._fps, self._aspect = scene, breakdown, fps, aspect
        self._blocking = Blocking(breakdown.set_kind, looks, fps, props_of(breakdown, LAYOUTS[breakdown.set_kind]))
        self._blocking.open(beats)

    def shoot(self, setup: Setup) -> Shot:
        """The shot of the setup that is next."""
        return self._shot(setup, self._blocking)

    def attempt(self, setup: Setup) -> Shot:
        """The shot of a setup on the set as it is now; nobody goes on from where it leaves them."""
        return self._shot(setup, self._blocking.copy())

    def passed(self, setup: Setup, shot: Shot) -> None:
        """Move on past a setup whose shot is there already."""
        self._blocking.play(setup, shot.frames, shot.lines)

    def _shot(self, setup: Setup, blocking: Blocking) -> Shot:
        scene, breakdown = self._scene, self._breakdown
        identity = shot_id(scene.id, setup.role, setup.anchor)
        frames, lines = timed(setup, self._fps)
        viewpoint = blocking.viewpoint(setup.subjects[0]) if setup.framing is Framing.POV else None
        stage = self._stage(*blocking.play(setup, frames, lines))
        camera = Operator(setup, stage, self._aspect, frames, viewpoint).path()
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
            description=describe(setup, scene, breakdown.set_kind, {figure.id: figure for figure in stage.figures}),
            reason=setup.reason,
            covers=tuple(element.id for element in setup.elements),
            first_line=min(element.line for element in setup.elements),
            last_line=max(element.last_line for element in setup.elements),
            lines=lines,
            frames=frames,
            seed=derive_seed(identity),
            stage=stage,
            camera=camera,
            brief=brief_of(setup),
        )

    def _stage(self, figures: tuple[Figure, ...], props: tuple[Prop, ...]) -> Stage:
        return Stage(
            set_kind=self._breakdown.set_kind,
            int_ext=self._scene.slug.int_ext,
            time=self._breakdown.time,
            dressing_seed=derive_seed("place", self._scene.slug.place),
            figures=figures,
            props=props,
        )


def brief_of(setup: Setup) -> Brief:
    return Brief(
        role=setup.role,
        anchor=setup.anchor,
        beats=tuple(beat_name(beat) for beat in setup.beats),
        movement=setup.movement,
        toward=setup.toward,
        thing=setup.thing,
        present=setup.present,
        focal_mm=setup.focal_mm,
    )


def beat_name(beat: Beat) -> tuple[str, int]:
    return beat.element.id, beat.part if isinstance(beat, Action) else 0


def shot_id(scene_id: str, role: str, anchor: str) -> str:
    """The name of a shot for good: what it is for, and at which element of the script."""
    return "s" + sha256("\x1f".join((scene_id, role, anchor)).encode())[:10]


def timed(setup: Setup, fps: Rate) -> tuple[int, tuple[SpokenLine, ...]]:
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
    wanted = setup.frames or fps.frames(max(clock, _least_seconds(setup)))
    return max(wanted, 2, *(line.start + line.frames for line in spoken)), tuple(spoken)


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
