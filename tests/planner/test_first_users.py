"""Scripts as people write them: what a first assistant director objected to, and no longer has to."""

from __future__ import annotations

import math

import pytest

from agents.planner import lint
from agents.planner.deeds import Deed, deeds
from agents.planner.framing import place_in_frame
from agents.planner.prose import Names, called, is_direction, sentences
from vibeboard.figure import Landmark, mark_at, point_of
from vibeboard.sets import LAYOUTS
from vibeboard.shot import Framing, Shot, Voice
from vibeboard.stage import Pose, PropKind

CALL = """INT. BAR - NIGHT

BEN sits at the bar.

BEN
Hey.

INTERCUT - PHONE CONVERSATION

MAYA
Where are you?

BEN
Gate twelve, as I said.

MAYA
You said that you would not go.

END INTERCUT.

Ben drinks.
"""
FAMILY = """INT. KITCHEN - MORNING

LINDA GARCIA (48) stirs a pot. RAUL (50) sits at the table. SOFIA (16) waits.

UNCLE TITO (60s) enters.

TITO
Nobody panic, please, this is only a drill.

RAUL
I always panic when you say that to us.
"""


def planned(plan, action, heading="INT. ROOM - DAY"):
    (scene,) = plan(f"{heading}\n\n{action}\n")
    assert lint(scene.scene, scene.plan) == []
    return scene


def test_people_on_the_phone_are_in_no_frame_together(plan):
    (scene,) = plan(CALL)
    assert lint(scene.scene, scene.plan) == []
    assert all(len(shot.stage.figures) < 2 for shot in scene.shots)
    assert [line.voice for shot in scene.shots for line in shot.lines] == [Voice.ON] * 4
    assert not any(shot.framing is Framing.INSERT for shot in scene.shots)


def test_a_person_with_two_names_is_one_figure(plan):
    (scene,) = plan(FAMILY)
    assert {figure.id for shot in scene.shots for figure in shot.stage.figures} == {
        "LINDA GARCIA",
        "RAUL",
        "SOFIA",
        "TITO",
    }
    assert "TITO" not in {figure.id for figure in scene.shots[1].stage.figures}


def test_in_a_group_the_speaker_shows_a_face(plan):
    (scene,) = plan(FAMILY)
    shot = scene.saying("Nobody panic")
    speaker = next(figure for figure in shot.stage.figures if figure.id == "TITO")
    position, (goal, mark) = shot.camera.keys[-1].position, (speaker.looks[0].point, speaker.marks[-1])
    gaze = math.atan2(goal[0] - mark.x, goal[2] - mark.z)
    camera = math.atan2(position[0] - mark.x, position[2] - mark.z)
    assert math.cos(gaze - camera) > -0.25


def test_two_who_share_a_cue_share_a_frame(plan):
    scene = planned(plan, "ANNA and BOB wait.\n\nANNA\nOne, two, three and four.\n\nBOB\nGo.\n\nANNA & BOB\nNo!")
    shot = scene.saying("No!")
    assert (shot.framing, set(shot.subjects)) == (Framing.TWO_SHOT, {"ANNA", "BOB"})
    assert {figure.id for figure in shot.stage.figures} == {"ANNA", "BOB"}


def test_a_crowd_is_nobodys_body(plan):
    scene = planned(plan, "ANNA and BOB wait.\n\nANNA\nWho is it?\n\nBOB\nGo.\n\nALL\nNobody!")
    assert all(figure.id != "ALL" for shot in scene.shots for figure in shot.stage.figures)
    assert set(scene.saying("Nobody!").subjects) == {"ANNA", "BOB"}


@pytest.mark.parametrize("action", ["The doorbell rings.", "Everybody laughs.", "The others freeze."])
def test_what_everybody_hears_or_does_is_seen_on_them(action, plan):
    scene = planned(plan, f"ANNA and BOB wait.\n\nANNA\nOne, two, three and four.\n\nBOB\nFive.\n\n{action}")
    assert set(scene.shots[-1].subjects) == {"ANNA", "BOB"}


def test_a_word_alone_does_not_flash_past(plan):
    scene = planned(plan, "ANNA and BOB wait.\n\nANNA\nWho?\n\nBOB\nNot me! NEVER!\n\nANNA\nYou!")
    assert min(shot.frames for shot in scene.shots) >= 1.5 * 24


def test_a_long_speech_alone_moves_in(plan):
    scene = planned(
        plan, "HAROLD PEMBERTON (62) sits.\n\nHAROLD\n" + "I came here forty years ago and nobody saw. " * 5
    )
    shot = scene.saying("forty")
    assert shot.camera.moves
    assert shot.framing is Framing.SINGLE


def test_a_line_goes_to_whoever_the_speaker_turned_to(plan):
    scene = planned(
        plan,
        "ANNA, BOB and CARL wait.\n\nANNA\nOne, two, three.\n\nBOB\nFour, five, six.\n\nCARL\nSeven and eight."
        "\n\nAnna points at Bob.\n\nANNA\nYou are the one I mean, and you know it.",
    )
    assert "Bob" in scene.saying("the one I mean").description


def nobody_crowds(shot: Shot) -> bool:
    """Whether all who are no subjects stay behind three quarters of the subject's distance, or out of the frame."""
    key = shot.camera.keys[-1]
    depth = {}
    for figure in shot.stage.figures:
        chest = point_of(figure, mark_at(figure, shot.frames - 1), Landmark.CHEST)
        u, _, depth[figure.id] = place_in_frame(key, 16 / 9, chest)
        if not 0 < u < 1 and figure.id not in shot.subjects:
            del depth[figure.id]
    nearest = min(depth[name] for name in shot.subjects)
    return all(far > 0.7 * nearest for name, far in depth.items() if name not in shot.subjects and far > 0)


def test_no_back_stands_before_who_comes_in(plan):
    (scene,) = plan(FAMILY)
    entrance = next(shot for shot in scene.shots if shot.description.startswith("UNCLE TITO"))
    assert nobody_crowds(entrance)


@pytest.mark.parametrize("place", ["OFFICE", "KITCHEN", "ROOM", "BEDROOM"])
def test_the_camera_looks_through_no_side_wall(place, plan):
    (scene,) = plan(FAMILY.replace("KITCHEN", place))
    layout = LAYOUTS[scene.shots[0].stage.set_kind]
    inside = [abs(shot.camera.keys[-1].position[0]) <= layout.size[0] / 2 for shot in scene.shots]
    assert sum(inside) >= len(inside) - 1


def test_over_the_shoulder_of_one_who_stands_by_a_bed_the_frame_holds_both_who_speak(plan):
    (scene,) = plan(
        "INT. BEDROOM - DAWN\n\nANNA (35) sleeps.\n\nTOM (36) stands in the doorway.\n\n"
        + "\n\n".join(f"ANNA\nHow long have you been standing there {n}?\n\nTOM\nA while." for n in range(6))
    )
    assert lint(scene.scene, scene.plan) == []
    asleep = next(figure for figure in scene.shots[0].stage.figures if figure.id == "ANNA")
    assert asleep.marks[0].pose is Pose.LIE


def test_who_hugs_a_parcel_stands_near_nobody(plan):
    scene = planned(plan, "LEO (11) hugs a parcel. KEVIN (13) waits.\n\nKEVIN\nWhat is that?\n\nLEO\nA volcano.")
    marks = [figure.marks[-1] for figure in scene.shots[-1].stage.figures]
    assert math.dist((marks[0].x, marks[0].z), (marks[1].x, marks[1].z)) > 1


def test_out_of_doors_nobody_brings_a_chair(plan):
    scene = planned(plan, "ELIAS sits by the fire.\n\nELIAS\nDrink.", heading="EXT. PRAIRIE - NIGHT")
    seats = {prop.kind for shot in scene.shots for prop in shot.stage.props}
    assert seats == {PropKind.BOX}


def test_looking_at_what_another_holds_takes_it_from_nobody(plan):
    scene = planned(
        plan,
        "TOM picks up the ring. ANNA waits.\n\nTOM\nThis one.\n\nShe looks at the ring in his hand.",
    )
    held = {prop.held_by for shot in scene.shots[2:] for prop in shot.stage.props if prop.id == "ring"}
    assert held == {"TOM"}
    seen = scene.shots[-1]
    assert (seen.framing, seen.camera.keys[0].focal_mm > 35) == (Framing.POV, True)


@pytest.mark.parametrize(
    ("text", "found", "missing"),
    [
        ("She steps out of the shadows.", Deed.ENTER, Deed.EXIT),
        ("He steps out.", Deed.EXIT, Deed.ENTER),
        ("Tom stands in the doorway.", Deed.ENTER, Deed.EXIT),
        ("She comes around the corner.", Deed.ENTER, Deed.EXIT),
        ("Anna sleeps.", Deed.LIE, Deed.SIT),
        ("Vivian falls to the ground.", Deed.LIE, Deed.SIT),
    ],
)
def test_comings_goings_and_falls(text, found, missing):
    assert found in deeds(text)
    assert missing not in deeds(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("DR. D. WHITTAKER enters. All turn.", ["DR. D. WHITTAKER enters.", "All turn."]),
        ("-- Rosa runs.", ["Rosa runs."]),
        ("A) Rosa runs.", ["Rosa runs."]),
        ("MOS. Rosa runs.", ["Rosa runs."]),
    ],
)
def test_marks_of_the_trade_are_no_words(text, parts):
    assert sentences(text) == parts


@pytest.mark.parametrize(
    "text", ["MOS", "INTERCUT - PHONE CONVERSATION", "END INTERCUT.", "MONTAGE - TRAINING", "END MONTAGE"]
)
def test_what_only_manages_the_script(text):
    assert is_direction(text)


def test_a_cue_may_be_longer_than_the_name_in_the_cast():
    names = Names(["O'NEIL", "MAY", "A"])
    assert names.canonical("DETECTIVE O'NEIL") == "O'NEIL"
    assert names.canonical("FATHER") == "FATHER"
    assert names.chorus("O'NEIL & MAY") == ("O'NEIL", "MAY")
    assert names.chorus("MAY & FATHER") == ()
    assert names.find("A glass breaks.") == []
    assert called("DETECTIVE O'NEIL") == "Detective O'Neil"
