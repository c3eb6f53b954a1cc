"""What stands before the camera, as numbers: set, light, people and props.

World axes are right-handed, metres, `y` up, the floor at `y = 0`, the middle of the action at the origin.
A yaw is in degrees about `+y`: 0 faces `+z`, 90 faces `+x`, so that a heading is `(sin yaw, 0, cos yaw)`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from vibeboard.hints import Components, also_called, hints
from vibeboard.model import Frozen
from vibeboard.screenplay import IntExt, TimeOfDay

Vec3 = Annotated[tuple[float, float, float], Components((("x",), ("y",), ("z",)))]
Channel = Annotated[float, Field(ge=0, le=1)]
Colour = Annotated[tuple[Channel, Channel, Channel], Components((("r", "red"), ("g", "green"), ("b", "blue")))]
"""sRGB, each channel from 0 to 1."""
Extent = Annotated[
    tuple[float, float, float], Components((("x", "width", "w"), ("y", "height", "h"), ("z", "depth", "d")))
]


@also_called(
    BAR=("pub", "tavern", "saloon"),
    CORRIDOR=("hallway", "passage", "passageway"),
    FOREST=("woods", "woodland"),
    SHORE=("beach", "seashore", "seaside", "coast"),
    ALLEY=("alleyway", "back alley", "backstreet"),
    ROAD=("highway", "roadside"),
    FIELD=("meadow",),
    CAR=("car interior", "inside car"),
)
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


@also_called(
    STAND=("standing", "standing up", "stands", "upright"),
    SIT=("sitting", "sitting down", "sits", "seated"),
    LIE=("lying", "lies", "lying down", "lie down"),
    KNEEL=("kneeling", "kneeling down", "kneel down", "kneels"),
)
class Pose(StrEnum):
    """What a body does. Walking is wherever two `Mark`s in a row stand apart; talking is an interval."""

    STAND = "stand"
    SIT = "sit"
    LIE = "lie"
    KNEEL = "kneel"


@also_called(
    BOX=("cube", "crate", "carton"),
    CYLINDER=("tube", "pipe"),
    BALL=("sphere",),
    CUP=("mug",),
    PHONE=("telephone", "mobile", "mobile phone", "cell phone", "cellphone", "smartphone"),
    GUN=("pistol", "handgun", "revolver"),
    FLASHLIGHT=("electric torch",),
    SOFA=("couch", "settee"),
    CAR=("automobile",),
    TRUCK=("lorry",),
    BICYCLE=("bike", "pushbike"),
)
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


_AT = ("at_frame", "frame_number", "keyframe")
_WHEN = ("at", "time", "timestamp", "when")
_YAW = hints(unit="deg", synonyms=("rotation_y", "yaw_angle", "rotation", "facing", "heading"))


class Mark(Frozen):
    """Where a figure is from `frame` on: feet (standing) or seat (sitting), in between linearly.

    `floor` is the height of what it stands or sits on: 0 on the ground, the seat's height when it sits.
    """

    frame: int = Field(ge=0, json_schema_extra=hints(unit="frame", synonyms=_AT, measures=_WHEN))
    x: float = Field(json_schema_extra=hints(unit="m", joint=("position", "pos", "location")))
    floor: float = Field(
        default=0.0, json_schema_extra=hints(unit="m", joint=("position", "pos", "location"), synonyms=("y", "level"))
    )
    z: float = Field(json_schema_extra=hints(unit="m", joint=("position", "pos", "location")))
    yaw: float = Field(default=0.0, json_schema_extra=_YAW)
    pose: Pose = Field(default=Pose.STAND, json_schema_extra=hints(synonyms=("posture", "stance")))

    @property
    def ground(self) -> Vec3:
        """The point on the ground plan."""
        return (self.x, 0.0, self.z)


class Span(Frozen):
    """Frames `[start, end)`."""

    start: int = Field(
        ge=0,
        json_schema_extra=hints(
            unit="frame", synonyms=("start_frame", "first_frame"), measures=("from", "begin", "in")
        ),
    )
    end: int = Field(
        ge=0, json_schema_extra=hints(unit="frame", synonyms=("end_frame",), measures=("to", "until", "stop", "out"))
    )


class Look(Frozen):
    """From `frame` on the head turns to `point`, as far as a neck can."""

    frame: int = Field(ge=0, json_schema_extra=hints(unit="frame", synonyms=_AT, measures=_WHEN))
    point: Vec3 = Field(json_schema_extra=hints(unit="m", synonyms=("target", "at_point", "look_at", "toward")))


class Figure(Frozen):
    """A mannequin. `height` in metres; `build` scales its girth; `colour` is what tells it from the others."""

    id: str
    name: str
    colour: Colour = Field(json_schema_extra=hints(synonyms=("color", "rgb")))
    height: float = Field(
        default=1.75, ge=0.4, le=2.4, json_schema_extra=hints(unit="m", measures=("tall", "body_height"))
    )
    build: float = Field(default=1.0, ge=0.6, le=1.6, json_schema_extra=hints(synonyms=("girth",)))
    marks: tuple[Mark, ...] = Field(min_length=1, json_schema_extra=hints(synonyms=("blocking", "path", "positions")))
    talks: tuple[Span, ...] = Field(default=(), json_schema_extra=hints(synonyms=("speaks", "talking", "speech")))
    looks: tuple[Look, ...] = Field(default=(), json_schema_extra=hints(synonyms=("gazes", "gaze")))


class Prop(Frozen):
    """A thing: `size` is width (x), height (y), depth (z) in metres before `yaw`; `position` the middle of
    its underside. With `held_by` a figure's id it rides in that figure's right hand instead."""

    id: str
    name: str
    kind: PropKind = Field(json_schema_extra=hints(synonyms=("type", "shape", "category")))
    position: Vec3 = Field(json_schema_extra=hints(unit="m", synonyms=("pos", "location")))
    size: Extent = Field(json_schema_extra=hints(unit="m", synonyms=("dimensions", "dims", "extent")))
    yaw: float = Field(default=0.0, json_schema_extra=_YAW)
    colour: Colour = Field(default=(0.62, 0.58, 0.52), json_schema_extra=hints(synonyms=("color", "rgb")))
    held_by: str = Field(default="", json_schema_extra=hints(synonyms=("holder", "carried_by", "in_hand_of")))


class Stage(Frozen):
    """Everything a renderer needs to know but the camera. `dressing_seed` varies what is behind the action
    and is the place's own, so that two scenes in one place look alike."""

    set_kind: SetKind = Field(
        json_schema_extra=hints(synonyms=("set", "set_type", "setting", "environment", "location_kind"))
    )
    int_ext: IntExt = Field(json_schema_extra=hints(synonyms=("interior_exterior", "int_or_ext", "intext")))
    time: TimeOfDay = Field(json_schema_extra=hints(synonyms=("time_of_day", "tod", "daytime")))
    dressing_seed: int = Field(json_schema_extra=hints(synonyms=("set_seed", "place_seed")))
    figures: tuple[Figure, ...] = Field(
        default=(), json_schema_extra=hints(synonyms=("characters", "people", "actors", "cast", "persons"))
    )
    props: tuple[Prop, ...] = Field(default=(), json_schema_extra=hints(synonyms=("objects", "things", "items")))

    def figure(self, name: str) -> Figure | None:
        """The figure with an id."""
        return next((figure for figure in self.figures if figure.id == name), None)

    def prop(self, name: str) -> Prop | None:
        """The thing with an id."""
        return next((prop for prop in self.props if prop.id == name), None)
