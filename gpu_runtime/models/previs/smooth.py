"""Edge smoothing: morphological anti-aliasing (Reshetov 2009) along the borders between solids.

The borders are known exactly, so only pixels next to one are touched. For each stretch of straight border the line
that it stands for is rebuilt from how its two ends turn, and pixels are blended by the share the line cuts off them.
"""

from __future__ import annotations

import torch
from torch import Tensor

REACH = 7
"""Longest half stretch in pixels, 4 + 2 + 1: how far a pixel's colour can depend on a border."""
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
    below, beside = below.flatten(), beside.flatten()
    colours = picture.view(-1, 3)
    result = colours.float()
    touched = _blend(colours, result, below, beside, width, True) + _blend(colours, result, beside, below, width, False)
    spots = torch.cat(touched)
    colours[spots] = result[spots].add_(0.5).clamp_(0.0, 255.0).to(torch.uint8)


def _blend(
    colours: Tensor, result: Tensor, border: Tensor, crossing: Tensor, width: int, upright: bool
) -> list[Tensor]:
    """One direction: `upright` for borders between a pixel and the one below it, else beside it. The flat masks have a
    rim of `_RIM` empty pixels, so that no search leaves them; `colours` and `result` have none. Returns the pixels
    blended."""
    wide = width + 2 * _RIM
    over, along, partner = (wide, 1, width) if upright else (1, wide, 1)
    at = border.nonzero().flatten()
    first = at - (at // wide) * (2 * _RIM) - _RIM * (width + 1)
    difference = colours.index_select(0, first).short() - colours.index_select(0, first + partner).short()
    seen = (difference.abs().sum(1) > _CLOSE).nonzero().flatten()
    at, first, difference = at[seen], first[seen], difference[seen].float()
    back, back_side = _end(at, border, crossing, -along, -along, over)
    ahead, ahead_side = _end(at, border, crossing, along, 0, over)
    from_back = back <= ahead
    distance = torch.where(from_back, back, ahead)
    side = torch.where(from_back, back_side, ahead_side)
    share = (0.5 - (distance + 0.5) / (back + ahead + 1.0)).clamp_min_(0.0)
    touched = []
    for sign, target in ((1, first), (-1, first + partner)):
        chosen = ((side == sign) & (share > 0)).nonzero().flatten()
        touched.append(target[chosen])
        result[touched[-1]] -= difference[chosen] * (sign * share[chosen])[:, None]
    return touched


def _end(at: Tensor, border: Tensor, crossing: Tensor, step: int, wall: int, over: int) -> tuple[Tensor, Tensor]:
    """Pixels from each border pixel to the end of its stretch, and the side to which the border turns there:
    1 on the near side, -1 beyond, 0 neither, both, or out of reach."""
    ones = border.roll(-step) & ~(crossing.roll(-wall) | crossing.roll(-wall - over))
    twos = ones & ones.roll(-step)
    fours = twos & twos.roll(-2 * step)
    count = torch.zeros(len(at), dtype=torch.int64)
    for length, free in ((4, fours), (2, twos), (1, ones)):
        count += free.index_select(0, at + count * step) * length
    spot = at + count * step + wall
    near, far = crossing.index_select(0, spot), crossing.index_select(0, spot + over)
    return count.float(), torch.where(count == REACH, 0, near.int() - far.int())
