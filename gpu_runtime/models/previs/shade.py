"""Deferred shading: from what the rays met to display colours.

Everything per pixel uses additions, products, quotients, roots and comparisons only, which round alike however a
picture is cut into pieces: a pixel's colour does not depend on which rectangle it was shaded in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpu_runtime.models.previs.cast import Layers
from gpu_runtime.models.previs.facing import FAR, Faces, depths, directions, dotted, facing, numbered, placed_along
from gpu_runtime.models.previs.forms import Forms
from gpu_runtime.models.previs.light import Lamp, Lighting
from gpu_runtime.models.previs.shadow import ShadowMap
from gpu_runtime.models.previs.solids import Solids
from gpu_runtime.models.previs.view import Rect, View
from vibeboard.stage import Colour

_BAND = 40000
"""Pixels shaded at a time: what keeps the work in a core's cache."""
CREVICE_REACH = 6
"""Pixels over which hollows are felt."""
_EXPOSURE = 1.45
_CONTRAST = 0.95
_PIVOT = 0.48
_WHITE = 3.2
"""Exposed radiance that becomes display white."""


@dataclass(frozen=True)
class Contact:
    """Where a body darkens the ground it is near: an ellipse round `(x, z)`."""

    x: float
    z: float
    radius: float
    strength: float


@dataclass(frozen=True)
class Surfaces:
    """The sky, then each solid: linear `colour` `[3, n + 1]`, `glow` `[n + 1]`, and `faces` as `facing` takes."""

    colour: Tensor
    glow: Tensor
    faces: Faces

    @classmethod
    def of(cls, solids: Solids) -> Surfaces:
        colour = torch.zeros(3, len(solids) + 1)
        colour[:, 1:] = torch.from_numpy(solids.colour.T.copy()).float().square()
        glow = torch.zeros(len(solids) + 1)
        glow[1:] = torch.from_numpy(solids.glow.copy()).float()
        return cls(colour, glow, Faces.of(solids))


@dataclass(frozen=True)
class Patterned:
    """A solid with lines on it: its number, pixel bounds and pattern with the two directions it runs in."""

    surface: int
    bounds: Rect
    pattern: tuple[float, float, float, float]
    first: tuple[float, float, float]
    second: tuple[float, float, float]


def patterned(solids: Solids, forms: Forms) -> list[Patterned]:
    found = []
    for n in np.nonzero(solids.pattern[:, 3])[0]:
        axes = solids.axes[n] / np.linalg.norm(solids.axes[n], axis=0)
        found.append(
            Patterned(
                int(n),
                Rect(*(int(b) for b in forms.bounds[n])),
                tuple(float(p) for p in solids.pattern[n]),  # type: ignore[arg-type]
                tuple(float(a) for a in axes[:, 0]),  # type: ignore[arg-type]
                tuple(float(a) for a in axes[:, 2]),  # type: ignore[arg-type]
            )
        )
    return found


@dataclass(frozen=True)
class Look:
    """All that shading needs besides the layers."""

    view: View
    light: Lighting
    shadow: ShadowMap
    surfaces: Surfaces
    patterns: tuple[Patterned, ...]
    contacts: tuple[tuple[Contact, Rect], ...]


def shade(look: Look, layers: Layers) -> Tensor:
    """Display colours `[h, w, 3]` uint8 of all pixels of the layers."""
    rect, reach = layers.rect, CREVICE_REACH
    picture = torch.empty(*layers.near.shape, 3, dtype=torch.uint8)
    near = torch.nn.functional.pad(layers.near.clamp_min(FAR)[None, None], (reach,) * 4, mode="replicate")[0, 0]
    rows = max(1, _BAND // max(1, rect.x1 - rect.x0))
    for y in range(rect.y0, rect.y1, rows):
        band = Rect(rect.x0, y, rect.x1, min(y + rows, rect.y1))
        top, bottom = band.y0 - rect.y0, band.y1 - rect.y0
        _shade_band(look, layers.part(band), _crevices(near[top : bottom + 2 * reach]), picture[top:bottom])
    return picture


def _crevices(wide: Tensor) -> Tensor:
    """How much hollows dim each pixel, `[h, w]` from about 0.5 to 1; the nearness `wide` has `CREVICE_REACH` more
    pixels on all sides.

    Along a line of pixels the nearness of a plane is straight, in a hollow it sags below the mean of two neighbours.
    Neighbours far in front belong to something else and do not count. Offsets are whole pixels of the picture, so that
    any rectangle gives the same numbers `CREVICE_REACH` pixels from its edge.
    """
    reach = CREVICE_REACH
    height, width = wide.shape[0] - 2 * reach, wide.shape[1] - 2 * reach
    level, upright = slice(reach, reach + height), slice(reach, reach + width)
    scale = 1.0 / wide[level, upright]
    dimming = torch.ones_like(scale)
    for one, other in (
        (wide[level, :width], wide[level, 2 * reach :]),
        (wide[:height, upright], wide[2 * reach :, upright]),
    ):
        sag = (one + other).mul_(scale).sub_(2.0).mul_(14.0).clamp_(0.0, 0.26)
        trust = torch.maximum(one, other).mul_(scale).sub_(1.10).mul_(-12.0).clamp_(0.0, 1.0)
        dimming.addcmul_(sag, trust, value=-1.0)
    return dimming


def _shade_band(look: Look, band: Layers, dimming: Tensor, out: Tensor) -> None:
    light, rect = look.light, band.rect
    direction, depth, index = directions(look.view, rect), depths(band), numbered(band)
    place = placed_along(look.view, direction, depth)
    normal = facing(index, place, look.surfaces.faces)
    key = _shadowed(_lambert(normal, light.key_from), place, look.shadow)
    fill = _lambert(normal, light.fill_from).mul_(dimming)
    half = (normal[1] * 0.5).add_(0.5)
    open_ = dimming.mul_(_contact(look, band, place))
    terms = [
        (key, light.key),
        (fill, light.fill),
        (half * open_, _less(light.above, light.below)),
        (open_, light.below),
    ]
    terms += [(_lamp(lamp, place, normal), lamp.colour) for lamp in light.lamps]
    terms.append((look.surfaces.glow.index_select(0, index).view_as(depth), (1.0, 1.0, 1.0)))
    total = look.surfaces.colour.index_select(1, index).view_as(place).mul_(_mixed(terms))
    if grain := _grain(look, band, place, depth):
        total.mul_(grain[0])
    shrink = _shortening(look.view, rect)
    _mix(total, _rim(normal, direction, shrink).mul_(half), light.rim)
    total.lerp_(_triple(light.haze), depth.div_(depth + light.haze_m))
    sky = band.surface.neg().clamp_(0.0, 1.0)
    if float(sky.max()) > 0:
        total.lerp_(_sky(light, direction[1] * shrink), sky)
    shown = _display(total.mul_(_vignette(look.view, rect)))
    for channel in range(3):
        out[..., channel] = shown[channel]


def _triple(values: Sequence[float]) -> Tensor:
    """Three numbers that broadcast over pixels."""
    return torch.tensor([float(v) for v in values])[:, None, None]


def _less(a: Colour, b: Colour) -> Colour:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def _mixed(terms: Sequence[tuple[Tensor, Colour]]) -> Tensor:
    """Lights `[h, w]` in their colours, added up: `[3, h, w]`."""
    (first, colour), *others = terms
    total = first * _triple(colour)
    for term, colour in others:
        _mix(total, term, colour)
    return total


def _mix(total: Tensor, term: Tensor, colour: Colour) -> None:
    for channel in range(3):
        total[channel].add_(term, alpha=float(colour[channel]))


def _shortening(view: View, rect: Rect) -> Tensor:
    """One over the length of the rays of unit depth."""
    u = torch.arange(rect.x0, rect.x1, dtype=torch.float32) + 0.5
    v = torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + 0.5
    base, right, down = view.rays[:, :3]
    across = (u * float(right @ right) + float(2 * base @ right)) * u
    return (((v * float(down @ down) + float(2 * base @ down)) * v + float(base @ base)) + across).rsqrt_()


def _lambert(normal: Tensor, towards: tuple[float, float, float]) -> Tensor:
    x, y, z = towards
    return (normal[0] * x).add_(normal[1], alpha=y).add_(normal[2], alpha=z).clamp_min_(0.0)


def _shadowed(key: Tensor, place: Tensor, shadow: ShadowMap) -> Tensor:
    """The key where it reaches; looked up only where it would light anything."""
    flat = key.view(-1)
    facing_it = flat.nonzero().flatten()
    lit = shadow.lit(*place.flatten(1).index_select(1, facing_it))
    flat.index_copy_(0, facing_it, lit.mul_(flat.index_select(0, facing_it)))
    return key


def _rim(normal: Tensor, direction: Tensor, shrink: Tensor) -> Tensor:
    """Light from behind that catches edges."""
    grazing = dotted(normal, direction).mul_(shrink).add_(1.0).clamp_(0.0, 1.0)
    return (grazing * grazing).mul_(grazing)


def _lamp(lamp: Lamp, place: Tensor, normal: Tensor) -> Tensor:
    """Inverse square fall-off with a soft core, wrapped round forms as from a shade."""
    towards = _triple(lamp.at) - place
    square = dotted(towards, towards)
    facing = dotted(towards, normal).mul_((square + 1e-9).rsqrt_()).mul_(0.75).add_(0.25).clamp_min_(0.0)
    return facing.mul_(lamp.reach**2).div_(square.add_(lamp.reach**2))


def _grain(look: Look, band: Layers, place: Tensor, depth: Tensor) -> list[Tensor]:
    """Lines between tiles, boards or lanes as a factor, none where nothing is lined."""
    shown_here = [item for item in look.patterns if not item.bounds.meet(band.rect).empty]
    if not shown_here:
        return []
    grain = torch.ones_like(depth)
    footprint = float(np.linalg.norm(look.view.rays[1, :3]))
    for item in shown_here:
        rect = item.bounds.meet(band.rect)
        top, bottom = rect.y0 - band.rect.y0, rect.y1 - band.rect.y0
        pixel = (band.surface[top:bottom] == item.surface).flatten().nonzero().flatten() + top * depth.shape[1]
        if len(pixel):
            size = depth.flatten().index_select(0, pixel).mul_(footprint)
            lines = _lines(item, place.flatten(1).index_select(1, pixel), size)
            contrast = item.pattern[3]
            dark = lines * contrast if contrast > 0 else (1.0 - lines) * -contrast
            grain.view(-1).index_copy_(0, pixel, 1.0 - dark)
    return [grain]


def _lines(item: Patterned, place: Tensor, size: Tensor) -> Tensor:
    """How much of each of some pixels is line, `[k]` from 0 to 1, at places `[3, k]` where they are `size` metres
    wide; lines fade where they would be thinner than a pixel."""
    cell_x, cell_z, line, _ = item.pattern
    fading = (line * 3 / (size + line * 2)).clamp_max_(1.0)
    lines = torch.zeros_like(size)
    for cell, axis in ((cell_x, item.first), (cell_z, item.second)):
        if cell > 0:
            at = (place[0] * axis[0]).add_(place[1], alpha=axis[1]).add_(place[2], alpha=axis[2]).mul_(1 / cell)
            off = at.sub_(at.floor()).sub_(0.5).abs_().sub_(0.5).mul_(-cell)
            shown = (size + line).sub_(off).div_(size).clamp_(0.0, 1.0)
            lines = torch.maximum(lines, shown.mul_(fading))
    return lines


def _contact(look: Look, band: Layers, place: Tensor) -> Tensor:
    """Darkness under what stands on the ground."""
    shade = torch.ones_like(band.near)
    x, y, z = place
    for contact, bounds in look.contacts:
        box = bounds.meet(band.rect)
        if box.empty:
            continue
        rows = slice(box.y0 - band.rect.y0, box.y1 - band.rect.y0)
        columns = slice(box.x0 - band.rect.x0, box.x1 - band.rect.x0)
        dx, dz = x[rows, columns] - contact.x, z[rows, columns] - contact.z
        q = 1.0 - (dx * dx).add_(dz * dz).mul_(1 / contact.radius**2)
        q = q.clamp_min_(0.0).mul_((1.0 - y[rows, columns] * 3.0).clamp_(0.0, 1.0))
        shade[rows, columns] *= 1.0 - contact.strength * q * q
    return shade


def placed(contacts: Sequence[Contact], view: View) -> tuple[tuple[Contact, Rect], ...]:
    """Contacts with the pixels they can darken."""
    if not contacts:
        return ()
    at = np.array([(contact.x, 0.0, contact.z) for contact in contacts])
    radius = np.array([contact.radius for contact in contacts])
    bounds = view.bounds(at[:, None] + _CORNERS * np.stack([radius, np.full_like(radius, 0.34), radius], 1)[:, None])
    return tuple((c, Rect(*(int(b) for b in row))) for c, row in zip(contacts, bounds, strict=True))


_CORNERS = np.array([[x, y, z] for x in (-1.0, 1.0) for y in (-0.05, 1.0) for z in (-1.0, 1.0)])


def _vignette(view: View, rect: Rect) -> Tensor:
    """Exposure; the corners fall off, as through a lens."""
    x = (torch.arange(rect.x0, rect.x1, dtype=torch.float32) + 0.5) * (2 / view.width) - 1.0
    y = (torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + 0.5) * (2 / view.height) - 1.0
    return (1.03 - 0.13 * x * x * x * x) * _EXPOSURE - (0.09 * _EXPOSURE) * y * y


def _sky(light: Lighting, up: Tensor) -> Tensor:
    """Horizon to zenith by the height of the ray."""
    height = up.clamp(0.0, 1.0)
    height = height.mul_(2.0 - height).mul_(1.9).clamp_max_(1.0)
    return _mixed([(torch.ones_like(height), light.horizon), (height, _less(light.zenith, light.horizon))])


def _display(exposed: Tensor) -> Tensor:
    """Extended Reinhard curve (Reinhard et al. 2002, eq. 4), gamma 2, more contrast round the middle, eight bits. All
    in place: `exposed` is used up."""
    toned = (exposed * (1 / _WHITE**2)).add_(1.0).mul_(exposed).div_(exposed.add_(1.0))
    shown = toned.sqrt_().clamp_max_(1.0)
    contrast = (shown * -_CONTRAST).add_(_CONTRAST * (1 + _PIVOT)).mul_(shown).add_(1.0 - _CONTRAST * _PIVOT)
    return shown.mul_(contrast).mul_(255.0).add_(0.5)
