"""Where people walk in a shot, as marks over its frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.planner.beats import Action
from agents.planner.deeds import Deed
from agents.planner.geometry import moved, plan_distance, towards, yaw_of
from agents.planner.spots import on_feet, spot_mark
from vibeboard.digest import derive_seed
from vibeboard.sets import LAYOUTS, Layout
from vibeboard.stage import Mark, Prop, SetKind
from vibeboard.timing import Rate

WALK_SPEED = 1.3
RUN_SPEED = 3.4
"""Metres a second."""
_APPROACH = 4.5
"""Metres that somebody who simply walks, out of doors, comes nearer."""
_LARGE = 1.0


@dataclass(frozen=True)
class Walks:
    """The walks of one sentence of action, from where people are (`marks`), in a shot of `frames`."""

    action: Action
    set_kind: SetKind
    marks: Mapping[str, Mark]
    props: Mapping[str, Prop]
    frames: int
    fps: Rate

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.set_kind]

    def paths(self, walkers: list[str]) -> dict[str, tuple[Mark, ...]]:
        """Marks of all walkers; several keep their places to each other."""
        leader = self.marks[walkers[0]]
        start, goal = self._way(walkers[0], leader)
        shifts = {name: (self.marks[name].x - leader.x, self.marks[name].z - leader.z) for name in walkers}
        return {name: self._walk(_shifted(start, *shift), _shifted(goal, *shift)) for name, shift in shifts.items()}

    def _way(self, name: str, here: Mark) -> tuple[Mark, Mark]:
        """Where a walk starts and where it ends."""
        door = Mark(frame=0, x=self.layout.entrance[0], z=self.layout.entrance[1])
        others = [other for other in self.action.people if other not in self.action.doers and other in self.marks]
        if Deed.ENTER in self.action.deeds:
            return door, beside(self.marks[others[0]], door) if others else here
        standing = on_feet(here, self.set_kind)
        if Deed.EXIT in self.action.deeds:
            return standing, door
        if others:
            return standing, beside(self.marks[others[0]], here)
        prop = self.props.get(self.action.thing)
        if prop and max(prop.size) > _LARGE:
            return standing, _before(prop, here)
        if not self.layout.interior or self.set_kind is SetKind.CORRIDOR:
            return here.model_copy(update={"z": here.z - _APPROACH}), here
        return standing, self._elsewhere(name, here)

    def _elsewhere(self, name: str, here: Mark) -> Mark:
        """A free spot to walk to, chosen by the sentence's element."""
        taken = [mark.ground for other, mark in self.marks.items() if other != name]
        free = [
            mark
            for mark in (spot_mark(index, self.set_kind) for index in range(2, len(self.layout.spots)))
            if all(plan_distance(mark.ground, point) > 0.7 for point in taken)
            and plan_distance(mark.ground, here.ground) > 0.9
        ]
        if not free:
            return here
        return on_feet(free[derive_seed("walk", self.action.element.id) % len(free)], self.set_kind)

    def _walk(self, start: Mark, goal: Mark) -> tuple[Mark, ...]:
        """Marks of a walk that lasts no longer than the shot: a longer way is joined late, or left early on an exit."""
        speed = RUN_SPEED if Deed.RUN in self.action.deeds else WALK_SPEED
        reach = speed * self.fps.seconds(self.frames) * 0.9
        leaving = Deed.EXIT in self.action.deeds
        a, b = start.ground, goal.ground
        length = plan_distance(a, b)
        if length < 0.1:
            return (goal,)
        direction = towards(a, b)
        if length > reach:
            a, b = (a, moved(a, direction, reach)) if leaving else (moved(b, direction, -reach), b)
        arrival = min(max(self.fps.frames(min(length, reach) / speed), 1), self.frames - 1)
        way = Mark(frame=0, x=round(a[0], 3), z=round(a[2], 3), yaw=round(yaw_of(direction), 1))
        last = way.model_copy(update={"frame": arrival, "x": round(b[0], 3), "z": round(b[2], 3)})
        turned = goal.model_copy(update={"frame": arrival + max(self.fps.frames(0.4), 1)})
        return (way, last) if leaving or turned.frame >= self.frames else (way, last, turned)


def beside(goal: Mark, here: Mark, metres: float = 0.9) -> Mark:
    """A mark near somebody, on the side one comes from, facing them."""
    direction = towards(goal.ground, here.ground)
    x, _, z = moved(goal.ground, direction, metres)
    return Mark(frame=0, x=round(x, 3), z=round(z, 3), yaw=round(yaw_of(direction) + 180, 1))


def _before(prop: Prop, here: Mark) -> Mark:
    """A mark before something big, such as a car, back turned to it."""
    direction = towards(prop.position, here.ground)
    x, _, z = moved(prop.position, direction, min(prop.size[0], prop.size[2]) / 2 + 0.6)
    return Mark(frame=0, x=round(x, 3), z=round(z, 3), yaw=round(yaw_of(direction), 1))


def _shifted(mark: Mark, x: float, z: float) -> Mark:
    return mark.model_copy(update={"x": round(mark.x + x, 3), "z": round(mark.z + z, 3)})
