"""A setup: what the camera is put up for, before anybody knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from agents.planner.beats import Action, Beat, Line
from vibeboard.digest import derive_seed
from vibeboard.edits import Aim
from vibeboard.screenplay import Element
from vibeboard.shot import Angle, Framing, Movement, Rig, ShotSize
from vibeboard.stage import SetKind


@dataclass(frozen=True)
class Setup:
    """`role` and `anchor` (an element's id) name the shot for good. `toward` is whom the subject faces; `thing` is what
    an insert or a POV looks at. `extra` are elements the shot carries that are no beats, such as the heading.
    `focal_mm` is a wish for the lens, which may give way to the room there is; None for the size's own. `aim` is what
    the movement goes to. `frames` is a wish for the length, which gives way to the lines."""

    role: str
    anchor: str
    size: ShotSize
    framing: Framing
    subjects: tuple[str, ...]
    reason: str
    beats: tuple[Beat, ...] = ()
    angle: Angle = Angle.EYE_LEVEL
    movement: Movement = Movement.STATIC
    toward: str = ""
    thing: str = ""
    extra: tuple[Element, ...] = ()
    present: tuple[str, ...] = ()
    focal_mm: float | None = None
    aim: Aim | None = None
    frames: int | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(beat for beat in self.beats if isinstance(beat, Line))

    @property
    def actions(self) -> tuple[Action, ...]:
        return tuple(beat for beat in self.beats if isinstance(beat, Action))

    @property
    def elements(self) -> tuple[Element, ...]:
        """What the shot carries, in script order, each once."""
        carried = {element.id: element for element in (*self.extra, *(beat.element for beat in self.beats))}
        return tuple(sorted(carried.values(), key=lambda element: element.line))


_ON_DOLLY = {Movement.PUSH_IN, Movement.PULL_OUT, Movement.TRUCK, Movement.ARC, Movement.FOLLOW, Movement.DOLLY_ZOOM}


def rig_for(movement: Movement, set_kind: SetKind) -> Rig:
    """What carries the camera."""
    if movement is Movement.HANDHELD:
        return Rig.SHOULDER
    if movement is Movement.CRANE:
        return Rig.CRANE
    if set_kind is SetKind.CAR:
        return Rig.CAR_MOUNT
    return Rig.DOLLY if movement in _ON_DOLLY else Rig.STICKS


def chance(*names: str) -> int:
    """A number that depends on names only, for choices that may fall either way."""
    return derive_seed(*names) >> 3
