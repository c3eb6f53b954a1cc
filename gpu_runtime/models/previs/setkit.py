"""What set builders work with: the model, the walls, the dice of the dressing seed, and the practicals."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from gpu_runtime.models.previs.light import Lamp, is_dark
from gpu_runtime.models.previs.shade import Contact
from gpu_runtime.models.previs.solids import NO_PATTERN, Model, Solids
from vibeboard.screenplay import TimeOfDay
from vibeboard.sets import LAYOUTS, Layout
from vibeboard.stage import Colour, SetKind, Vec3

Pattern = tuple[float, float, float, float]
_BEYOND = 9.0
"""Metres by which walls, floor and ceiling go on behind each other, for a camera outside of the room."""
WALLS: dict[str, tuple[float, float, float]] = {
    "back": (0.0, -1.0, 0.0),
    "front": (0.0, 1.0, 180.0),
    "left": (-1.0, 0.0, 90.0),
    "right": (1.0, 0.0, -90.0),
}
"""Outward direction (x, z) of each wall, and the yaw in which one faces with one's back to it."""


@dataclass(frozen=True)
class Scenery:
    """A built set. `passing_by` slides past along `-z` at `speed` metres a second and comes round every `period`."""

    solids: Solids
    lamps: tuple[Lamp, ...] = ()
    contacts: tuple[Contact, ...] = ()
    passing_by: Solids | None = None
    speed: float = 0.0
    period: float = 1.0

    def passing(self, seconds: float) -> Solids | None:
        """The scenery that passes, where it is at a time."""
        if self.passing_by is None:
            return None
        centre = self.passing_by.centre.copy()
        centre[:, 2] = (centre[:, 2] - self.speed * seconds + self.period / 2) % self.period - self.period / 2
        return replace(self.passing_by, centre=centre)


@dataclass
class SetKit:
    layout: Layout
    dark: bool
    day: float
    random: Random
    model: Model = field(default_factory=Model)
    lamps: list[Lamp] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    passing: Model = field(default_factory=Model)
    speed: float = 0.0
    period: float = 1.0

    @classmethod
    def of(cls, kind: SetKind, time: TimeOfDay, dressing_seed: int) -> SetKit:
        day = {TimeOfDay.NIGHT: 0.0, TimeOfDay.DUSK: 0.25, TimeOfDay.DAWN: 0.6, TimeOfDay.EVENING: 0.7}.get(time, 1.0)
        return cls(LAYOUTS[kind], is_dark(time), day, Random(dressing_seed))

    def at(self, x: float, z: float, yaw: float = 0.0, y: float = 0.0) -> Model:
        return self.model.inner((x, y, z), yaw)

    def lamp(self, at: Vec3, colour: Colour, reach: float) -> None:
        self.lamps.append(Lamp(at, colour, reach))

    def contact(self, x: float, z: float, radius: float, strength: float = 0.45) -> None:
        self.contacts.append(Contact(x, z, radius, strength))

    def pane(self) -> tuple[Colour, float]:
        """Colour and glow of a window at this time of day."""
        if self.day == 0:
            return (0.10, 0.14, 0.24), 0.5
        if self.day < 0.9:
            return (0.86, 0.66, 0.52), 0.5 + 0.8 * self.day
        return (0.80, 0.90, 1.0), 1.25

    def ground(self, colour: Colour, half: float = 400.0, pattern: Pattern = NO_PATTERN) -> None:
        self.model.flat((0.0, 0.0, 0.0), (half, 0.0, 0.0), (0.0, 0.0, half), colour, pattern=pattern)

    def patch(
        self,
        x: float,
        z: float,
        width: float,
        depth: float,
        colour: Colour,
        y: float = 0.004,
        pattern: Pattern = NO_PATTERN,
    ) -> None:
        """A flat piece of ground."""
        self.model.flat((x, y, z), (width / 2, 0.0, 0.0), (0.0, 0.0, depth / 2), colour, pattern=pattern)

    def shell(self, walls: dict[str, Colour], floor: Colour, ceiling: Colour, boards: Pattern = NO_PATTERN) -> None:
        """Floor, ceiling and the named walls, each seen from inside only; they go on beyond their corners."""
        width, height, depth = self.layout.size
        x, z = width / 2 + _BEYOND, depth / 2 + _BEYOND
        self.model.flat((0.0, 0.0, 0.0), (x, 0.0, 0.0), (0.0, 0.0, z), floor, pattern=boards)
        self.model.casts = False
        self.model.flat((0.0, height, 0.0), (-x, 0.0, 0.0), (0.0, 0.0, z), ceiling)
        for name, colour in walls.items():
            wall = self.wall(name)
            half = z if name in ("left", "right") else x
            wall.flat((0.0, height / 2, 0.0), (half, 0.0, 0.0), (0.0, -height / 2, 0.0), colour)
            wall.block((0.0, 0.0, 0.01), (2 * half, 0.1, 0.02), (0.9, 0.89, 0.86))
        self.model.casts = True

    def wall(self, name: str, along: float = 0.0) -> Model:
        """A model on a wall, `z` into the room; what is built there goes when the wall is flown out."""
        nx, nz, yaw = WALLS[name]
        width, _, depth = self.layout.size
        distance = (width if nx else depth) / 2
        flown = replace(self.model, seen_from=(-nx, 0.0, -nz, distance), casts=False)
        return flown.inner((nx * distance, 0.0, nz * distance), yaw).inner((along, 0.0, 0.0))

    def finished(self) -> Scenery:
        passing = self.passing.solids() if self.passing.rows else None
        return Scenery(self.model.solids(), tuple(self.lamps), tuple(self.contacts), passing, self.speed, self.period)

    def pick(self, *colours: Colour) -> Colour:
        return self.random.choice(colours)
