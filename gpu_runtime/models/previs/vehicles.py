"""Things with wheels, and boats. Nose to `+z`; sizes are width, height, length in metres."""

from __future__ import annotations

import math

from gpu_runtime.models.previs.furniture import DARK, METAL, shade
from gpu_runtime.models.previs.solids import Model
from vibeboard.stage import Colour, Vec3

_GLASS: Colour = (0.20, 0.25, 0.29)
_TYRE: Colour = (0.13, 0.13, 0.14)


def wheel(m: Model, at: Vec3, radius: float, width: float) -> None:
    """A wheel whose axle lies along `x`."""
    a, b = (at[0] - width / 2, at[1], at[2]), (at[0] + width / 2, at[1], at[2])
    m.rod(a, b, radius, _TYRE)
    for end, out in ((a, -1.0), (b, 1.0)):
        m.disc((end[0] + out * 0.004, end[1], end[2]), (out, 0.0, 0.0), radius * 0.62, METAL)
        m.disc((end[0] + out * 0.008, end[1], end[2]), (out, 0.0, 0.0), radius * 0.2, DARK)


def car(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    sill, belt = height * 0.17, height * 0.60
    body = shade(colour, 0.92)
    m.wedge((0.0, sill, 0.0), (width * 0.97, belt - sill, length), (width * 0.94, length * 0.95), colour)
    m.block((0.0, sill * 0.75, 0.0), (width * 0.9, sill * 0.5, length * 0.96), DARK)
    m.wedge(
        (0.0, belt, -length * 0.05), (width * 0.90, height - belt, length * 0.56), (width * 0.70, length * 0.34), body
    )
    _glass(m, size, belt)
    for x in (-1, 1):
        for z in (-1, 1):
            wheel(m, (x * width * 0.43, height * 0.225, z * length * 0.315), height * 0.225, width * 0.14)
            m.ball((x * width * 0.39, belt * 0.76, z * length * 0.479), (0.14, 0.075, 0.05), _light(z))
        m.block((x * width * 0.483, belt * 0.87, -0.02 * length), (0.012, 0.025, 0.13), DARK)
        m.block((x * width * 0.52, belt, length * 0.17), (0.16, 0.11, 0.09), colour)
    m.block((0.0, sill * 1.1, length * 0.488), (width * 0.9, 0.13, 0.08), shade(colour, 0.7))
    m.block((0.0, belt * 0.6, length * 0.487), (width * 0.42, 0.14, 0.03), DARK)
    m.block((0.0, sill * 1.1, -length * 0.488), (width * 0.9, 0.13, 0.08), shade(colour, 0.7))


def _light(z: int) -> Colour:
    return (0.95, 0.93, 0.85) if z > 0 else (0.62, 0.16, 0.13)


def _glass(m: Model, size: Vec3, belt: float) -> None:
    """Window panes, inset in the cabin and a little proud of it."""
    width, height, length = size
    m.wedge(
        (0.0, belt + 0.02, -length * 0.05),
        (width * 0.82, height - belt - 0.075, length * 0.568),
        (width * 0.645, length * 0.375),
        _GLASS,
    )
    for z, deep in ((0.055, 0.185), (-0.145, 0.17)):
        m.wedge(
            (0.0, belt + 0.03, z * length),
            (width * 0.906, height - belt - 0.10, deep * length),
            (width * 0.735, deep * length * 0.82),
            _GLASS,
            shift=-0.02 * length if z > 0 else 0.025 * length,
        )


def truck(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    cab = length * 0.24
    m.block((0.0, height * 0.16, 0.0), (width * 0.5, height * 0.08, length * 0.98), DARK)
    m.block((0.0, height * 0.24, -cab * 0.58), (width, height * 0.76, length - cab * 1.2), (0.80, 0.79, 0.76))
    front = length / 2 - cab / 2
    m.block((0.0, height * 0.14, front), (width * 0.94, height * 0.34, cab), colour)
    m.wedge(
        (0.0, height * 0.48, front),
        (width * 0.94, height * 0.3, cab),
        (width * 0.86, cab * 0.7),
        colour,
        shift=-cab * 0.13,
    )
    m.wedge(
        (0.0, height * 0.50, front + 0.03),
        (width * 0.82, height * 0.24, cab),
        (width * 0.74, cab * 0.74),
        _GLASS,
        shift=-cab * 0.11,
    )
    m.wedge(
        (0.0, height * 0.50, front + 0.02),
        (width * 0.955, height * 0.22, cab * 0.55),
        (width * 0.885, cab * 0.42),
        _GLASS,
        shift=-cab * 0.06,
    )
    for x in (-1, 1):
        m.ball((x * width * 0.38, height * 0.24, length / 2), (0.13, 0.09, 0.05), _light(1))
        for z in (front / length, -0.22, -0.36):
            wheel(m, (x * width * 0.42, height * 0.15, z * length), height * 0.15, width * 0.12)


def bicycle(m: Model, size: Vec3, colour: Colour) -> None:
    _, height, length = size
    r = min(height * 0.34, length * 0.2)
    back, front = (0.0, r, -length / 2 + r), (0.0, r, length / 2 - r)
    for at in (back, front):
        hoop(m, at, r, 0.018, _TYRE)
        m.rod((at[0] - 0.03, at[1], at[2]), (at[0] + 0.03, at[1], at[2]), 0.02, METAL)
    crank = (0.0, r * 0.9, -length * 0.06)
    saddle, head = (0.0, height * 0.78, -length * 0.14), (0.0, height * 0.80, length * 0.20)
    for a, b in ((back, crank), (crank, saddle), (back, saddle), (crank, head), (saddle, head), (front, head)):
        m.limb(a, b, 0.017, 0.017, colour)
    m.limb(head, (0.0, height * 0.95, length * 0.18), 0.015, 0.015, METAL)
    m.rod((-0.24, height * 0.96, length * 0.16), (0.24, height * 0.96, length * 0.16), 0.015, DARK)
    m.ball((0.0, height * 0.84, -length * 0.15), (0.06, 0.03, 0.12), DARK)


def hoop(m: Model, at: Vec3, radius: float, thick: float, colour: Colour) -> None:
    """A ring in the `yz` plane, of straight pieces."""
    spots = [
        (at[0], at[1] + radius * math.sin(2 * math.pi * n / 14), at[2] + radius * math.cos(2 * math.pi * n / 14))
        for n in range(14)
    ]
    for a, b in zip(spots, spots[1:] + spots[:1], strict=True):
        m.limb(a, b, thick, thick, colour)
        m.ball(a, thick, colour)


def boat(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    hull = height * 0.62
    m.wedge((0.0, 0.0, 0.0), (width * 0.55, hull, length * 0.75), (width, length * 0.92), colour)
    m.block((0.0, hull, 0.0), (width * 1.02, height * 0.06, length * 0.94), (0.80, 0.76, 0.68))
    m.block((0.0, hull + height * 0.065, 0.0), (width * 0.82, 0.012, length * 0.80), shade(colour, 0.6))
    for z in (-0.2, 0.15):
        m.block(
            (0.0, hull + height * 0.04, z * length), (width * 0.9, height * 0.06, length * 0.07), (0.66, 0.54, 0.40)
        )
    m.wedge(
        (0.0, hull, length * 0.44),
        (width * 0.8, height * 0.25, length * 0.1),
        (width * 0.3, length * 0.03),
        colour,
        shift=length * 0.05,
    )
