"""Edge smoothing: morphological anti-aliasing (Reshetov 2009) along the borders between solids.

The borders are known exactly, so only pixels next to one are touched. For each stretch of straight border the line
that it stands for is rebuilt from how its two ends turn, and pixels are blended by the share the line cuts off them.
"""

from __future__ import annotations

import torch
from torch import Tensor

REACH = 7
"""Longest half stretch in pixels: how far a pixel's colour can depend on a border."""
_RIM = REACH + 1
_CLOSE = 18
"""Neighbours whose colours differ by less than this (sum over channels, of 765) are left alone."""


def smooth(picture: Tensor, surface: Tensor) -> None:
    """Smooth `picture` `[h, w, 3]` uint8 in place along the borders of `surface` `[h, w]`."""
    height, width = surface.shape
    below, beside = (torch.zeros(height + 2 * _RIM, width + 2 * _RIM, dtype=torch.bool) for _ in range(2))
    inside = slice(_RIM, _RIM + height), slice(_RIM, _RIM + width)
    below[inside][:-1] = surface[:-1] != surface[1:]
    beside[inside][:, :-1] = surface[:, :-1] != surface[:, 1:]
    colours = picture.view(-1, 3).to(torch.int16)
    result = colours.float()
    _blend(colours, result, below, beside, width, True)
    _blend(colours, result, beside, below, width, False)
    picture.view(-1, 3).copy_(result.add_(0.5).clamp_(0.0, 255.0))


def _blend(colours: Tensor, result: Tensor, border: Tensor, crossing: Tensor, width: int, upright: bool) -> None:
    """One direction: `upright` for borders between a pixel and the one below it, else beside it. The masks have a rim
    of `_RIM` empty pixels, so that no search leaves them; `colours` and `result` are flat and have none."""
    wide = width + 2 * _RIM
    over, along, partner = (wide, 1, width) if upright else (1, wide, 1)
    at = border.flatten().nonzero().flatten()
    first = (at // wide - _RIM) * width + at % wide - _RIM
    seen = (colours[first] - colours[first + partner]).abs_().sum(1) > _CLOSE
    at, first = at[seen], first[seen]
    border, crossing = border.flatten(), crossing.flatten()
    back, back_side = _end(at, border, crossing, -along, -along, over)
    ahead, ahead_side = _end(at, border, crossing, along, 0, over)
    from_back = back <= ahead
    distance = torch.where(from_back, back, ahead)
    side = torch.where(from_back, back_side, ahead_side)
    share = (0.5 - (distance + 0.5) / (back + ahead + 1.0)).clamp_min_(0.0)
    for sign, here, there in ((1, first, first + partner), (-1, first + partner, first)):
        chosen = (side == sign) & (share > 0)
        target, source = here[chosen], there[chosen]
        result[target] += (colours[source] - colours[target]).float() * share[chosen][:, None]


def _end(at: Tensor, border: Tensor, crossing: Tensor, step: int, wall: int, over: int) -> tuple[Tensor, Tensor]:
    """Pixels from each border pixel to the end of its stretch, and the side to which the border turns there:
    1 on the near side, -1 beyond, 0 neither, both, or out of reach."""
    open_ = torch.ones(len(at), dtype=torch.bool)
    count = torch.zeros(len(at))
    spot = at.clone()
    for _ in range(REACH):
        open_ = open_ & border[spot + step] & ~(crossing[spot + wall] | crossing[spot + wall + over])
        count += open_
        spot += open_ * step
    near, far = crossing[spot + wall], crossing[spot + wall + over]
    return count, torch.where(open_, 0, near.int() - far.int())
