"""The inside of a car on the move: an open body round the seats, and a road that passes."""

from __future__ import annotations

import math

from gpu_runtime.models.previs import furniture as f
from gpu_runtime.models.previs.setkit import SetKit
from gpu_runtime.models.previs.solids import Model
from gpu_runtime.models.previs.vehicles import wheel
from vibeboard.stage import Colour

_TRIM: Colour = (0.24, 0.24, 0.26)
_SEAT: Colour = (0.40, 0.33, 0.28)
_SPEED = 13.0
_PERIOD = 156.0


def build_car(kit: SetKit) -> None:
    paint = kit.pick((0.45, 0.22, 0.20), (0.25, 0.35, 0.42), (0.60, 0.58, 0.52))
    _body(kit, paint)
    _cabin(kit)
    for spot in kit.layout.spots[:2]:
        _seat(kit.at(spot.x, spot.z), spot.floor)
    _back_seat(kit.at(0.0, -1.0))
    _scenery(kit)
    if kit.dark:
        kit.lamp((0.0, 0.95, 0.75), (0.55, 0.80, 1.0), 0.34)
        kit.lamp((2.5, 3.5, 1.5), (1.0, 0.62, 0.30), 1.7)


def _side(kit: SetKit, sign: float) -> Model:
    """Parts of one flank, gone when the camera is outside of it."""
    flank = kit.at(0.0, 0.0)
    flank.seen_from = (-sign, 0.0, 0.0, 0.93)
    return flank


def _body(kit: SetKit, paint: Colour) -> None:
    m = kit.at(0.0, 0.0)
    m.block((0.0, 0.16, 0.0), (1.72, 0.10, 3.9), _TRIM)
    m.wedge((0.0, 0.2, 1.62), (1.74, 0.62, 1.0), (1.66, 0.98), paint)
    m.wedge((0.0, 0.2, -1.82), (1.74, 0.66, 0.66), (1.66, 0.6), paint)
    for sign in (-1.0, 1.0):
        m.block((sign * 0.84, 0.22, -0.2), (0.07, 0.66, 2.7), paint)
        m.block((sign * 0.80, 0.30, -0.2), (0.03, 0.52, 2.6), _TRIM)
        m.block((sign * 0.775, 0.62, -0.05), (0.05, 0.05, 0.62), f.shade(_TRIM, 1.3))
        for z in (-1.35, 1.35):
            wheel(m, (sign * 0.76, 0.31, z), 0.31, 0.2)
        flank = _side(kit, sign)
        flank.limb((sign * 0.80, 0.88, 1.15), (sign * 0.64, 1.40, 0.46), 0.035, 0.032, paint)
        flank.limb((sign * 0.82, 0.88, -0.52), (sign * 0.66, 1.42, -0.50), 0.035, 0.032, _TRIM)
        flank.limb((sign * 0.80, 0.88, -1.72), (sign * 0.64, 1.40, -1.12), 0.055, 0.05, paint)
        flank.limb((sign * 0.645, 1.41, 0.46), (sign * 0.645, 1.41, -1.12), 0.035, 0.035, paint)
        m.block((sign * 0.98, 0.88, 0.72), (0.18, 0.12, 0.08), paint)
    roof = kit.at(0.0, 0.0)
    roof.casts = False
    roof.seen_from = (0.0, -1.0, 0.0, 1.9)
    roof.block((0.0, 1.42, -0.33), (1.26, 0.05, 1.62), paint)
    m.limb((-0.64, 1.41, 0.46), (0.64, 1.41, 0.46), 0.03, 0.03, paint)
    m.limb((-0.64, 1.41, -1.12), (0.64, 1.41, -1.12), 0.03, 0.03, paint)


def _cabin(kit: SetKit) -> None:
    m = kit.at(0.0, 0.0)
    m.wedge((0.0, 0.55, 0.92), (1.56, 0.30, 0.62), (1.52, 0.44), _TRIM, shift=0.06)
    m.block((0.38, 0.84, 0.80), (0.34, 0.08, 0.16), f.shade(_TRIM, 0.8))
    m.glow = 0.9 if kit.dark else 0.1
    m.flat((0.38, 0.80, 0.655), (-0.13, 0.0, 0.0), (0.0, -0.045, 0.02), (0.45, 0.72, 0.85))
    m.flat((0.0, 0.73, 0.63), (-0.11, 0.0, 0.0), (0.0, -0.06, 0.03), (0.36, 0.60, 0.72))
    m.glow = 0.0
    m.block((0.0, 0.26, 0.15), (0.20, 0.22, 0.9), f.shade(_TRIM, 1.2))
    m.limb((0.0, 0.45, 0.35), (0.0, 0.60, 0.30), 0.015, 0.012, f.METAL)
    m.ball((0.0, 0.62, 0.30), 0.03, f.DARK)
    steering(m.inner((0.38, 0.80, 0.44)))
    mirror = m.inner((0.0, 1.28, 0.52), 180.0)
    mirror.block((0.0, 0.0, 0.0), (0.24, 0.07, 0.03), _TRIM)


def steering(m: Model) -> None:
    """A wheel tipped towards the driver, who sits at `-z`."""
    r, spots = 0.18, []
    for n in range(14):
        angle = 2 * math.pi * n / 14
        up, side = r * math.sin(angle), r * math.cos(angle)
        spots.append((side, up * 0.9, up * 0.42))
    for a, b in zip(spots, spots[1:] + spots[:1], strict=True):
        m.limb(a, b, 0.016, 0.016, f.DARK)
        m.ball(a, 0.016, f.DARK)
    m.ball((0.0, 0.0, 0.01), (0.055, 0.05, 0.03), f.DARK)
    m.limb((-r, 0.0, 0.0), (r, 0.0, 0.0), 0.014, 0.014, f.DARK)
    m.limb((0.0, 0.0, 0.0), (0.0, -0.12, 0.26), 0.03, 0.03, f.DARK)


def _seat(m: Model, floor: float) -> None:
    m.block((0.0, floor - 0.15, 0.03), (0.50, 0.15, 0.50), _SEAT)
    m.wedge((0.0, floor - 0.02, -0.24), (0.49, 0.62, 0.14), (0.42, 0.10), _SEAT, shift=-0.13)
    m.block((0.0, floor + 0.62, -0.40), (0.24, 0.17, 0.09), f.shade(_SEAT, 0.9))
    m.block((0.0, 0.2, 0.0), (0.4, floor - 0.35, 0.4), _TRIM)


def _back_seat(m: Model) -> None:
    m.block((0.0, 0.25, 0.03), (1.45, 0.15, 0.50), _SEAT)
    m.wedge((0.0, 0.38, -0.26), (1.45, 0.60, 0.14), (1.35, 0.10), _SEAT, shift=-0.13)


def _scenery(kit: SetKit) -> None:
    """A road under the car, and what stands beside it, which passes."""
    kit.ground((0.42, 0.46, 0.31))
    kit.patch(1.7, 0.0, 7.6, 600.0, (0.33, 0.34, 0.35), 0.004)
    for x in (-1.9, 5.3):
        kit.patch(x, 0.0, 0.12, 600.0, (0.80, 0.79, 0.74), 0.008)
    kit.speed, kit.period = _SPEED, _PERIOD
    passing = kit.passing
    passing.casts = False
    for n in range(26):
        at = (1.7, 0.009, 6.0 * n - 78.0)
        passing.flat(at, (0.07, 0.0, 0.0), (0.0, 0.0, 1.3), (0.82, 0.76, 0.50))
    for n in range(13):
        z = 12.0 * n - 78.0
        for x in (-4.6, 8.2):
            passing.tube((x, 0.0, z), (x, 0.9, z), 0.06, 0.06, (0.86, 0.85, 0.80))
    for n in range(34):
        side = -1 if n % 2 else 1
        x = side * kit.random.uniform(8.0, 32.0) + 1.7
        z = kit.random.uniform(-_PERIOD / 2, _PERIOD / 2)
        f.tree(
            passing.inner((x, 0.0, z)),
            kit.random.uniform(4.5, 8.5),
            f.shade(f.LEAF, kit.random.uniform(0.8, 1.15)),
            n % 3 == 0,
        )
    for n in range(6):
        z = 26.0 * n - 78.0
        passing.tube((10.0, 0.0, z), (10.0, 7.0, z), 0.12, 0.09, f.DARK)
        passing.glow = 2.0 if kit.dark else 0.0
        passing.ball((8.9, 6.7, z), (0.35, 0.12, 0.2), f.WARM if kit.dark else f.PALE)
        passing.glow = 0.0
    for n in range(8):
        b = 2 * math.pi * (n + 0.3) / 8
        kit.model.ball(
            (240 * math.sin(b), -4.0, 240 * math.cos(b)), (95.0, kit.random.uniform(12, 24), 60.0), (0.42, 0.48, 0.36)
        )
