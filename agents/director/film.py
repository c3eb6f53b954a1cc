"""The film as it is planned now, and what can be asked about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from agents.planner.lint import in_frame
from agents.planner.outlines import corners, hand_of
from agents.planner.prose import Names
from vibeboard.breakdown import SceneBreakdown
from vibeboard.camera import camera_at, project
from vibeboard.edits import Aim
from vibeboard.faults import Rejected
from vibeboard.figure import Landmark, mark_at
from vibeboard.screenplay import Scene
from vibeboard.shot import Framing, Shot, SpokenLine
from vibeboard.stage import Prop
from vibeboard.timing import Rate

_ARTICLES = frozenset({"a", "an", "the", "her", "his", "their", "my"})
_WIDTH = 1600
_SAMPLES = 5
_NEAR = 12
_LANDMARKS = {
    "face": Landmark.EYES,
    "eye": Landmark.EYES,
    "head": Landmark.CROWN,
    "mouth": Landmark.CHIN,
    **{str(landmark): landmark for landmark in Landmark},
}


class Placed(NamedTuple):
    """A shot in the cut, with its number such as `12A`."""

    shot: Shot
    number: str
    scene: Scene
    breakdown: SceneBreakdown


class Used(NamedTuple):
    """That a shot has something, and how: `seen`, `on the set`, `in its description` or `in a line`."""

    placed: Placed
    how: str


@dataclass(frozen=True)
class Film:
    title: str
    placed: Sequence[Placed]
    fps: Rate
    aspect: float

    def shot(self, number: str) -> Placed:
        """
        Raises:
            Rejected: there is no shot of that number.
        """
        wanted = number.strip().upper().removeprefix("SHOT ").strip()
        found = next((placed for placed in self.placed if placed.number.upper() == wanted), None)
        if found is None:
            numbers = [placed.number for placed in self.placed]
            near = set(get_close_matches(wanted, numbers, _NEAR, cutoff=0.0))
            shown = ", ".join(other for other in numbers if other in near)
            raise Rejected("no_such_shot", f"there is no shot {number}: near it are {shown}")
        return found

    def before(self, placed: Placed) -> Placed:
        """The shot before one in its scene.

        Raises:
            Rejected: it is the scene's first.
        """
        scene = [other for other in self.placed if other.scene.id == placed.scene.id]
        at = scene.index(placed)
        if not at:
            raise Rejected(
                "first_shot", f"{placed.number} is the first shot of its scene: nothing comes before it there"
            )
        return scene[at - 1]

    def scene(self, number: str) -> list[Placed]:
        """The shots of a scene.

        Raises:
            Rejected: there is no scene of that number.
        """
        wanted = number.strip().upper().removeprefix("SCENE ").strip()
        found = [placed for placed in self.placed if placed.breakdown.number.upper() == wanted]
        if not found:
            known = ", ".join(dict.fromkeys(placed.breakdown.number for placed in self.placed))
            raise Rejected("no_such_scene", f"there is no scene {number}: the film has {known}")
        return found

    def seconds(self, placed: Sequence[Placed]) -> float:
        return self.fps.seconds(sum(item.shot.frames for item in placed))

    def using(self, words: str) -> list[Used]:
        """The shots that have a person or a thing, by its words: those that show it first come first in the film."""
        wanted = _words(words)
        return [Used(placed, how) for placed in self.placed if wanted and (how := self._how(placed, wanted))]

    def _how(self, placed: Placed, wanted: set[str]) -> str:
        shot = placed.shot
        props = [prop for prop in shot.stage.props if wanted <= _words(prop.name)]
        people = [figure.id for figure in shot.stage.figures if wanted <= _words(figure.id)]
        middle = shot.frames // 2
        if any(self._sees(shot, prop) for prop in props) or any(
            in_frame(shot, name, middle, self.aspect) for name in people
        ):
            return "seen"
        if props or people:
            return "on the set, out of frame"
        if wanted <= _words(shot.description):
            return "in its description"
        return "in a line" if any(wanted <= _words(line.text) for line in shot.lines) else ""

    def _sees(self, shot: Shot, prop: Prop) -> bool:
        return any(self._sees_at(shot, prop, (shot.frames - 1) * at // (_SAMPLES - 1)) for at in range(_SAMPLES))

    def _sees_at(self, shot: Shot, prop: Prop, frame: int) -> bool:
        holder = shot.stage.figure(prop.held_by)
        base = hand_of(holder, mark_at(holder, frame), prop) if holder else prop.position
        pose, height = camera_at(shot.camera, frame), round(_WIDTH / self.aspect)
        points = [project(pose, shot.camera.sensor_width_mm, _WIDTH, height, corner) for corner in corners(prop, base)]
        return any(depth > 0 and 0 <= u <= _WIDTH and 0 <= v <= height for u, v, depth in points)


def _words(text: str) -> set[str]:
    words = re.findall(r"[\w'’-]+", text.casefold())
    return {word.removesuffix("'s").removesuffix("’s") for word in words} - _ARTICLES


def aim_of(shot: Shot, words: str) -> Aim:
    """What words such as `her eyes`, `Nora's face`, `the gun` mean in a shot.

    Raises:
        Rejected: nothing, or more than one thing.
    """
    landmark = next(
        (found for word, found in _LANDMARKS.items() if re.search(rf"\b{word}s?\b", words.casefold())), None
    )
    wanted = _words(words) - {form for word in _LANDMARKS for form in (word, f"{word}s")}
    named = [name for _, name in Names([figure.id for figure in shot.stage.figures]).find(words.title())]
    if named:
        return Aim(name=named[0], landmark=landmark or Landmark.EYES)
    props = [prop.id for prop in shot.stage.props if wanted and wanted <= _words(prop.name)]
    if len(props) == 1:
        return Aim(name=props[0])
    people = list(shot.subjects if shot.framing is not Framing.POV else shot.subjects[1:])
    if landmark and not wanted and len(people) == 1:
        return Aim(name=people[0], landmark=landmark)
    there = [*(figure.id for figure in shot.stage.figures), *(prop.id for prop in shot.stage.props)]
    raise Rejected("unclear", f"{words!r} is not one thing in the shot: say which of {', '.join(there) or 'nothing'}")


def person_of(shot: Shot, words: str) -> str:
    """Whom of those on the set words mean.

    Raises:
        Rejected: nobody.
    """
    named = [name for _, name in Names(shot.brief.present).find(words.title())]
    if not named:
        here = ", ".join(shot.brief.present) or "nobody"
        raise Rejected("unclear", f"{words!r} is nobody who is on the set then: {here} is")
    return named[0]


def line_of(shot: Shot, words: str) -> SpokenLine:
    """The line of a shot that has these words.

    Raises:
        Rejected: none or several have.
    """
    spoken = " ".join(words.casefold().split()).strip("\"'“”‘’ .!?")
    found = [line for line in shot.lines if spoken in " ".join(line.text.casefold().split())]
    if len(found) != 1:
        said = "; ".join(line.text for line in shot.lines) or "nothing"
        raise Rejected("unclear", f"{words!r} is not one line of the shot: said there is {said}")
    return found[0]
