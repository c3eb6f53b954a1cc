"""The demo script's breakdown, sheet by sheet, as a person would write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.breakdown import break_down, isolated_objects
from agents.screenplay import read_file
from vibeboard.breakdown import Breakdown, Category, Status
from vibeboard.screenplay import Screenplay, TimeOfDay
from vibeboard.stage import SetKind

DEMO = Path(__file__).parents[2] / "examples" / "the-last-fare.fountain"
NIGHT, DAY, MORNING = TimeOfDay.NIGHT, TimeOfDay.DAY, TimeOfDay.MORNING


@pytest.fixture(scope="module")
def screenplay() -> Screenplay:
    return read_file(DEMO)


@pytest.fixture(scope="module")
def breakdown(screenplay: Screenplay) -> Breakdown:
    return break_down(screenplay)


def test_set_time_and_cast_of_every_scene(breakdown: Breakdown) -> None:
    assert [(s.number, s.set_kind, s.time, s.new_place, s.cast) for s in breakdown.scenes] == [
        ("1", SetKind.OFFICE, DAY, True, ("DESMOND", "RUTH")),
        ("2", SetKind.STREET, NIGHT, True, ("RUTH", "MILO")),
        ("3", SetKind.CAR, NIGHT, True, ("RUTH", "MILO")),
        ("4", SetKind.BAR, NIGHT, True, ("NORA", "MILO", "RUTH")),
        ("5", SetKind.STREET, NIGHT, True, ("RUTH", "MILO")),
        ("6", SetKind.OFFICE, MORNING, False, ("DESMOND", "RUTH")),
        ("7", SetKind.STREET, NIGHT, False, ("MILO", "RUTH")),
        ("8", SetKind.CAR, NIGHT, False, ("MILO", "RUTH")),
    ]


def test_a_name_on_a_piece_of_paper_brings_nobody_into_the_room(breakdown: Breakdown) -> None:
    assert "MILO" not in breakdown.scenes[5].cast


@pytest.mark.parametrize(
    ("scene", "category", "names"),
    [
        (0, Category.PROPS, ("key", "paper", "bill of sale")),
        (0, Category.WARDROBE, ("jacket",)),
        (0, Category.SET_DRESSING, ("desk", "chair")),
        (1, Category.VEHICLES, ("yellow taxi",)),
        (1, Category.PROPS, ("suitcase",)),
        (2, Category.VEHICLES, ("taxi",)),
        (2, Category.PROPS, ("suitcase", "meter")),
        (3, Category.PROPS, ("coffee pot", "suitcase", "cup")),
        (3, Category.SOUND, ("bell", "ringing")),
        (3, Category.SET_DRESSING, ("stool", "counter")),
        (5, Category.PROPS, ("paper",)),
    ],
)
def test_what_the_scenes_need(breakdown: Breakdown, scene: int, category: Category, names: tuple[str, ...]) -> None:
    assert breakdown.scenes[scene].names(category) == names


def test_every_item_is_proved_by_a_line_that_says_it(breakdown: Breakdown) -> None:
    source = DEMO.read_text(encoding="utf-8").lower().split("\n")
    for scene in breakdown.scenes:
        for item in scene.items:
            assert item.lines, item
            head = item.name.lower().split()[-1].removesuffix("ing")
            assert all(head in source[line - 1] for line in item.lines), item
            assert item.status is Status.PENDING


def test_the_script_is_about_as_long_as_its_pages(breakdown: Breakdown) -> None:
    assert all(scene.eighths >= 1 for scene in breakdown.scenes)
    assert 3.0 <= sum(scene.eighths for scene in breakdown.scenes) / 8 <= 4.0


def test_what_the_text_sets_apart(screenplay: Screenplay) -> None:
    texts = {element.id: element.text for scene in screenplay.scenes for element in scene.elements}
    found = [[(texts[element], name) for element, name in isolated_objects(scene)] for scene in screenplay.scenes]
    assert [[name for _, name in scene] for scene in found] == [
        ["key", "paper", "paper"],
        ["suitcase"],
        ["meter"],
        ["coffee pot", "cup"],
        [],
        ["paper"],
        [],
        [],
    ]
    assert found[0][2][0] == "INSERT - THE PAPER"
    assert found[2][0][0] == "CLOSE ON the METER. The red numbers go dark."
