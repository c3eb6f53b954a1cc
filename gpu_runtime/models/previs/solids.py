"""The shapes everything is built from, as arrays: flats (trapezoid, disc) and quadrics (ball, tube).

Each solid is a canonical shape under an affine map `p = axes @ q + centre`:

- `TRAPEZOID`: `y = 0`, `|z| <= 1`, `|x| <= k0 + k1 z`; seen from its `+y` side only
- `DISC`: `y = 0`, `x² + z² <= 1`; seen from its `+y` side only
- `BALL`: `x² + y² + z² = 1`
- `TUBE`: `x² + z² = (k0 + k1 y)²`, `|y| <= 1`, open at both ends
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vibeboard.camera import cross, dot, subtract, unit
from vibeboard.stage import Colour, Vec3

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

TRAPEZOID, DISC, BALL, TUBE = range(4)

NO_PATTERN = (0.0, 0.0, 0.0, 0.0)
ALWAYS_SEEN = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Solids:
    """`n` solids. `axes` has the half axes as columns; `taper` is `(k0, k1)`.

    `pattern` is `(cell x, cell z, line, contrast)` in metres, all 0 for plain: the lines are
    darker than the rest by the contrast, or, where that is negative, the rest than the lines; `seen_from` is a half
    space `a x + b y + c z + d > 0` in which the camera must stand for the solid to be drawn; `glow` adds light of the
    solid's own; `owner` is the object id (0: the set); `casts` says whether it throws a shadow.
    """

    kind: NDArray[np.int64]
    axes: Array
    centre: Array
    taper: Array
    colour: Array
    glow: Array
    pattern: Array
    seen_from: Array
    owner: NDArray[np.int64]
    casts: Mask

    def __len__(self) -> int:
        return len(self.kind)

    def pick(self, index: Mask | NDArray[np.int64]) -> Solids:
        return Solids(*(getattr(self, name)[index] for name in self.__dataclass_fields__))

    def shifted(self, offset: Array) -> Solids:
        return replace(self, centre=self.centre + offset)

    def corners(self) -> Array:
        """World corners `[n, 8, 3]` of a box round each solid."""
        signs = np.where(np.isin(self.kind, (TRAPEZOID, DISC))[:, None, None], _FLAT_SIGNS, _BOX_SIGNS)
        corners: Array = np.einsum("nij,nkj->nki", self.axes, signs) + self.centre[:, None, :]
        return corners


_BOX_SIGNS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float64)
_FLAT_SIGNS = _BOX_SIGNS * np.array([1.0, 0.0, 1.0])


def joined(parts: Sequence[Solids]) -> Solids:
    return Solids(*(np.concatenate([getattr(part, name) for part in parts]) for name in Solids.__dataclass_fields__))


def heading(yaw: float) -> tuple[Vec3, Vec3, Vec3]:
    """Axes of a thing turned by `yaw` degrees: its left (`+x` at 0), up and forward (`+z` at 0)."""
    sin, cos = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
    return ((cos, 0.0, -sin), (0.0, 1.0, 0.0), (sin, 0.0, cos))


def across(axis: Vec3) -> tuple[Vec3, Vec3]:
    """Two unit vectors square to a unit axis and to each other, right-handed as `(first, axis, second)`."""
    helper: Vec3 = (1.0, 0.0, 0.0) if abs(axis[0]) < 0.7 else (0.0, 0.0, 1.0)
    first = unit(subtract(helper, tuple(dot(helper, axis) * a for a in axis)))  # type: ignore[arg-type]
    return first, cross(first, axis)


def scaled(a: Vec3, k: float) -> Vec3:
    return (a[0] * k, a[1] * k, a[2] * k)


def add(*vectors: Vec3) -> Vec3:
    return (sum(v[0] for v in vectors), sum(v[1] for v in vectors), sum(v[2] for v in vectors))


Basis = tuple[Vec3, Vec3, Vec3]
WORLD: Basis = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass
class Model:
    """Solids being put together. Positions are in the model's frame, which `at` and `basis` place in the world.

    `owner`, `seen_from`, `casts` and `glow` hold for what is added after they are set.
    """

    at: Vec3 = (0.0, 0.0, 0.0)
    basis: Basis = WORLD
    owner: int = 0
    seen_from: tuple[float, float, float, float] = ALWAYS_SEEN
    casts: bool = True
    glow: float = 0.0
    rows: list[tuple[float, ...]] = field(default_factory=list)

    def turn(self, v: Vec3) -> Vec3:
        x, y, z = self.basis
        return (
            x[0] * v[0] + y[0] * v[1] + z[0] * v[2],
            x[1] * v[0] + y[1] * v[1] + z[1] * v[2],
            x[2] * v[0] + y[2] * v[1] + z[2] * v[2],
        )

    def point(self, v: Vec3) -> Vec3:
        return add(self.at, self.turn(v))

    def inner(self, at: Vec3, yaw: float = 0.0) -> Model:
        """A model whose solids land in this one, in a frame of its own."""
        left, up, forward = (self.turn(axis) for axis in heading(yaw))
        return replace(self, at=self.point(at), basis=(left, up, forward))

    def _add(
        self,
        kind: int,
        centre: Vec3,
        axes: tuple[Vec3, Vec3, Vec3],
        colour: Colour,
        taper: tuple[float, float] = (1.0, 0.0),
        pattern: tuple[float, float, float, float] = NO_PATTERN,
    ) -> None:
        a, b, c = (self.turn(axis) for axis in axes)
        self.rows.append(
            (
                *(kind, a[0], b[0], c[0], a[1], b[1], c[1], a[2], b[2], c[2]),
                *(*self.point(centre), *taper, *colour, self.glow),
                *(*pattern, *self.seen_from, self.owner, self.casts),
            )
        )

    def flat(
        self,
        centre: Vec3,
        x: Vec3,
        z: Vec3,
        colour: Colour,
        taper: tuple[float, float] = (1.0, 0.0),
        pattern: tuple[float, float, float, float] = NO_PATTERN,
    ) -> None:
        """A one-sided parallelogram or trapezoid with half axes `x`, `z`; it faces `z × x`."""
        self._add(TRAPEZOID, centre, (x, unit(cross(z, x)), z), colour, taper, pattern)

    def disc(self, centre: Vec3, axis: Vec3, radius: float, colour: Colour) -> None:
        """A one-sided disc that faces along `axis`."""
        up = unit(axis)
        first, second = across(up)
        self._add(DISC, centre, (scaled(first, radius), up, scaled(second, radius)), colour)

    def ball(self, centre: Vec3, radii: float | Vec3, colour: Colour, basis: Basis = WORLD) -> None:
        rx, ry, rz = (radii, radii, radii) if isinstance(radii, float) else radii
        self._add(BALL, centre, (scaled(basis[0], rx), scaled(basis[1], ry), scaled(basis[2], rz)), colour)

    def tube(
        self, a: Vec3, b: Vec3, ra: float, rb: float, colour: Colour, side: Vec3 | None = None, flatness: float = 1.0
    ) -> None:
        """An open tube from `a` (radius `ra`) to `b`; along `side` the radii hold, square to it `flatness` of them."""
        half = scaled(subtract(b, a), 0.5)
        axis = unit(half)
        first, second = across(axis)
        if side is not None:
            first = unit(subtract(side, scaled(axis, dot(side, axis))))
            second = cross(first, axis)
        wide = max(ra, rb)
        axes = (scaled(first, wide), half, scaled(second, wide * flatness))
        taper = ((ra + rb) / 2 / wide, (rb - ra) / 2 / wide)
        self._add(TUBE, scaled(add(a, b), 0.5), axes, colour, taper)

    def limb(self, a: Vec3, b: Vec3, ra: float, rb: float, colour: Colour) -> None:
        """The tube that is tangent to balls of radius `ra` at `a` and `rb` at `b`."""
        along = subtract(b, a)
        length = math.sqrt(dot(along, along))
        if length <= abs(ra - rb) + 1e-6:
            return
        sine = (ra - rb) / length
        cosine = math.sqrt(1 - sine * sine)
        axis = scaled(along, 1 / length)
        self.tube(add(a, scaled(axis, ra * sine)), add(b, scaled(axis, rb * sine)), ra * cosine, rb * cosine, colour)

    def drum(self, base: Vec3, height: float, radius: float, colour: Colour, top: float | None = None) -> None:
        """An upright cylinder or cone frustum with both ends closed."""
        end = add(base, (0.0, height, 0.0))
        above = radius if top is None else top
        self.tube(base, end, radius, above, colour)
        self.disc(end, (0.0, 1.0, 0.0), above, colour)
        self.disc(base, (0.0, -1.0, 0.0), radius, colour)

    def rod(self, a: Vec3, b: Vec3, radius: float, colour: Colour) -> None:
        """A closed cylinder between two points."""
        self.tube(a, b, radius, radius, colour)
        self.disc(b, subtract(b, a), radius, colour)
        self.disc(a, subtract(a, b), radius, colour)

    def box(self, centre: Vec3, size: Vec3, colour: Colour, yaw: float = 0.0) -> None:
        """A closed box round `centre`."""
        self.wedge(add(centre, (0.0, -size[1] / 2, 0.0)), size, (size[0], size[2]), colour, yaw=yaw)

    def block(self, base: Vec3, size: Vec3, colour: Colour, yaw: float = 0.0) -> None:
        """A closed box that stands on `base`."""
        self.wedge(base, size, (size[0], size[2]), colour, yaw=yaw)

    def wedge(
        self,
        base: Vec3,
        size: Vec3,
        top: tuple[float, float],
        colour: Colour,
        yaw: float = 0.0,
        shift: float = 0.0,
    ) -> None:
        """A closed box whose top is `top` wide and deep and moved by `shift` along its z axis."""
        left, up, forward = heading(yaw)
        (bx, bz), (tx, tz) = (size[0] / 2, size[2] / 2), (top[0] / 2, top[1] / 2)
        high, mid = scaled(up, size[1]), scaled(up, size[1] / 2)
        slide = scaled(forward, shift)
        self.flat(add(base, high, slide), scaled(left, tx), scaled(forward, tz), colour)
        self.flat(base, scaled(left, -bx), scaled(forward, bz), colour)
        for sign in (1.0, -1.0):
            out_x = add(base, mid, scaled(slide, 0.5), scaled(left, sign * (bx + tx) / 2))
            slope_x = add(mid, scaled(slide, 0.5), scaled(left, sign * (tx - bx) / 2))
            self._side(out_x, scaled(forward, sign), bz, tz, slope_x, colour)
            out_z = add(base, mid, scaled(slide, 0.5), scaled(forward, sign * (bz + tz) / 2))
            slope_z = add(mid, scaled(slide, 0.5), scaled(forward, sign * (tz - bz) / 2))
            self._side(out_z, scaled(left, -sign), bx, tx, slope_z, colour)

    def _side(self, centre: Vec3, along: Vec3, below: float, above: float, slope: Vec3, colour: Colour) -> None:
        wide = max(below, above, 1e-6)
        taper = ((above + below) / 2 / wide, (above - below) / 2 / wide)
        self.flat(centre, scaled(along, wide), slope, colour, taper)

    def solids(self) -> Solids:
        table = np.array(self.rows, dtype=np.float64).reshape(-1, 29)
        return Solids(
            kind=table[:, 0].astype(np.int64),
            axes=table[:, 1:10].reshape(-1, 3, 3),
            centre=table[:, 10:13],
            taper=table[:, 13:15],
            colour=table[:, 15:18],
            glow=table[:, 18],
            pattern=table[:, 19:23],
            seen_from=table[:, 23:27],
            owner=table[:, 27].astype(np.int64),
            casts=table[:, 28] > 0,
        )
