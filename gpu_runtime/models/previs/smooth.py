"""Edge smoothing: morphological anti-aliasing (Reshetov 2009) along the borders between solids.

The borders are known exactly, so only pixels next to one are touched. For each stretch of straight border the line
that it stands for is rebuilt from how its two ends turn, and pixels are blended by the share the line cuts off them.
"""

from __future__ import annotations

import torch
from torch import Tensor

REACH = 8
"""Longest half stretch in pixels: how far a pixel's colour can depend on a border."""
_CLOSE = 6
"""Neighbours whose colours differ by less than this (sum over channels, of 765) are left alone."""


def smooth(picture: Tensor, surface: Tensor) -> None:
    """Smooth `picture` `[h, w, 3]` uint8 in place along the borders of `surface` `[h, w]`."""
    colours = picture.view(-1, 3).to(torch.int16)
    height, width = surface.shape
    below = torch.zeros(height, width, dtype=torch.bool)
    below[:-1] = surface[:-1] != surface[1:]
    beside = torch.zeros(height, width, dtype=torch.bool)
    beside[:, :-1] = surface[:, :-1] != surface[:, 1:]
    result = colours.float()
    _blend(colours, result, below, beside, width, 1, width)
    _blend(colours, result, beside, below, 1, width, width)
    picture.view(-1, 3).copy_(result.add_(0.5).clamp_(0.0, 255.0))


def _blend(
    colours: Tensor, result: Tensor, border: Tensor, crossing: Tensor, over: int, along: int, width: int
) -> None:
    """One direction. `over` is the step (in the flat picture) across the border, `along` the step along it."""
    height = border.shape[0]
    inner = border.clone()
    margin = REACH + 1
    inner[:margin], inner[height - margin :] = False, False
    inner[:, :margin], inner[:, width - margin :] = False, False
    at = inner.flatten().nonzero().flatten()
    if not len(at):
        return
    at = at[(colours[at] - colours[at + over]).abs_().sum(1) > _CLOSE]
    border, crossing = border.flatten(), crossing.flatten()
    back, back_side = _end(at, border, crossing, -along, -along, over)
    ahead, ahead_side = _end(at, border, crossing, along, 0, over)
    length = back + ahead + 1.0
    from_back = back <= ahead
    distance = torch.where(from_back, back, ahead)
    side = torch.where(from_back, back_side, ahead_side)
    share = (0.5 - (distance + 0.5) / length).clamp_min_(0.0)
    for sign, here, there in ((1, at, at + over), (-1, at + over, at)):
        amount = torch.where(side == sign, share, 0.0)
        chosen = amount > 0
        target, source, weight = here[chosen], there[chosen], amount[chosen][:, None]
        result[target] += (colours[source] - colours[target]).float() * weight


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
