"""The slate over a previs: title, scene, shot, lens, and a running record timecode, on soft shades at the edges."""

from __future__ import annotations

from PIL import Image

from gpu_runtime.models.film.lettering import BOLD, fitted, typeface
from gpu_runtime.models.film.overlay import Colour, Overlay, Picture, clear, even, letter
from tools.finish_segment import BurnIn
from vibeboard.timing import Rate, timecode

WHITE: Colour = (236, 236, 232)
DIM: Colour = (200, 201, 202)
EDGE = 0.045
"""Where the lines of the slate stand: this fraction of the picture's shorter side from its top and its bottom."""


class Slate:
    """Drawn for one segment of a film; the shorter side of the picture decides the size of the type."""

    def __init__(self, burn_in: BurnIn, width: int, height: int, fps: Rate) -> None:
        short = min(width, height)
        self._fps, self._start = fps, burn_in.record_start
        self._size = max(round(short * 0.027), 7)
        self._middle, self._margin = round(short * EDGE), round(short * 0.04)
        self._glyphs = self._digits()
        clock = sum(self._glyphs[sign].alphas[0].shape[1] for sign in timecode(0, fps))
        strip = width, self.strip_height(width, height)
        self._top = Overlay.of(self._strip(burn_in.title, _numbers(burn_in), strip, 0))
        self._bottom = Overlay.of(self._strip(burn_in.lens, burn_in.note, strip, clock + self._size))
        self._bottom_at = (0, height - strip[1])
        self._clock_at = (even(width - self._margin - clock - 1), height - even(self._middle * 2))

    @staticmethod
    def strip_height(width: int, height: int) -> int:
        """Pixels at the top and at the bottom that belong to the slate."""
        return even(min(width, height) * EDGE * 2.3)

    def draw(self, picture: Picture, frame: int) -> None:
        """Lay the slate over frame `frame` of the segment."""
        x, y = self._clock_at
        self._top.draw(picture, 0, 0)
        self._bottom.draw(picture, *self._bottom_at)
        for sign in timecode(self._start + frame, self._fps):
            self._glyphs[sign].draw(picture, x, y)
            x += self._glyphs[sign].alphas[0].shape[1]

    def _strip(self, left: str, right: str, size: tuple[int, int], taken: int) -> Image.Image:
        """A line of type at either end; `taken` pixels at its right are left free. The bottom one is for the clock."""
        strip = shade(*size, upwards=taken > 0)
        y = strip.height - self._middle if taken else self._middle
        end = strip.width - self._margin - taken
        plain, bold = typeface(self._size), typeface(self._size, BOLD)
        face, colour = (plain, DIM) if taken else (bold, WHITE)
        tail = fitted(right, bold.getlength, (end - self._margin) * 0.5)
        room = end - self._margin - bold.getlength(tail) - 2 * self._size
        letter(strip, (end, y), tail, face, colour, anchor="rm", shadow=self._size / 8)
        head = fitted(left, plain.getlength, room)
        letter(strip, (self._margin, y), head, plain, WHITE, shadow=self._size / 8)
        return strip

    def _digits(self) -> dict[str, Overlay]:
        """The signs of a timecode in cells of one width, as high as a strip, so that the clock stands still."""
        face = typeface(self._size, BOLD)
        made: dict[str, Overlay] = {}
        for sign in "0123456789:":
            width = even(face.getlength(sign) + 1) if sign != ":" else even(face.getlength(sign))
            cell = clear(width, even(self._middle * 2))
            letter(cell, (cell.width / 2, cell.height - self._middle), sign, face, WHITE, anchor="mm")
            made[sign] = Overlay.of(cell)
        return made


def _numbers(burn_in: BurnIn) -> str:
    return f"SCENE {burn_in.scene}  ·  SHOT {burn_in.shot}"


def shade(width: int, height: int, upwards: bool) -> Image.Image:
    """Black that is darkest at the top (at the bottom if `upwards`) and fades out over the height."""
    ramp = Image.new("L", (1, height))
    for y in range(height):
        rest = 1 - (y + 0.5) / height
        ramp.putpixel((0, height - 1 - y if upwards else y), round(205 * rest * rest * (3 - 2 * rest)))
    strip = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    strip.putalpha(ramp.resize((width, height)))
    return strip
