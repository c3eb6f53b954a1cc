"""One person under several names, two under one, and people without any."""

from __future__ import annotations

import pytest

from agents.breakdown import break_down, isolated_objects
from agents.screenplay import read_fountain
from vibeboard.breakdown import Category


def cast(action: str) -> tuple[str, ...]:
    (scene,) = break_down(read_fountain(f"INT. ROOM - DAY\n\n{action}\n")).scenes
    return scene.cast


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("JACK DOLAN, 40, waits.\n\nJACK\nYes.", ("JACK",)),
        ("UNCLE TITO (60s) enters.\n\nTITO\nYes.", ("TITO",)),
        ("LINDA GARCIA (48) and RAUL GARCIA (50).\n\nLINDA\nYes.\n\nRAUL\nNo.", ("LINDA", "RAUL")),
        ("DETECTIVE O'NEIL\nYes.\n\nO'NEIL\nNo.", ("O'NEIL",)),
        ("DR. D. WHITTAKER enters.\n\nDR. D. WHITTAKER\nYes.", ("DR. D. WHITTAKER",)),
        ("MS. HOLLOWAY (40s) waits.\n\nMS. HOLLOWAY\nYes.", ("MS. HOLLOWAY",)),
        ("JACK DOLAN, 40, waits. Dolan turns.\n\nJACK\nYes.", ("JACK",)),
        ("YOUNG JACK (8) waits.\n\nJACK\nYes.", ("YOUNG JACK", "JACK")),
        ("JACK\nYes.\n\nBIG JACK\nNo.", ("JACK", "BIG JACK")),
        ("SMITH\nA.\n\nMRS. SMITH\nB.", ("SMITH", "MRS. SMITH")),
        ("ANN LEE (30), JOE LEE (31).\n\nLEE\nYes.", ("ANN LEE", "JOE LEE", "LEE")),
        ("JACK'S MOTHER\nA.\n\nJACK\nB.", ("JACK'S MOTHER", "JACK")),
    ],
)
def test_a_cue_calls_people_by_part_of_the_name_they_come_in_with(action, expected):
    assert cast(action) == expected


def test_the_longer_name_names_the_same_person_in_every_scene():
    script = "INT. A - DAY\n\nJACK DOLAN, 40, waits.\n\nINT. B - DAY\n\nDolan sleeps.\n\nINT. C - DAY\n\nJACK\nYes.\n"
    assert [scene.cast for scene in break_down(read_fountain(script)).scenes] == [("JACK",)] * 3


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("A woman walks along the shore. She is old.", ("WOMAN",)),
        ("An old man waits. The old man sits down.", ("OLD MAN",)),
        ("A woman walks past.", ()),
        ("A woman waits for her dog.\n\nTOM\nHello.", ("TOM",)),
        ("THE BOY (8) waves. THE OLD WOMAN runs to him.", ("BOY", "OLD WOMAN")),
        ("THE PHONE rings. THE DOOR opens.", ()),
    ],
)
def test_a_scene_may_be_about_somebody_without_a_name(action, expected):
    assert cast(action) == expected


def test_who_is_cast_is_no_extra():
    (scene,) = break_down(read_fountain("INT. A - DAY\n\nA woman waits. She sleeps.\n")).scenes
    assert scene.names(Category.EXTRAS) == ()


def test_letters_that_are_words_are_names_in_cues_only():
    assert cast("A glass breaks. I see it.\n\nB\nYes.\n\nA\nNo.") == ("B", "A")


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("He walks toward the camera.", "camera"),
        ("Tom rides shotgun.", "shotgun"),
        ("She jumps rope.", "rope"),
    ],
)
def test_figures_of_speech_bring_no_prop(action, name):
    (scene,) = break_down(read_fountain(f"INT. A - DAY\n\n{action}\n")).scenes
    assert name not in scene.names(Category.PROPS)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("She raises the gun. CLOSE ON the gun. Her hand trembles.", ["gun"]),
        ("INTERCUT - PHONE CONVERSATION", []),
        ("The SUV speeds off.", []),
        ("A red TRUCK speeds off.", ["red truck"]),
    ],
)
def test_what_is_set_apart_inside_a_paragraph(action, expected):
    scene = read_fountain(f"EXT. ROAD - DAY\n\n{action}\n").scenes[0]
    assert [name for _, name in isolated_objects(scene)] == expected
