"""Who is in a scene, and who only is spoken of."""

from __future__ import annotations

import pytest

from agents.breakdown import break_down
from agents.screenplay import read_fountain
from vibeboard.breakdown import Category

SPEECHES = "INT. HALL - DAY\n\nANNA\nYes.\n\nBOB\nNo.\n\nDETECTIVE COLE\nWell.\n\nDRIVER\nSo.\n\nMARY JANE\nHm.\n\n"


def cast(action: str) -> tuple[str, ...]:
    """The cast of a scene with this action, after one in which Anna, Bob, Cole, the driver and Mary Jane speak."""
    screenplay = read_fountain(f"{SPEECHES}INT. ROOM - DAY\n\n{action}\n")
    return break_down(screenplay).scenes[1].cast


def test_a_speaker_counts_once_however_the_cue_is_written() -> None:
    assert cast("ANNA (V.O.)\nA.\n\nANNA (CONT'D)\nB.\n\n@anna (o.s.)\nC.\n\n**ANNA**\nD.") == ("ANNA",)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("Bob waits.", ("BOB",)),
        ("BOB waits for Anna.", ("BOB", "ANNA")),
        ("Cole waits.", ("DETECTIVE COLE",)),
        ("Mary Jane waits. Mary smiles.", ("MARY JANE",)),
        ("The DRIVER waits.", ("DRIVER",)),
        ("The driver waits.", ()),
        ("Driver's door.", ()),
        ("The room is empty.", ()),
        ("MARA (40s) waits.", ("MARA",)),
        ("MARA (early 40s) waits.", ("MARA",)),
        ("MARA, 41, waits.", ("MARA",)),
        ("MARA (mid-40s), TOM (12).", ("MARA", "TOM")),
        ("MARA, a clerk with a bad knee, 41, waits.", ("MARA",)),
        ("MARA (still a clerk, 41) waits.", ("MARA",)),
        ("STOP, says the sign. 41 cars wait.", ()),
        ('It reads: "MARA (41) and BOB".', ()),
        ("“Bob!”", ()),
        ("MARA enters.", ("MARA",)),
        ("OLD TOM (80) waits.", ("OLD TOM",)),
        ("ROSE enters.", ("ROSE",)),
        ("A DOG enters.", ()),
        ("BANG! The door flies open.", ()),
        ("THE PHONE rings.", ()),
        ("A photograph of Bob hangs here.", ()),
        ("Bob's hat lies here.", ()),
        ("INSERT - LETTER\n\nDear Bob.\n\nBACK TO SCENE\n\nAnna weeps.", ("ANNA",)),
        ("On the note: Bob.", ()),
        ("[[Bob should be here]]", ()),
        ("= Bob and Anna fight", ()),
    ],
)
def test_people_in_the_action(action: str, expected: tuple[str, ...]) -> None:
    assert cast(action) == expected


def test_a_silent_role_is_known_again_in_later_scenes() -> None:
    screenplay = read_fountain("INT. A - DAY\n\nMARA (40s) waits.\n\nINT. B - DAY\n\nMara sits down.\n")
    assert [scene.cast for scene in break_down(screenplay).scenes] == [("MARA",), ("MARA",)]


@pytest.mark.parametrize(
    ("cue", "expected"),
    [
        ("ANNA & BOB", ("ANNA", "BOB")),
        ("ANNA AND BOB", ("ANNA", "BOB")),
        ("ANNA/BOB", ("ANNA", "BOB")),
        ("RICK AND SONS", ("RICK AND SONS",)),
        ("ALL", ()),
        ("EVERYONE", ()),
    ],
)
def test_cues_of_several(cue: str, expected: tuple[str, ...]) -> None:
    assert cast(f"{cue}\nHo!") == expected


def test_two_names_that_may_be_two_people_stay_two() -> None:
    assert cast("YOUNG ANNA\nMe!\n\nANNA\nMe too!") == ("YOUNG ANNA", "ANNA")


def test_a_name_inside_another_proves_nothing() -> None:
    screenplay = read_fountain("INT. A - DAY\n\nANN\nYes.\n\nANNA\nNo.\n\nAnna goes.\n")
    (scene,) = break_down(screenplay).scenes
    assert [(item.name, item.lines) for item in scene.items] == [("ANN", (3,)), ("ANNA", (6, 9))]


def test_cast_items_name_the_cast_and_where_it_appears() -> None:
    screenplay = read_fountain("INT. A - DAY\n\nANNA (30) waits.\n\nANNA\nYes.\n\nAnna goes.\n")
    (scene,) = break_down(screenplay).scenes
    (item,) = [item for item in scene.items if item.category is Category.CAST]
    assert (item.name, item.lines) == ("ANNA", (3, 5, 8))
