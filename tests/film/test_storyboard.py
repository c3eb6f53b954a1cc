from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from gpu_runtime.models.film.storyboard import HEIGHT, MARGIN, WIDTH, draw_storyboard
from tools.draw_storyboard import DrawStoryboardParams, Panel
from vibeboard.faults import Rejected

LONG = "She walks all the way to the far end of the very long room and looks out. " * 12


def panel(take: str, number: str = "1A", **changes) -> Panel:
    given = {
        "number": number,
        "heading": "INT. DINER - NIGHT",
        "take": take,
        "frame": 5,
        "facts": "MS · 50 mm · push in",
        "action": "Anna puts the suitcase down.",
    }
    return Panel(**given | changes)


def drawn(run, panels, title="Étude", note="Previs.") -> tuple[pypdfium2.PdfDocument, Image.Image]:
    params = DrawStoryboardParams(title=title, panels=tuple(panels), note=note)
    outputs = draw_storyboard(params, run).outputs
    assert [(role, ref.media) for role, ref in outputs.items()] == [
        ("pdf", "application/pdf"),
        ("contact_sheet", "image/png"),
    ]
    return pypdfium2.PdfDocument(run.bytes(outputs["pdf"])), Image.open(io.BytesIO(run.bytes(outputs["contact_sheet"])))


def text_of(document: pypdfium2.PdfDocument, page: int) -> str:
    return document[page].get_textpage().get_text_range()


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (6, 1), (7, 2), (13, 3)])
def test_six_panels_go_on_a_page(run, take, count, pages):
    source = take(10)
    document, _ = drawn(run, [panel(source, f"1-{at}") for at in range(count)])
    assert len(document) == pages
    texts = [text_of(document, page) for page in range(pages)]
    for at in range(count):
        assert f"1-{at}" in texts[at // 6]
    assert all(f"{page + 1} / {pages}" in text for page, text in enumerate(texts))


def test_a_panel_says_what_is_known_of_its_shot(run, take):
    document, _ = drawn(run, [panel(take(10), dialogue=("ANNA: You came, Zoë.", "BEN: I did."))])
    text = text_of(document, 0)
    for part in ("Étude", "1A", "INT. DINER - NIGHT", "MS · 50 mm · push in", "Anna puts the suitcase down."):
        assert part in text
    assert text.index("suitcase") < text.index("You came, Zoë.") < text.index("I did.")
    assert "Previs." in text
    assert document.get_metadata_value("Title") == "Étude: storyboard"


def test_the_picture_is_the_panels_frame(run, take):
    """Each frame spells its number in squares; frame 1 has a white one, frame 0 has none."""
    source = take(10)
    document, sheet = drawn(run, [panel(source, frame=frame) for frame in (0, 1)])
    page = np.asarray(document[0].render(scale=4).to_pil().convert("L"))[300:640]
    grid = np.asarray(sheet.convert("L"))[96:370]
    for picture, width in ((page, page.shape[1]), (grid, grid.shape[1])):
        first, second = (
            picture[:, width // 20 : width // 3 - width // 40],
            picture[:, width * 37 // 100 : width * 63 // 100],
        )
        assert (first[40:-40] > 200).sum() == 0
        assert (second[40:-40] > 200).sum() > 100


@pytest.mark.parametrize("field", ["number", "heading", "facts", "action"])
def test_long_text_stays_in_its_cell(run, take, field):
    source = take(10)
    panels = [panel(source, str(at), **({field: LONG} if field != "number" else {})) for at in range(6)]
    if field == "number":
        panels = [panel(source, LONG) for _ in range(6)]
    document, _ = drawn(run, panels, title=LONG, note=LONG)
    text = document[0].get_textpage()
    for at in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(at)
        assert MARGIN - 2 <= left <= right <= WIDTH - MARGIN + 2
        assert 0 < bottom <= top < HEIGHT
    assert "…" in text.get_text_range()


def test_cells_do_not_run_into_each_other(run, take):
    source = take(10)
    full = panel(source, action=LONG, dialogue=(LONG, LONG), heading=LONG, facts=LONG)
    document, _ = drawn(run, [full] * 6)
    page = np.asarray(document[0].render(scale=2).to_pil().convert("L"))
    column = (WIDTH - 2 * MARGIN + 16) / 3
    for gutter in (1, 2):
        x = round((MARGIN + gutter * column - 12) * 2)
        assert (page[150:-70, x : x + 16] == 255).all()
    foot = page[-80:-66]
    assert (foot == 255).all()


def test_much_dialogue_and_much_action_share_the_room(run, take):
    document, _ = drawn(run, [panel(take(10), action="Walking. " * 99, dialogue=("Talking. " * 99,))])
    text = text_of(document, 0)
    assert text.count("Walking") > 10
    assert text.count("Talking") > 10


def test_letters_that_the_face_lacks_do_no_harm(run, take):
    strange = "你好 Привет שלום 🎬 \x07"
    document, sheet = drawn(run, [panel(take(10), strange, heading=strange, action=strange)], title=strange)
    assert len(document) == 1
    assert sheet.width == 1600


def test_the_same_panels_are_the_same_bytes(run, take):
    params = DrawStoryboardParams(title="É", panels=(panel(take(10)),))
    assert draw_storyboard(params, run) == draw_storyboard(params, run)


@pytest.mark.parametrize(("count", "columns"), [(2, 3), (10, 4), (30, 5)])
def test_the_contact_sheet_shows_every_shot(run, take, count, columns):
    source = take(10)
    _, sheet = drawn(run, [panel(source, f"{at}A") for at in range(count)])
    assert sheet.width == 1600
    width = (1600 - 80 - 20 * (columns - 1)) // columns
    grid = np.asarray(sheet.convert("L"))
    for at in range(count):
        row, column = divmod(at, columns)
        x, y = 40 + column * (width + 20), 96 + row * (width * 9 // 16 + 48)
        assert abs(int(grid[y + 5, x + width // 2]) - 100) < 8
        assert (grid[y + width * 9 // 16 + 8 : y + width * 9 // 16 + 30, x : x + 60] > 180).any()


def test_a_missing_take_is_the_stores_own_refusal(run):
    with pytest.raises(Rejected) as caught:
        draw_storyboard(DrawStoryboardParams(title="É", panels=(panel("0" * 64),)), run)
    assert caught.value.fault.code == "missing_blob"


def test_a_damaged_take_is_refused(run):
    bad = run.keep_bytes(b"\0" * 4000, "video/mp4").sha256
    with pytest.raises(Rejected) as caught:
        draw_storyboard(DrawStoryboardParams(title="É", panels=(panel(bad),)), run)
    assert caught.value.fault.code == "unreadable_take"
