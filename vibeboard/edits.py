"""What a person or the director changes of a plan: typed values that are laid over it after every planning.

An edit names its shot by the id that the shot has for good, and its scene, so that it can be told apart whether a
script no longer has the shot or the scene was only not asked for. It asks for a size, a lens, a way to move; the
planner turns that into a camera as it does its own choices.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from vibeboard.figure import Landmark
from vibeboard.model import Frozen
from vibeboard.shot import Angle, Movement, ShotSize

AIMED = frozenset({Movement.PUSH_IN, Movement.PULL_OUT, Movement.PAN, Movement.TILT, Movement.ZOOM})
"""Movements that can go to, or come from, one thing in the frame."""


class Author(StrEnum):
    PERSON = "person"
    DIRECTOR = "director"


class Aim(Frozen):
    """Something in a shot: the landmark of a figure, or a prop (`landmark` is None), by its id on the stage."""

    name: str = Field(min_length=1, max_length=120)
    landmark: Landmark | None = None


class _OfScene(Frozen):
    scene_id: str


class _OfShot(_OfScene):
    shot_id: str


class SetSize(_OfShot):
    kind: Literal["size"] = "size"
    size: ShotSize


class SetAngle(_OfShot):
    kind: Literal["angle"] = "angle"
    angle: Angle


class SetLens(_OfShot):
    """A wish for the focal length, which may give way to the room there is."""

    kind: Literal["lens"] = "lens"
    focal_mm: float = Field(ge=16, le=135)


class SetMovement(_OfShot):
    """`aim` is what the camera goes to, or in a pull out comes from."""

    kind: Literal["movement"] = "movement"
    movement: Movement
    aim: Aim | None = None

    @model_validator(mode="after")
    def _can_be_aimed(self) -> Self:
        if self.aim and self.movement not in AIMED:
            able = ", ".join(sorted(AIMED))
            raise ValueError(f"a {self.movement} goes to nothing in particular: leave `aim` out, or use one of {able}")
        return self


class ScaleLength(_OfShot):
    """Slower is more than 1. The shot gets longer or shorter, its lines stay as long as their words are."""

    kind: Literal["scale length"] = "scale length"
    factor: float = Field(ge=0.1, le=10)


class SetLength(_OfShot):
    kind: Literal["length"] = "length"
    seconds: float = Field(gt=0, le=600)


class SetSubjects(_OfShot):
    kind: Literal["subjects"] = "subjects"
    subjects: tuple[str, ...] = Field(min_length=1, max_length=20)


class SetDescription(_OfShot):
    """The words that picture models are given for the shot."""

    kind: Literal["description"] = "description"
    text: str = Field(min_length=1, max_length=1000)


class Reseed(_OfShot):
    kind: Literal["seed"] = "seed"
    seed: int = Field(ge=0, lt=2**31)


class ContinueShot(_OfShot):
    """Begin from the last frame of another shot, which comes before it in the scene. Engines that read no first frame
    make the shot as if it was not asked for."""

    kind: Literal["continue"] = "continue"
    source_id: str


class RackFocus(_OfShot):
    """From one thing to another when the line begins (`line_id` is its element in the script)."""

    kind: Literal["rack focus"] = "rack focus"
    start: Aim
    end: Aim
    line_id: str


class OmitShot(_OfShot):
    """What the shot carries goes to its neighbour, so that no line is lost."""

    kind: Literal["omit"] = "omit"


class SetCoverage(_OfScene):
    """A scene in so many shots; with `tension`, so many sizes closer towards its end. At least one of the two."""

    kind: Literal["coverage"] = "coverage"
    shots: int | None = Field(default=None, ge=1, le=200)
    tension: int = Field(default=0, ge=0, le=2)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.shots is None and not self.tension:
            raise ValueError("say how many `shots`, or how much `tension` (1 or 2)")
        return self


ShotEdit = (
    SetSize
    | SetAngle
    | SetLens
    | SetMovement
    | ScaleLength
    | SetLength
    | SetSubjects
    | SetDescription
    | Reseed
    | ContinueShot
    | RackFocus
    | OmitShot
)
Edit = Annotated[ShotEdit | SetCoverage, Field(discriminator="kind")]


class Entry(Frozen):
    """An edit in a film's list, in the order in which they were made; `active` unless it was undone."""

    id: int
    author: Author
    at: datetime
    edit: Edit
    active: bool = True


class LaidOver(Frozen):
    """An edit as a build reads it."""

    id: int
    edit: Edit


class EditList(Frozen):
    """The active edits of a film: an input of its plan."""

    edits: tuple[LaidOver, ...] = ()


class Left(Frozen):
    """An edit that could not be laid over the plan, and why; it stays in the list."""

    id: int
    why: str
