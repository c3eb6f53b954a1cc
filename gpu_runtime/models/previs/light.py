"""The gaffer: key, fill, sky, haze and practicals for a set at a time of day, in linear light."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vibeboard.screenplay import TimeOfDay
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Colour, SetKind, Vec3


@dataclass(frozen=True)
class Lamp:
    """A practical: light from `at` that has fallen to half its strength at `reach` metres."""

    at: Vec3
    colour: Colour
    reach: float


@dataclass(frozen=True)
class Lighting:
    """Colours are linear and include intensity. `key_from` and `fill_from` point to the lights; `above` and `below`
    are the ambient light on what faces up and down; `haze` thickens with depth, half of it at `haze_m` metres."""

    key_from: Vec3
    key: Colour
    fill_from: Vec3
    fill: Colour
    above: Colour
    below: Colour
    rim: Colour
    haze: Colour
    haze_m: float
    zenith: Colour
    horizon: Colour
    lamps: tuple[Lamp, ...] = ()


def _towards(bearing: float, elevation: float) -> Vec3:
    b, e = math.radians(bearing), math.radians(elevation)
    return (math.sin(b) * math.cos(e), math.sin(e), math.cos(b) * math.cos(e))


def _grey(colour: Colour, k: float) -> Colour:
    return (colour[0] * k, colour[1] * k, colour[2] * k)


_SUN, _LOW_SUN, _MOON = (1.0, 0.93, 0.82), (1.0, 0.68, 0.42), (0.55, 0.68, 1.0)
_TUNGSTEN, _SODIUM = (1.0, 0.72, 0.44), (1.0, 0.62, 0.30)

_DAY = Lighting(
    key_from=_towards(-38, 48),
    key=_grey(_SUN, 1.75),
    fill_from=_towards(60, 25),
    fill=_grey((0.8, 0.9, 1.0), 0.18),
    above=(0.36, 0.45, 0.60),
    below=(0.20, 0.18, 0.15),
    rim=_grey((0.9, 0.95, 1.0), 0.22),
    haze=(0.60, 0.74, 0.92),
    haze_m=480.0,
    zenith=(0.12, 0.34, 0.80),
    horizon=(0.82, 0.94, 1.06),
)
_LOW = replace(
    _DAY,
    key_from=_towards(-62, 24),
    key=_grey(_LOW_SUN, 1.7),
    fill=_grey((0.6, 0.7, 1.0), 0.16),
    above=(0.36, 0.38, 0.50),
    below=(0.24, 0.18, 0.16),
    rim=_grey((1.0, 0.75, 0.5), 0.35),
    haze=(0.80, 0.56, 0.42),
    haze_m=200.0,
    zenith=(0.16, 0.24, 0.46),
    horizon=(0.98, 0.62, 0.38),
)
_NIGHT = replace(
    _DAY,
    key_from=_towards(-48, 44),
    key=_grey(_MOON, 0.80),
    fill=_grey((0.5, 0.6, 1.0), 0.12),
    above=(0.10, 0.135, 0.22),
    below=(0.06, 0.065, 0.09),
    rim=_grey((0.5, 0.68, 1.0), 0.24),
    haze=(0.03, 0.045, 0.085),
    haze_m=40.0,
    zenith=(0.008, 0.014, 0.040),
    horizon=(0.045, 0.068, 0.125),
)
_EXTERIOR: dict[TimeOfDay, Lighting] = {
    TimeOfDay.DAY: _DAY,
    TimeOfDay.AFTERNOON: replace(_DAY, key_from=_towards(-50, 38), key=_grey((1.0, 0.87, 0.68), 1.7)),
    TimeOfDay.MORNING: replace(_DAY, key_from=_towards(55, 32), key=_grey((1.0, 0.90, 0.75), 1.6)),
    TimeOfDay.DAWN: replace(
        _LOW,
        key_from=_towards(58, 20),
        key=_grey((1.0, 0.74, 0.58), 1.05),
        haze=(0.62, 0.54, 0.56),
        haze_m=110.0,
        horizon=(0.88, 0.66, 0.56),
        zenith=(0.20, 0.28, 0.46),
    ),
    TimeOfDay.EVENING: _LOW,
    TimeOfDay.DUSK: replace(
        _LOW,
        key=_grey((0.9, 0.55, 0.5), 0.62),
        above=(0.20, 0.23, 0.38),
        below=(0.13, 0.11, 0.13),
        haze=(0.26, 0.24, 0.36),
        haze_m=120.0,
        zenith=(0.06, 0.09, 0.22),
        horizon=(0.62, 0.36, 0.34),
    ),
    TimeOfDay.NIGHT: _NIGHT,
}

_INSIDE = Lighting(
    key_from=_towards(-34, 50),
    key=_grey((1.0, 0.94, 0.86), 1.25),
    fill_from=_towards(65, 20),
    fill=_grey((0.80, 0.90, 1.0), 0.26),
    above=(0.30, 0.33, 0.38),
    below=(0.25, 0.23, 0.20),
    rim=_grey((0.95, 0.97, 1.0), 0.20),
    haze=(0.55, 0.57, 0.60),
    haze_m=150.0,
    zenith=(0.30, 0.45, 0.70),
    horizon=(0.72, 0.82, 0.92),
)
_INSIDE_NIGHT = replace(
    _INSIDE,
    key=_grey((1.0, 0.78, 0.54), 0.58),
    fill=_grey((0.62, 0.66, 0.85), 0.24),
    above=(0.10, 0.105, 0.14),
    below=(0.085, 0.08, 0.085),
    rim=_grey((0.55, 0.70, 1.0), 0.16),
    haze=(0.07, 0.07, 0.10),
    zenith=_NIGHT.zenith,
    horizon=_NIGHT.horizon,
)
_INTERIOR: dict[TimeOfDay, Lighting] = {
    TimeOfDay.DAY: _INSIDE,
    TimeOfDay.AFTERNOON: replace(_INSIDE, key=_grey((1.0, 0.88, 0.72), 1.3)),
    TimeOfDay.MORNING: replace(_INSIDE, key_from=_towards(40, 42), key=_grey((1.0, 0.90, 0.76), 1.25)),
    TimeOfDay.DAWN: replace(
        _INSIDE, key=_grey((1.0, 0.78, 0.64), 0.75), above=(0.33, 0.34, 0.42), below=(0.22, 0.2, 0.2)
    ),
    TimeOfDay.EVENING: replace(
        _INSIDE, key=_grey((1.0, 0.74, 0.50), 0.95), above=(0.32, 0.30, 0.34), below=(0.22, 0.19, 0.18)
    ),
    TimeOfDay.DUSK: replace(
        _INSIDE, key=_grey((1.0, 0.72, 0.54), 0.7), above=(0.23, 0.23, 0.31), below=(0.16, 0.14, 0.15)
    ),
    TimeOfDay.NIGHT: _INSIDE_NIGHT,
}


def is_dark(time: TimeOfDay) -> bool:
    """Whether lamps are on and windows are dark."""
    return time in (TimeOfDay.NIGHT, TimeOfDay.DUSK)


def lighting(kind: SetKind, time: TimeOfDay, lamps: tuple[Lamp, ...]) -> Lighting:
    """The light on a set; `lamps` are its practicals, lit when it is dark (or always, in a bar)."""
    inside = LAYOUTS[kind].interior and kind is not SetKind.CAR
    light = (_INTERIOR if inside else _EXTERIOR)[time]
    if kind is SetKind.FOREST:
        light = replace(light, haze_m=max(0.22 * light.haze_m, 55.0))
    if kind is SetKind.BAR:
        light = replace(_INSIDE_NIGHT, key=_grey(_TUNGSTEN, 0.75), zenith=light.zenith, horizon=light.horizon)
    lamps = tuple(replace(lamp, colour=_grey(lamp.colour, 1.6)) for lamp in lamps)
    return replace(light, lamps=lamps) if is_dark(time) or kind is SetKind.BAR else light
