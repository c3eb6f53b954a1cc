"""Scripts that lost their empty lines on the way through a clipboard."""

from __future__ import annotations

from agents.screenplay import read_fountain
from vibeboard.screenplay import IntExt, Kind

PASTED = (
    "INT. COFFEE SHOP - DAY\r\n"
    "SARAH sits across from MIKE.\r\n"
    "SARAH\r\n"
    "I don’t know, Mike…\r\n"
    "MIKE (O.S.)\r\n"
    "\tYou never know.\r\n"
    "\tNever.\r\n"
    "SARAH\r\n"
    "(sighs)\r\n"
    "That’s not fair.\r\n"
    "Mike leaves.\r\n"
    "A TRUCK roars past.\r\n"
    "CUT TO:\r\n"
    "EXT. STREET - DAY\r\n"
    "He drives away.\r\n"
)


def test_a_script_without_empty_lines_still_has_speeches():
    first, second = read_fountain(PASTED).scenes
    spoken = [(e.speaker, e.text) for e in first.elements if e.kind is Kind.DIALOGUE]
    assert spoken == [
        ("SARAH", "I don’t know, Mike…"),
        ("MIKE", "You never know.\nNever."),
        ("SARAH", "That’s not fair."),
    ]
    actions = [e.text for e in first.elements if e.kind is Kind.ACTION]
    assert actions == ["SARAH sits across from MIKE.", "Mike leaves.", "A TRUCK roars past."]
    assert [e.text for e in first.elements if e.kind is Kind.TRANSITION] == ["CUT TO:"]
    assert [e.text for e in second.elements] == ["He drives away."]


def test_lines_keep_their_numbers():
    elements = [element for scene in read_fountain(PASTED).scenes for element in scene.elements]
    lines = PASTED.split("\r\n")
    assert all(lines[e.line - 1].strip() == e.text.split("\n")[0] for e in elements)


def test_capitals_in_a_script_with_empty_lines_stay_action():
    text = "INT. A - DAY\n\nHe looks up.\nBANG\nHe falls.\n\nSILENCE\nfor a while.\n\nHe waits.\nBOOM\nIt is over.\n"
    kinds = [e.kind for e in read_fountain(text).scenes[0].elements if "He" in e.text]
    assert kinds == [Kind.ACTION, Kind.ACTION]


def test_sides_may_be_written_out():
    slugs = [
        scene.slug for scene in read_fountain("INTERIOR COP CAR - NIGHT\n\nx\n\nEXTERIOR. STREET - DAY\n\nx\n").scenes
    ]
    assert [(slug.int_ext, slug.place) for slug in slugs] == [(IntExt.INT, "COP CAR"), (IntExt.EXT, "STREET")]
