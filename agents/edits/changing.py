"""A setup with one thing changed, as an edit asks for it."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch

from agents.edits.recovering import with_beats
from agents.planner.action_coverage import framing_of
from agents.planner.aims import aim_point
from agents.planner.coverage import in_car
from agents.planner.setups import Setup
from vibeboard.edits import (
    Aim,
    ContinueShot,
    RackFocus,
    Reseed,
    ScaleLength,
    SetAngle,
    SetDescription,
    SetLength,
    SetLens,
    SetMovement,
    SetSize,
    SetSubjects,
    ShotEdit,
)
from vibeboard.shot import Framing, Shot, ShotSize
from vibeboard.stage import SetKind, Stage
from vibeboard.timing import Rate

_WITHOUT_PEOPLE = (ShotSize.INSERT, ShotSize.EST)


class Unfit(Exception):
    """An edit that does not fit the plan as it is now; the text says why."""


def changed(setup: Setup, edit: ShotEdit, shot: Shot, fps: Rate) -> Setup:
    """The setup as an edit asks for it. `shot` is what the setup gives without edits; its length is kept.

    Raises:
        Unfit: there is nobody or nothing that the edit speaks of.
    """
    setup = setup if setup.frames else replace(setup, frames=shot.frames)
    after = _applied(edit, setup, shot, fps)
    return in_car(after) if shot.stage.set_kind is SetKind.CAR else after


@singledispatch
def _applied(edit: object, setup: Setup, _shot: Shot, _fps: Rate) -> Setup:
    raise TypeError(edit)


@_applied.register
def _(edit: SetSize, setup: Setup, _shot: Shot, _fps: Rate) -> Setup:
    if setup.framing is Framing.INSERT:
        raise Unfit("it is an insert, which is as close as its thing needs: change its lens")
    if edit.size is ShotSize.INSERT:
        raise Unfit("INSERT is for things, and the shot is of people or of the place")
    return replace(setup, size=ShotSize.EWS if edit.size is ShotSize.EST and setup.subjects else edit.size)


@_applied.register
def _(edit: SetAngle, setup: Setup, _shot: Shot, _fps: Rate) -> Setup:
    return replace(setup, angle=edit.angle)


@_applied.register
def _(edit: SetLens, setup: Setup, _shot: Shot, _fps: Rate) -> Setup:
    return replace(setup, focal_mm=edit.focal_mm)


@_applied.register
def _(edit: SetMovement, setup: Setup, shot: Shot, _fps: Rate) -> Setup:
    if edit.aim:
        must_be_there(edit.aim, shot.stage)
    return replace(setup, movement=edit.movement, aim=edit.aim)


@_applied.register
def _(edit: ScaleLength, setup: Setup, shot: Shot, _fps: Rate) -> Setup:
    return replace(setup, frames=max(round((setup.frames or shot.frames) * edit.factor), 2))


@_applied.register
def _(edit: SetLength, setup: Setup, _shot: Shot, fps: Rate) -> Setup:
    return replace(setup, frames=max(fps.frames(edit.seconds), 2))


@_applied.register
def _(edit: SetSubjects, setup: Setup, _shot: Shot, _fps: Rate) -> Setup:
    absent = [name for name in edit.subjects if name not in setup.present]
    if absent:
        here = ", ".join(setup.present) or "nobody"
        raise Unfit(f"{', '.join(absent)} is not on the set then; {here} is")
    size = ShotSize.MS if setup.size in _WITHOUT_PEOPLE else setup.size
    toward = "" if setup.toward in edit.subjects else setup.toward
    framing = framing_of(edit.subjects)
    update = replace(setup, subjects=edit.subjects, framing=framing, size=size, toward=toward, thing="")
    return with_beats(update, setup.beats)


def must_be_there(aim: Aim, stage: Stage) -> None:
    """Raise `Unfit` if an aim is not on the stage."""
    if aim_point(stage, aim, 0) is None:
        there = [*(figure.id for figure in stage.figures), *(prop.id for prop in stage.props)]
        raise Unfit(f"there is no {aim.name} in the shot; there is {', '.join(there) or 'nothing'}")


AFTERWARDS = (Reseed, SetDescription, RackFocus, ContinueShot)
"""Edits of a shot that is set up already."""
