"""Places under the sky. The middle, where the action plays, is kept clear; what is far is hazed by the shading."""

from __future__ import annotations

import math

from gpu_runtime.models.previs import furniture as f
from gpu_runtime.models.previs.setkit import SetKit
from gpu_runtime.models.previs.solids import Model
from gpu_runtime.models.previs.vehicles import car
from vibeboard.stage import Colour

_ASPHALT: Colour = (0.33, 0.34, 0.35)
_PAVING: Colour = (0.51, 0.50, 0.48)
_GRASS: Colour = (0.40, 0.47, 0.29)
_SODIUM: Colour = (1.0, 0.60, 0.28)
_GLASS: Colour = (0.22, 0.26, 0.30)
_FACADES: tuple[Colour, ...] = (
    (0.62, 0.50, 0.43),
    (0.70, 0.66, 0.58),
    (0.52, 0.54, 0.56),
    (0.58, 0.42, 0.37),
    (0.66, 0.62, 0.66),
)


def hills(kit: SetKit, distance: float, colour: Colour, count: int = 9) -> None:
    """A ring of low hills on the horizon."""
    for n in range(count):
        bearing = 2 * math.pi * (n + kit.random.uniform(-0.3, 0.3)) / count
        far = distance * kit.random.uniform(0.9, 1.2)
        wide, high = far * kit.random.uniform(0.35, 0.5), far * kit.random.uniform(0.05, 0.10)
        kit.model.ball(
            (far * math.sin(bearing), -0.2 * high, far * math.cos(bearing)), (wide, high, wide * 0.5), colour
        )


def trees(kit: SetKit, places: list[tuple[float, float]], height: tuple[float, float], conifers: float) -> None:
    for x, z in places:
        tall = kit.random.uniform(*height)
        tint = f.shade(f.LEAF, kit.random.uniform(0.8, 1.15))
        f.tree(kit.at(x, z, kit.random.uniform(0, 360)), tall, tint, kit.random.random() < conifers)
        if math.hypot(x, z) < 25:
            kit.contact(x, z, tall * 0.16, 0.5)


def ring(kit: SetKit, count: int, near: float, far: float) -> list[tuple[float, float]]:
    """Places round the middle, none of them between it and the layout's wide camera."""
    way = math.atan2(kit.layout.wide[0], kit.layout.wide[2])
    found: list[tuple[float, float]] = []
    while len(found) < count:
        bearing, radius = kit.random.uniform(-math.pi, math.pi), kit.random.uniform(near, far)
        off = (bearing - way + math.pi) % (2 * math.pi) - math.pi
        apart = all(math.dist((radius * math.sin(bearing), radius * math.cos(bearing)), p) > 1.1 for p in found)
        if abs(off) > 0.42 and apart:
            found.append((radius * math.sin(bearing), radius * math.cos(bearing)))
    return found


def facade(kit: SetKit, side: Model, width: float, height: float, colour: Colour) -> None:
    """A house front, `z` towards the street: shop floor, storeys of windows, a cornice."""
    side.casts = False
    storeys = max(1, round((height - 3.6) / 3.0))
    top = 3.6 + 3.0 * storeys
    side.flat((0.0, 1.8, 0.0), (width / 2, 0.0, 0.0), (0.0, -1.8, 0.0), f.shade(colour, 0.82))
    middle = 3.6 + 1.5 * storeys
    side.flat((0.0, middle, 0.0), (width / 2, 0.0, 0.0), (0.0, -1.5 * storeys, 0.0), colour)
    side.block((0.0, 3.45, 0.1), (width, 0.22, 0.24), f.shade(colour, 1.12))
    side.block((0.0, top, 0.15), (width, 0.35, 0.4), f.shade(colour, 1.12))
    count = max(2, round(width / 2.1))
    for row in range(storeys):
        for n in range(count):
            x = (n + 0.5) * width / count - width / 2
            lit = kit.dark and kit.random.random() < 0.33
            side.glow = kit.random.uniform(0.4, 0.8) if lit else 0.0
            y = 3.6 + 3.0 * row + 1.65
            pane = f.WARM if lit else f.shade(_GLASS, kit.random.uniform(0.85, 1.25))
            side.flat((x, y, 0.015), (0.5, 0.0, 0.0), (0.0, -0.85, 0.0), pane)
            side.glow = 0.0
            side.flat((x, y - 0.92, 0.09), (0.62, 0.0, 0.0), (0.0, -0.05, 0.0), f.shade(colour, 1.2))
    _shop(kit, side, width, colour)


def _shop(kit: SetKit, side: Model, width: float, colour: Colour) -> None:
    lit = kit.dark and kit.random.random() < 0.7
    side.glow = kit.random.uniform(0.45, 0.7) if lit else 0.05
    wide = width * 0.27
    for x in (-width * 0.18, width * 0.33):
        side.flat((x, 1.55, 0.02), (wide / 2, 0.0, 0.0), (0.0, -1.0, 0.0), f.WARM if lit else _GLASS)
    side.glow = 0.0
    door = side.inner((width * 0.08, 0.0, 0.0))
    f.door(door, kit.pick((0.30, 0.38, 0.36), (0.42, 0.26, 0.22), (0.24, 0.28, 0.36)), 1.0, 2.3)
    tint = kit.pick((0.56, 0.26, 0.22), (0.26, 0.40, 0.38), (0.62, 0.52, 0.30), (0.28, 0.34, 0.46))
    side.block((0.0, 2.75, 0.06), (width * 0.92, 0.5, 0.12), tint)
    if kit.random.random() < 0.6:
        side.flat((-width * 0.18, 2.5, 0.55), (wide / 2 + 0.1, 0.0, 0.0), (0.0, -0.22, 0.55), f.shade(tint, 1.3))
        side.flat((-width * 0.18, 2.49, 0.55), (-wide / 2 - 0.1, 0.0, 0.0), (0.0, -0.22, 0.55), f.shade(tint, 0.7))


def street_lamp(kit: SetKit, x: float, z: float, arm: float, bright: bool) -> None:
    """A post whose lantern hangs `arm` metres to its side; `bright` ones light the set when it is dark."""
    post = kit.at(x, z)
    post.tube((0.0, 0.0, 0.0), (0.0, 5.2, 0.0), 0.075, 0.05, f.DARK)
    post.drum((0.0, 0.0, 0.0), 0.5, 0.11, f.DARK)
    post.limb((0.0, 5.2, 0.0), (arm, 5.45, 0.0), 0.045, 0.035, f.DARK)
    post.glow = 2.4 if kit.dark else 0.0
    post.ball((arm, 5.36, 0.0), (0.26, 0.10, 0.16), f.WARM if kit.dark else f.PALE)
    if bright:
        kit.lamp((x + arm, 5.2, z), _SODIUM, 3.6)


def parked_car(kit: SetKit, x: float, z: float, yaw: float, colour: Colour) -> None:
    car(kit.at(x, z, yaw), (1.8, 1.45, 4.3), colour)
    for dz in (-1.3, 0.0, 1.3):
        kit.contact(x + dz * math.sin(math.radians(yaw)), z + dz * math.cos(math.radians(yaw)), 1.15, 0.4)


def street(kit: SetKit) -> None:
    kit.ground(_ASPHALT)
    kit.patch(-2.3, 0.0, 9.4, 200.0, _PAVING, 0.02, (0.9, 0.9, 0.008, 0.22))
    kit.model.block((2.48, -0.1, 0.0), (0.18, 0.12, 200.0), (0.66, 0.65, 0.63))
    kit.patch(10.9, 0.0, 2.8, 200.0, _PAVING, 0.01, (0.9, 0.9, 0.008, 0.22))
    for n in range(-8, 9):
        kit.patch(6.0, 6.0 * n, 0.12, 2.6, (0.78, 0.77, 0.72))
    for side, x, yaw in ((-1, -7.0, 90.0), (1, 12.3, -90.0)):
        z = -42.0
        while z < 30:
            width = kit.random.uniform(7.0, 10.5)
            front = kit.at(x, z + width / 2, yaw)
            front.seen_from = (-side, 0.0, 0.0, abs(x) + 0.0)
            facade(kit, front, width, kit.random.uniform(7.5, 15.0), kit.random.choice(_FACADES))
            z += width
    for x, z, bright in ((2.0, -6.5, True), (2.0, 14.5, False), (2.0, -20.0, False), (2.0, -34.0, False)):
        street_lamp(kit, x, z, -1.1, bright)
    for z in (-11.5, -17.5, 13.5):
        parked_car(kit, 3.6, z, 180.0, kit.pick((0.48, 0.26, 0.23), (0.32, 0.38, 0.44), (0.68, 0.67, 0.64)))
    parked_car(kit, 8.3, -5.0, 0.0, kit.pick((0.36, 0.42, 0.36), (0.60, 0.60, 0.62)))
    trees(kit, [(1.5, -13.5), (1.5, -27.0)], (5.0, 6.0), 0.0)
    kit.model.drum((-5.9, 0.0, -3.4), 0.9, 0.26, (0.28, 0.33, 0.30))
    bench = kit.at(-5.4, 2.4, 90.0)
    bench.block((0.0, 0.4, 0.0), (1.5, 0.05, 0.42), f.WOOD)
    bench.block((0.0, 0.55, -0.2), (1.5, 0.32, 0.04), f.WOOD)
    for x in (-0.6, 0.6):
        bench.block((x, 0.0, 0.0), (0.06, 0.4, 0.4), f.DARK)
    kit.contact(-5.4, 2.4, 0.9)
    kit.lamp((-6.2, 2.4, -1.0), (1.0, 0.78, 0.50), 1.6)
    kit.lamp((0.9, 5.0, 4.0), _SODIUM, 2.8)


def alley(kit: SetKit) -> None:
    brick = kit.pick((0.50, 0.36, 0.30), (0.46, 0.40, 0.37), (0.53, 0.42, 0.36))
    kit.ground((0.36, 0.36, 0.36), pattern=(1.2, 1.2, 0.008, 0.2))
    kit.patch(0.15, 0.0, 0.5, 60.0, (0.29, 0.29, 0.30))
    for x, yaw, tint in ((-2.0, 90.0, brick), (2.0, -90.0, f.shade(brick, 0.92))):
        side = kit.at(x, -4.0, yaw)
        side.seen_from = (-math.copysign(1, x), 0.0, 0.0, 2.0)
        side.casts = False
        side.flat((0.0, 4.5, 0.0), (26.0, 0.0, 0.0), (0.0, -4.5, 0.0), tint, pattern=(0.5, 0.167, 0.010, 0.22))
        side.block((0.0, 9.0, 0.05), (52.0, 0.3, 0.3), f.shade(tint, 0.8))
        for n in range(6):
            along = -11.0 + 4.4 * n + kit.random.uniform(-0.5, 0.5)
            _alley_window(kit, side, along)
        side.tube((-3.0, 0.0, 0.12), (-3.0, 9.0, 0.12), 0.06, 0.06, f.METAL)
        side.tube((7.5, 0.0, 0.12), (7.5, 9.0, 0.12), 0.05, 0.05, f.METAL)
    end = kit.at(0.0, -16.0)
    end.flat(
        (0.0, 6.0, 0.0), (6.0, 0.0, 0.0), (0.0, -6.0, 0.0), f.shade(brick, 0.85), pattern=(0.5, 0.167, 0.010, 0.22)
    )
    door = kit.at(-1.995, -1.6, 90.0)
    door.casts = False
    f.door(door, (0.34, 0.40, 0.38), 0.95, 2.1)
    bulb = kit.at(-1.85, -1.6)
    bulb.glow = 2.6 if kit.dark else 0.1
    bulb.ball((0.0, 2.5, 0.0), 0.09, f.WARM)
    _fire_escape(kit)
    skip = kit.at(1.35, -4.2, -90.0)
    skip.wedge((0.0, 0.12, 0.0), (1.9, 1.0, 0.95), (1.95, 1.1), (0.27, 0.38, 0.34))
    skip.block((0.0, 1.12, -0.02), (1.98, 0.06, 1.12), (0.20, 0.24, 0.23))
    kit.contact(1.35, -4.2, 1.2)
    for x, z, size in ((-1.5, -5.4, 0.6), (-1.45, -6.2, 0.5), (1.55, 3.8, 0.5)):
        f.crate(kit.at(x, z, kit.random.uniform(-15, 15)), size)
        kit.contact(x, z, size)
    kit.model.drum((-1.55, 0.0, 2.6), 0.85, 0.27, f.METAL)
    kit.lamp((-1.6, 2.45, -1.6), _SODIUM, 1.25)
    kit.lamp((0.0, 4.5, 8.0), (0.55, 0.70, 1.0), 2.2)
    kit.lamp((1.2, 3.6, -12.0), (1.0, 0.45, 0.35), 1.8)


def _alley_window(kit: SetKit, side: Model, along: float) -> None:
    for y in (3.2, 6.2):
        lit = kit.dark and kit.random.random() < 0.3
        side.glow = 0.6 if lit else 0.0
        side.flat((along, y, 0.015), (0.5, 0.0, 0.0), (0.0, -0.75, 0.0), f.WARM if lit else _GLASS)
        side.glow = 0.0
        side.block((along, y - 0.85, 0.06), (1.2, 0.08, 0.16), (0.55, 0.53, 0.50))


def _fire_escape(kit: SetKit) -> None:
    stair = kit.at(1.5, -8.0)
    stair.seen_from = (-1.0, 0.0, 0.0, 2.0)
    for y in (3.0, 6.0):
        stair.block((0.0, y, 0.0), (0.95, 0.06, 2.6), f.DARK)
        stair.block((-0.47, y + 0.9, 0.0), (0.04, 0.04, 2.6), f.DARK)
        for n in range(5):
            stair.block((-0.47, y, -1.28 + 0.64 * n), (0.03, 0.9, 0.03), f.DARK)
    stair.limb((0.0, 3.0, 1.0), (0.0, 6.0, -1.0), 0.05, 0.05, f.DARK)


def road(kit: SetKit) -> None:
    kit.ground(_GRASS)
    kit.patch(-0.4, 0.0, 4.4, 400.0, (0.53, 0.49, 0.42), 0.003)
    kit.patch(5.2, 0.0, 7.4, 400.0, _ASPHALT, 0.006)
    for x in (1.75, 8.65):
        kit.patch(x, 0.0, 0.12, 400.0, (0.80, 0.79, 0.74), 0.010)
    for n in range(-12, 13):
        kit.patch(5.2, 9.0 * n, 0.14, 4.0, (0.80, 0.72, 0.42), 0.010)
    for n in range(-9, 8):
        post = kit.at(-2.9, 4.5 * n + 2.0)
        post.block((0.0, 0.0, 0.0), (0.12, 0.75, 0.12), (0.45, 0.38, 0.31))
    for y in (0.42, 0.66):
        kit.model.block((-2.97, y, -2.0), (0.04, 0.10, 78.0), (0.50, 0.43, 0.36))
    for n in range(-4, 4):
        pole = kit.at(11.2, 22.0 * n - 5.0)
        pole.tube((0.0, 0.0, 0.0), (0.0, 8.0, 0.0), 0.14, 0.10, (0.38, 0.31, 0.26))
        pole.block((0.0, 7.2, 0.0), (1.8, 0.12, 0.12), (0.38, 0.31, 0.26))
    trees(kit, [(x, z) for x, z in ring(kit, 26, 16.0, 70.0) if not 0.0 < x < 13.0], (5.0, 9.0), 0.25)
    hills(kit, 240.0, (0.42, 0.48, 0.36))
    kit.lamp((1.5, 1.4, 9.0), (1.0, 0.92, 0.74), 3.0)
    kit.lamp((-1.0, 4.5, -6.0), _SODIUM, 2.0)


def forest(kit: SetKit) -> None:
    kit.ground((0.36, 0.36, 0.25))
    kit.patch(1.2, 0.0, 2.4, 120.0, (0.45, 0.38, 0.29), 0.004)
    for _ in range(14):
        x, z = ring(kit, 1, 3.2, 16.0)[0]
        kit.model.ball(
            (x, -0.05, z), (kit.random.uniform(0.8, 2.2), 0.12, kit.random.uniform(0.8, 2.2)), (0.34, 0.40, 0.24)
        )
    trunks = [place for place in ring(kit, 46, 3.6, 22.0) if not (0.0 < place[0] < 2.6 and abs(place[1]) < 22)]
    for x, z in trunks:
        wide, lean = kit.random.uniform(0.13, 0.26), kit.random.uniform(-0.5, 0.5)
        tint = f.shade((0.36, 0.29, 0.23), kit.random.uniform(0.8, 1.2))
        kit.model.tube((x, -0.1, z), (x + lean, 11.0, z), wide, wide * 0.55, tint)
        kit.contact(x, z, wide * 3.5, 0.55)
    for x, z in trunks[::2]:
        high = kit.random.uniform(5.0, 9.0)
        tint = f.shade((0.30, 0.40, 0.24), kit.random.uniform(0.8, 1.2))
        kit.model.ball((x, high, z), (kit.random.uniform(1.6, 2.6), 1.5, kit.random.uniform(1.6, 2.6)), tint)
    for x, z in ring(kit, 16, 3.0, 15.0):
        size = kit.random.uniform(0.3, 0.75)
        kit.model.ball(
            (x, size * 0.4, z), (size, size * 0.75, size * 0.9), f.shade(f.LEAF, kit.random.uniform(0.8, 1.1))
        )
    for x, z in ring(kit, 8, 2.8, 12.0):
        size = kit.random.uniform(0.2, 0.6)
        kit.model.ball((x, size * 0.2, z), (size, size * 0.6, size * 0.8), (0.44, 0.44, 0.41))
    kit.model.rod((-4.6, 0.24, -1.4), (-2.0, 0.28, -3.1), 0.26, (0.38, 0.30, 0.24))
    kit.contact(-3.3, -2.2, 1.2)
    for n in range(24):
        bearing = 2 * math.pi * n / 24
        kit.model.ball(
            (34 * math.sin(bearing), 3.0, 34 * math.cos(bearing)),
            (5.5, kit.random.uniform(6, 10), 5.5),
            (0.27, 0.34, 0.22),
        )
    kit.lamp((-2.5, 3.5, -4.5), (0.55, 0.70, 1.0), 2.4)


def field(kit: SetKit) -> None:
    kit.ground(_GRASS)
    for n in range(-14, 15):
        kit.patch(0.0, 7.0 * n, 300.0, 3.5, f.shade(_GRASS, 1.07), 0.003)
    kit.patch(1.0, 0.0, 1.5, 300.0, (0.52, 0.46, 0.34), 0.006)
    for n in range(-8, 9):
        kit.model.block((2.8 * n, 0.0, -9.0), (0.11, 1.05, 0.11), (0.44, 0.36, 0.29))
    for y in (0.45, 0.82):
        kit.model.block((0.0, y, -8.95), (46.0, 0.09, 0.04), (0.48, 0.40, 0.32))
    for x, z in ((-7.5, -4.5), (-11.0, -13.0), (9.0, -16.0), (15.0, -6.0)):
        bale = kit.at(x, z, kit.random.uniform(0, 180))
        bale.rod((-0.6, 0.62, 0.0), (0.6, 0.62, 0.0), 0.62, (0.70, 0.60, 0.36))
        kit.contact(x, z, 0.95)
    f.tree(kit.at(-9.5, -20.0), 9.0, f.LEAF, False)
    trees(kit, [(x, z - 10.0) for x, z in ring(kit, 30, 55.0, 95.0)], (6.0, 11.0), 0.3)
    hills(kit, 260.0, (0.44, 0.50, 0.36))
    kit.lamp((-3.0, 3.5, 4.0), (0.55, 0.68, 1.0), 2.2)


def shore(kit: SetKit) -> None:
    sand = (0.66, 0.58, 0.44)
    kit.ground(sand)
    kit.patch(0.0, -7.4, 800.0, 5.0, f.shade(sand, 0.80), 0.003)
    kit.patch(0.0, -208.0, 800.0, 400.0, (0.28, 0.42, 0.48), 0.006)
    kit.patch(0.0, -14.0, 800.0, 12.0, (0.40, 0.55, 0.56), 0.008)
    for z, wide in ((-8.1, 0.35), (-9.6, 0.22), (-12.5, 0.3), (-17.0, 0.3), (-24.0, 0.4), (-36.0, 0.5), (-60.0, 0.7)):
        x = -90.0
        while x < 90.0:
            length = kit.random.uniform(4.0, 16.0)
            kit.patch(x + length / 2, z + kit.random.uniform(-0.5, 0.5), length, wide, (0.88, 0.91, 0.90), 0.012)
            x += length + kit.random.uniform(1.0, 9.0)
    for x, z in ((-8.0, -6.0), (-9.5, -7.6), (8.5, -8.5), (-6.5, -9.5), (12.0, -10.0)):
        size = kit.random.uniform(0.5, 1.3)
        kit.model.ball((x, size * 0.1, z), (size, size * 0.7, size * 0.8), (0.42, 0.40, 0.38))
        kit.contact(x, z, size * 1.3)
    for x, z in ring(kit, 14, 9.0, 26.0):
        if z > -3.0:
            high = kit.random.uniform(0.3, 0.9)
            kit.model.ball((x, -0.1, z), (high * 3.2, high, high * 2.6), f.shade(sand, 1.04))
            for n in range(5):
                lean = 0.22 * (n - 2)
                kit.model.tube(
                    (x + lean, high * 0.7, z), (x + lean * 2.2, high + 0.55, z), 0.03, 0.004, (0.52, 0.54, 0.33)
                )
    boat = kit.at(6.5, -4.5, 55.0)
    boat.wedge((0.0, 0.08, 0.0), (0.8, 0.5, 2.6), (1.3, 3.3), (0.45, 0.30, 0.25))
    boat.block((0.0, 0.5, 0.0), (1.0, 0.05, 2.9), (0.60, 0.48, 0.36))
    kit.contact(6.5, -4.5, 1.5)
    for x in (-60.0, 70.0):
        kit.model.ball((x * 2.4, -4.0, -260.0), (95.0, 22.0, 40.0), (0.40, 0.45, 0.44))
    kit.lamp((-2.0, 3.5, 4.0), (0.55, 0.68, 1.0), 2.2)
