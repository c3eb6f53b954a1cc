"""The prop department: a small model for each kind, and how each is held."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from gpu_runtime.models.previs import animals, vehicles
from gpu_runtime.models.previs import furniture as f
from gpu_runtime.models.previs.body import Body
from gpu_runtime.models.previs.solids import Model, add, scaled
from vibeboard.camera import subtract, unit
from vibeboard.stage import Colour, Prop, PropKind, Vec3

_WHITE: Colour = (0.93, 0.92, 0.89)


def build_prop(model: Model, kind: PropKind, size: Vec3, colour: Colour, lit: bool = False) -> None:
    """Build a prop on the middle of its underside; `size` is its width, height and depth in metres."""
    if kind in (PropKind.LAMP, PropKind.FLASHLIGHT) and lit:
        model.glow = 0.6
    _BUILDERS[kind](model, size, colour)


def _box(m: Model, size: Vec3, colour: Colour) -> None:
    m.block((0.0, 0.0, 0.0), size, colour)


def _cylinder(m: Model, size: Vec3, colour: Colour) -> None:
    m.drum((0.0, 0.0, 0.0), size[1], size[0] / 2, colour)


def _ball(m: Model, size: Vec3, colour: Colour) -> None:
    m.ball((0.0, size[1] / 2, 0.0), scaled(size, 0.5), colour)


def _bottle(m: Model, size: Vec3, colour: Colour) -> None:
    r, h = size[0] / 2, size[1]
    m.drum((0.0, 0.0, 0.0), h * 0.55, r, colour)
    m.tube((0.0, h * 0.55, 0.0), (0.0, h * 0.72, 0.0), r, r * 0.36, colour)
    m.drum((0.0, h * 0.72, 0.0), h * 0.28, r * 0.36, colour)
    m.tube((0.0, h * 0.16, 0.0), (0.0, h * 0.46, 0.0), r * 1.03, r * 1.03, _WHITE)


def _cup(m: Model, size: Vec3, colour: Colour) -> None:
    r, h = size[0] * 0.4, size[1]
    m.drum((0.0, 0.0, 0.0), h, r * 0.84, colour, top=r)
    m.disc((0.0, h + 0.001, 0.0), (0.0, 1.0, 0.0), r * 0.86, (0.28, 0.18, 0.12))
    corners = ((r * 0.9, h * 0.8, 0.0), (r * 1.5, h * 0.74, 0.0), (r * 1.5, h * 0.38, 0.0), (r * 0.85, h * 0.26, 0.0))
    for a, b in pairwise(corners):
        m.limb(a, b, h * 0.06, h * 0.06, colour)
        m.ball(b, h * 0.06, colour)


def _phone(m: Model, size: Vec3, colour: Colour) -> None:
    """Upright when it is tall, on its back when it lies."""
    w, h, d = size
    m.block((0.0, 0.0, 0.0), size, (0.12, 0.12, 0.14))
    m.glow = 0.5
    if h > d:
        m.flat((0.0, h / 2, d / 2 + 0.0005), (w * 0.45, 0.0, 0.0), (0.0, -h * 0.45, 0.0), (0.55, 0.70, 0.86))
    else:
        m.flat((0.0, h + 0.0005, 0.0), (w * 0.45, 0.0, 0.0), (0.0, 0.0, d * 0.45), (0.55, 0.70, 0.86))
    m.glow = 0.0


def _book(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    if h <= min(w, d):
        m.block((0.0, 0.0, 0.0), (w, h * 0.14, d), colour)
        m.block((w * 0.015, h * 0.14, 0.0), (w * 0.96, h * 0.72, d * 0.96), _WHITE)
        m.block((0.0, h * 0.86, 0.0), (w, h * 0.14, d), colour)
        m.block((-w * 0.49, 0.0, 0.0), (w * 0.03, h, d), f.shade(colour, 0.8))
        return
    m.block((0.0, 0.0, -d * 0.43), (w, h, d * 0.14), colour)
    m.block((0.0, h * 0.02, 0.0), (w * 0.96, h * 0.96, d * 0.72), _WHITE)
    m.block((0.0, 0.0, d * 0.43), (w, h, d * 0.14), colour)


def _paper(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    m.block((0.0, 0.0, 0.0), size, _WHITE)
    for n in range(6):
        if h > d:
            m.flat((0.0, h * (0.82 - 0.12 * n), d / 2 + 0.0008), (w * 0.36, 0.0, 0.0), (0.0, -h * 0.012, 0.0), f.METAL)
        else:
            m.flat((0.0, h + 0.0008, d * (0.12 * n - 0.32)), (w * 0.36, 0.0, 0.0), (0.0, 0.0, d * 0.012), f.METAL)


def _along(m: Model, size: Vec3) -> tuple[Model, float, float, float]:
    """A frame whose `z` runs along the longest side, on the middle of the thing's end; thickness, height, length."""
    w, h, d = size
    if h > max(w, d):
        up = replace(m, at=m.point((0.0, 0.0, 0.0)), basis=(m.basis[0], scaled(m.basis[2], -1.0), m.basis[1]))
        return up, min(w, d), max(w, d), h
    if w > d:
        return m.inner((-w / 2, h / 2, 0.0), 90.0), d, h, w
    return m.inner((0.0, h / 2, -d / 2)), w, h, d


def _key(m: Model, size: Vec3, colour: Colour) -> None:
    k, wide, high, length = _along(m, size)
    brass = (0.74, 0.60, 0.30)
    r, t = max(wide, length * 0.2) * 0.55, max(high * 0.5, length * 0.03)
    for n in range(8):
        a, b = math.pi * n / 4, math.pi * (n + 1) / 4
        k.limb((r * math.sin(a), 0.0, r + r * math.cos(a)), (r * math.sin(b), 0.0, r + r * math.cos(b)), t, t, brass)
    k.rod((0.0, 0.0, 2 * r), (0.0, 0.0, length), t, brass)
    for z in (0.82, 0.94):
        k.box((r * 0.5, 0.0, length * z), (r, t * 1.6, length * 0.07), brass)


def _gun(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    wide = min(w, 0.2 * d + 0.01)
    m.block((0.0, h * 0.66, 0.0), (wide, h * 0.30, d), (0.20, 0.20, 0.22))
    m.block((0.0, h * 0.52, d * 0.05), (wide * 0.9, h * 0.14, d * 0.8), (0.26, 0.26, 0.28))
    m.wedge((0.0, 0.0, -d * 0.40), (wide, h * 0.56, d * 0.22), (wide, d * 0.24), (0.30, 0.22, 0.17), shift=d * 0.12)
    m.rod((0.0, h * 0.84, d * 0.44), (0.0, h * 0.84, d * 0.53), wide * 0.33, f.METAL)
    for z in (-0.06, 0.10):
        m.block((0.0, h * 0.30, d * z), (wide * 0.3, h * 0.24, d * 0.025), f.DARK)
    m.block((0.0, h * 0.30, d * 0.02), (wide * 0.3, h * 0.035, d * 0.18), f.DARK)
    m.block((0.0, h * 0.96, d * 0.46), (wide * 0.2, h * 0.06, d * 0.03), f.METAL)


def _knife(m: Model, size: Vec3, colour: Colour) -> None:
    k, wide, high, length = _along(m, size)
    thick = max(min(wide, high), 0.006)
    k.box((0.0, 0.0, length * 0.19), (max(wide, 0.022), thick * 1.6, length * 0.38), (0.26, 0.19, 0.15))
    k.box((0.0, 0.0, length * 0.60), (max(wide, 0.022) * 0.9, thick * 0.5, length * 0.46), (0.80, 0.82, 0.84))
    k.limb((0.0, 0.0, length * 0.80), (0.0, 0.0, length), max(wide, 0.022) * 0.42, 0.001, (0.80, 0.82, 0.84))


def _bag(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    m.wedge((0.0, 0.0, 0.0), (w, h * 0.68, d), (w * 0.88, d * 0.6), colour)
    m.block((0.0, h * 0.64, 0.0), (w * 0.9, h * 0.05, d * 0.66), f.shade(colour, 0.7))
    for z in (-1, 1):
        side = z * d * 0.2
        m.limb((-w * 0.24, h * 0.66, side), (-w * 0.13, h * 0.97, 0.0), h * 0.025, h * 0.025, f.shade(colour, 0.6))
        m.limb((w * 0.24, h * 0.66, side), (w * 0.13, h * 0.97, 0.0), h * 0.025, h * 0.025, f.shade(colour, 0.6))
    m.rod((-w * 0.13, h * 0.97, 0.0), (w * 0.13, h * 0.97, 0.0), h * 0.03, f.shade(colour, 0.6))


def _suitcase(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    m.block((0.0, 0.0, 0.0), (w, h * 0.88, d), colour)
    for x in (-0.32, 0.32):
        m.block((x * w, -0.001, 0.0), (w * 0.07, h * 0.885, d * 1.02), f.shade(colour, 0.62))
    m.block((0.0, h * 0.42, 0.0), (w * 1.005, h * 0.02, d * 1.01), f.shade(colour, 0.5))
    for x in (-0.14, 0.14):
        m.block((x * w, h * 0.88, 0.0), (w * 0.03, h * 0.08, d * 0.12), f.DARK)
    m.block((0.0, h * 0.95, 0.0), (w * 0.31, h * 0.05, d * 0.16), f.DARK)


def _lamp(m: Model, size: Vec3, colour: Colour) -> None:
    lit, m.glow = m.glow > 0, 0.0
    if size[1] > 0.9:
        f.floor_lamp(m, size[1], lit)
    else:
        f.table_lamp(m, size[1], lit, colour)


def _flashlight(m: Model, size: Vec3, colour: Colour) -> None:
    lit, m.glow = m.glow > 0, 0.0
    k, wide, high, length = _along(m, size)
    r = max(wide, high) / 2
    k.rod((0.0, 0.0, 0.0), (0.0, 0.0, length * 0.72), r * 0.66, colour)
    k.tube((0.0, 0.0, length * 0.70), (0.0, 0.0, length), r * 0.68, r, f.DARK)
    k.glow = 2.4 if lit else 0.3
    k.disc((0.0, 0.0, length), (0.0, 0.0, 1.0), r * 0.98, (1.0, 0.96, 0.82))
    k.glow = 0.0


def _radio(m: Model, size: Vec3, colour: Colour) -> None:
    w, h, d = size
    m.block((0.0, 0.0, 0.0), (w, h * 0.82, d), colour)
    m.block((-w * 0.2, h * 0.12, d / 2), (w * 0.48, h * 0.58, 0.008), f.shade(colour, 0.55))
    m.block((w * 0.27, h * 0.50, d / 2), (w * 0.34, h * 0.18, 0.008), (0.88, 0.82, 0.62))
    for x in (0.18, 0.36):
        m.rod((x * w, h * 0.25, d / 2), (x * w, h * 0.25, d / 2 + 0.02), h * 0.09, f.METAL)
    m.limb((w * 0.42, h * 0.8, -d * 0.3), (w * 0.62, h * 1.35, -d * 0.3), 0.005, 0.003, f.METAL)
    m.block((0.0, h * 0.92, 0.0), (w * 0.7, h * 0.06, d * 0.2), f.DARK)
    for x in (-0.34, 0.34):
        m.block((x * w, h * 0.8, 0.0), (w * 0.03, h * 0.16, d * 0.2), f.DARK)


def _umbrella(m: Model, size: Vec3, colour: Colour) -> None:
    """Open when it is wider than a folded one could be."""
    w, h, _ = size
    if w < h * 0.4:
        m.tube((0.0, 0.1 * h, 0.0), (0.0, 0.72 * h, 0.0), 0.012, max(w * 0.45, 0.03), colour)
        m.rod((0.0, 0.0, 0.0), (0.0, h, 0.0), 0.009, f.DARK)
        return
    m.rod((0.0, 0.0, 0.0), (0.0, h, 0.0), 0.010, f.DARK)
    for high, wide, to_high, to_wide in ((0.70, 0.5, 0.86, 0.34), (0.86, 0.34, 0.97, 0.02)):
        m.tube((0.0, h * high, 0.0), (0.0, h * to_high, 0.0), w * wide, w * to_wide, colour)
    m.disc((0.0, h * 0.701, 0.0), (0.0, -1.0, 0.0), w * 0.5, f.shade(colour, 0.5))
    m.limb((0.0, 0.03, 0.0), (0.0, 0.0, 0.05), 0.014, 0.014, (0.42, 0.28, 0.19))


def _table(m: Model, size: Vec3, colour: Colour) -> None:
    f.table(m, size, colour)


def _chair(m: Model, size: Vec3, colour: Colour) -> None:
    f.chair(m, size, colour)


_BUILDERS: dict[PropKind, Callable[[Model, Vec3, Colour], None]] = {
    PropKind.BOX: _box,
    PropKind.CYLINDER: _cylinder,
    PropKind.BALL: _ball,
    PropKind.BOTTLE: _bottle,
    PropKind.CUP: _cup,
    PropKind.PHONE: _phone,
    PropKind.BOOK: _book,
    PropKind.PAPER: _paper,
    PropKind.KEY: _key,
    PropKind.GUN: _gun,
    PropKind.KNIFE: _knife,
    PropKind.BAG: _bag,
    PropKind.SUITCASE: _suitcase,
    PropKind.LAMP: _lamp,
    PropKind.FLASHLIGHT: _flashlight,
    PropKind.RADIO: _radio,
    PropKind.UMBRELLA: _umbrella,
    PropKind.CHAIR: _chair,
    PropKind.TABLE: _table,
    PropKind.BED: f.bed,
    PropKind.SOFA: f.sofa,
    PropKind.CAR: vehicles.car,
    PropKind.TRUCK: vehicles.truck,
    PropKind.BICYCLE: vehicles.bicycle,
    PropKind.BOAT: vehicles.boat,
    PropKind.DOG: animals.dog,
    PropKind.CAT: animals.cat,
    PropKind.BIRD: animals.bird,
    PropKind.HORSE: animals.horse,
}

_HANGING = frozenset({PropKind.BAG, PropKind.SUITCASE})
_TO_THE_FACE = frozenset({PropKind.PHONE, PropKind.BOOK, PropKind.PAPER})
_POINTING = frozenset({PropKind.FLASHLIGHT, PropKind.KNIFE, PropKind.KEY})


def hold(model: Model, body: Body, height: float, prop: Prop, owner: int, lit: bool = False) -> None:
    """Put a prop into the right hand of a figure whose frame `model` is."""
    arm = body.right_arm
    palm = unit(subtract(arm.end, arm.bend))
    grip = scaled(add(arm.end, scaled(palm, 0.045)), height)
    w, h, d = prop.size
    yaw, offset = 0.0, (0.0, -h / 2, 0.0)
    if prop.kind in _HANGING:
        yaw, offset = 90.0, (0.0, -h * 0.96, 0.0)
    elif prop.kind is PropKind.UMBRELLA:
        offset = (0.0, -0.12, 0.0)
    elif prop.kind is PropKind.GUN:
        offset = (0.0, -h * 0.28, d * 0.36)
    elif prop.kind in _TO_THE_FACE:
        yaw, h, d = 180.0, max(h, d), min(h, d)
        offset = (0.0, -h * 0.3, 0.015)
    elif prop.kind in _POINTING:
        w, h, d = sorted((w, h, d))[0], sorted((w, h, d))[1], max(w, h, d)
        offset = (0.0, -h / 2, d * 0.28)
    hand = model.inner(add(grip, offset), yaw)
    hand.owner = owner
    build_prop(hand, prop.kind, (w, h, d), prop.colour, lit)
