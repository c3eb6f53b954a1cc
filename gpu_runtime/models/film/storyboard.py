"""The storyboard: a PDF for the printer and the wall, six panels to a page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial

from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gpu_runtime.models.film.contact_sheet import contact_sheet
from gpu_runtime.models.film.lettering import BOLD, ITALIC, REGULAR, Measure, fitted, wrapped
from gpu_runtime.models.video import grab
from gpu_runtime.run import Run
from tools.draw_storyboard import DrawStoryboardParams, Panel
from vibeboard.asset import Result

WIDTH, HEIGHT = landscape(A4)
MARGIN, GUTTER = 30.0, 16.0
HEADER, FOOTER = 30.0, 14.0
COLUMNS, ROWS = 3, 2
CELL_WIDTH = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * GUTTER) / COLUMNS
CELL_HEIGHT = (HEIGHT - 2 * MARGIN - HEADER - FOOTER - (ROWS - 1) * GUTTER) / ROWS
PICTURE_HEIGHT = CELL_WIDTH * 9 / 16
LEADING, PAUSE = 9.4, 3.0

INK, SOFT, RULE, FRAME = HexColor(0x1B1D22), HexColor(0x6C717A), HexColor(0xC9CCD2), HexColor(0x101114)
_PICTURE_PX = 800


class Page:
    """The pen of a page: text of a face, size and colour that never grows over its width."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        for name, path in (("Vera", REGULAR), ("VeraBd", BOLD), ("VeraIt", ITALIC)):
            pdfmetrics.registerFont(TTFont(name, path))

    def text(
        self, x: float, y: float, text: str, width: float, face: str = "Vera", size: float = 7.2, ink: Color = INK
    ) -> float:
        """Write one line, cut with an ellipsis to `width` points; returns the width it took."""
        line = fitted(text, self.measure(face, size), width)
        self.canvas.setFont(face, size)
        self.canvas.setFillColor(ink)
        self.canvas.drawString(x, y, line)
        return float(pdfmetrics.stringWidth(line, face, size))

    @staticmethod
    def measure(face: str, size: float) -> Measure:
        return partial(pdfmetrics.stringWidth, fontName=face, fontSize=size)


def draw_storyboard(params: DrawStoryboardParams, run: Run) -> Result:
    """Grab each panel's frame and set the pages and the contact sheet.

    Raises:
        Rejected: `unreadable_take`.
    """
    pictures = []
    for done, panel in enumerate(params.panels, 1):
        pictures.append(_picture(panel, run))
        run.progress(done, len(params.panels) + 1)
    pdf = _document(params, pictures)
    sheet = contact_sheet(params.title, params.panels, pictures)
    run.progress(len(params.panels) + 1, len(params.panels) + 1)
    return Result(
        outputs={
            "pdf": run.keep_bytes(pdf, "application/pdf"),
            "contact_sheet": run.keep_bytes(sheet, "image/png"),
        }
    )


def _picture(panel: Panel, run: Run) -> bytes:
    image = Image.fromarray(grab(run.input(panel.take), panel.frame).to_ndarray(format="rgb24"))
    image.thumbnail((_PICTURE_PX, _PICTURE_PX))
    held = io.BytesIO()
    image.save(held, "JPEG", quality=88)
    return held.getvalue()


def _document(params: DrawStoryboardParams, pictures: Sequence[bytes]) -> bytes:
    held = io.BytesIO()
    canvas = Canvas(held, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(f"{params.title}: storyboard")
    page = Page(canvas)
    per_page = COLUMNS * ROWS
    count = -(-len(pictures) // per_page)
    for number in range(count):
        _frame_page(page, params, number + 1, count)
        shown = range(number * per_page, min((number + 1) * per_page, len(pictures)))
        for place, at in enumerate(shown):
            row, column = divmod(place, COLUMNS)
            x = MARGIN + column * (CELL_WIDTH + GUTTER)
            y = HEIGHT - MARGIN - HEADER - row * (CELL_HEIGHT + GUTTER)
            _draw_panel(page, params.panels[at], pictures[at], x, y)
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def _frame_page(page: Page, params: DrawStoryboardParams, number: int, count: int) -> None:
    """Title, rule, page number and note."""
    top, right = HEIGHT - MARGIN - 9, WIDTH - MARGIN
    folio = f"Storyboard   {number} / {count}"
    folio_width = float(pdfmetrics.stringWidth(folio, "Vera", 7.5))
    page.text(MARGIN, top, params.title, right - MARGIN - folio_width - 20, "VeraBd", 12)
    page.text(right - folio_width, top, folio, folio_width, "Vera", 7.5, SOFT)
    page.canvas.setStrokeColor(RULE)
    page.canvas.setLineWidth(0.6)
    page.canvas.line(MARGIN, top - 8, right, top - 8)
    page.text(MARGIN, MARGIN - 4, params.note, right - MARGIN, "Vera", 6.5, SOFT)


def _draw_panel(page: Page, panel: Panel, picture: bytes, x: float, top: float) -> None:
    """A picture with what is known of it underneath; `x`, `top` is the cell's top left corner."""
    page.canvas.setFillColor(FRAME)
    page.canvas.rect(x, top - PICTURE_HEIGHT, CELL_WIDTH, PICTURE_HEIGHT, stroke=0, fill=1)
    page.canvas.drawImage(
        ImageReader(io.BytesIO(picture)),
        x,
        top - PICTURE_HEIGHT,
        CELL_WIDTH,
        PICTURE_HEIGHT,
        preserveAspectRatio=True,
    )
    y = top - PICTURE_HEIGHT - 13
    taken = page.text(x, y, panel.number, CELL_WIDTH * 0.4, "VeraBd", 10) + 8
    page.text(x + taken, y, panel.heading, CELL_WIDTH - taken, "Vera", 7, SOFT)
    page.text(x, y - 11, panel.facts, CELL_WIDTH, "Vera", 6.6, SOFT)
    _write_body(page, panel, x, y - 23, top - CELL_HEIGHT)


def _write_body(page: Page, panel: Panel, x: float, y: float, bottom: float) -> None:
    """Action, then dialogue in italics, in what room there is; dialogue is left at least half of it."""
    room = int((y - bottom) // LEADING) + 1
    face = {"Vera": page.measure("Vera", 7.2), "VeraIt": page.measure("VeraIt", 7.2)}
    spoken = [line for text in panel.dialogue for line in wrapped(text, face["VeraIt"], CELL_WIDTH, room)]
    action = wrapped(panel.action, face["Vera"], CELL_WIDTH, max(room - len(spoken), room // 2))
    body = [("Vera", line) for line in action] + [("VeraIt", line) for line in spoken]
    gap = PAUSE if action and spoken and len(body) < room else 0.0
    for at, (name, line) in enumerate(body[:room]):
        more = at == room - 1 and len(body) > room
        below = gap if at >= len(action) else 0.0
        page.text(x, y - at * LEADING - below, f"{line} …" if more else line, CELL_WIDTH, name)
