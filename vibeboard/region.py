"""A part of the picture that something shall stay in."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from vibeboard.model import Frozen

Fractions = tuple[float, float, float, float]


def _inside(box: Fractions) -> Fractions:
    x, y, width, height = box
    if min(x, y) < 0 or min(width, height) <= 0 or max(x + width, y + height) > 1 + 1e-9:
        raise ValueError(
            f"[x, y, w, h] {list(box)} is not inside the picture: fractions from 0 to 1, with x + w and y + h at most 1"
        )
    return box


Box = Annotated[Fractions, AfterValidator(_inside)]
"""`[x, y, w, h]` from the top left corner, as fractions of the picture's width and height."""


class RegionKey(Frozen):
    """Where a region is at a frame."""

    frame: int = Field(ge=0)
    box: Box


class Region(Frozen):
    """A box with a name. It is at `box` from the first frame on; with `keys`, in order of frame, it moves from there to
    the first key and on to the next, evenly, and rests at the last."""

    label: str = Field(min_length=1, max_length=200)
    box: Box
    keys: tuple[RegionKey, ...] = ()

    def at(self, frame: float) -> Fractions:
        """The box at a frame."""
        keys = (RegionKey(frame=0, box=self.box), *self.keys)
        for before, after in pairwise(keys):
            if before.frame <= frame < after.frame:
                t = (frame - before.frame) / (after.frame - before.frame)
                x, y, width, height = (a + (b - a) * t for a, b in zip(before.box, after.box, strict=True))
                return (x, y, width, height)
        return keys[-1].box
