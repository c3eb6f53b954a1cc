"""All shots of a film on one dark sheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from gpu_runtime.models.film.lettering import BOLD, fitted, typeface
from tools.draw_storyboard import Panel
from vibeboard.counting import counted

WIDTH = 1600
MARGIN, GUTTER, HEADER, CAPTION = 40, 20, 96, 48
GROUND, WELL, WHITE, GREY = (19, 20, 24), (8, 8, 10), (238, 238, 234), (150, 154, 162)
_COLUMNS = ((9, 3), (24, 4), (60, 5))


def contact_sheet(title: str, panels: Sequence[Panel], pictures: Sequence[bytes]) -> bytes:
    """A PNG 1600 pixels wide: a grid of the pictures (JPEG) with the number and facts of each shot."""
    columns = next((columns for most, columns in _COLUMNS if len(panels) <= most), 6)
    rows = -(-len(panels) // columns)
    width = (WIDTH - 2 * MARGIN - (columns - 1) * GUTTER) // columns
    height = width * 9 // 16
    sheet = Image.new("RGB", (WIDTH, HEADER + rows * (height + CAPTION) + MARGIN), GROUND)
    pen = ImageDraw.Draw(sheet)
    _write_header(pen, title, len(panels))
    for at, (panel, picture) in enumerate(zip(panels, pictures, strict=True)):
        row, column = divmod(at, columns)
        x, y = MARGIN + column * (width + GUTTER), HEADER + row * (height + CAPTION)
        with Image.open(io.BytesIO(picture)) as image:
            sheet.paste(ImageOps.pad(image, (width, height), Image.Resampling.LANCZOS, WELL), (x, y))
        _write_caption(pen, panel, x, y + height + 18, width)
    held = io.BytesIO()
    sheet.save(held, "PNG")
    return held.getvalue()


def _write_header(pen: ImageDraw.ImageDraw, title: str, count: int) -> None:
    face, small = typeface(30, BOLD), typeface(17)
    said = counted(count, "shot")
    room = WIDTH - 2 * MARGIN - small.getlength(said) - 40
    pen.text((MARGIN, HEADER / 2), fitted(title, face.getlength, room), WHITE, face, anchor="lm")
    pen.text((WIDTH - MARGIN, HEADER / 2), said, GREY, small, anchor="rm")


def _write_caption(pen: ImageDraw.ImageDraw, panel: Panel, x: int, y: int, width: int) -> None:
    bold, small = typeface(17, BOLD), typeface(14)
    number = fitted(panel.number, bold.getlength, width * 0.4)
    taken = bold.getlength(number) + 10
    pen.text((x, y), number, WHITE, bold, anchor="lm")
    pen.text((x + taken, y), fitted(panel.facts, small.getlength, width - taken), GREY, small, anchor="lm")
