"""Names beside people and props: small tags that point at them for a moment and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from PIL import Image, ImageDraw

from gpu_runtime.models.film.lettering import BOLD, fitted, typeface
from gpu_runtime.models.film.overlay import Colour, Overlay, Picture, clear, even, letter
from vibeboard.timing import Rate

WHITE: Colour = (240, 240, 236)
Sample = tuple[int, float, float, float, float]
"""Frame of the take, then left, top, width and height in its pixels."""

GAP = 12
"""Samples further apart than this many frames are two appearances."""


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        across = self.x < other.x + other.width and other.x < self.x + self.width
        return across and self.y < other.y + other.height and other.y < self.y + self.height

    def holds(self, other: Box) -> bool:
        across = self.x <= other.x and other.x + other.width <= self.x + self.width
        return across and self.y <= other.y and other.y + other.height <= self.y + self.height


class Side(Enum):
    """Where a tag stands; in this order they are tried."""

    ABOVE = "above"
    RIGHT = "right"
    LEFT = "left"
    BELOW = "below"
    WITHIN = "within"
    """At the foot of what is too big for anything else."""


class Tag(NamedTuple):
    """A name's picture, and for each film frame on which it shows its place (even) and strength (0..256)."""

    overlay: Overlay
    shows: dict[int, tuple[int, int, int]]

    def draw(self, picture: Picture, frame: int) -> None:
        if frame in self.shows:
            self.overlay.draw(picture, *self.shows[frame])


def place(tracks: Mapping[str, Iterable[Box | None]], area: Box, size: int, fps: Rate) -> list[Tag]:
    """Tags for names whose boxes are given film frame by film frame, biggest first.

    Every tag stands wholly inside `area` on every frame and covers no other; where there is no room on a frame it is
    left out. `size` is that of the type in pixels.
    """
    lives = {name: _life(list(boxes), area, fps) for name, boxes in tracks.items()}
    order = sorted((name for name in lives if lives[name]), key=lambda name: (-_extent(lives[name]), name))
    taken: dict[int, list[Box]] = {}
    made: list[Tag] = []
    for name in order:
        tag, places = _placed(name, lives[name], area, size, fps, taken)
        for frame, where in places.items():
            taken.setdefault(frame, []).append(where)
        made.append(tag)
    return made


def box_at(samples: Sequence[Sample], frame: float) -> Box | None:
    """Where something is at a frame of the take, between its samples; nothing outside of them or across a gap."""
    for before, after in pairwise(samples):
        if before[0] <= frame <= after[0] and after[0] - before[0] <= GAP:
            t = (frame - before[0]) / max(after[0] - before[0], 1)
            return Box(*(a + (b - a) * t for a, b in zip(before[1:], after[1:], strict=True)))
    here = [sample for sample in samples if sample[0] == int(frame)]
    return Box(*here[0][1:]) if here else None


def _life(boxes: list[Box | None], area: Box, fps: Rate) -> dict[int, Box]:
    """The two seconds after something is first well in the picture, while it stays there."""
    inside = [box is not None and _in_view(box, area) for box in boxes]
    if True not in inside:
        return {}
    first = inside.index(True)
    life: dict[int, Box] = {}
    for frame in range(first, min(first + 2 * fps.nominal, len(boxes))):
        box = boxes[frame]
        if box is None or not inside[frame]:
            break
        life[frame] = box
    return life if len(life) > fps.nominal // 3 else {}


def _in_view(box: Box, area: Box) -> bool:
    """Whether the middle of the box is seen, and the box is big enough to be told apart."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    seen = area.x <= x <= area.x + area.width and area.y <= y <= area.y + area.height
    return seen and max(box.width, box.height) > area.height * 0.02


def _extent(life: Mapping[int, Box]) -> float:
    return max(box.height for box in life.values())


def _placed(
    name: str, life: Mapping[int, Box], area: Box, size: int, fps: Rate, taken: Mapping[int, list[Box]]
) -> tuple[Tag, dict[int, Box]]:
    """The tag on the side where it is free to stand most of the time."""
    best: tuple[Image.Image, dict[int, Box]] | None = None
    for side in Side:
        image, dot = _drawn(name, size, side, area.width)
        places = {}
        for frame, box in life.items():
            where = _beside(box, side, dot, image.size, area)
            if area.holds(where) and not any(where.overlaps(other) for other in taken.get(frame, ())):
                places[frame] = where
        if best is None or len(places) > len(best[1]):
            best = image, places
    assert best is not None
    strength = _fade(life, fps)
    shows = {frame: (int(where.x), int(where.y), strength(frame)) for frame, where in best[1].items()}
    return Tag(Overlay.of(best[0]), shows), best[1]


def _fade(life: Mapping[int, Box], fps: Rate) -> Callable[[int], int]:
    first, last = min(life), max(life)
    rise, fall = max(fps.nominal // 4, 1), max(fps.nominal // 2, 1)
    return lambda frame: round(256 * min((frame - first + 1) / rise, (last - frame + 1) / fall, 1.0))


def _beside(box: Box, side: Side, dot: tuple[int, int], size: tuple[int, int], area: Box) -> Box:
    """Where the tag's picture stands when its dot is at the box's edge; a tall box is met at the height of a head."""
    level = box.y + box.height * (0.12 if box.height > 1.4 * box.width else 0.5)
    x, y = {
        Side.ABOVE: (box.x + box.width / 2, box.y),
        Side.BELOW: (box.x + box.width / 2, box.y + box.height),
        Side.RIGHT: (box.x + box.width, level),
        Side.LEFT: (box.x, level),
        Side.WITHIN: (
            min(max(box.x + box.width / 2, area.x + size[0] / 2), area.x + area.width - size[0] / 2),
            min(box.y + box.height, area.y + area.height) - size[1] / 2 - 2,
        ),
    }[side]
    return Box(even(x - dot[0]), even(y - dot[1]), *size)


def _drawn(name: str, size: int, side: Side, room: float) -> tuple[Image.Image, tuple[int, int]]:
    """A pill with the name, a leader and a dot; and where in the picture the dot is."""
    face = typeface(size, BOLD)
    name = fitted(name, face.getlength, room * 0.3)
    width, height = round(face.getlength(name) + size * 1.2), round(size * 1.7)
    reach = 0 if side is Side.WITHIN else round(size * 1.3)
    across = side in (Side.LEFT, Side.RIGHT)
    image = clear(width + reach * across, height + reach * (not across))
    left, top = reach * (side is Side.RIGHT), reach * (side is Side.BELOW)
    ends = {
        Side.ABOVE: ((width // 2, height), (width // 2, height + reach - size // 5 - 1)),
        Side.BELOW: ((width // 2, reach), (width // 2, size // 5)),
        Side.RIGHT: ((reach, height // 2), (size // 5, height // 2)),
        Side.LEFT: ((width, height // 2), (width + reach - size // 5 - 1, height // 2)),
        Side.WITHIN: ((width // 2, height // 2), (width // 2, height // 2)),
    }[side]
    pen = ImageDraw.Draw(image)
    if reach:
        x, y, dot = *ends[1], max(size // 6, 1)
        pen.line(ends, fill=(*WHITE, 170), width=1)
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=(*WHITE, 230))
    pen.rounded_rectangle((left, top, left + width - 1, top + height - 1), radius=height // 2, fill=(12, 13, 16, 150))
    letter(image, (left + width / 2, top + height / 2), name, face, WHITE, anchor="mm")
    return image, ends[1]
