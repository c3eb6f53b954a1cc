"""A planned shot: what it shows, why, for how long, and its camera as numbers."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from vibeboard.camera import CameraPath
from vibeboard.hints import also_called
from vibeboard.model import Frozen
from vibeboard.stage import Stage


class ShotSize(StrEnum):
    """Widest first."""

    EST = "EST"
    EWS = "EWS"
    WS = "WS"
    FS = "FS"
    MFS = "MFS"
    MLS = "MLS"
    MS = "MS"
    MCU = "MCU"
    CU = "CU"
    BCU = "BCU"
    ECU = "ECU"
    INSERT = "INSERT"


class Framing(StrEnum):
    SINGLE = "single"
    TWO_SHOT = "two shot"
    THREE_SHOT = "three shot"
    GROUP = "group"
    OTS = "OTS"
    POV = "POV"
    INSERT = "insert"
    REACTION = "reaction"
    MASTER = "master"
    EMPTY = "empty"


class Angle(StrEnum):
    EYE_LEVEL = "eye level"
    HIGH = "high"
    LOW = "low"
    OVERHEAD = "overhead"
    GROUND = "ground"
    DUTCH = "dutch"
    AERIAL = "aerial"


class Movement(StrEnum):
    STATIC = "static"
    PAN = "pan"
    WHIP_PAN = "whip pan"
    TILT = "tilt"
    PUSH_IN = "push in"
    PULL_OUT = "pull out"
    TRUCK = "truck"
    ARC = "arc"
    FOLLOW = "follow"
    CRANE = "crane"
    HANDHELD = "handheld"
    ZOOM = "zoom"
    DOLLY_ZOOM = "dolly zoom"


class Rig(StrEnum):
    STICKS = "sticks"
    DOLLY = "dolly"
    SHOULDER = "handheld"
    CRANE = "crane"
    CAR_MOUNT = "car mount"


@also_called(
    ON=("on screen", "on camera", "in frame", "onscreen"),
    OFF_SCREEN=("off", "off camera", "offscreen", "O.C.", "out of frame"),
    VOICE_OVER=("voiceover", "voice-over narration", "narration"),
)
class Voice(StrEnum):
    """How a line reaches us."""

    ON = "on"
    OFF_SCREEN = "O.S."
    VOICE_OVER = "V.O."


class SpokenLine(Frozen):
    """A line of dialogue in a shot: `[start, start + frames)` of the shot. `text` is what is said, without markup."""

    element_id: str
    speaker: str
    text: str
    voice: Voice
    start: int = Field(ge=0)
    frames: int = Field(gt=0)


class Brief(Frozen):
    """What a shot was set up from beyond what it shows, so that it can be set up again with something changed.

    `role` and `anchor` name the shot for good. `beats` are elements of the script, each with the number of the
    sentence in it, from 0. `toward` is whom the subject faces, `thing` what an insert or a point of view is of,
    `present` who is on the set. `movement` and `focal_mm` are what was asked for; the shot has what the room allowed.
    """

    role: str
    anchor: str
    beats: tuple[tuple[str, int], ...] = ()
    movement: Movement = Movement.STATIC
    toward: str = ""
    thing: str = ""
    present: tuple[str, ...] = ()
    focal_mm: float | None = None


class Shot(Frozen):
    """One shot of the plan.

    `id` and `seed` derive from the script's stable ids, never from a position; numbers such as `12A` are given when a
    film is put together. `covers` are the ids of the script elements that the shot carries, `first_line`..`last_line`
    their lines in the source. `reason` says in one clause why the planner wants the shot. `continues` is the id of a
    shot before it in its scene, from whose last frame it goes on; an edit asks for that.
    """

    id: str
    scene_id: str
    size: ShotSize
    framing: Framing
    angle: Angle
    movement: Movement
    rig: Rig
    subjects: tuple[str, ...]
    description: str
    reason: str
    covers: tuple[str, ...]
    first_line: int
    last_line: int
    lines: tuple[SpokenLine, ...] = ()
    frames: int = Field(gt=0)
    seed: int
    stage: Stage
    camera: CameraPath
    brief: Brief
    continues: str = ""

    @property
    def focal_mm(self) -> float:
        return self.camera.keys[0].focal_mm


class ScenePlan(Frozen):
    """The shots of a scene in cutting order. `planner` chose them; `instead_of` says whose place it took and why."""

    scene_id: str
    shots: tuple[Shot, ...]
    planner: str = "offline"
    instead_of: str = ""
