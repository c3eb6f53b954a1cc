"""The mannequin: a clay figure with a face that shows where it looks, in simple clothes of its own colour."""

from __future__ import annotations

from dataclasses import dataclass

from gpu_runtime.models.previs.body import Body, Limb
from gpu_runtime.models.previs.solids import Basis, Model, add, scaled
from vibeboard.camera import cross, lerp, subtract, unit
from vibeboard.digest import derive_seed
from vibeboard.stage import Colour, Figure, Vec3

_SKINS: tuple[Colour, ...] = (
    (0.87, 0.72, 0.62),
    (0.80, 0.62, 0.50),
    (0.68, 0.50, 0.39),
    (0.90, 0.77, 0.68),
    (0.60, 0.45, 0.36),
)
_HAIRS: tuple[Colour, ...] = (
    (0.20, 0.16, 0.14),
    (0.33, 0.24, 0.18),
    (0.47, 0.35, 0.24),
    (0.14, 0.14, 0.16),
    (0.42, 0.40, 0.39),
)
_DARK: Colour = (0.13, 0.12, 0.13)
_WHITE: Colour = (0.93, 0.92, 0.90)
_MOUTH: Colour = (0.45, 0.23, 0.22)


@dataclass(frozen=True)
class Style:
    """What a figure is made of: lengths in metres per unit of its height, girth as a factor, colours."""

    height: float
    girth: float
    top: Colour
    legs: Colour
    shoes: Colour
    skin: Colour
    hair: Colour
    long_hair: bool

    @classmethod
    def of(cls, figure: Figure) -> Style:
        pick = derive_seed("wardrobe", figure.id)
        dark = tuple(0.16 + 0.22 * c for c in figure.colour)
        return cls(
            height=figure.height,
            girth=figure.build,
            top=figure.colour,
            legs=dark,  # type: ignore[arg-type]
            shoes=(0.16, 0.14, 0.13),
            skin=_SKINS[pick % len(_SKINS)],
            hair=_HAIRS[pick // 7 % len(_HAIRS)],
            long_hair=pick // 41 % 2 == 0,
        )


@dataclass(frozen=True)
class Face:
    """`mouth` opens from 0 to 1, `lids` close from 0 to 1."""

    mouth: float = 0.0
    lids: float = 0.0


def draw(model: Model, body: Body, style: Style, face: Face, breath: float) -> None:
    """Add a figure's solids; `model` stands at its mark. `breath` from 0 to 1 widens the chest."""
    _Sculptor(model, style).figure(body, face, breath)


class _Sculptor:
    """Works in fractions of the figure's height."""

    def __init__(self, model: Model, style: Style) -> None:
        self.model, self.style, self.h = model, style, style.height

    def ball(self, at: Vec3, radii: Vec3 | float, colour: Colour, basis: Basis | None = None) -> None:
        size = (radii, radii, radii) if isinstance(radii, float) else radii
        scale = scaled(size, self.h)
        if basis is None:
            self.model.ball(scaled(at, self.h), scale, colour)
        else:
            self.model.ball(scaled(at, self.h), scale, colour, basis)

    def bone(self, a: Vec3, b: Vec3, ra: float, rb: float, colour: Colour) -> None:
        self.model.limb(scaled(a, self.h), scaled(b, self.h), ra * self.h, rb * self.h, colour)

    def trunk(self, a: Vec3, b: Vec3, ra: float, rb: float, colour: Colour, side: Vec3, flatness: float) -> None:
        self.model.tube(
            scaled(a, self.h), scaled(b, self.h), ra * self.h, rb * self.h, colour, side=side, flatness=flatness
        )

    def figure(self, body: Body, face: Face, breath: float) -> None:
        self.torso(body, breath)
        for side, arm in ((1.0, body.left_arm), (-1.0, body.right_arm)):
            self.arm(arm, body, side)
        for leg in (body.left_leg, body.right_leg):
            self.leg(leg, body.toes)
        self.neck(body)
        self.head(body.head_at, body.head, face)

    def torso(self, body: Body, breath: float) -> None:
        s, g = self.style, self.style.girth
        left, up, ahead = body.torso
        at = body.pelvis
        basis = (left, up, ahead)
        waist = add(at, scaled(up, 0.075))
        chest = add(at, scaled(up, 0.205), scaled(ahead, 0.004))
        top = add(at, scaled(up, 0.262), scaled(ahead, -0.006))
        swell = 1.0 + 0.03 * breath
        self.ball(add(at, scaled(up, 0.005)), (0.092 * g, 0.075, 0.066 * g), s.legs, basis)
        self.ball(add(at, scaled(up, 0.055)), (0.091 * g, 0.062, 0.066 * g), s.top, basis)
        self.trunk(waist, chest, 0.088 * g, 0.106 * g * swell, s.top, left, 0.68)
        self.ball(chest, (0.106 * g * swell, 0.072, 0.0725 * g * swell), s.top, basis)
        self.ball(top, (0.118 * (0.6 + 0.4 * g), 0.050, 0.050 * g), s.top, basis)

    def arm(self, arm: Limb, body: Body, side: float) -> None:
        s, g = self.style, 0.35 + 0.65 * self.style.girth
        shoulder, elbow, wrist = 0.0350 * g, 0.0275 * g, 0.020 * g
        root = add(arm.root, scaled(body.torso[1], -0.006))
        self.ball(root, shoulder, s.top)
        self.bone(root, arm.bend, shoulder, elbow, s.top)
        self.ball(arm.bend, elbow, s.top)
        cuff = lerp(arm.bend, arm.end, 0.93)
        self.bone(arm.bend, cuff, elbow, wrist * 1.15, s.top)
        self.hand(arm, body, side, wrist)

    def hand(self, arm: Limb, body: Body, side: float, wrist: float) -> None:
        ahead = unit(subtract(arm.end, arm.bend))
        inward = scaled(body.torso[0], -side)
        across = unit(cross(ahead, inward))
        palm_out = cross(across, ahead)
        basis = (palm_out, ahead, across)
        self.bone(lerp(arm.bend, arm.end, 0.9), arm.end, wrist * 0.85, wrist * 0.85, self.style.skin)
        self.ball(add(arm.end, scaled(ahead, 0.026)), (0.012, 0.032, 0.024), self.style.skin, basis)
        fingers = add(arm.end, scaled(ahead, 0.060), scaled(palm_out, 0.006))
        self.ball(fingers, (0.010, 0.034, 0.020), self.style.skin, basis)
        thumb = add(arm.end, scaled(ahead, 0.036), scaled(palm_out, 0.014), scaled(across, -0.016 * side))
        self.ball(thumb, (0.009, 0.022, 0.009), self.style.skin, basis)

    def leg(self, leg: Limb, toes: Vec3) -> None:
        s, g = self.style, 0.35 + 0.65 * self.style.girth
        hip, knee, ankle = 0.056 * g, 0.038 * g, 0.027 * g
        self.ball(leg.root, hip, s.legs)
        self.bone(leg.root, leg.bend, hip, knee, s.legs)
        self.ball(leg.bend, knee, s.legs)
        self.bone(leg.bend, leg.end, knee, ankle, s.legs)
        shin = unit(subtract(leg.bend, leg.end))
        side = unit(cross(shin, toes))
        up = cross(toes, side)
        basis = (side, up, toes)
        sole = add(leg.end, scaled(up, -0.014))
        self.ball(add(sole, scaled(toes, 0.004)), (0.027, 0.027, 0.036), s.shoes, basis)
        self.ball(add(sole, scaled(toes, 0.048), scaled(up, -0.007)), (0.028, 0.019, 0.058), s.shoes, basis)

    def neck(self, body: Body) -> None:
        _, up, ahead = body.torso
        base = add(body.pelvis, scaled(up, 0.285), scaled(ahead, -0.010))
        under = add(body.head_at, scaled(body.head[1], -0.045), scaled(body.head[2], -0.012))
        self.bone(base, under, 0.036, 0.032, self.style.skin)
        self.bone(
            add(base, scaled(up, -0.02)), add(base, scaled(up, 0.022)), 0.052, 0.040, tuple_mix(self.style.top, 0.8)
        )

    def head(self, at: Vec3, basis: Basis, face: Face) -> None:
        """Eyes lie on the figure's axis at `at`; the crown is 0.065 above, the chin 0.065 below."""
        s = self.style

        def spot(x: float, y: float, z: float) -> Vec3:
            return add(at, scaled(basis[0], x), scaled(basis[1], y), scaled(basis[2], z))

        jaw = 0.006 * face.mouth
        self.ball(spot(0, -0.003 - jaw / 2, 0.002), (0.0440, 0.0635 + jaw / 2, 0.0520), s.skin, basis)
        self.ball(spot(0, 0.0170, -0.0100), (0.0505, 0.0500, 0.0560), s.hair, basis)
        self.ball(spot(0, 0.0400, 0.0200), (0.0360, 0.0250, 0.0330), s.hair, basis)
        if s.long_hair:
            self.ball(spot(0, -0.020, -0.024), (0.0500, 0.060, 0.036), s.hair, basis)
        self.model.casts = False
        self.bone(spot(0, 0.004, 0.0500), spot(0, -0.0145, 0.0560), 0.0045, 0.0075, s.skin)
        self.ball(spot(0, -0.0145, 0.0560), 0.0075, s.skin)
        self.ball(spot(0, -0.0360, 0.0435), (0.0135, 0.0026 + 0.0070 * face.mouth, 0.0060), _MOUTH, basis)
        for side in (1.0, -1.0):
            self.ball(spot(side * 0.0445, -0.008, -0.004), (0.006, 0.016, 0.010), s.skin, basis)
            self.eye(spot(side * 0.0185, 0.001, 0.0430), basis, face.lids)
            brow = spot(side * 0.0190, 0.0165, 0.0455)
            self.ball(brow, (0.0120, 0.0026, 0.0050), s.hair, basis)
        self.model.casts = True

    def eye(self, at: Vec3, basis: Basis, lids: float) -> None:
        """An eye that is shut shows its lid."""
        if lids > 0.5:
            self.ball(at, (0.0100, 0.0075, 0.0088), self.style.skin, basis)
            return
        self.ball(at, (0.0100, 0.0068, 0.0088), _WHITE, basis)
        self.ball(add(at, scaled(basis[2], 0.0050)), (0.0052, 0.0056, 0.0050), _DARK, basis)


def tuple_mix(colour: Colour, k: float) -> Colour:
    return (colour[0] * k, colour[1] * k, colour[2] * k)
