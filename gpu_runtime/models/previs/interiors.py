"""Rooms. What `vibeboard.sets` names (seats, surfaces, doors) stands where it says."""

from __future__ import annotations

from gpu_runtime.models.previs import furniture as f
from gpu_runtime.models.previs.setkit import SetKit
from gpu_runtime.models.previs.solids import Model
from vibeboard.stage import Colour, Pose

_BOARDS = (0.16, 0.0, 0.003, 0.32)
_TILES = (0.45, 0.45, 0.006, 0.30)
_CEILING: Colour = (0.88, 0.87, 0.85)
_TUNGSTEN: Colour = (1.0, 0.66, 0.36)
_COOL: Colour = (0.75, 0.88, 1.0)
_BOOKS: list[Colour] = [
    (0.55, 0.30, 0.26),
    (0.30, 0.38, 0.45),
    (0.72, 0.66, 0.54),
    (0.35, 0.42, 0.34),
    (0.62, 0.48, 0.30),
]


def _walls(colour: Colour) -> dict[str, Colour]:
    return {
        "back": colour,
        "left": f.shade(colour, 0.93),
        "right": f.shade(colour, 1.04),
        "front": f.shade(colour, 0.97),
    }


def _seats(kit: SetKit) -> list[Model]:
    """A frame at each seat of the layout."""
    return [kit.at(spot.x, spot.z, spot.yaw) for spot in kit.layout.spots if spot.pose is Pose.SIT]


def _windows(kit: SetKit, wall: str, places: tuple[float, ...], curtain: Colour | None, width: float = 1.3) -> None:
    pane, glow = kit.pane()
    for along in places:
        f.window(kit.wall(wall, along), width, 1.35, 0.9, pane, glow, curtain)


def room(kit: SetKit) -> None:
    wall = kit.pick((0.72, 0.74, 0.72), (0.77, 0.72, 0.66), (0.66, 0.71, 0.75))
    accent = kit.pick((0.32, 0.45, 0.47), (0.56, 0.38, 0.32), (0.46, 0.48, 0.36))
    kit.shell(_walls(wall), (0.53, 0.40, 0.30), _CEILING, _BOARDS)
    _windows(kit, "back", (1.35,), (0.80, 0.77, 0.71), 1.5)
    _windows(kit, "left", (-1.2,), (0.80, 0.77, 0.71))
    f.door(kit.wall("left", 1.2), (0.78, 0.75, 0.70))
    f.door(kit.wall("right", -0.6), (0.78, 0.75, 0.70))
    f.picture(kit.wall("back", -1.3), (0.0, 1.62, 0.0), 1.0, 0.68, accent)
    f.picture(kit.wall("right", 1.2), (0.0, 1.6, 0.0), 0.5, 0.7, f.shade(accent, 1.2))
    f.picture(kit.wall("front", 0.3), (0.0, 1.6, 0.0), 0.8, 0.6, f.shade(accent, 0.8))
    kit.patch(0.0, 0.25, 3.3, 2.6, f.shade(accent, 1.35), pattern=(0.3, 0.0, 0.012, 0.10))
    kit.patch(0.0, 0.25, 3.06, 2.36, f.shade(accent, 1.15), y=0.008)
    f.table(kit.at(0.0, 0.9), (1.0, 0.45, 0.5))
    f.sofa(kit.at(-1.3, -2.0), (1.9, 0.82, 0.9), accent)
    f.shelf(kit.at(2.55, -1.55, -90), (1.2, 1.95, 0.32), (0.45, 0.33, 0.25), _BOOKS)
    f.floor_lamp(kit.at(0.0, -2.2), 1.55, kit.dark)
    f.plant(kit.at(2.55, -0.55), 0.95)
    kit.lamp((0.0, 1.4, -2.0), _TUNGSTEN, 1.3)
    kit.lamp((-1.9, 1.75, 1.4), _TUNGSTEN, 0.9)
    kit.contact(-1.3, -2.0, 1.15)
    kit.contact(0.0, 0.9, 0.72, 0.3)


def kitchen(kit: SetKit) -> None:
    front = kit.pick((0.47, 0.56, 0.52), (0.72, 0.70, 0.64), (0.40, 0.48, 0.56))
    kit.shell(_walls((0.82, 0.80, 0.75)), (0.66, 0.63, 0.58), _CEILING, _TILES)
    back = kit.wall("back")
    back.casts = True
    back.block((0.0, 0.0, 0.30), (4.9, 0.86, 0.58), front)
    back.block((0.0, 0.86, 0.31), (4.95, 0.04, 0.62), (0.80, 0.77, 0.72))
    back.flat(
        (0.0, 1.15, 0.005), (2.5, 0.0, 0.0), (0.0, -0.25, 0.0), (0.88, 0.88, 0.86), pattern=(0.15, 0.15, 0.004, 0.25)
    )
    for n in range(8):
        x = -2.15 + 0.61 * n
        back.block((x, 0.09, 0.60), (0.57, 0.74, 0.015), f.shade(front, 1.06))
        back.block((x, 0.72, 0.62), (0.16, 0.015, 0.02), f.METAL)
        if n in (0, 1, 5, 6, 7):
            back.block((x, 1.45, 0.17), (0.58, 0.68, 0.32), f.shade(front, 1.06))
            back.block((x, 1.49, 0.35), (0.14, 0.015, 0.02), f.METAL)
    pane, glow = kit.pane()
    f.window(kit.wall("back", 0.0), 1.2, 0.95, 1.2, pane, glow, None)
    back.block((0.0, 0.895, 0.33), (0.6, 0.012, 0.42), f.METAL)
    back.tube((0.0, 0.9, 0.12), (0.0, 1.18, 0.12), 0.015, 0.015, f.METAL)
    back.limb((0.0, 1.18, 0.12), (0.0, 1.16, 0.32), 0.015, 0.013, f.METAL)
    _stove(kit)
    fridge = kit.wall("right", -1.7)
    fridge.casts = True
    fridge.block((0.0, 0.0, 0.36), (0.72, 1.85, 0.7), (0.86, 0.87, 0.87))
    fridge.block((0.0, 1.2, 0.715), (0.72, 0.012, 0.01), f.METAL)
    fridge.block((-0.29, 0.75, 0.735), (0.025, 0.4, 0.03), f.METAL)
    f.door(kit.wall("left", 1.0), (0.80, 0.76, 0.68))
    _windows(kit, "left", (-0.7,), (0.85, 0.80, 0.68), 1.1)
    f.picture(kit.wall("right", 0.6), (0.0, 1.6, 0.0), 0.45, 0.6, front)
    f.table(kit.at(0.0, 0.0), (0.96, 0.75, 0.86), (0.62, 0.47, 0.34))
    for seat in _seats(kit):
        f.chair(seat, (0.42, 0.92, 0.42), (0.55, 0.41, 0.30), seat=0.45)
    f.pendant(kit.model, kit.layout.size[1], 1.95, kit.dark)
    bowl = kit.at(0.0, -0.22, y=0.75)
    bowl.drum((0.0, 0.0, 0.0), 0.06, 0.07, (0.82, 0.80, 0.76), top=0.13)
    for n, x in enumerate((-0.05, 0.05, 0.0)):
        bowl.ball((x, 0.075, 0.03 * n - 0.03), 0.042, ((0.72, 0.32, 0.22), (0.78, 0.60, 0.25), (0.55, 0.60, 0.28))[n])
    kit.lamp((0.0, 1.9, 0.0), _TUNGSTEN, 1.1)
    kit.lamp((-1.4, 1.5, -1.7), _TUNGSTEN, 0.7)
    kit.contact(0.0, 0.0, 0.75, 0.35)


def _stove(kit: SetKit) -> None:
    back = kit.wall("back", 1.4)
    back.block((0.0, 0.88, 0.32), (0.62, 0.03, 0.58), f.DARK)
    back.block((0.0, 0.12, 0.612), (0.56, 0.55, 0.02), (0.25, 0.25, 0.26))
    back.block((0.0, 0.62, 0.64), (0.46, 0.02, 0.02), f.METAL)
    back.drum((-0.14, 0.91, 0.3), 0.13, 0.11, (0.60, 0.34, 0.28))
    back.wedge((0.0, 1.75, 0.25), (0.62, 0.18, 0.48), (0.3, 0.3), f.METAL)
    back.block((0.0, 1.93, 0.17), (0.28, 0.7, 0.26), f.METAL)


def bedroom(kit: SetKit) -> None:
    wall = kit.pick((0.70, 0.72, 0.76), (0.76, 0.70, 0.66), (0.70, 0.74, 0.70))
    cover = kit.pick((0.42, 0.50, 0.60), (0.60, 0.44, 0.42), (0.48, 0.54, 0.46))
    kit.shell(_walls(wall), (0.55, 0.45, 0.36), _CEILING, _BOARDS)
    _windows(kit, "left", (-0.3,), (0.83, 0.80, 0.76), 1.4)
    _windows(kit, "back", (-1.5,), (0.83, 0.80, 0.76), 1.1)
    f.door(kit.wall("left", 1.35), (0.82, 0.79, 0.74))
    f.door(kit.wall("right", 1.3), (0.82, 0.79, 0.74))
    f.picture(kit.wall("back", 0.87), (0.0, 1.68, 0.0), 0.9, 0.6, cover)
    kit.patch(-0.6, -0.5, 2.2, 2.6, f.shade(cover, 1.3))
    f.bed(kit.at(0.87, -1.22), (1.5, 0.95, 2.05), cover)
    night = kit.at(1.95, -1.6)
    night.block((0.0, 0.0, 0.0), (0.42, 0.5, 0.4), f.WOOD)
    night.block((0.0, 0.28, 0.2), (0.36, 0.16, 0.012), f.shade(f.WOOD, 1.15))
    f.table_lamp(kit.at(2.02, -1.76, y=0.5), 0.42, kit.dark)
    wardrobe = kit.wall("right", 0.0)
    wardrobe.casts = True
    wardrobe.block((0.0, 0.0, 0.28), (1.3, 2.1, 0.55), (0.60, 0.50, 0.41))
    wardrobe.block((0.0, 0.05, 0.565), (0.012, 2.0, 0.012), f.DARK)
    for x in (-0.05, 0.05):
        wardrobe.block((x, 1.0, 0.58), (0.015, 0.2, 0.03), f.METAL)
    f.chair(kit.at(-2.1, -1.85, 35), (0.42, 0.88, 0.42), f.WOOD, seat=0.45)
    kit.lamp((2.02, 0.92, -1.7), _TUNGSTEN, 1.15)
    kit.lamp((-1.9, 1.9, 0.6), (0.35, 0.48, 0.85), 0.9)
    kit.contact(0.87, -1.2, 1.3)


def office(kit: SetKit) -> None:
    kit.shell(_walls((0.76, 0.78, 0.79)), (0.43, 0.46, 0.49), (0.90, 0.90, 0.90), (0.6, 0.6, 0.004, 0.22))
    _windows(kit, "back", (-1.9, 0.0, 1.9), None, 1.6)
    for n in range(11):
        for x in (-1.9, 0.0, 1.9):
            kit.wall("back", x).block((0.0, 1.95 + 0.027 * n, 0.06), (1.5, 0.006, 0.03), (0.88, 0.88, 0.87))
    f.door(kit.wall("right", 1.2), (0.52, 0.44, 0.37))
    f.picture(kit.wall("left", 1.0), (0.0, 1.6, 0.0), 1.3, 0.85, (0.80, 0.82, 0.84))
    desk = kit.at(0.0, 0.0)
    desk.block((0.0, 0.71, 0.0), (0.95, 0.04, 1.7), (0.60, 0.48, 0.37))
    for z in (-0.78, 0.78):
        desk.block((0.0, 0.0, z), (0.85, 0.71, 0.04), f.METAL)
    desk.block((-0.1, 0.75, -0.5), (0.26, 0.02, 0.36), f.DARK)
    desk.wedge((0.04, 0.76, -0.5), (0.02, 0.24, 0.36), (0.02, 0.36), f.DARK)
    desk.flat((0.029, 0.885, -0.5), (0.0, 0.0, -0.165), (0.0, -0.10, 0.0), (0.62, 0.75, 0.86))
    desk.block((-0.05, 0.75, 0.30), (0.21, 0.012, 0.30), (0.93, 0.92, 0.90), yaw=8)
    desk.drum((0.3, 0.75, 0.55), 0.10, 0.035, (0.35, 0.42, 0.50))
    f.table_lamp(kit.at(0.2, -0.72, y=0.75), 0.38, kit.dark, (0.30, 0.36, 0.33))
    for seat in _seats(kit):
        f.office_chair(seat, 0.46, (0.27, 0.29, 0.33))
    f.shelf(kit.at(-2.75, -1.2, 90), (1.6, 2.0, 0.36), (0.62, 0.60, 0.57), _BOOKS)
    for n in range(2):
        cabinet = kit.at(2.65, -1.7 + 0.52 * n, -90)
        cabinet.block((0.0, 0.0, 0.0), (0.48, 1.3, 0.6), (0.56, 0.58, 0.60))
        for y in (0.06, 0.48, 0.90):
            cabinet.block((0.0, y, 0.305), (0.44, 0.36, 0.012), (0.62, 0.64, 0.66))
            cabinet.block((0.0, y + 0.25, 0.32), (0.14, 0.02, 0.02), f.DARK)
    f.plant(kit.at(-2.5, 1.5), 1.25)
    _strips(kit, ((-1.3, -0.9), (1.3, -0.9), (-1.3, 1.1), (1.3, 1.1)), 1.2)
    kit.lamp((0.2, 1.15, -0.6), _TUNGSTEN, 0.85)
    kit.lamp((0.0, 2.6, 0.4), _COOL, 1.0)
    kit.contact(0.0, 0.0, 0.95, 0.3)


def _strips(kit: SetKit, places: tuple[tuple[float, float], ...], length: float) -> None:
    """Light panels in the ceiling."""
    top = kit.layout.size[1]
    for x, z in places:
        panel = kit.at(x, z)
        panel.glow, panel.casts = (1.1 if kit.dark else 1.8), False
        panel.flat((0.0, top - 0.015, 0.0), (-0.16, 0.0, 0.0), (0.0, 0.0, length / 2), (0.95, 0.97, 1.0))


def bar(kit: SetKit) -> None:
    wood = (0.40, 0.26, 0.19)
    kit.shell(_walls((0.42, 0.33, 0.29)), (0.40, 0.29, 0.22), (0.28, 0.24, 0.22), _BOARDS)
    kit.model.block((0.0, 0.0, -0.42), (5.4, 1.0, 0.44), wood)
    kit.model.block((0.0, 1.0, -0.38), (5.6, 0.05, 0.62), f.shade(wood, 1.35))
    for n in range(9):
        kit.model.block((-2.4 + 0.6 * n, 0.12, -0.195), (0.5, 0.76, 0.012), f.shade(wood, 1.15))
    kit.model.rod((-2.6, 0.22, -0.05), (2.6, 0.22, -0.05), 0.022, (0.66, 0.53, 0.30))
    for seat in _seats(kit):
        f.stool(seat, 0.75, (0.48, 0.20, 0.17))
    _back_bar(kit, wood)
    for x in (-1.6, 0.0, 1.6):
        f.pendant(kit.at(x, -0.35), kit.layout.size[1], 2.05, True)
    _booths(kit, wood)
    neon = kit.wall("right", -1.2)
    neon.glow = 2.6
    for a, b in (((-0.5, 1.9), (0.0, 2.25)), ((0.0, 2.25), (0.5, 1.9)), ((0.5, 1.9), (-0.5, 1.9))):
        neon.limb((a[0], a[1], 0.08), (b[0], b[1], 0.08), 0.02, 0.02, (1.0, 0.30, 0.42))
    f.door(kit.wall("left", -1.5), (0.33, 0.24, 0.19))
    kit.lamp((0.0, 1.95, -0.35), _TUNGSTEN, 1.05)
    kit.lamp((3.0, 2.0, -1.2), (1.0, 0.22, 0.34), 1.0)
    kit.lamp((0.0, 1.7, -2.5), (1.0, 0.70, 0.36), 0.8)
    kit.contact(0.0, -0.4, 1.2, 0.2)


def _back_bar(kit: SetKit, wood: Colour) -> None:
    back = kit.wall("back")
    back.block((0.0, 0.0, 0.28), (5.2, 0.95, 0.5), wood)
    back.block((0.0, 0.95, 0.28), (5.3, 0.04, 0.54), f.shade(wood, 1.3))
    back.glow = 0.35
    back.flat((0.0, 1.75, 0.015), (2.4, 0.0, 0.0), (0.0, -0.72, 0.0), (0.62, 0.46, 0.32))
    back.glow = 0.0
    tints = ((0.30, 0.42, 0.28), (0.60, 0.38, 0.18), (0.70, 0.66, 0.58), (0.42, 0.20, 0.16), (0.28, 0.38, 0.46))
    for row, y in enumerate((0.99, 1.40, 1.82)):
        if row:
            back.block((0.0, y - 0.03, 0.14), (4.8, 0.03, 0.24), f.shade(wood, 1.2))
        for n in range(17):
            x = -2.2 + 0.275 * n + kit.random.uniform(-0.06, 0.06)
            tall = kit.random.uniform(0.17, 0.23)
            tint = kit.random.choice(tints)
            back.tube((x, y, 0.15), (x, y + tall, 0.15), 0.037, 0.034, tint)
            back.tube((x, y + tall, 0.15), (x, y + tall + 0.09, 0.15), 0.030, 0.012, tint)
    back.block((0.0, 2.5, 0.1), (5.3, 0.12, 0.2), wood)


def _booths(kit: SetKit, wood: Colour) -> None:
    for x, yaw in ((-3.15, 90.0), (3.15, -90.0)):
        for z in (0.2, 2.2):
            bench = kit.at(x, z, yaw)
            bench.block((0.0, 0.0, 0.0), (1.5, 0.45, 0.5), (0.46, 0.20, 0.18))
            bench.block((0.0, 0.45, -0.2), (1.5, 0.65, 0.12), (0.50, 0.22, 0.19))


def corridor(kit: SetKit) -> None:
    wall = kit.pick((0.72, 0.74, 0.70), (0.74, 0.70, 0.64), (0.68, 0.73, 0.76))
    kit.shell(_walls(wall), (0.48, 0.50, 0.51), (0.86, 0.86, 0.85), (0.6, 0.6, 0.005, 0.25))
    for name, sign in (("left", -1.0), ("right", 1.0)):
        band = kit.wall(name)
        band.block((0.0, 0.9, 0.006), (30.0, 0.06, 0.012), f.shade(wall, 0.72))
        band.block((0.0, 0.1, 0.004), (30.0, 0.8, 0.008), f.shade(wall, 0.86))
        for z in (-6.2, -3.4, 2.6, 5.4):
            f.door(kit.wall(name, sign * z), (0.46, 0.40, 0.35))
            kit.wall(name, sign * z + 0.75).block((0.0, 1.5, 0.01), (0.16, 0.1, 0.015), f.DARK)
    pane, glow = kit.pane()
    f.window(kit.wall("back"), 1.3, 1.4, 0.9, pane, glow, None)
    f.door(kit.wall("front"), (0.50, 0.53, 0.55), 1.2)
    _strips(kit, tuple((0.0, z) for z in (-6.0, -3.0, 0.0, 3.0, 6.0)), 1.4)
    shelf = kit.wall("right", -0.6)
    shelf.casts = True
    shelf.block((0.0, 0.76, 0.2), (0.9, 0.04, 0.36), f.WOOD)
    for x in (-0.4, 0.4):
        shelf.block((x, 0.0, 0.2), (0.04, 0.76, 0.3), f.shade(f.WOOD, 0.8))
    for z in (-3.0, 1.0):
        kit.lamp((0.0, 2.45, z), (0.80, 0.95, 0.90), 1.15)


def warehouse(kit: SetKit) -> None:
    kit.shell(_walls((0.56, 0.57, 0.58)), (0.50, 0.49, 0.47), (0.36, 0.37, 0.39), (3.0, 3.0, 0.012, 0.25))
    pane, glow = kit.pane()
    for wall, places in (
        ("back", (-6.0, -2.0, 2.0, 6.0)),
        ("left", (-7.5, -2.5, 2.5, 7.5)),
        ("right", (-7.5, -2.5, 2.5, 7.5)),
    ):
        for along in places:
            high = kit.wall(wall, along)
            high.glow = glow * 0.7
            high.flat((0.0, 4.5, 0.02), (1.5, 0.0, 0.0), (0.0, -0.6, 0.0), pane, pattern=(0.6, 0.6, 0.03, 0.8))
    for z in (-9.0, -4.5, 4.5, 9.0):
        for x in (-5.2, 5.2):
            kit.model.block((x, 0.0, z), (0.3, 6.0, 0.3), (0.42, 0.43, 0.45))
            kit.model.block((x, 0.0, z), (0.42, 1.1, 0.42), (0.70, 0.58, 0.22))
        kit.model.block((0.0, 5.4, z), (18.0, 0.35, 0.2), (0.36, 0.37, 0.39))
    for x, yaw in ((-7.6, 90.0), (7.6, -90.0)):
        for z in (-7.0, -3.2, 3.2):
            _rack(kit, x, z, yaw)
    f.table(kit.at(0.0, 1.0), (1.3, 0.8, 0.6), (0.50, 0.40, 0.31))
    for x, z, size in ((-3.3, -3.6, 1.1), (-2.5, -4.6, 0.9), (3.6, -3.3, 1.0), (2.6, -6.2, 1.2), (-3.5, -2.4, 0.7)):
        f.crate(kit.at(x, z, kit.random.uniform(-20, 20)), size)
        kit.contact(x, z, size * 0.85)
    f.crate(kit.at(-3.3, -3.6, 12, y=1.1), 0.75)
    for x in (-3.0, 3.0):
        f.pendant(kit.at(x, -2.0), 5.4, 4.2, kit.dark)
    kit.lamp((-1.8, 4.0, -0.5), (1.0, 0.80, 0.55), 2.6)
    kit.lamp((4.0, 4.0, -6.0), _COOL, 2.2)


def _rack(kit: SetKit, x: float, z: float, yaw: float) -> None:
    rack = kit.at(x, z, yaw)
    for side in (-1.3, 1.3):
        for depth in (-0.4, 0.4):
            rack.block((side, 0.0, depth), (0.09, 3.6, 0.09), (0.26, 0.36, 0.50))
    for level in (0.1, 1.3, 2.5):
        rack.block((0.0, level, 0.0), (2.7, 0.1, 0.9), (0.72, 0.45, 0.22))
        for n in (-1, 0, 1):
            if kit.random.random() < 0.8:
                tall = kit.random.uniform(0.5, 0.95)
                rack.block((0.85 * n, level + 0.1, 0.0), (0.72, tall, 0.7), (0.60, 0.49, 0.37))


def studio(kit: SetKit) -> None:
    """A cove: floor and wall in one grey, a grid to read moves by."""
    grey = (0.66, 0.67, 0.68)
    kit.shell(
        dict.fromkeys(("back", "left", "right", "front"), grey), grey, (0.30, 0.30, 0.31), (1.0, 1.0, 0.006, 0.16)
    )
    kit.lamp((-3.0, 4.0, 3.0), (1.0, 0.92, 0.82), 2.4)
