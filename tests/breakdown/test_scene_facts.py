"""Set, light, place and length of a scene, from its heading and its layout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.breakdown import break_down
from agents.breakdown.pages import LINES_A_PAGE
from agents.screenplay import read_fountain
from vibeboard.breakdown import SceneBreakdown
from vibeboard.screenplay import TimeOfDay
from vibeboard.stage import SetKind


def scenes(*headings: str) -> tuple[SceneBreakdown, ...]:
    return break_down(read_fountain("".join(f"{heading}\n\nx\n\n" for heading in headings))).scenes


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("INT. CAR - DAY", SetKind.CAR),
        ("INT. TAXI - DAY (MOVING)", SetKind.CAR),
        ("INT. RUTH'S OLD TRUCK - DAY", SetKind.CAR),
        ("INT./EXT. MOVING CAR - DAY", SetKind.CAR),
        ("INT. TAXI OFFICE - DAY", SetKind.OFFICE),
        ("INT. POLICE STATION - DAY", SetKind.OFFICE),
        ("INT. TRAIN STATION - DAY", SetKind.WAREHOUSE),
        ("INT. SUBWAY CAR - DAY", SetKind.CORRIDOR),
        ("INT. HOTEL - CORRIDOR - DAY", SetKind.CORRIDOR),
        ("INT. HOTEL BAR - DAY", SetKind.BAR),
        ("INT. JOE’S CAFÉ - DAY", SetKind.BAR),
        ("INT. HOUSE - KITCHEN - DAY", SetKind.KITCHEN),
        ("INT. KITCHEN/LIVING ROOM - DAY", SetKind.ROOM),
        ("INT. BEDROOM #2 - DAY", SetKind.BEDROOM),
        ("INT. MOTEL ROOM - DAY", SetKind.BEDROOM),
        ("INT. GREAT UNKNOWN - DAY", SetKind.ROOM),
        ("INT. STUDIO - DAY", SetKind.STUDIO),
        ("INT. FOREST - DAY", SetKind.FOREST),
        ("EXT. DINER - DAY", SetKind.STREET),
        ("EXT. PARKING LOT - DAY", SetKind.STREET),
        ("EXT. GREAT UNKNOWN - DAY", SetKind.STREET),
        ("EXT. CAR - DAY", SetKind.ROAD),
        ("EXT. HIGHWAY 61 - DAY", SetKind.ROAD),
        ("EXT. BACK ALLEY - DAY", SetKind.ALLEY),
        ("EXT. CABIN IN THE WOODS - DAY", SetKind.FOREST),
        ("EXT. LAKE - DAY", SetKind.SHORE),
        ("EXT. CORNFIELD - DAY", SetKind.FIELD),
        ("EXT. SPACE - DAY", SetKind.STUDIO),
    ],
)
def test_the_set_that_a_place_asks_for(heading: str, kind: SetKind) -> None:
    assert scenes(heading)[0].set_kind is kind


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("DAY", TimeOfDay.DAY),
        ("NIGHT", TimeOfDay.NIGHT),
        ("LATE AFTERNOON", TimeOfDay.AFTERNOON),
        ("EARLY MORNING", TimeOfDay.MORNING),
        ("SUNSET", TimeOfDay.DUSK),
        ("MAGIC HOUR", TimeOfDay.DUSK),
        ("PRE-DAWN", TimeOfDay.DAWN),
        ("MIDNIGHT", TimeOfDay.NIGHT),
        ("LATER THAT NIGHT", TimeOfDay.NIGHT),
        ("THE NEXT MORNING", TimeOfDay.MORNING),
        ("3 AM", TimeOfDay.NIGHT),
        ("12:15 PM", TimeOfDay.DAY),
        ("7:30 P.M.", TimeOfDay.EVENING),
    ],
)
def test_the_light_that_a_time_asks_for(written: str, time: TimeOfDay) -> None:
    assert scenes("EXT. A - DUSK", f"INT. B - {written}")[1].time is time


@pytest.mark.parametrize(
    "relative", ["CONTINUOUS", "LATER", "MOMENTS LATER", "SAME", "SAME TIME", "A FEW MINUTES LATER"]
)
def test_a_relative_time_keeps_the_light(relative: str) -> None:
    times = [scene.time for scene in scenes("EXT. A - NIGHT", f"INT. B - {relative}", f"INT. C - {relative}", "INT. D")]
    assert times == [TimeOfDay.NIGHT, TimeOfDay.NIGHT, TimeOfDay.NIGHT, TimeOfDay.DAY]


def test_a_script_that_starts_with_a_relative_time_starts_by_day() -> None:
    assert scenes("INT. A - CONTINUOUS")[0].time is TimeOfDay.DAY


def test_a_place_is_new_once_for_its_inside_and_once_for_its_outside() -> None:
    found = scenes("INT. BAR - DAY", "EXT. BAR - DAY", "INT. BAR - NIGHT", "INT. BAR - TOILET - DAY", "INT. bar - DAY")
    assert [scene.new_place for scene in found] == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (("", "", ""), ["1", "2", "3"]),
        ((" #1#", "", " #2#"), ["1", "1A", "2"]),
        (("", " #1#", "", ""), ["0A", "1", "1A", "1B"]),
        ((" #7A#", "", " #7C#"), ["7A", "7B", "7C"]),
        ((" #1#", "", " #1A#"), ["1", "1B", "1A"]),
    ],
)
def test_numbers_are_the_writers_and_never_given_twice(written: tuple[str, ...], numbers: list[str]) -> None:
    found = scenes(*(f"INT. A - DAY{number}" for number in written))
    assert [scene.number for scene in found] == numbers


def test_many_scenes_after_one_number_all_get_their_own() -> None:
    found = scenes("INT. A - DAY #1#", *["INT. A - DAY"] * 60)
    assert len({scene.number for scene in found}) == 61


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("x", 3 + 2),
        ("\n\n".join(["One line of action."] * 10), 3 + 20),
        ("word " * 120, 3 + 1 + 10),
        ("ANNA\n" + "\n".join(["word " * 7] * 20), 3 + 2 + 20),
        ("\n\n".join(["ANNA\n(beat)\nYes."] * 10), 3 + 40),
        ("\n\n".join(["ANNA\nYes.\n\nBOB ^\nNo."] * 10), 3 + 30),
        ("[[" + "note " * 500 + "]]\n\n= gist\n\n# Act", 3),
        ("x" * 6000, 3 + 1 + 100),
    ],
)
def test_length_follows_the_printed_page(body: str, lines: int) -> None:
    """Headings take three lines, action 60 columns and a line before, speech 35 columns under its cue."""
    (scene,) = break_down(read_fountain(f"INT. ROOM - DAY\n\n{body}\n")).scenes
    assert scene.eighths == max(1, round(8 * lines / LINES_A_PAGE))


@given(st.lists(st.integers(1, 60), min_size=5, max_size=60))
def test_the_sum_of_a_script_stays_near_its_pages(lengths: list[int]) -> None:
    """Each scene rounds by at most half an eighth, save that the shortest count as one."""
    text = "".join("INT. ROOM - DAY\n\n" + "x.\n\n" * length for length in lengths)
    total = sum(scene.eighths for scene in break_down(read_fountain(text)).scenes)
    pages = sum(3 + 2 * length for length in lengths) * 8 / LINES_A_PAGE
    assert abs(total - pages) <= 0.5 * len(lengths)


def test_an_edit_in_one_scene_changes_the_length_of_no_other() -> None:
    before = scenes("INT. A - DAY", "INT. B - DAY", "INT. C - DAY")
    text = "INT. A - DAY\n\nx\n\n" + "y\n\n" * 25 + "INT. B - DAY\n\nx\n\nINT. C - DAY\n\nx\n\n"
    after = break_down(read_fountain(text)).scenes
    assert after[0].eighths > before[0].eighths
    assert after[1:] == before[1:]
