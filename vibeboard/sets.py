"""What each set offers to blocking: its size and the marks where people stand and sit.

Walls are wild: one is seen from inside only, so a camera that stands beyond it looks through it, as on a stage with
the wall flown out. The renderer builds what is named here in the same places.
"""

from __future__ import annotations

from vibeboard.model import Frozen
from vibeboard.stage import Pose, SetKind, Vec3


class Spot(Frozen):
    """A place for one person. Spots come in the order in which blocking should fill them, two in a row facing
    each other where the set invites talk."""

    x: float
    z: float
    yaw: float
    pose: Pose = Pose.STAND
    floor: float = 0.0


class Layout(Frozen):
    """`size` is width (x), height (y) and depth (z) in metres of the space in which the action plays, centred on the
    origin, floor at 0. `surface` is where a thing is laid down to be seen (middle of its underside).
    `entrance` is where people come in; `wide` a camera position that shows the whole set, looking at the origin."""

    size: Vec3
    interior: bool
    spots: tuple[Spot, ...]
    surface: Vec3
    entrance: tuple[float, float]
    wide: Vec3


def _facing(*, half: float = 0.75, z: float = 0.0, pose: Pose = Pose.STAND, floor: float = 0.0) -> tuple[Spot, Spot]:
    """Two people face to face across the x axis."""
    return (
        Spot(x=-half, z=z, yaw=90, pose=pose, floor=floor),
        Spot(x=half, z=z, yaw=-90, pose=pose, floor=floor),
    )


_STANDING = (
    *_facing(),
    Spot(x=0.0, z=-1.1, yaw=0),
    Spot(x=-1.4, z=-1.0, yaw=50),
    Spot(x=1.4, z=-1.0, yaw=-50),
    Spot(x=-2.1, z=0.3, yaw=90),
    Spot(x=2.1, z=0.3, yaw=-90),
    Spot(x=0.0, z=-2.0, yaw=0),
)


def _outdoors(size: Vec3, *, entrance: tuple[float, float], wide: Vec3, spots: tuple[Spot, ...] = _STANDING) -> Layout:
    """Things are laid on the ground before those who stand there."""
    return Layout(size=size, interior=False, spots=spots, surface=(0.0, 0.0, 0.9), entrance=entrance, wide=wide)


LAYOUTS: dict[SetKind, Layout] = {
    SetKind.ROOM: Layout(
        size=(6.0, 2.8, 5.0),
        interior=True,
        surface=(0.0, 0.45, 0.9),
        entrance=(-2.5, -1.2),
        wide=(2.3, 1.6, 4.6),
        spots=_STANDING,
    ),
    SetKind.KITCHEN: Layout(
        size=(5.0, 2.6, 4.4),
        interior=True,
        surface=(0.0, 0.75, 0.0),
        entrance=(-2.1, -1.0),
        wide=(2.0, 1.7, 4.3),
        spots=(*_facing(half=0.8, pose=Pose.SIT, floor=0.45), Spot(x=0.3, z=-1.3, yaw=10), *_STANDING[3:]),
    ),
    SetKind.BEDROOM: Layout(
        size=(5.2, 2.7, 4.6),
        interior=True,
        surface=(1.95, 0.5, -1.6),
        entrance=(-2.2, 0.4),
        wide=(-2.2, 1.6, 4.4),
        spots=(
            Spot(x=0.35, z=-0.6, yaw=-70, pose=Pose.SIT, floor=0.5),
            Spot(x=-0.9, z=-0.3, yaw=100),
            Spot(x=-0.35, z=-1.35, yaw=30),
            Spot(x=-1.7, z=0.6, yaw=110),
            Spot(x=0.6, z=0.9, yaw=-150),
            Spot(x=-1.9, z=-1.0, yaw=50),
            Spot(x=1.6, z=1.0, yaw=-120),
            Spot(x=-0.6, z=1.4, yaw=170),
        ),
    ),
    SetKind.OFFICE: Layout(
        size=(6.0, 2.8, 5.0),
        interior=True,
        surface=(0.0, 0.75, 0.0),
        entrance=(2.5, 1.2),
        wide=(-2.6, 1.7, 4.6),
        spots=(
            Spot(x=-0.95, z=0.0, yaw=90, pose=Pose.SIT, floor=0.46),
            Spot(x=0.95, z=0.0, yaw=-90, pose=Pose.SIT, floor=0.46),
            Spot(x=0.4, z=-1.2, yaw=-15),
            *_STANDING[3:],
        ),
    ),
    SetKind.BAR: Layout(
        size=(7.0, 3.0, 6.0),
        interior=True,
        surface=(0.0, 1.05, -0.35),
        entrance=(-3.0, 1.5),
        wide=(2.8, 1.7, 5.2),
        spots=(
            Spot(x=-0.6, z=0.2, yaw=110, pose=Pose.SIT, floor=0.75),
            Spot(x=0.6, z=0.2, yaw=-110, pose=Pose.SIT, floor=0.75),
            Spot(x=0.0, z=-1.15, yaw=0),
            Spot(x=-1.9, z=0.2, yaw=100, pose=Pose.SIT, floor=0.75),
            Spot(x=1.9, z=0.2, yaw=-100, pose=Pose.SIT, floor=0.75),
            Spot(x=-2.2, z=1.4, yaw=90),
            Spot(x=2.2, z=1.4, yaw=-90),
        ),
    ),
    SetKind.CORRIDOR: Layout(
        size=(2.4, 2.6, 16.0),
        interior=True,
        surface=(0.9, 0.8, -0.6),
        entrance=(0.0, -7.0),
        wide=(0.5, 1.6, 6.5),
        spots=(
            Spot(x=0.0, z=0.75, yaw=180),
            Spot(x=0.0, z=-0.75, yaw=0),
            Spot(x=-0.7, z=-1.6, yaw=20),
            Spot(x=0.7, z=-2.2, yaw=-20),
            Spot(x=-0.6, z=-3.2, yaw=10),
            Spot(x=0.6, z=-4.0, yaw=-10),
        ),
    ),
    SetKind.WAREHOUSE: Layout(
        size=(18.0, 6.0, 24.0),
        interior=True,
        surface=(0.0, 0.8, 1.0),
        entrance=(-6.0, -6.0),
        wide=(5.0, 2.4, 10.5),
        spots=_STANDING,
    ),
    SetKind.STREET: _outdoors((14.0, 12.0, 60.0), entrance=(-4.0, -8.0), wide=(4.6, 2.0, 11.0)),
    SetKind.ALLEY: _outdoors((4.0, 9.0, 30.0), entrance=(0.0, -9.0), wide=(1.1, 1.7, 8.0), spots=_STANDING[:5]),
    SetKind.ROAD: _outdoors((24.0, 10.0, 120.0), entrance=(-3.0, -8.0), wide=(6.5, 2.2, 12.0)),
    SetKind.FOREST: _outdoors((40.0, 14.0, 40.0), entrance=(-3.0, -7.0), wide=(3.6, 2.0, 11.0)),
    SetKind.FIELD: _outdoors((120.0, 14.0, 120.0), entrance=(-3.0, -9.0), wide=(5.5, 2.2, 14.0)),
    SetKind.SHORE: _outdoors((120.0, 14.0, 120.0), entrance=(-6.0, 0.0), wide=(6.0, 2.2, 12.0)),
    # The car's nose points to +z; its left-hand-drive seats are spots 0 (driver) and 1, the back seat 2 to 4.
    SetKind.CAR: Layout(
        size=(1.8, 1.35, 4.2),
        interior=True,
        surface=(0.0, 0.72, 0.62),
        entrance=(-1.6, 0.0),
        wide=(2.6, 1.5, 4.2),
        spots=(
            Spot(x=0.38, z=-0.1, yaw=0, pose=Pose.SIT, floor=0.38),
            Spot(x=-0.38, z=-0.1, yaw=0, pose=Pose.SIT, floor=0.38),
            Spot(x=0.38, z=-1.0, yaw=0, pose=Pose.SIT, floor=0.4),
            Spot(x=-0.38, z=-1.0, yaw=0, pose=Pose.SIT, floor=0.4),
            Spot(x=0.0, z=-1.0, yaw=0, pose=Pose.SIT, floor=0.4),
        ),
    ),
    SetKind.STUDIO: Layout(
        size=(16.0, 6.0, 16.0),
        interior=True,
        surface=(0.0, 0.75, 0.0),
        entrance=(-4.0, -2.0),
        wide=(3.4, 1.8, 7.0),
        spots=_STANDING,
    ),
}
