"""A shot longer than its model's clips, in chunks that overlap."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Chunk(NamedTuple):
    """Frames `[start, start + frames)` of a shot, the first `known` of which the chunk before has made already."""

    start: int
    frames: int
    known: int

    @property
    def span(self) -> slice:
        return slice(self.start, self.start + self.frames)


def chunks(frames: int, most: int, overlap: int) -> tuple[Chunk, ...]:
    """As few chunks as can be, as even as can be. `frames`, `most` and `overlap` are `4k+1`, and so is every chunk."""
    if frames <= most:
        return (Chunk(0, frames, 0),)
    units, most_units = (frames - overlap) // 4, (most - overlap) // 4
    count = -(-units // most_units)
    made, start = [], 0
    for index in range(count):
        length = 4 * (units // count + (index < units % count))
        made.append(Chunk(start, overlap + length, overlap if index else 0))
        start += length
    return tuple(made)


def joined(before: Tensor | None, made: Tensor, known: int) -> Tensor:
    """Frames `[n, h, w, 3]` uint8 of a shot so far with those of the next chunk.

    The `known` frames that both have go over from the earlier to the later evenly, the first being the earlier's own.
    """
    if before is None:
        return made
    share = (torch.arange(known, dtype=torch.float32) / known)[:, None, None, None]
    old, new = before[-known:].float(), made[:known].float()
    blended = (old + (new - old) * share).round().to(torch.uint8)
    return torch.cat([before[:-known], blended, made[known:]])
