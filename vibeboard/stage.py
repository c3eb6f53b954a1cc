"""What stands before the camera, as numbers: set, light, people and props.

World axes are right-handed, metres, `y` up, the floor at `y = 0`, the middle of the action at the origin.
A yaw is in degrees about `+y`: 0 faces `+z`, 90 faces `+x`, so that a heading is `(sin yaw, 0, cos yaw)`.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from vibeboard.model import Frozen
from vibeboard.screenplay import IntExt, TimeOfDay

Vec3 = tuple[float, float, float]
Colour = tuple[float, float, float]
"""sRGB, each channel from 0 to 1."""


class SetKind(StrEnum):
    ROOM = "room"
    KITCHEN = "kitchen"
    BEDROOM = "bedroom"
    OFFICE = "office"
    BAR = "bar"
    CORRIDOR = "corridor"
    WAREHOUSE = "warehouse"
    STREET = "street"
    ALLEY = "alley"
    ROAD = "road"
    FOREST = "forest"
    FIELD = "field"
    SHORE = "shore"
    CAR = "car"
    STUDIO = "studio"


class Pose(StrEnum):
    """What a body does. Walking is wherever two `Mark`s in a row stand apart; talking is an interval."""

    STAND = "stand"
    SIT = "sit"
    LIE = "lie"
    KNEEL = "kneel"


class PropKind(StrEnum):
    """The shapes the previs art department has; `BOX` serves what it does not."""

    BOX = "box"
    CYLINDER = "cylinder"
    BALL = "ball"
    BOTTLE = "bottle"
    CUP = "cup"
    PHONE = "phone"
    BOOK = "book"
    PAPER = "paper"
    KEY = "key"
    GUN = "gun"
    KNIFE = "knife"
    BAG = "bag"
    SUITCASE = "suitcase"
    LAMP = "lamp"
    FLASHLIGHT = "flashlight"
    RADIO = "radio"
    UMBRELLA = "umbrella"
    CHAIR = "chair"
    TABLE = "table"
    BED = "bed"
    SOFA = "sofa"
    CAR = "car"
    TRUCK = "truck"
    BICYCLE = "bicycle"
    BOAT = "boat"
    DOG = "dog"
    CAT = "cat"
    BIRD = "bird"
    HORSE = "horse"


class Mark(Frozen):
    """Where a figure is from `frame` on: feet (standing) or seat (sitting), in between linearly.

    `floor` is the height of what it stands or sits on: 0 on the ground, the seat's height when it sits.
    """

    frame: int = Field(ge=0)
    x: float
    z: float
    yaw: float = 0.0
    pose: Pose = Pose.STAND
    floor: float = 0.0


class Span(Frozen):
    """Frames `[start, end)`."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Look(Frozen):
    """From `frame` on the head turns to `point`, as far as a neck can."""

    frame: int = Field(ge=0)
    point: Vec3


class Figure(Frozen):
    """A mannequin. `height` in metres; `build` scales its girth; `colour` is what tells it from the others."""

    id: str
    name: str
    colour: Colour
    height: float = Field(default=1.75, ge=0.4, le=2.4)
    build: float = Field(default=1.0, ge=0.6, le=1.6)
    marks: tuple[Mark, ...] = Field(min_length=1)
    talks: tuple[Span, ...] = ()
    looks: tuple[Look, ...] = ()


class Prop(Frozen):
    """A thing: `size` is width (x), height (y), depth (z) in metres before `yaw`; `position` the middle of
    its underside. With `held_by` a figure's id it rides in that figure's right hand instead."""

    id: str
    name: str
    kind: PropKind
    position: Vec3
    size: Vec3
    yaw: float = 0.0
    colour: Colour = (0.62, 0.58, 0.52)
    held_by: str = ""


class Stage(Frozen):
    """Everything a renderer needs to know but the camera. `dressing_seed` varies what is behind the action
    and is the place's own, so that two scenes in one place look alike."""

    set_kind: SetKind
    int_ext: IntExt
    time: TimeOfDay
    dressing_seed: int
    figures: tuple[Figure, ...] = ()
    props: tuple[Prop, ...] = ()
