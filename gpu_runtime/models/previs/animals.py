"""Four-legged and winged extras. They face `+z`; sizes are width, height, length in metres."""

from __future__ import annotations

from gpu_runtime.models.previs.furniture import DARK, shade
from gpu_runtime.models.previs.solids import Model
from vibeboard.stage import Colour, Vec3


def dog(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    back, body = height * 0.66, height * 0.15
    _legs(m, width * 0.30, length * 0.27, back - body * 0.4, height * 0.062, colour)
    _trunk(m, (0.0, back, -length * 0.28), (0.0, back + height * 0.02, length * 0.2), body * 0.85, body, colour)
    neck, head = (0.0, back + height * 0.04, length * 0.24), (0.0, height * 0.88, length * 0.36)
    m.limb(neck, head, body * 0.7, body * 0.5, colour)
    m.ball(head, (height * 0.105, height * 0.11, height * 0.12), colour)
    m.limb(head, (0.0, height * 0.83, length * 0.49), height * 0.075, height * 0.045, shade(colour, 0.9))
    m.ball((0.0, height * 0.83, length * 0.49), height * 0.045, shade(colour, 0.9))
    m.ball((0.0, height * 0.85, length * 0.52), height * 0.022, DARK)
    for x in (-1, 1):
        m.ball(
            (x * height * 0.10, height * 0.88, length * 0.33),
            (height * 0.03, height * 0.09, height * 0.055),
            shade(colour, 0.65),
        )
        m.ball((x * height * 0.05, height * 0.92, length * 0.42), height * 0.018, DARK)
    _tail(m, (0.0, back, -length * 0.32), (0.0, height * 0.92, -length * 0.48), height * 0.035, colour)


def cat(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    back, body = height * 0.58, height * 0.18
    _legs(m, width * 0.28, length * 0.24, back - body * 0.4, height * 0.055, colour)
    _trunk(m, (0.0, back, -length * 0.22), (0.0, back, length * 0.2), body, body * 0.85, colour)
    head = (0.0, height * 0.82, length * 0.36)
    m.limb((0.0, back, length * 0.22), head, body * 0.6, body * 0.6, colour)
    m.ball(head, height * 0.16, colour)
    for x in (-1, 1):
        ear = (x * height * 0.09, height * 0.92, length * 0.36)
        m.tube(ear, (ear[0] * 1.2, height * 1.05, ear[2]), height * 0.06, 0.004, shade(colour, 0.8))
        m.ball((x * height * 0.06, height * 0.85, length * 0.36 + height * 0.135), height * 0.026, DARK)
    m.ball(
        (0.0, height * 0.79, length * 0.36 + height * 0.14),
        (height * 0.05, height * 0.035, height * 0.035),
        shade(colour, 1.2),
    )
    _tail(m, (0.0, back, -length * 0.25), (0.0, height * 1.0, -length * 0.46), height * 0.04, colour)


def horse(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    back, body = height * 0.60, height * 0.135
    _legs(m, width * 0.30, length * 0.27, back - body * 0.3, height * 0.038, colour)
    _trunk(m, (0.0, back, -length * 0.26), (0.0, back + height * 0.01, length * 0.22), body, body, colour)
    head = (0.0, height * 0.93, length * 0.40)
    m.limb((0.0, back + height * 0.05, length * 0.26), head, body * 0.72, body * 0.42, colour)
    m.limb(
        (0.0, back + height * 0.13, length * 0.23), (0.0, height * 0.97, length * 0.37), body * 0.3, body * 0.2, DARK
    )
    m.ball(head, body * 0.45, colour)
    m.limb(head, (0.0, height * 0.80, length * 0.53), body * 0.43, body * 0.27, colour)
    m.ball((0.0, height * 0.80, length * 0.53), body * 0.28, shade(colour, 0.75))
    for x in (-1, 1):
        m.ball((x * body * 0.25, height * 0.99, length * 0.385), (0.02, body * 0.28, 0.025), shade(colour, 0.8))
        m.ball((x * body * 0.36, height * 0.92, length * 0.43), body * 0.08, DARK)
    _tail(m, (0.0, back + height * 0.03, -length * 0.33), (0.0, height * 0.32, -length * 0.43), height * 0.04, DARK)


def bird(m: Model, size: Vec3, colour: Colour) -> None:
    width, height, length = size
    m.ball((0.0, height * 0.5, 0.0), (width * 0.22, height * 0.28, length * 0.30), colour)
    m.ball((0.0, height * 0.82, length * 0.22), height * 0.18, colour)
    m.tube(
        (0.0, height * 0.80, length * 0.30),
        (0.0, height * 0.77, length * 0.50),
        height * 0.07,
        0.002,
        (0.82, 0.58, 0.22),
    )
    for x in (-1, 1):
        m.ball(
            (x * width * 0.22, height * 0.54, -length * 0.06),
            (width * 0.10, height * 0.2, length * 0.30),
            shade(colour, 0.75),
        )
        m.ball((x * height * 0.13, height * 0.87, length * 0.30), height * 0.035, DARK)
        m.tube(
            (x * width * 0.1, 0.0, 0.0),
            (x * width * 0.1, height * 0.3, 0.0),
            height * 0.025,
            height * 0.02,
            (0.82, 0.58, 0.22),
        )
    m.limb(
        (0.0, height * 0.45, -length * 0.22),
        (0.0, height * 0.4, -length * 0.48),
        height * 0.12,
        height * 0.05,
        shade(colour, 0.7),
    )


def _legs(m: Model, x: float, z: float, hip: float, thick: float, colour: Colour) -> None:
    for sx in (-1, 1):
        for sz, bend in ((1, 0.02), (-1, -0.05)):
            top, foot = (sx * x, hip, sz * z), (sx * x, thick * 0.6, sz * z)
            knee = (sx * x, hip * 0.5, sz * z + bend * hip)
            m.ball(top, thick * 1.5, colour)
            m.limb(top, knee, thick * 1.5, thick, colour)
            m.ball(knee, thick, colour)
            m.limb(knee, foot, thick, thick * 0.7, colour)
            m.ball((foot[0], foot[1], foot[2] + thick * 0.5), (thick, thick * 0.65, thick * 1.4), shade(colour, 0.6))


def _trunk(m: Model, a: Vec3, b: Vec3, ra: float, rb: float, colour: Colour) -> None:
    m.ball(a, ra, colour)
    m.limb(a, b, ra, rb, colour)
    m.ball(b, rb, colour)


def _tail(m: Model, a: Vec3, b: Vec3, thick: float, colour: Colour) -> None:
    m.limb(a, b, thick, thick * 0.6, colour)
    m.ball(b, thick * 0.6, colour)
