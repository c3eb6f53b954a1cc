"""Shots as somebody proposes them, a model for one: choices by name, checked against the scene and turned into setups.

A proposal says what to see and how; where the camera stands, who stands where and how long it lasts is computed from it
as from the setups of the offline planner. So no proposal can ask for a camera that cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from agents.llm.spelling import spelled
from agents.planner.action_coverage import framing_of
from agents.planner.beats import Action, Beat, Line
from agents.planner.coverage import heard_in, in_car
from agents.planner.prose import Names, clean, named_thing
from agents.planner.setups import Setup
from vibeboard.breakdown import Category, SceneBreakdown
from vibeboard.counting import counted
from vibeboard.faults import FieldError
from vibeboard.model import Frozen
from vibeboard.screenplay import Element, Scene
from vibeboard.shot import Angle, Framing, Movement, ShotSize
from vibeboard.stage import SetKind

PROPOSAL_REVISION = 1
"""Raised by hand whenever the same proposal becomes other setups."""

SIZES = {
    "xls": "EWS",
    "els": "EWS",
    "ls": "WS",
    "mws": "MLS",
    "xcu": "ECU",
    "establishing": "EST",
    "wide": "WS",
    "wide shot": "WS",
    "full shot": "FS",
    "cowboy": "MFS",
    "medium": "MS",
    "medium shot": "MS",
    "medium close up": "MCU",
    "close up": "CU",
    "big close up": "BCU",
    "extreme close up": "ECU",
}
FRAMINGS = {"over the shoulder": "OTS", "two": "two shot", "three": "three shot", "point of view": "POV"}
ANGLES = {"eye": "eye level", "low angle": "low", "high angle": "high", "top": "overhead"}
MOVEMENTS = {"dolly in": "push in", "dolly out": "pull out", "pull back": "pull out", "tracking": "truck"}
"""Usual other names, in lower case."""
_COUNTED = frozenset({Framing.SINGLE, Framing.TWO_SHOT, Framing.THREE_SHOT, Framing.GROUP})
_THINGS = (Category.PROPS, Category.VEHICLES, Category.ANIMALS, Category.SET_DRESSING)
_WITHOUT_PEOPLE = frozenset({Framing.INSERT, Framing.EMPTY})


class ProposedShot(Frozen):
    beats: tuple[int, ...] = Field(default=(), description="numbers of the beats that play in it; none for a cutaway")
    size: Annotated[ShotSize, spelled(ShotSize, SIZES)]
    framing: Annotated[Framing, spelled(Framing, FRAMINGS)]
    angle: Annotated[Angle, spelled(Angle, ANGLES)] = Angle.EYE_LEVEL
    movement: Annotated[Movement, spelled(Movement, MOVEMENTS)] = Movement.STATIC
    lens_mm: float | None = Field(default=None, ge=16, le=135, description="focal length, if not the size's usual one")
    subjects: tuple[str, ...] = Field(default=(), max_length=20, description="who is in the frame")
    toward: str = Field(default="", max_length=80, description="whom the subject faces")
    thing: str = Field(default="", max_length=80, description="a thing of the scene, for an insert or a POV")
    reason: str = Field(min_length=1, max_length=300, description="why this shot, in one clause")


class ProposedShots(Frozen):
    """The shots of a scene in cutting order."""

    shots: tuple[ProposedShot, ...] = Field(min_length=1, max_length=400)


class Reading:
    """A scene as proposals speak of it: numbered beats, people, things."""

    def __init__(self, scene: Scene, breakdown: SceneBreakdown, beats: Sequence[Beat]) -> None:
        self.scene, self.breakdown, self.beats = scene, breakdown, beats
        people = [*breakdown.cast, *(name for beat in beats for name in beat.present)]
        self.names = Names(people)
        self.things = [name for category in _THINGS for name in breakdown.names(category)]
        self._text = " ".join(clean(element.text) for element in (scene.heading, *scene.elements)).casefold()

    def present(self, beats: Sequence[Beat]) -> tuple[str, ...]:
        """Who is on the set while beats play, in the order in which they appear."""
        return tuple(dict.fromkeys(name for beat in beats for name in beat.present))

    def thing(self, words: str) -> str:
        """The thing of the scene that words mean, by its name in the breakdown or as the text has it; ``""`` if the
        scene has no such words."""
        folded = " ".join(words.casefold().split()).removeprefix("the ")
        known = named_thing(folded, self.things)
        return known or (folded if re.search(rf"\b{re.escape(folded)}\b", self._text) else "")


def beats_around(shots: Sequence[ProposedShot], place: int, beats: Sequence[Beat]) -> list[Beat]:
    """The beats of a shot, or for a cutaway the one before it, or the first at the start."""
    own = [beats[number - 1] for number in shots[place].beats if 0 < number <= len(beats)]
    before = [number for shot in shots[:place] for number in shot.beats if 0 < number <= len(beats)]
    return own or ([beats[before[-1] - 1]] if before else list(beats[:1]))


def objections(proposal: ProposedShots, reading: Reading) -> list[FieldError]:
    """What is wrong with a proposal, as fields with what is right there; an empty list for one that can be set up."""
    wrong = list(_out_of_order(proposal.shots, len(reading.beats)))
    for place, shot in enumerate(proposal.shots):
        present = reading.present(beats_around(proposal.shots, place, reading.beats))
        wrong += [
            FieldError(path=f"shots.{place}.{field}", expected=expected, got=got)
            for field, expected, got in _unfit(shot, reading, present)
        ]
    return wrong


def _out_of_order(shots: Sequence[ProposedShot], count: int) -> Iterator[FieldError]:
    """Where the beats do not go on: the first place only, as everything after it is shifted."""
    wanted = 1
    for place, shot in enumerate(shots):
        expected = tuple(range(wanted, wanted + len(shot.beats)))
        if shot.beats != expected or wanted + len(shot.beats) > count + 1:
            goes_on = f"beats from {wanted} on, in order" if wanted <= count else f"none: beat {count} is the last"
            yield FieldError(path=f"shots.{place}.beats", expected=goes_on, got=str(list(shot.beats)))
            return
        wanted += len(shot.beats)
    if wanted <= count:
        yield FieldError(
            path="shots", expected=f"shots for beats {wanted} to {count} too", got=counted(len(shots), "shot")
        )


def _unfit(shot: ProposedShot, reading: Reading, present: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Field, what is right there, and what it was."""
    people = [reading.names.canonical(name) for name in shot.subjects]
    toward = reading.names.canonical(shot.toward) if shot.toward else ""
    here = f"on the set then: {', '.join(present) or 'nobody'}"
    absent = [name for name in people if name not in present]
    if absent and shot.framing not in _WITHOUT_PEOPLE:
        yield "subjects", here, ", ".join(absent)
    if not people and shot.framing not in _WITHOUT_PEOPLE | {Framing.MASTER}:
        yield "subjects", f"somebody who is {here}; or framing `empty` or `insert`", ""
    if shot.framing is Framing.MASTER and not present:
        yield "framing", "`empty`: nobody is on the set then", str(shot.framing)
    if shot.framing is Framing.OTS and (toward not in present or toward in people[:1]):
        yield "toward", f"over whose shoulder; {here}", shot.toward
    thing = reading.thing(shot.thing) if shot.thing else ""
    if shot.thing and not thing:
        yield "thing", "a thing that the scene names", shot.thing
    if shot.framing is Framing.INSERT and not shot.thing:
        yield "thing", "what the insert shows", ""
    if shot.framing is Framing.POV and not (shot.thing or toward in present):
        yield "toward", f"whom or, in `thing`, what the first subject sees; {here}", shot.toward
    if shot.size is ShotSize.INSERT and shot.framing not in (Framing.INSERT, Framing.POV):
        yield "size", "a size of people; INSERT is for things", "INSERT"


def setups_of(proposal: ProposedShots, reading: Reading) -> list[Setup]:
    """The setups of a proposal without objections, in its order; every beat is in exactly one."""
    cutaways: dict[str, int] = {}
    return [_setup(proposal.shots, place, reading, cutaways) for place in range(len(proposal.shots))]


def _setup(shots: Sequence[ProposedShot], place: int, reading: Reading, cutaways: dict[str, int]) -> Setup:
    shot = shots[place]
    around = beats_around(shots, place, reading.beats)
    beats = tuple(around) if shot.beats else ()
    present = reading.present(around)
    subjects = _subjects(shot, reading, present)
    toward = reading.names.canonical(shot.toward) if shot.toward else ""
    toward = toward if toward in present and toward not in subjects[:1] else ""
    role, anchor, extra = _identity(shots, place, reading, around, cutaways)
    setup = Setup(
        role=role,
        anchor=anchor,
        size=_size(shot, subjects, toward),
        framing=framing_of(subjects) if shot.framing in _COUNTED else shot.framing,
        subjects=(*subjects[:1], *([toward] if toward else [])) if shot.framing is Framing.POV else subjects,
        reason=_one_line(shot.reason),
        angle=shot.angle,
        movement=shot.movement,
        toward=toward,
        thing=reading.thing(shot.thing) if shot.thing and not (toward and shot.framing is Framing.POV) else "",
        extra=extra,
        present=present,
        focal_mm=shot.lens_mm,
    )
    setup = replace(setup, beats=tuple(heard_in(beat, setup) if isinstance(beat, Line) else beat for beat in beats))
    return in_car(setup) if reading.breakdown.set_kind is SetKind.CAR else setup


def _subjects(shot: ProposedShot, reading: Reading, present: tuple[str, ...]) -> tuple[str, ...]:
    if shot.framing in _WITHOUT_PEOPLE:
        return ()
    if shot.framing is Framing.MASTER:
        return present
    people = tuple(dict.fromkeys(reading.names.canonical(name) for name in shot.subjects))
    return people[:1] if shot.framing is Framing.OTS else people


def _size(shot: ProposedShot, subjects: tuple[str, ...], toward: str) -> ShotSize:
    """The size, of people one that crops a body: an establishing shot with somebody in it is an EWS."""
    if shot.framing is Framing.INSERT:
        return ShotSize.INSERT
    if shot.framing is Framing.POV and shot.size is ShotSize.INSERT and toward:
        return ShotSize.MS
    return ShotSize.EWS if shot.size is ShotSize.EST and subjects else shot.size


def _identity(
    shots: Sequence[ProposedShot], place: int, reading: Reading, around: Sequence[Beat], cutaways: dict[str, int]
) -> tuple[str, str, tuple[Element, ...]]:
    """Role and anchor, which name the shot for good by the beat it begins with, and what it carries beside beats."""
    if shots[place].beats:
        return f"proposed {_part(around[0])}", around[0].element.id, ()
    at_start = not any(shot.beats for shot in shots[:place])
    element = reading.scene.heading if at_start else around[0].element
    part = "start" if at_start else str(_part(around[0]))
    cutaways[f"{element.id} {part}"] = count = cutaways.get(f"{element.id} {part}", 0) + 1
    return f"cutaway {part} {count}", element.id, (element,)


def _part(beat: Beat) -> int:
    return beat.part if isinstance(beat, Action) else 0


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def told(reading: Reading) -> Mapping[str, Any]:
    """What a model is told of a scene."""
    breakdown, slug = reading.breakdown, reading.scene.slug
    return {
        "heading": clean(reading.scene.heading.text),
        "set": str(breakdown.set_kind),
        "int_ext": str(slug.int_ext),
        "time": str(breakdown.time),
        "new_place": breakdown.new_place,
        "people": list(dict.fromkeys(name for beat in reading.beats for name in beat.present)),
        "things": reading.things,
        "beats": [_told_beat(number, beat) for number, beat in enumerate(reading.beats, start=1)],
    }


def _told_beat(number: int, beat: Beat) -> dict[str, Any]:
    common = {"beat": number, "text": beat.text, "on_set": list(beat.present)}
    if isinstance(beat, Action):
        return {**common, "kind": "action", **({"set_apart": beat.isolated} if beat.isolated else {})}
    manner = {"manner": beat.manner} if beat.manner else {}
    return {**common, "kind": "line", "speaker": beat.speaker, "voice": str(beat.voice), **manner}
