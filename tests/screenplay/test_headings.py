"""Sluglines as they are written, and what they mean."""

from __future__ import annotations

import pytest

from agents.screenplay.headings import bare_heading, is_heading, parse_slugline
from vibeboard.screenplay import IntExt, Slugline

INT, EXT, BOTH = IntExt.INT, IntExt.EXT, IntExt.INT_EXT


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("INT. DINER - NIGHT", (INT, "DINER", "", "NIGHT", ())),
        ("INT. HOUSE - KITCHEN - NIGHT (1973)", (INT, "HOUSE", "KITCHEN", "NIGHT", ("1973",))),
        ("INT. HOUSE-DAY", (INT, "HOUSE", "", "DAY", ())),
        ("INT. HOUSE NIGHT", (INT, "HOUSE", "", "NIGHT", ())),
        ("INT. HOUSE. NIGHT", (INT, "HOUSE", "", "NIGHT", ())),
        ("INT. HOUSE, NIGHT", (INT, "HOUSE", "", "NIGHT", ())),
        ("INT HOUSE - DAY", (INT, "HOUSE", "", "DAY", ())),
        ("int. house – day", (INT, "house", "", "day", ())),
        ("EXT. ROAD — DUSK", (EXT, "ROAD", "", "DUSK", ())),
        ("EXT. ROAD -- LATE AFTERNOON", (EXT, "ROAD", "", "LATE AFTERNOON", ())),
        ("EXT. DRIVE-IN - MOMENTS LATER", (EXT, "DRIVE-IN", "", "MOMENTS LATER", ())),
        ("EXT. ROAD - CONTINUOUS", (EXT, "ROAD", "", "CONTINUOUS", ())),
        ("EXT. ROAD - NIGHT - CONTINUOUS", (EXT, "ROAD", "", "NIGHT", ("CONTINUOUS",))),
        ("EXT. ROAD - LATER - NIGHT", (EXT, "ROAD", "", "NIGHT", ("LATER",))),
        ("INT. BAR - NIGHT - FLASHBACK", (INT, "BAR", "", "NIGHT", ("FLASHBACK",))),
        ("INT. BAR - THE NEXT DAY", (INT, "BAR", "", "THE NEXT DAY", ())),
        ("INT. BAR - 10:30 PM", (INT, "BAR", "", "10:30 PM", ())),
        ("INT. BAR - MAGIC HOUR", (INT, "BAR", "", "MAGIC HOUR", ())),
        ("INT. BAR", (INT, "BAR", "", "", ())),
        ("INT. ROOM 12", (INT, "ROOM 12", "", "", ())),
        ("INT. MOTEL - ROOM 12", (INT, "MOTEL", "ROOM 12", "", ())),
        ("INT. SUNDAY SCHOOL - DAY", (INT, "SUNDAY SCHOOL", "", "DAY", ())),
        ("INT. NIGHTCLUB", (INT, "NIGHTCLUB", "", "", ())),
        ("INT./EXT. CAR - DAY (MOVING)", (BOTH, "CAR", "", "DAY", ("MOVING",))),
        ("I/E CAR - DAY", (BOTH, "CAR", "", "DAY", ())),
        ("I./E. CAR - DAY", (BOTH, "CAR", "", "DAY", ())),
        ("EXT./INT. CAR - DAY", (BOTH, "CAR", "", "DAY", ())),
        ("EST. SKYLINE - DAWN", (EXT, "SKYLINE", "", "DAWN", ("ESTABLISHING",))),
        ("INT. DAY", (INT, "", "", "DAY", ())),
    ],
)
def test_sluglines(heading: str, slug: tuple[IntExt, str, str, str, tuple[str, ...]]) -> None:
    int_ext, place, area, time, notes = slug
    assert parse_slugline(heading) == Slugline(int_ext=int_ext, place=place, area=area, time=time, notes=notes)


@pytest.mark.parametrize(
    ("written", "bare", "number"),
    [
        ("INT. BAR - DAY #12A#", "INT. BAR - DAY", "12A"),
        ("INT. ROOM #237 - DAY #4.2-b#", "INT. ROOM #237 - DAY", "4.2-b"),
        ("INT. ROOM #237 - DAY", "INT. ROOM #237 - DAY", ""),
        ("12 INT. BAR - DAY 12", "INT. BAR - DAY", "12"),
        ("12A. INT. BAR - DAY", "INT. BAR - DAY", "12A"),
        (".THE YARD #3#", "THE YARD", "3"),
        ("_INT. BAR - DAY_", "INT. BAR - DAY", ""),
    ],
)
def test_scene_numbers(written: str, bare: str, number: str) -> None:
    assert bare_heading(written) == (bare, number)


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("INT. BAR - DAY", True),
        ("INT. McDONALD'S - DAY (flashback)", True),
        ("I/E CAR - DAY", True),
        (".BAR", True),
        (".élan", True),
        ("..BAR", False),
        ("INT. Anna's thoughts.", False),
        ("INT IS A TYPE", False),
        ("INTERNAL AFFAIRS", False),
        ("INT.", False),
        ("12 ANGRY MEN", False),
        ("INT. " + "A" * 300, False),
    ],
)
def test_a_line_that_is_a_heading_wherever_it_stands(line: str, heading: bool) -> None:
    assert is_heading(line) is heading
