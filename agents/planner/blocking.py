"""Where everybody is, how they sit or stand, where they go and whom they look at, shot after shot."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents.planner.beats import Action, Beat, Line
from agents.planner.deeds import Deed
from agents.planner.geometry import heading, moved, plan_distance, towards, yaw_of
from agents.planner.looks import CastLook
from agents.planner.prose import called
from agents.planner.setups import Setup
from agents.planner.things import holder_of, thing
from vibeboard.digest import derive_seed
from vibeboard.figure import Landmark, height_of
from vibeboard.sets import Layout
from vibeboard.shot import Framing, SpokenLine, Voice
from vibeboard.stage import Figure, Look, Mark, Pose, Prop, SetKind, Span, Vec3
from vibeboard.timing import Rate

WALK_SPEED = 1.3
RUN_SPEED = 3.4
"""Metres a second."""
SEAT_HEIGHT = 0.45
_BEHIND_BAR = 2
"""The spot on the other side of the bar."""
_SERVES = re.compile(r"\bbehind the (?:bar|counter)\b", re.I)
_STAFF = frozenset({"bartender", "barman", "barmaid", "waitress", "waiter", "barista", "server"})
_POSES = {Deed.SIT: Pose.SIT, Deed.KNEEL: Pose.KNEEL, Deed.LIE: Pose.LIE, Deed.RISE: Pose.STAND}


@dataclass
class Blocking:
    """The set while the scene plays: `marks` is where people are now, `held` who has which prop in hand."""

    set_kind: SetKind
    layout: Layout
    cast: Mapping[str, CastLook]
    fps: Rate
    props: dict[str, Prop]
    marks: dict[str, Mark] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def open(self, beats: Sequence[Beat]) -> None:
        """Give everybody the spot they have when the scene opens, and hide what is only pulled out later."""
        people = self._order(beats)
        spots = self._spots(people, beats)
        for spot, name in zip(spots, people, strict=True):
            self.marks[name] = self._spot(spot)
            first = next(beat for beat in beats if isinstance(beat, Line) or name in beat.people)
            self._open_pose(name, next((b for b in beats if isinstance(b, Action) and name in b.people), first))
        for action in (beat for beat in beats if isinstance(beat, Action)):
            appears = (
                action.doers
                and not {Deed.TAKE, Deed.PUT}.isdisjoint(action.deeds)
                and not self._mentioned_before(action, beats)
            )
            if action.thing in self.props and appears:
                self.hidden.add(action.thing)

    def _order(self, beats: Sequence[Beat]) -> list[str]:
        """Who gets which spot: the driver first in a car, then speakers by their first line, then the others."""
        speakers = [beat.speaker for beat in beats if isinstance(beat, Line) and beat.voice is Voice.ON]
        others = [name for beat in beats if isinstance(beat, Action) for name in beat.people]
        drivers = [
            name for beat in beats if isinstance(beat, Action) and Deed.DRIVE in beat.deeds for name in beat.doers
        ]
        first = drivers if self.set_kind is SetKind.CAR else []
        return list(dict.fromkeys((*first, *speakers, *others)))

    def _spots(self, people: Sequence[str], beats: Sequence[Beat]) -> list[int]:
        """The spot of each, in their order; in a bar, who works there stands behind it."""
        spots = list(range(len(people) + 1))
        if self.set_kind is not SetKind.BAR:
            return spots[: len(people)]
        serving = next((name for name in people if _serves(name, beats)), "")
        free = iter(spot for spot in spots if spot != _BEHIND_BAR or not serving)
        return [_BEHIND_BAR if name == serving else next(free) for name in people]

    def _spot(self, index: int) -> Mark:
        spots = self.layout.spots
        if index < len(spots):
            spot = spots[index]
            return Mark(frame=0, x=spot.x, z=spot.z, yaw=spot.yaw, pose=spot.pose, floor=spot.floor)
        row, place = divmod(index - len(spots), 5)
        aside = 1.6 if self.set_kind is SetKind.CAR else 0.0
        return Mark(frame=0, x=aside + (place - 2) * 0.8, z=-2.9 - 0.8 * row, yaw=0.0)

    def _open_pose(self, name: str, beat: Beat) -> None:
        if isinstance(beat, Line) or self.set_kind is SetKind.CAR:
            return
        if Deed.ENTER in beat.deeds:
            self.marks[name] = self._standing(self.marks[name])
        else:
            self._pose(name, beat)

    def _standing(self, mark: Mark) -> Mark:
        """On one's feet; somebody who sat stands before or behind the seat, whichever is clear of the table."""
        if mark.pose is not Pose.SIT:
            return mark.model_copy(update={"pose": Pose.STAND, "floor": 0.0})
        here = (mark.x, 0.0, mark.z)
        sides = [moved(here, heading(mark.yaw), metres) for metres in (0.55, -0.55)]
        x, _, z = max(sides, key=lambda side: plan_distance(side, self.layout.surface))
        return mark.model_copy(update={"pose": Pose.STAND, "floor": 0.0, "x": round(x, 3), "z": round(z, 3)})

    def _mentioned_before(self, action: Action, beats: Sequence[Beat]) -> bool:
        earlier = beats[: beats.index(action)]
        return any(isinstance(beat, Action) and beat.thing == action.thing for beat in earlier)

    def _pose(self, name: str, action: Action) -> None:
        """Change how somebody is held, on the cut: a mannequin cannot be seen sitting down."""
        if self.set_kind is SetKind.CAR:
            return
        for deed, pose in _POSES.items():
            if deed in action.deeds and name in action.doers:
                mark = self.marks[name]
                if pose is Pose.STAND:
                    self.marks[name] = self._standing(mark)
                elif pose is not mark.pose:
                    floor = SEAT_HEIGHT if pose is Pose.SIT else 0.0
                    self.marks[name] = mark.model_copy(update={"pose": pose, "floor": floor})

    def play(
        self, setup: Setup, frames: int, lines: Sequence[SpokenLine]
    ) -> tuple[tuple[Figure, ...], tuple[Prop, ...]]:
        """Figures and props for the frames of a setup; afterwards everybody is where the setup leaves them."""
        paths: dict[str, tuple[Mark, ...]] = {name: (self.marks[name],) for name in setup.present if name in self.marks}
        for action in setup.actions:
            for name in [name for name in action.doers if name in paths]:
                self._pose(name, action)
                paths[name] = (self.marks[name],)
            self._handle(action)
            if action.travels and self.set_kind is not SetKind.CAR:
                paths.update(self._travel(action, paths, frames))
        eyes = {name: self.eyes(name, path[-1]) for name, path in paths.items()}
        figures = tuple(
            self._figure(name, path, setup, lines, eyes)
            for name, path in paths.items()
            if setup.framing is not Framing.POV or name not in setup.subjects[:1]
        )
        props = (*self._visible_props(figures), *self._chairs(figures))
        self.marks.update({name: path[-1].model_copy(update={"frame": 0}) for name, path in paths.items()})
        return figures, props

    def eyes(self, name: str, mark: Mark) -> Vec3:
        """Where somebody's eyes are at a mark."""
        figure = self._figure_at(name, (mark,))
        return (mark.x, round(height_of(figure, mark, Landmark.EYES), 3), mark.z)

    def viewpoint(self, name: str) -> tuple[Vec3, Vec3]:
        """Where somebody's eyes are now, and a point far ahead of them."""
        eyes = self.eyes(name, self.marks[name])
        return eyes, moved(eyes, heading(self.marks[name].yaw), 20.0)

    def _figure_at(self, name: str, marks: tuple[Mark, ...]) -> Figure:
        look = self.cast[name]
        return Figure(id=name, name=called(name), colour=look.colour, height=look.height, build=look.build, marks=marks)

    def _figure(
        self, name: str, path: tuple[Mark, ...], setup: Setup, lines: Sequence[SpokenLine], eyes: Mapping[str, Vec3]
    ) -> Figure:
        talks = tuple(
            Span(start=line.start, end=line.start + line.frames)
            for line in lines
            if line.speaker == name and line.voice is Voice.ON
        )
        looks = self._looks(name, path, setup, lines, eyes)
        return self._figure_at(name, path).model_copy(update={"talks": talks, "looks": looks})

    def _looks(
        self, name: str, path: tuple[Mark, ...], setup: Setup, lines: Sequence[SpokenLine], eyes: Mapping[str, Vec3]
    ) -> tuple[Look, ...]:
        if self.set_kind is SetKind.CAR and path[0].x == self.layout.spots[0].x and not setup.thing:
            return ()
        looks: dict[int, Vec3] = {}
        point = self._gaze(name, setup, eyes)
        if point and len(path) == 1:
            looks[0] = point
        for line in lines:
            goal = setup.toward if line.speaker == name else line.speaker
            if goal in eyes and goal != name:
                looks[line.start] = eyes[goal]
        keys = [Look(frame=frame, point=goal) for frame, goal in sorted(looks.items())]
        return tuple(key for i, key in enumerate(keys) if i == 0 or key.point != keys[i - 1].point)

    def _gaze(self, name: str, setup: Setup, eyes: Mapping[str, Vec3]) -> Vec3 | None:
        """Whom or what somebody looks at before anybody speaks."""
        if name in setup.subjects and setup.toward in eyes and setup.toward != name:
            return eyes[setup.toward]
        if name in setup.subjects and setup.thing in self.props:
            return self.props[setup.thing].position
        if name == setup.toward and setup.subjects and setup.subjects[0] in eyes:
            return eyes[setup.subjects[0]]
        doers = [doer for action in setup.actions for doer in action.doers if doer in eyes and doer != name]
        return eyes[doers[0]] if doers and name not in setup.subjects else None

    def _travel(
        self, action: Action, paths: Mapping[str, tuple[Mark, ...]], frames: int
    ) -> dict[str, tuple[Mark, ...]]:
        """Paths of those who walk in a sentence; several keep their places to each other."""
        walkers = [name for name in action.doers if name in paths]
        if not walkers:
            return {}
        speed = RUN_SPEED if Deed.RUN in action.deeds else WALK_SPEED
        reach = speed * self.fps.seconds(frames) * 0.9
        leader = self.marks[walkers[0]]
        start, goal = self._way(action, walkers[0], leader)
        shift = {name: (self.marks[name].x - leader.x, self.marks[name].z - leader.z) for name in walkers}
        return {
            name: self._walk(_shifted(start, shift[name]), _shifted(goal, shift[name]), action, reach, speed)
            for name in walkers
        }

    def _way(self, action: Action, name: str, mark: Mark) -> tuple[Mark, Mark]:
        """Where a walk starts and where it ends."""
        door = Mark(frame=0, x=self.layout.entrance[0], z=self.layout.entrance[1])
        if Deed.ENTER in action.deeds:
            return door, mark
        if Deed.EXIT in action.deeds:
            return self._standing(mark), door
        others = [other for other in action.people if other not in action.doers and other in self.marks]
        if others:
            return self._standing(mark), self._beside(self.marks[others[0]], mark)
        if action.thing in self.props and max(self.props[action.thing].size) > 1.0:
            return self._standing(mark), self._next_to(self.props[action.thing], mark)
        if not self.layout.interior or self.set_kind is SetKind.CORRIDOR:
            return mark.model_copy(update={"z": mark.z - 4.5}), mark
        return self._standing(mark), self._elsewhere(name, action.element.id)

    def _beside(self, goal: Mark, mark: Mark) -> Mark:
        """A mark an arm and a half from somebody, on the side one comes from, facing them."""
        there, here = (goal.x, 0.0, goal.z), (mark.x, 0.0, mark.z)
        direction = towards(there, here)
        x, _, z = moved(there, direction, 0.9)
        return Mark(frame=0, x=round(x, 3), z=round(z, 3), yaw=round(yaw_of(direction) + 180, 1))

    def _next_to(self, prop: Prop, mark: Mark) -> Mark:
        """A mark before something big, such as a car, back turned to it."""
        there, here = prop.position, (mark.x, 0.0, mark.z)
        direction = towards(there, here)
        x, _, z = moved(there, direction, min(prop.size[0], prop.size[2]) / 2 + 0.6)
        return Mark(frame=0, x=round(x, 3), z=round(z, 3), yaw=round(yaw_of(direction), 1))

    def _elsewhere(self, name: str, element_id: str) -> Mark:
        """A free spot to walk to, chosen by the sentence's element."""
        taken = [(mark.x, 0.0, mark.z) for other, mark in self.marks.items() if other != name]
        here = self.marks[name]
        free = [
            mark
            for mark in map(self._spot, range(2, len(self.layout.spots)))
            if all(plan_distance((mark.x, 0.0, mark.z), point) > 0.7 for point in taken)
            and math.hypot(mark.x - here.x, mark.z - here.z) > 0.9
        ]
        if not free:
            return here
        return self._standing(free[derive_seed("walk", element_id) % len(free)])

    def _walk(self, start: Mark, goal: Mark, action: Action, reach: float, speed: float) -> tuple[Mark, ...]:
        """Marks of a walk that lasts no longer than the shot: cut into at its end, or out of at its start."""
        a, b = (start.x, 0.0, start.z), (goal.x, 0.0, goal.z)
        length = plan_distance(a, b)
        if length < 0.1:
            return (goal,)
        direction = towards(a, b)
        if length > reach and Deed.EXIT in action.deeds:
            b = moved(a, direction, reach)
        elif length > reach:
            a = moved(b, direction, -reach)
        arrival = max(self.fps.frames(min(length, reach) / speed), 1)
        way = Mark(frame=0, x=round(a[0], 3), z=round(a[2], 3), yaw=round(yaw_of(direction), 1))
        last = way.model_copy(update={"frame": arrival, "x": round(b[0], 3), "z": round(b[2], 3)})
        if Deed.EXIT in action.deeds:
            return (way, last)
        turn = max(self.fps.frames(0.4), 1)
        return (way, last, goal.model_copy(update={"frame": arrival + turn}))

    def _handle(self, action: Action) -> None:
        """Take things up and put them down."""
        name = action.thing
        if name not in self.props or not action.doers:
            return
        if Deed.TAKE in action.deeds:
            if other := holder_of(self.held, action.doers[0]):
                del self.held[other]
            self.held[name] = action.doers[0]
            self.hidden.discard(name)
        elif Deed.PUT in action.deeds:
            self.held.pop(name, None)
            self.hidden.discard(name)

    def _visible_props(self, figures: Sequence[Figure]) -> tuple[Prop, ...]:
        on_stage = {figure.id for figure in figures}
        return tuple(
            prop.model_copy(update={"held_by": self.held.get(name, "")})
            for name, prop in self.props.items()
            if name not in self.hidden and self.held.get(name, "") in {"", *on_stage}
        )

    def _chairs(self, figures: Sequence[Figure]) -> tuple[Prop, ...]:
        """A chair under everybody who sits where the set has no seat."""
        seats = {(spot.x, spot.z) for spot in self.layout.spots if spot.pose is Pose.SIT}
        return tuple(
            thing("chair", (mark.x, 0.0, mark.z), mark.yaw).model_copy(
                update={"id": f"chair of {figure.id}", "name": ""}
            )
            for figure in figures
            for mark in figure.marks[-1:]
            if mark.pose is Pose.SIT and (mark.x, mark.z) not in seats
        )


def _shifted(mark: Mark, shift: tuple[float, float]) -> Mark:
    return mark.model_copy(update={"x": mark.x + shift[0], "z": mark.z + shift[1]})


def _serves(name: str, beats: Sequence[Beat]) -> bool:
    """Whether somebody works behind the bar, by name or by where the text puts them."""
    if _STAFF & set(name.casefold().split()):
        return True
    return any(isinstance(beat, Action) and name in beat.doers and _SERVES.search(beat.text) for beat in beats)
