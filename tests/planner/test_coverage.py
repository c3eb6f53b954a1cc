"""What a first assistant director expects to find on the shot list of a small scene."""

from __future__ import annotations

from agents.planner import lint
from vibeboard.shot import Angle, Framing, Movement, Rig, ShotSize, Voice

TWO_HANDER = """INT. KITCHEN - NIGHT

ANNA sits at the table. TOM sits across from her.

ANNA
You were out late again, weren't you?

TOM
The train broke down outside the city for an hour.

ANNA
Three nights in a row it broke down.

TOM
I can't help what the railway does at night.
"""


def test_a_two_hander_has_a_look_at_the_place_a_master_a_two_shot_and_both_sides(plan):
    (scene,) = plan(TWO_HANDER)
    assert lint(scene.scene, scene.plan) == []
    first, master, opening, *rest = scene.shots
    assert (first.size, first.framing, first.covers) == (ShotSize.EST, Framing.EMPTY, (scene.scene.id,))
    assert (master.framing, set(master.subjects)) == (Framing.MASTER, {"ANNA", "TOM"})
    assert (opening.framing, opening.lines[0].speaker) == (Framing.TWO_SHOT, "ANNA")
    assert {shot.subjects for shot in rest} == {("TOM",), ("ANNA",)}
    assert all(shot.framing in (Framing.SINGLE, Framing.OTS) for shot in rest)


def test_a_place_seen_before_is_not_established_again(plan):
    again = TWO_HANDER + "\nEXT. FIELD - DAY\n\nWind.\n\n" + TWO_HANDER
    first, _, second = plan(again)
    assert first.shots[0].reason == "establishes the new place"
    assert ShotSize.EST not in {shot.size for shot in second.shots}


def test_an_insert_shows_the_thing_until_the_script_comes_back(plan):
    (scene,) = plan(
        "INT. OFFICE - DAY\n\nMARA opens the drawer.\n\nINSERT - THE LETTER\n\nOne line in blue ink.\n\n"
        "BACK TO SCENE\n\n"
        "MARA\nHe knew all along what was in it.\n"
    )
    assert lint(scene.scene, scene.plan) == []
    (insert,) = [shot for shot in scene.shots if shot.framing is Framing.INSERT]
    assert insert.size is ShotSize.INSERT
    assert len(insert.covers) == 3
    assert "letter" in {prop.name.lower() for prop in insert.stage.props}


def test_what_follows_a_thing_that_is_set_apart_is_not_lost(plan):
    (scene,) = plan(
        "INT. DINER - NIGHT\n\nANNA (50s) stands with a COFFEE POT. A bell rings over the door.\n\nANNA\nClosed.\n"
    )
    described = " ".join(shot.description for shot in scene.shots)
    assert "A bell rings over the door." in described


def test_a_point_of_view_follows_the_look_and_stands_in_the_lookers_eyes(plan):
    (scene,) = plan("INT. BAR - NIGHT\n\nTOM sits alone.\n\nANNA stands by the door. Tom looks at Anna.\n")
    at = next(i for i, shot in enumerate(scene.shots) if shot.framing is Framing.POV)
    look, view = scene.shots[at - 1], scene.shots[at]
    assert look.subjects == ("TOM",)
    assert "TOM" not in {figure.id for figure in view.stage.figures}
    assert "ANNA" in {figure.id for figure in view.stage.figures}
    tom = next(figure for figure in look.stage.figures if figure.id == "TOM")
    camera = view.camera.keys[0].position
    assert (camera[0], camera[2]) == (tom.marks[-1].x, tom.marks[-1].z)


def test_in_a_car_the_driver_drives_and_the_camera_looks_back_from_the_bonnet(plan):
    (scene,) = plan(
        "INT. CAR - NIGHT\n\nMARA drives. JONAS sits beside her.\n\n"
        "JONAS\nHow far is it from here?\n\nMARA\nFar enough.\n"
    )
    assert lint(scene.scene, scene.plan) == []
    two = next(shot for shot in scene.shots if len(shot.subjects) == 2 and shot.lines)
    driver = next(figure for figure in two.stage.figures if figure.id == "MARA")
    assert driver.marks[0].x > 0
    assert two.camera.keys[0].position[2] > 1.0
    assert two.camera.keys[0].position[2] > two.camera.keys[0].target[2]
    assert {shot.rig for shot in scene.shots if shot.lines} == {Rig.CAR_MOUNT}


def test_whoever_walks_is_followed(plan):
    (scene,) = plan("EXT. STREET - DAY\n\nMARA walks down the street.\n\nMARA\nAlmost there now.\n")
    walk = next(shot for shot in scene.shots if shot.subjects and len(shot.stage.figures[0].marks) > 1)
    assert walk.movement in (Movement.FOLLOW, Movement.TRUCK, Movement.PAN)
    assert len(walk.camera.keys) > 1


def test_who_enters_is_not_there_before_and_comes_in_from_the_entrance(plan):
    (scene,) = plan(
        "INT. OFFICE - DAY\n\nDESMOND waits.\n\nRUTH enters.\n\nRUTH\nYou wanted to see me about the car?\n"
    )
    before, entrance = scene.shots[1], scene.shots[2]
    assert {figure.id for figure in before.stage.figures} == {"DESMOND"}
    ruth = next(figure for figure in entrance.stage.figures if figure.id == "RUTH")
    assert len(ruth.marks) > 1
    assert {figure.id for figure in scene.shots[-1].stage.figures} == {"DESMOND", "RUTH"}


def test_who_leaves_is_gone_in_the_next_shot(plan):
    (scene,) = plan("INT. OFFICE - DAY\n\nDESMOND sits. RUTH sits.\n\nRuth walks out.\n\nDesmond sighs.\n")
    assert {figure.id for figure in scene.shots[-1].stage.figures} == {"DESMOND"}


def test_a_voice_over_lies_over_the_picture_and_its_speaker_is_not_on_the_set(plan):
    (scene,) = plan("EXT. SHORE - DAWN\n\nMARA walks along the water.\n\nNARRATOR (V.O.)\nShe never came back.\n")
    shot = scene.saying("never came back")
    assert shot.lines[0].voice is Voice.VOICE_OVER
    assert "MARA" in shot.subjects
    assert {figure.id for shot in scene.shots for figure in shot.stage.figures} == {"MARA"}


def test_an_off_screen_line_plays_on_whoever_hears_it(plan):
    (scene,) = plan("INT. HOUSE - NIGHT\n\nANNA stands at the sink.\n\nTOM (O.S.)\nIs there anybody in here?\n")
    shot = scene.saying("anybody")
    assert (shot.framing, shot.subjects, shot.lines[0].voice) == (Framing.REACTION, ("ANNA",), Voice.OFF_SCREEN)
    assert {figure.id for figure in shot.stage.figures} == {"ANNA"}


def test_three_people_open_their_talk_together(plan):
    (scene,) = plan(
        "INT. ROOM - DAY\n\nANNA\nIs everybody here already?\n\n"
        "BEN\nAs far as I can see we are.\n\nCARL\nThen let us begin with it.\n"
    )
    talk = [shot for shot in scene.shots if shot.lines]
    assert (talk[0].framing, len(talk[0].subjects)) == (Framing.THREE_SHOT, 3)
    assert [shot.subjects for shot in talk[1:]] == [("BEN",), ("CARL",)]


def test_a_montage_is_one_shot_a_beat(plan):
    (scene,) = plan(
        "INT. GYM - DAY (MONTAGE)\n\nANNA lifts a bag.\n\nANNA runs.\n\nTOM counts.\n\nANNA falls asleep on a bench.\n"
    )
    assert [len(shot.covers) for shot in scene.shots] == [1, 1, 1, 1]
    assert {shot.reason for shot in scene.shots} == {"a beat of the montage"}


def test_a_scene_without_a_word_is_one_shot_of_the_place(plan):
    (scene, _) = plan("EXT. FIELD - DAY\n\nINT. ROOM - DAY\n\nANNA waits.\n")
    assert scene.shape() == [("EST", "empty", "")]
    assert scene.shots[0].covers == (scene.scene.id,)


def test_a_shouted_line_is_closer_and_lower_than_a_calm_one(plan):
    calm, loud = plan(
        TWO_HANDER + "\n" + TWO_HANDER.replace("Three nights in a row it broke down.", "GET OUT OF HERE!")
    )
    quiet, shouted = calm.saying("Three nights"), loud.saying("GET OUT")
    assert list(ShotSize).index(shouted.size) > list(ShotSize).index(quiet.size)
    assert shouted.angle is Angle.LOW


def test_a_last_hot_line_lands_on_the_listener(plan):
    (scene,) = plan(TWO_HANDER + "\nANNA\nI don't believe a word of it!\n")
    assert (scene.shots[-1].framing, scene.shots[-1].subjects) == (Framing.REACTION, ("TOM",))


def test_two_lines_of_one_speech_stay_in_one_shot(plan):
    (scene,) = plan("INT. ROOM - DAY\n\nANNA\nI was there.\n(beat)\nI saw it all happen.\n")
    shot = scene.saying("I was there")
    assert [line.text for line in shot.lines] == ["I was there.", "I saw it all happen."]
    assert shot.lines[0].start + shot.lines[0].frames < shot.lines[1].start


def test_dual_dialogue_starts_together_in_one_two_shot(plan):
    (scene,) = plan("INT. ROOM - DAY\n\nANNA\nStop it right now!\n\nTOM ^\nLet go of me!\n")
    shot = scene.saying("Stop it")
    assert [line.speaker for line in shot.lines] == ["ANNA", "TOM"]
    assert shot.lines[0].start == shot.lines[1].start
    assert set(shot.subjects) == {"ANNA", "TOM"}


def test_the_writers_own_camera_direction_is_obeyed(plan):
    for words, movement in (
        ("The camera pans across the room.", Movement.PAN),
        ("We push in on the bed.", Movement.PUSH_IN),
    ):
        (scene,) = plan(f"INT. BEDROOM - DAY\n\n{words}\n")
        assert scene.shots[0].movement is movement


def test_most_shots_rest(plan):
    scenes = plan(TWO_HANDER)
    moving = [shot for scene in scenes for shot in scene.shots if shot.camera.moves]
    assert len(moving) <= sum(len(scene.shots) for scene in scenes) / 2
