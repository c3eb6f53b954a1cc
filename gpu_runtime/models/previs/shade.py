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
from gpu_runtime.models.previs.facing import Faces, facing
from gpu_runtime.models.previs.forms import Forms
from gpu_runtime.models.previs.light import Lamp, Lighting
from gpu_runtime.models.previs.shadow import ShadowMap
from gpu_runtime.models.previs.solids import Array, Solids
from gpu_runtime.models.previs.view import Rect, View

_BAND = 64000
"""Pixels shaded at a time: what keeps the work in a core's cache."""
_FAR = 1e-4
CREVICE_REACH = 6
"""Pixels over which hollows are felt."""
_EXPOSURE = 1.45
_CONTRAST = 0.95
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
    rect = layers.rect
    picture = torch.empty(*layers.near.shape, 3, dtype=torch.uint8)
    dimming = crevices(layers)
    rows = max(1, _BAND // max(1, rect.x1 - rect.x0))
    for y in range(rect.y0, rect.y1, rows):
        band = Rect(rect.x0, y, rect.x1, min(y + rows, rect.y1))
        here = slice(band.y0 - rect.y0, band.y1 - rect.y0)
        _shade_band(look, layers.part(band), dimming[here], picture[here])
    return picture


def crevices(layers: Layers) -> Tensor:
    """How much hollows dim each pixel, `[h, w]` from about 0.5 to 1.

    Along a line of pixels the nearness of a plane is straight, in a hollow it sags below the mean of two neighbours.
    Neighbours far in front belong to something else and do not count. Offsets are whole pixels of the picture, so that
    any rectangle gives the same numbers `CREVICE_REACH` pixels from its edge.
    """
    near = layers.near.clamp_min(_FAR)
    reach = CREVICE_REACH
    wide = torch.nn.functional.pad(near[None, None], (reach,) * 4, mode="replicate")[0, 0]
    height, width = near.shape
    level, upright = slice(reach, reach + height), slice(reach, reach + width)
    scale = 1.0 / near
    dimming = torch.ones_like(near)
    for one, other in (
        (wide[level, :width], wide[level, 2 * reach :]),
        (wide[:height, upright], wide[2 * reach :, upright]),
    ):
        sag = (one + other).mul_(scale).sub_(2.0).mul_(14.0).clamp_(0.0, 0.26)
        trust = torch.maximum(one, other).mul_(scale).sub_(1.10).mul_(-12.0).clamp_(0.0, 1.0)
        dimming.sub_(sag.mul_(trust))
    return dimming


def _shade_band(look: Look, band: Layers, dimming: Tensor, out: Tensor) -> None:
    light, rect = look.light, band.rect
    direction, length = _rays(look.view, rect)
    depth = 1.0 / band.near.clamp_min(_FAR)
    place = (direction * depth).add_(_triple(look.view.eye))
    normal = facing(band.surface, place, look.surfaces.faces)
    index = (band.surface + 1.0).int().flatten()
    key = _lambert(normal, light.key_from).mul_(look.shadow.lit(*place))
    fill = _lambert(normal, light.fill_from).mul_(dimming)
    half = (normal[1] * 0.5).add_(0.5)
    total = (half * (_triple(light.above) - _triple(light.below))).add_(_triple(light.below))
    total.mul_(dimming * _contact(look, band, place))
    total.add_(key * _triple(light.key)).add_(fill * _triple(light.fill))
    for lamp in light.lamps:
        total.add_(_lamp(lamp, place, normal) * _triple(lamp.colour))
    total.add_(look.surfaces.glow.index_select(0, index).view(depth.shape))
    total.mul_(look.surfaces.colour.index_select(1, index).view(3, *depth.shape))
    if grain := _grain(look, band, place, depth):
        total.mul_(grain[0])
    total.add_(_rim(normal, direction, length).mul_(half) * _triple(light.rim))
    haze = depth.div_(depth + light.haze_m)
    total.add_((_triple(light.haze) - total).mul_(haze))
    sky = band.surface < 0
    if bool(sky.any()):
        open_ = sky.float()
        total.mul_(1.0 - open_).add_(_sky(light, direction[1], length).mul_(open_))
    shown = _display(total.mul_(_vignette(look.view, rect)))
    for channel in range(3):
        out[..., channel] = shown[channel]


def _triple(values: Sequence[float] | Array) -> Tensor:
    """Three numbers that broadcast over pixels."""
    return torch.tensor([float(values[0]), float(values[1]), float(values[2])])[:, None, None]


def _sum(parts: Tensor) -> Tensor:
    return (parts[0] + parts[1]).add_(parts[2])


def _rays(view: View, rect: Rect) -> tuple[Tensor, Tensor]:
    """Directions of unit depth `[3, h, w]` and their length `[h, w]`."""
    u = torch.arange(rect.x0, rect.x1, dtype=torch.float32) + 0.5
    v = torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + 0.5
    base, right, down = (_triple(row) for row in view.rays)
    direction = (v * down + base) + u * right
    return direction, _sum(direction * direction).sqrt_()


def _unit(normal: Tensor) -> Tensor:
    return normal * (1.0 / _sum(normal * normal).clamp_min_(1e-20).sqrt_())


def _lambert(normal: Tensor, towards: tuple[float, float, float]) -> Tensor:
    return _sum(normal * _triple(towards)).clamp_min_(0.0)


def _rim(normal: Tensor, direction: Tensor, length: Tensor) -> Tensor:
    """Light from behind that catches edges."""
    grazing = _sum(normal * direction).div_(length).add_(1.0).clamp_(0.0, 1.0)
    return grazing * grazing * grazing


def _lamp(lamp: Lamp, place: Tensor, normal: Tensor) -> Tensor:
    """Inverse square fall-off with a soft core, wrapped round forms as from a shade."""
    towards = _triple(lamp.at) - place
    square = _sum(towards * towards)
    facing = _sum(towards.mul_(normal)).div_(square.sqrt().add_(1e-6)).mul_(0.75).add_(0.25).clamp_min_(0.0)
    return facing.mul_(lamp.reach**2).div_(square.add_(lamp.reach**2))


def _grain(look: Look, band: Layers, place: Tensor, depth: Tensor) -> list[Tensor]:
    """Lines between tiles, boards or lanes as a factor, none where nothing is lined; they fade where
    they would be thinner than a pixel."""
    shown_here = [item for item in look.patterns if not item.bounds.meet(band.rect).empty]
    if not shown_here:
        return []
    grain = torch.ones_like(depth)
    footprint = float(np.linalg.norm(look.view.rays[1, :3]))
    for item in shown_here:
        rect = item.bounds.meet(band.rect)
        rows = slice(rect.y0 - band.rect.y0, rect.y1 - band.rect.y0)
        columns = slice(rect.x0 - band.rect.x0, rect.x1 - band.rect.x0)
        here = (band.part(rect).surface == item.surface).float()
        spot = [p[rows, columns] for p in place]
        pixel = depth[rows, columns] * footprint
        cell_x, cell_z, line, contrast = item.pattern
        lines = torch.zeros_like(pixel)
        for cell, axis in ((cell_x, item.first), (cell_z, item.second)):
            if cell > 0:
                at = (spot[0] * axis[0]).add_(spot[1] * axis[1]).add_(spot[2] * axis[2]).mul_(1 / cell)
                off = at.sub_(at.floor()).sub_(0.5).abs_().sub_(0.5).mul_(-cell)
                shown = (line + pixel - off).div_(pixel).clamp_(0.0, 1.0)
                lines = torch.maximum(lines, shown.mul_((line * 3 / (pixel + line * 2)).clamp_max_(1.0)))
        dark = lines * contrast if contrast > 0 else (1.0 - lines) * -contrast
        grain[rows, columns] -= dark.mul_(here)
    return [grain]


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
    """The corners fall off, as through a lens."""
    x = (torch.arange(rect.x0, rect.x1, dtype=torch.float32) + 0.5) * (2 / view.width) - 1.0
    y = (torch.arange(rect.y0, rect.y1, dtype=torch.float32)[:, None] + 0.5) * (2 / view.height) - 1.0
    return (1.03 - 0.13 * x * x * x * x) - 0.09 * y * y


def _sky(light: Lighting, up: Tensor, length: Tensor) -> Tensor:
    """Horizon to zenith by the height of the ray."""
    height = (up / length).clamp(0.0, 1.0)
    height = (height * (2.0 - height)).mul_(1.9).clamp_max_(1.0)
    return (height * (_triple(light.zenith) - _triple(light.horizon))).add_(_triple(light.horizon))


def _display(radiance: Tensor) -> Tensor:
    """Extended Reinhard curve (Reinhard et al. 2002, eq. 4), gamma 2, eight bits."""
    bright = radiance.clamp_min_(0.0).mul_(_EXPOSURE)
    toned = (bright * (1 / _WHITE**2)).add_(1.0).mul_(bright).div_(bright.add(1.0))
    shown = toned.sqrt_().clamp_max_(1.0)
    contrast = (1.0 - shown).mul_(shown - 0.48).mul_(shown)
    return shown.add_(contrast.mul_(_CONTRAST)).mul_(255.0).add_(0.5)
