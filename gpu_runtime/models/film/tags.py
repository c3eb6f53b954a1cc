"""Names beside people and props: small tags that point at them for a moment and go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from PIL import Image, ImageDraw

from gpu_runtime.models.film.boxes import Box
from gpu_runtime.models.film.lettering import BOLD, fitted, typeface
from gpu_runtime.models.film.overlay import Colour, Overlay, Picture, clear, even, letter
from gpu_runtime.models.film.sightings import Sighting
from vibeboard.timing import Rate

WHITE: Colour = (240, 240, 236)
INK: Colour = (12, 13, 16)


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


def place(seen: Sequence[Sighting], area: Box, size: int, fps: Rate) -> list[Tag]:
    """Tags for what is seen film frame by film frame; the biggest one chooses its place first.

    Every tag stands wholly inside `area` on every frame and covers no other and nobody else's head; where there is no
    room on a frame it is left out. `size` is that of the type in pixels.
    """
    lives = [(sighting, life) for sighting in seen if (life := _life(sighting.boxes, area, fps))]
    heads = [(sighting, _frames(sighting.boxes)) for sighting in seen if sighting.is_head]
    placed: list[Mapping[int, Box]] = []
    made: list[Tag] = []
    for sighting, life in sorted(lives, key=lambda named: (-_extent(named[1]), named[0].name)):
        others = [boxes for owner, boxes in heads if owner is not sighting]
        shown = _uncovered(life, others) if sighting.is_head else life
        tag, places = _placed(sighting.name, shown, area, size, _fade(life, fps), [*others, *placed])
        placed.append(places)
        made.append(tag)
    return made


def _frames(boxes: Sequence[Box | None]) -> dict[int, Box]:
    return {frame: box for frame, box in enumerate(boxes) if box is not None}


def _life(boxes: Sequence[Box | None], area: Box, fps: Rate) -> dict[int, Box]:
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
        life[frame] = box.clipped(area)
    return life if len(life) > fps.nominal // 3 else {}


def _in_view(box: Box, area: Box) -> bool:
    """Whether enough of it is seen, and it is big enough to be told apart."""
    part = box.clipped(area)
    enough = part.width * part.height > 0.25 * box.width * box.height
    return enough and max(part.width, part.height) > area.height * 0.012


def _uncovered(life: Mapping[int, Box], heads: Sequence[Mapping[int, Box]]) -> dict[int, Box]:
    """Without the frames on which a bigger head, which is a nearer one, is in the way."""
    return {
        frame: box
        for frame, box in life.items()
        if not any(it[frame].height > box.height and it[frame].overlaps(box) for it in heads if frame in it)
    }


def _extent(life: Mapping[int, Box]) -> float:
    return max(box.height for box in life.values())


def _placed(
    name: str,
    life: Mapping[int, Box],
    area: Box,
    size: int,
    strength: Callable[[int], int],
    obstacles: Sequence[Mapping[int, Box]],
) -> tuple[Tag, dict[int, Box]]:
    """The tag on the side where it is free to stand most of the time."""

    def free(frame: int, where: Box) -> bool:
        return area.holds(where) and not any(where.overlaps(it[frame]) for it in obstacles if frame in it)

    def stand(side: Side) -> tuple[Image.Image, dict[int, Box]]:
        image, dot = _drawn(name, size, side, area.width)
        places = {frame: _beside(box, side, dot, image.size, area) for frame, box in life.items()}
        return image, {frame: where for frame, where in places.items() if free(frame, where)}

    image, places = max((stand(side) for side in Side), key=lambda stood: len(stood[1]))
    shows = {frame: (int(where.x), int(where.y), strength(frame)) for frame, where in places.items()}
    return Tag(Overlay.of(image), shows), places


def _fade(life: Mapping[int, Box], fps: Rate) -> Callable[[int], int]:
    first, last = min(life), max(life)
    rise, fall = max(fps.nominal // 4, 1), max(fps.nominal // 2, 1)
    return lambda frame: round(256 * min((frame - first + 1) / rise, (last - frame + 1) / fall, 1.0))


def _beside(box: Box, side: Side, dot: tuple[int, int], size: tuple[int, int], area: Box) -> Box:
    """Where the tag's picture stands when its dot is in the middle of a side of the box."""
    x, y = box.centre
    half = size[0] / 2
    x, y = {
        Side.ABOVE: (x, box.y),
        Side.BELOW: (x, box.bottom),
        Side.RIGHT: (box.right, y),
        Side.LEFT: (box.x, y),
        Side.WITHIN: (min(max(x, area.x + half), area.right - half), box.bottom - size[1] / 2 - 2),
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
        pen.line(ends, fill=(*INK, 110), width=3)
        pen.ellipse((x - dot - 1, y - dot - 1, x + dot + 1, y + dot + 1), fill=(*INK, 150))
        pen.line(ends, fill=(*WHITE, 220), width=1)
        pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=(*WHITE, 255))
    pen.rounded_rectangle((left, top, left + width - 1, top + height - 1), radius=height // 2, fill=(*INK, 165))
    letter(image, (left + width / 2, top + height / 2), name, face, WHITE, anchor="mm")
    return image, ends[1]
