"""The setups that a plan was made of, from its shots and the scene's beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agents.planner.beats import Beat, Line
from agents.planner.coverage import heard_in
from agents.planner.floor import beat_name
from agents.planner.setups import Setup
from vibeboard.screenplay import Element, Scene
from vibeboard.shot import Shot


def setups_of_shots(shots: Sequence[Shot], scene: Scene, beats: Sequence[Beat]) -> list[Setup]:
    """One setup a shot; shooting them again gives the same shots."""
    by_name = {beat_name(beat): beat for beat in beats}
    elements = {element.id: element for element in (scene.heading, *scene.elements)}
    return [_setup(shot, by_name, elements) for shot in shots]


def _setup(shot: Shot, beats: Mapping[tuple[str, int], Beat], elements: Mapping[str, Element]) -> Setup:
    own = tuple(beats[name] for name in shot.brief.beats)
    played = {beat.element.id for beat in own}
    setup = Setup(
        role=shot.brief.role,
        anchor=shot.brief.anchor,
        size=shot.size,
        framing=shot.framing,
        subjects=shot.subjects,
        reason=shot.reason,
        angle=shot.angle,
        movement=shot.brief.movement,
        toward=shot.brief.toward,
        thing=shot.brief.thing,
        extra=tuple(elements[covered] for covered in shot.covers if covered not in played),
        present=shot.brief.present,
        focal_mm=shot.brief.focal_mm,
    )
    return with_beats(setup, own)


def with_beats(setup: Setup, beats: Sequence[Beat]) -> Setup:
    """The setup with these beats; who says a line and is not in the frame is heard off-screen."""
    heard = tuple(heard_in(beat, setup) if isinstance(beat, Line) else beat for beat in beats)
    return replace(setup, beats=heard)
