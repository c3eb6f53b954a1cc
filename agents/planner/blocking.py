"""The set while a scene plays: where everybody is, how they are, what they hold, shot after shot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.planner.beats import Action, Beat
from agents.planner.deeds import Deed
from agents.planner.framing import body_point
from agents.planner.gazes import looks_of
from agents.planner.geometry import heading, moved, to_millimetre, towards, yaw_of
from agents.planner.looks import CastLook
from agents.planner.outlines import hand_of
from agents.planner.prose import called
from agents.planner.setups import Setup
from agents.planner.spots import on_feet, opening_marks, posed
from agents.planner.things import holder_of, seat_for, thing
from agents.planner.walks import Walks, beside
from vibeboard.figure import FRACTION, Landmark
from vibeboard.sets import LAYOUTS
from vibeboard.shot import Framing, SpokenLine, Voice
from vibeboard.stage import Figure, Mark, Pose, Prop, SetKind, Span, Vec3
from vibeboard.timing import Rate

Path = tuple[Mark, ...]
_NECK = 35.0
_EMBRACE = 0.38
"""Metres between two who hold each other."""


@dataclass
class Blocking:
    """`marks` is where people are now, `held` who has which prop in hand, `hidden` what was not brought out yet."""

    set_kind: SetKind
    cast: Mapping[str, CastLook]
    fps: Rate
    props: dict[str, Prop]
    marks: dict[str, Mark] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    def open(self, beats: Sequence[Beat]) -> None:
        """Put everybody where they are at first, and away what somebody brings out later."""
        self.marks = opening_marks(beats, self.set_kind)
        mentioned: set[str] = set()
        for action in (beat for beat in beats if isinstance(beat, Action)):
            handled = action.doers and not {Deed.TAKE, Deed.PUT}.isdisjoint(action.deeds)
            if handled and action.thing in self.props and action.thing not in mentioned:
                self.hidden.add(action.thing)
            mentioned.add(action.thing)

    def play(
        self, setup: Setup, frames: int, lines: Sequence[SpokenLine]
    ) -> tuple[tuple[Figure, ...], tuple[Prop, ...]]:
        """Figures and props for the frames of a setup; afterwards everybody is where the setup leaves them."""
        paths: dict[str, Path] = {name: (self.marks[name],) for name in setup.present if name in self.marks}
        for action in setup.actions:
            paths |= self._deeds(action, paths, frames)
            self._handle(action)
        eyes = {name: self.eyes(name, path[-1]) for name, path in paths.items()}
        seen = [name for name in paths if setup.framing is not Framing.POV or name != setup.subjects[0]]
        figures = tuple(self._figure(name, paths[name], setup, lines, eyes) for name in seen)
        return figures, (*self._visible_props(figures), *self._strange(setup), *self._chairs(figures))

    def copy(self) -> Blocking:
        """The set as it is now, to try something on."""
        return replace(self, marks=dict(self.marks), held=dict(self.held), hidden=set(self.hidden))

    def eyes(self, name: str, mark: Mark) -> Vec3:
        """Where somebody's eyes are at a mark."""
        return to_millimetre(body_point(self._body(name, (mark,)), mark, FRACTION[Landmark.EYES]))

    def viewpoint(self, name: str) -> tuple[Vec3, Vec3]:
        """Where somebody's eyes are now, and a point far ahead of them; at the shore that is out to sea."""
        eyes = self.eyes(name, self.marks[name])
        ahead = heading(180.0) if self.set_kind is SetKind.SHORE else heading(self.marks[name].yaw)
        return eyes, moved(eyes, ahead, 20.0)

    def _deeds(self, action: Action, paths: Mapping[str, Path], frames: int) -> dict[str, Path]:
        """The new paths of those who change posture or walk in a sentence."""
        doers = [name for name in action.doers if name in paths]
        changed: dict[str, Path] = {}
        for name in doers:
            before, after = self.marks[name], posed(name, self.marks[name], action, self.set_kind)
            if before != after:
                changed[name] = self._change(before, after, frames)
        if Deed.EMBRACE in action.deeds:
            changed |= self._embrace(action, list(paths))
        if action.travels and doers and self.set_kind is not SetKind.CAR:
            changed = Walks(action, self.set_kind, self.marks, self.props, frames, self.fps).paths(doers)
        self.marks |= {name: path[-1].model_copy(update={"frame": 0}) for name, path in changed.items()}
        return changed

    def _embrace(self, action: Action, present: list[str]) -> dict[str, Path]:
        """Two who kiss or hug stand close, from the cut on; who hugs a parcel stays where they are."""
        pair = [name for name in action.people if name in present][:2]
        if len(pair) < 2 or self.set_kind is SetKind.CAR:
            return {}
        first, second = (on_feet(self.marks[name], self.set_kind) for name in pair)
        closer = beside(second, first, _EMBRACE)
        facing = second.model_copy(update={"yaw": round(closer.yaw + 180, 1)})
        return {pair[0]: (closer,), pair[1]: (facing,)}

    def _change(self, before: Mark, after: Mark, frames: int) -> Path:
        """Marks of somebody who sits down or gets up early in a shot; one who lies down or wakes is cut to."""
        start, end = self.fps.frames(0.3), self.fps.frames(1.2)
        if end >= frames or Pose.LIE in (before.pose, after.pose):
            return (after,)
        return (before, before.model_copy(update={"frame": start}), after.model_copy(update={"frame": end}))

    def _body(self, name: str, marks: Path) -> Figure:
        look = self.cast[name]
        return Figure(id=name, name=called(name), colour=look.colour, height=look.height, build=look.build, marks=marks)

    def _figure(
        self, name: str, path: Path, setup: Setup, lines: Sequence[SpokenLine], eyes: Mapping[str, Vec3]
    ) -> Figure:
        said = [line for line in lines if line.speaker == name and line.voice is Voice.ON]
        talks = tuple(Span(start=line.start, end=line.start + line.frames) for line in said)
        looks = () if self._watches_road(path, setup) else looks_of(name, setup, lines, eyes, self._in_place())
        if looks and len(path) == 1 and path[0].pose is Pose.STAND:
            path = (_turned_to(path[0], looks[0].point),)
        return self._body(name, path).model_copy(update={"talks": talks, "looks": looks})

    def _in_place(self) -> dict[str, Prop]:
        """The props where they are to be seen: what somebody holds is in that hand."""
        held = {name: holder for name, holder in self.held.items() if holder in self.marks}
        hands = {
            name: hand_of(self._body(holder, (self.marks[holder],)), self.marks[holder], self.props[name])
            for name, holder in held.items()
        }
        return self.props | {name: self.props[name].model_copy(update={"position": at}) for name, at in hands.items()}

    def _watches_road(self, path: Path, setup: Setup) -> bool:
        """A driver looks ahead, unless the shot is about a look."""
        driver = LAYOUTS[self.set_kind].spots[0]
        at_wheel = (path[0].x, path[0].z) == (driver.x, driver.z)
        return self.set_kind is SetKind.CAR and at_wheel and not any(Deed.LOOK in a.deeds for a in setup.actions)

    def _handle(self, action: Action) -> None:
        """Take things up and put them down."""
        name = action.thing
        only_seen = Deed.LOOK in action.deeds and action.deeds[Deed.LOOK] < action.deeds.get(Deed.TAKE, 0)
        if name not in self.props or not action.doers or only_seen:
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
        holders = {"", *(figure.id for figure in figures)}
        return tuple(
            prop.model_copy(update={"held_by": self.held.get(name, "")})
            for name, prop in self.props.items()
            if name not in self.hidden and self.held.get(name, "") in holders
        )

    def _strange(self, setup: Setup) -> tuple[Prop, ...]:
        """What an insert shows though the scene's props have it not: on the surface, for that shot."""
        if setup.framing is not Framing.INSERT or not setup.thing:
            return ()
        known = self.props.get(setup.thing)
        if known and setup.thing not in self.hidden:
            return ()
        return (known or thing(setup.thing, LAYOUTS[self.set_kind].surface),)

    def _chairs(self, figures: Sequence[Figure]) -> tuple[Prop, ...]:
        """A chair under everybody who sits where the set has no seat."""
        seats = {(spot.x, spot.z) for spot in LAYOUTS[self.set_kind].spots if spot.pose is Pose.SIT}
        return tuple(
            seat_for(figure.id, mark.ground, mark.yaw, LAYOUTS[self.set_kind])
            for figure in figures
            for mark in figure.marks
            if mark.pose is Pose.SIT and (mark.x, mark.z) not in seats and mark.frame == figure.marks[-1].frame
        )


def _turned_to(mark: Mark, point: Vec3) -> Mark:
    """The mark with the body turned so far that the head need not turn more than `_NECK` degrees to see a point."""
    wanted = yaw_of(towards(mark.ground, point))
    turn = (wanted - mark.yaw + 180) % 360 - 180
    excess = turn - max(min(turn, _NECK), -_NECK)
    return mark.model_copy(update={"yaw": round(mark.yaw + excess, 1)})
