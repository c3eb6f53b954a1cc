"""Furniture and fittings that sets and the prop department share. Each stands at the origin of its model's frame, its
front to `+z`; sizes are width, height, depth in metres."""

from __future__ import annotations

from gpu_runtime.models.previs.solids import Model, heading
from vibeboard.stage import Colour, Vec3

METAL: Colour = (0.42, 0.43, 0.45)
DARK: Colour = (0.17, 0.17, 0.18)
WOOD: Colour = (0.52, 0.37, 0.26)
PALE: Colour = (0.86, 0.83, 0.78)
LEAF: Colour = (0.33, 0.43, 0.27)
WARM: Colour = (1.0, 0.84, 0.60)


def shade(colour: Colour, k: float) -> Colour:
    """Darker (`k < 1`) or lighter, within range."""
    return (min(1.0, colour[0] * k), min(1.0, colour[1] * k), min(1.0, colour[2] * k))


def legs(m: Model, width: float, depth: float, height: float, thick: float, colour: Colour) -> None:
    for x in (-1.0, 1.0):
        for z in (-1, 1):
            at = (x * (width / 2 - thick), 0.0, z * (depth / 2 - thick))
            m.tube(at, (at[0], height, at[2]), thick * 0.7, thick, colour)


def table(m: Model, size: Vec3, colour: Colour = WOOD) -> None:
    width, height, depth = size
    top = min(0.045, height * 0.2)
    m.block((0.0, height - top, 0.0), (width, top, depth), colour)
    m.block((0.0, height - top - 0.07, 0.0), (width * 0.86, 0.07, depth * 0.82), shade(colour, 0.85))
    legs(m, width * 0.95, depth * 0.93, height - top, 0.032, shade(colour, 0.8))


def chair(m: Model, size: Vec3, colour: Colour = WOOD, seat: float = 0.0) -> None:
    """A chair with a back; `seat` is the height of what one sits on (half of the chair's, unless said)."""
    width, height, depth = size
    level = seat or height * 0.5
    m.block((0.0, level - 0.045, 0.0), (width, 0.045, depth), colour)
    legs(m, width, depth, level - 0.045, 0.022, shade(colour, 0.7))
    back = -depth / 2 + 0.02
    for x in (-1.0, 1.0):
        m.tube(
            (x * (width / 2 - 0.025), level, back),
            (x * (width / 2 - 0.025), height, back - 0.05),
            0.018,
            0.016,
            shade(colour, 0.7),
        )
    m.block((0.0, level + (height - level) * 0.5, back - 0.035), (width * 0.94, (height - level) * 0.48, 0.025), colour)


def office_chair(m: Model, seat: float, colour: Colour) -> None:
    m.block((0.0, seat - 0.07, 0.0), (0.48, 0.07, 0.46), colour)
    m.wedge((0.0, seat + 0.16, -0.25), (0.44, 0.46, 0.06), (0.36, 0.05), colour)
    m.tube((0.0, 0.1, 0.0), (0.0, seat - 0.07, 0.0), 0.03, 0.03, METAL)
    m.tube((0.0, seat - 0.04, -0.22), (0.0, seat + 0.2, -0.26), 0.025, 0.025, METAL)
    for yaw in range(0, 360, 72):
        x, _, z = heading(yaw)[2]
        m.limb((0.0, 0.1, 0.0), (x * 0.27, 0.05, z * 0.27), 0.03, 0.02, DARK)
        m.ball((x * 0.28, 0.035, z * 0.28), 0.035, DARK)


def stool(m: Model, seat: float, colour: Colour) -> None:
    """A round seat on a post, with a ring for the feet when it is high."""
    m.drum((0.0, seat - 0.07, 0.0), 0.07, 0.19, colour)
    m.tube((0.0, 0.03, 0.0), (0.0, seat - 0.07, 0.0), 0.035, 0.03, METAL)
    m.drum((0.0, 0.0, 0.0), 0.035, 0.21, METAL, top=0.17)
    if seat > 0.6:
        m.drum((0.0, seat * 0.32, 0.0), 0.025, 0.17, METAL)


def sofa(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, depth = size
    seat, arm = height * 0.53, 0.16
    m.block((0.0, 0.06, 0.0), (width, seat - 0.18, depth), shade(colour, 0.85))
    inside = width - 2 * arm
    count = max(1, round(inside / 0.7))
    for n in range(count):
        x = (n + 0.5) * inside / count - inside / 2
        wide = inside / count - 0.02
        m.block((x, seat - 0.12, 0.06), (wide, 0.12, depth - 0.2), colour)
        m.wedge((x, seat, -depth / 2 + 0.17), (wide, height - seat, 0.17), (wide * 0.95, 0.11), colour, shift=-0.05)
    m.block((0.0, 0.06, -depth / 2 + 0.07), (width, height - 0.1, 0.14), shade(colour, 0.85))
    for x in (-1.0, 1.0):
        m.block((x * (width - arm) / 2, 0.06, 0.0), (arm, seat + 0.08, depth), shade(colour, 0.92))


def bed(m: Model, size: Vec3, colour: Colour) -> None:
    """Head at `-z`; `size` includes the headboard's height, the mattress lies at half of it or less."""
    width, height, depth = size
    top = min(0.5, height)
    m.block((0.0, 0.08, 0.0), (width, top * 0.4, depth), WOOD)
    m.block((0.0, 0.08 + top * 0.4, 0.0), (width * 0.97, top * 0.6 - 0.08, depth * 0.98), PALE)
    m.block((0.0, top - 0.09, depth * 0.13), (width * 1.01, 0.105, depth * 0.73), colour)
    m.block((0.0, 0.0, -depth / 2 - 0.03), (width * 1.04, max(height, top + 0.45), 0.06), shade(WOOD, 0.8))
    for x in (-1.0, 1.0):
        m.ball((x * width * 0.24, top + 0.05, -depth * 0.36), (width * 0.2, 0.085, 0.19), (0.92, 0.90, 0.87))


def floor_lamp(m: Model, height: float, lit: bool) -> None:
    m.drum((0.0, 0.0, 0.0), 0.03, 0.15, DARK)
    m.tube((0.0, 0.03, 0.0), (0.0, height - 0.2, 0.0), 0.012, 0.012, DARK)
    lampshade(m, (0.0, height - 0.28, 0.0), 0.28, 0.20, lit)


def table_lamp(m: Model, height: float, lit: bool, colour: Colour = (0.40, 0.45, 0.47)) -> None:
    radius = height * 0.3
    m.ball((0.0, height * 0.25, 0.0), (radius * 0.55, height * 0.25, radius * 0.55), colour)
    m.tube((0.0, height * 0.4, 0.0), (0.0, height * 0.7, 0.0), 0.012, 0.012, METAL)
    lampshade(m, (0.0, height * 0.55, 0.0), height * 0.45, radius, lit)


def lampshade(m: Model, base: Vec3, height: float, radius: float, lit: bool) -> None:
    glow, casts = m.glow, m.casts
    m.glow, m.casts = (1.5 if lit else glow), False
    m.drum(base, height, radius, WARM if lit else PALE, top=radius * 0.68)
    m.glow, m.casts = glow, casts


def pendant(m: Model, ceiling: float, height: float, lit: bool) -> None:
    """A lamp that hangs from the ceiling, its shade's rim at `height`."""
    m.tube((0.0, height + 0.2, 0.0), (0.0, ceiling, 0.0), 0.006, 0.006, DARK)
    m.tube((0.0, height, 0.0), (0.0, height + 0.22, 0.0), 0.19, 0.04, (0.32, 0.36, 0.38))
    glow = m.glow
    m.glow = 1.6 if lit else 0.2
    m.ball((0.0, height + 0.04, 0.0), 0.06, WARM)
    m.glow = glow


def shelf(m: Model, size: Vec3, colour: Colour, goods: list[Colour]) -> None:
    """An open shelf with rows of books or boxes in the colours of `goods`, dealt out in turn."""
    width, height, depth = size
    m.block((0.0, 0.0, -depth / 2 + 0.01), (width, height, 0.02), shade(colour, 0.7))
    for x in (-1.0, 1.0):
        m.block((x * (width / 2 - 0.015), 0.0, 0.0), (0.03, height, depth), colour)
    count = max(2, round(height / 0.38))
    for n in range(count + 1):
        m.block((0.0, n * (height - 0.03) / count, 0.0), (width, 0.03, depth), colour)
    for n in range(count):
        base = n * (height - 0.03) / count + 0.03
        x = -width / 2 + 0.06
        for k in range(5):
            goods_colour = goods[(n * 3 + k) % len(goods)]
            wide = 0.06 + 0.05 * ((n * 7 + k * 5) % 4)
            if x + wide > width / 2 - 0.05:
                break
            tall = (height / count) * (0.5 + 0.08 * ((n + k * 3) % 4))
            m.block((x + wide / 2, base, 0.0), (wide, tall, depth * 0.7), goods_colour)
            x += wide + 0.02 + 0.08 * ((n + k) % 3 == 0)


def plant(m: Model, height: float) -> None:
    m.drum((0.0, 0.0, 0.0), height * 0.28, height * 0.12, (0.60, 0.42, 0.33), top=height * 0.16)
    for n, yaw in enumerate(range(0, 360, 60)):
        x, _, z = heading(yaw + 20)[2]
        lift = 0.62 + 0.1 * (n % 3)
        at = (x * height * 0.17, height * lift, z * height * 0.17)
        m.ball(at, (height * 0.1, height * 0.22, height * 0.1), shade(LEAF, 0.85 + 0.1 * (n % 3)))


def tree(m: Model, height: float, colour: Colour, conifer: bool) -> None:
    trunk = (0.33, 0.26, 0.21)
    m.tube((0.0, -0.1, 0.0), (0.0, height * 0.55, 0.0), height * 0.032, height * 0.018, trunk)
    if conifer:
        for n in range(3):
            base = height * (0.22 + 0.24 * n)
            m.tube(
                (0.0, base, 0.0),
                (0.0, base + height * 0.32, 0.0),
                height * (0.17 - 0.04 * n),
                0.02,
                shade(colour, 0.85 + 0.1 * n),
            )
        return
    m.ball((0.0, height * 0.72, 0.0), (height * 0.25, height * 0.26, height * 0.25), colour)
    m.ball(
        (height * 0.15, height * 0.6, height * 0.06), (height * 0.17, height * 0.16, height * 0.17), shade(colour, 0.88)
    )
    m.ball(
        (-height * 0.14, height * 0.62, -height * 0.07),
        (height * 0.18, height * 0.17, height * 0.18),
        shade(colour, 1.08),
    )


def window(
    m: Model, width: float, height: float, sill: float, pane: Colour, glow: float, curtain: Colour | None
) -> None:
    """On a wall: panes with light of their own behind a frame."""
    keep = m.glow
    m.glow = glow
    middle = sill + height / 2
    m.flat((0.0, middle, 0.012), (width / 2, 0.0, 0.0), (0.0, -height / 2, 0.0), pane)
    m.glow = keep
    frame, bar = (0.90, 0.89, 0.86), 0.05
    for x in (-width / 2, 0.0, width / 2):
        m.block((x, sill, 0.02), (bar, height, 0.05), frame)
    for y in (sill - bar, sill + height * 0.62, sill + height):
        m.block((0.0, y, 0.02), (width + bar, bar, 0.05), frame)
    m.block((0.0, sill - bar - 0.03, 0.06), (width + 0.2, 0.03, 0.14), frame)
    if curtain is not None:
        for x in (-1.0, 1.0):
            for n in range(3):
                at = x * (width / 2 + 0.03 + 0.09 * n)
                m.tube(
                    (at, 0.1, 0.09), (at, sill + height + 0.12, 0.09), 0.06, 0.05, shade(curtain, 0.94 + 0.06 * (n % 2))
                )
        m.rod(
            (-width / 2 - 0.4, sill + height + 0.14, 0.09), (width / 2 + 0.4, sill + height + 0.14, 0.09), 0.015, DARK
        )


def door(m: Model, colour: Colour, width: float = 0.92, height: float = 2.05) -> None:
    frame = shade(colour, 0.72)
    m.block((0.0, 0.0, 0.015), (width, height, 0.03), colour)
    for x in (-1.0, 1.0):
        m.block((x * (width / 2 + 0.04), 0.0, 0.025), (0.08, height + 0.08, 0.06), frame)
    m.block((0.0, height, 0.025), (width, 0.08, 0.06), frame)
    for y, tall in ((0.2, 0.75), (1.12, 0.75)):
        m.block((0.0, y, 0.032), (width * 0.66, tall, 0.012), shade(colour, 0.93))
    m.ball((width * 0.4, 1.02, 0.07), 0.03, METAL)


def picture(m: Model, at: Vec3, width: float, height: float, colour: Colour) -> None:
    m.block((at[0], at[1] - height / 2, 0.02), (width, height, 0.03), DARK)
    m.block((at[0], at[1] - height * 0.44, 0.037), (width * 0.88, height * 0.88, 0.006), PALE)
    m.block((at[0], at[1] - height * 0.32, 0.041), (width * 0.6, height * 0.62, 0.004), colour)


def crate(m: Model, size: float, colour: Colour = (0.58, 0.45, 0.31)) -> None:
    m.block((0.0, 0.0, 0.0), (size, size, size), colour)
    for y in (0.06, 0.84):
        m.block((0.0, y * size, 0.0), (size * 1.03, size * 0.1, size * 1.03), shade(colour, 0.82))
