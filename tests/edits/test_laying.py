"""What edits do to a plan: what was asked for, to the shot that was named, and nothing to any other."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agents.edits.recovering import setups_of_shots
from agents.planner.aims import aim_point
from agents.planner.beats import read_beats
from agents.planner.lint import Fault, lint
from agents.planner.plan import plan_setups
from tests.edits.conftest import FPS, scenes
from vibeboard.camera import camera_at, project
from vibeboard.digest import canonical
from vibeboard.edits import (
    Aim,
    ContinueShot,
    Edit,
    OmitShot,
    RackFocus,
    Reseed,
    ScaleLength,
    SetAngle,
    SetCoverage,
    SetDescription,
    SetLength,
    SetLens,
    SetMovement,
    SetSize,
    SetSubjects,
)
from vibeboard.figure import Landmark
from vibeboard.shot import Angle, Movement, ShotSize

OFFICE, STREET, TAXI, DINER = 0, 1, 2, 3
ANY_SCENE = st.sampled_from(range(len(scenes())))


@pytest.mark.parametrize("number", range(len(scenes())))
def test_a_plan_can_be_set_up_again_from_its_shots(number):
    scene = scenes()[number]
    beats = read_beats(scene.question.scene, scene.question.breakdown)
    again = plan_setups(*scene.question, beats, setups_of_shots(scene.shots, scene.question.scene, beats))
    assert again == scene.plan


def only_changed(scene, laid) -> list[int]:
    assert [shot.id for shot in laid.plan.shots] == [shot.id for shot in scene.shots]
    return [at for at, shot in enumerate(scene.shots) if shot != laid.plan.shots[at]]


def test_closer_lower_longer_touches_the_one_shot():
    scene = scenes()[DINER]
    at = scene.saying("I know you")
    laid = scene.laid(
        scene.edit(SetSize, at, size=ShotSize.ECU),
        scene.edit(SetAngle, at, angle=Angle.LOW),
        scene.edit(SetLens, at, focal_mm=100),
        scene.edit(ScaleLength, at, factor=1.5),
    )
    assert laid.left == ()
    assert only_changed(scene, laid) == [at]
    before, after = scene.shots[at], laid.plan.shots[at]
    assert (after.size, after.angle) == (ShotSize.ECU, Angle.LOW)
    assert after.focal_mm > before.focal_mm
    assert after.frames == round(before.frames * 1.5)
    assert after.lines == before.lines
    assert (after.id, after.seed) == (before.id, before.seed)


def test_a_shot_is_never_shorter_than_its_words():
    scene = scenes()[DINER]
    at = scene.saying("Kitchen's closed")
    after = scene.laid(scene.edit(SetLength, at, seconds=0.1)).plan.shots[at]
    assert after.frames == max(line.start + line.frames for line in after.lines)


def test_twice_slower_is_slower_than_once():
    scene = scenes()[STREET]
    slower = scene.edit(ScaleLength, 1, factor=1.5)
    assert scene.laid(slower, slower).plan.shots[1].frames == round(round(scene.shots[1].frames * 1.5) * 1.5)


def eyes_in_frame(shot, name, frame):
    """Share of the frame's height that 20 cm about somebody's eyes take, and how far they are from its middle."""
    point = aim_point(shot.stage, Aim(name=name, landmark=Landmark.EYES), frame)
    pose = camera_at(shot.camera, frame)
    u, v, depth = project(pose, shot.camera.sensor_width_mm, 1600, 900, point)
    height = 0.2 * pose.focal_mm / shot.camera.sensor_width_mm * 1600 / depth / 900
    return height, math.hypot(u / 1600 - 0.5, v / 900 - 0.5)


def test_a_push_to_her_eyes_ends_on_her_eyes():
    scene = scenes()[DINER]
    at = scene.saying("I know you")
    aim = Aim(name="NORA", landmark=Landmark.EYES)
    laid = scene.laid(scene.edit(SetMovement, at, movement=Movement.PUSH_IN, aim=aim))
    shot = laid.plan.shots[at]
    assert only_changed(scene, laid) == [at]
    assert shot.movement is Movement.PUSH_IN
    first, _ = eyes_in_frame(shot, "NORA", 0)
    last, off = eyes_in_frame(shot, "NORA", shot.frames - 1)
    assert last > 1.5 * first
    assert last > 0.25
    assert off < 0.01
    assert shot.camera.keys[0].position == scene.shots[at].camera.keys[-1].position


def test_a_pull_out_begins_where_a_push_in_would_end():
    scene = scenes()[DINER]
    at, aim = scene.saying("I know you"), Aim(name="NORA", landmark=Landmark.EYES)
    pushed, pulled = (
        scene.laid(scene.edit(SetMovement, at, movement=movement, aim=aim)).plan.shots[at].camera.keys
        for movement in (Movement.PUSH_IN, Movement.PULL_OUT)
    )
    assert [key.position for key in pushed] == [key.position for key in reversed(pulled)]


def test_focus_goes_from_a_thing_to_a_face_when_the_line_begins():
    scene = scenes()[OFFICE]
    at = scene.saying("Then it can wait")
    shot = scene.shots[at]
    line = shot.lines[0]
    rack = scene.edit(
        RackFocus, at, start=Aim(name="paper"), end=Aim(name="RUTH", landmark=Landmark.EYES), line_id=line.element_id
    )
    laid = scene.laid(rack)
    after = laid.plan.shots[at]
    assert only_changed(scene, laid) == [at]

    def distance(aim, frame):
        return camera_at(after.camera, frame).world_to_camera(aim_point(after.stage, aim, frame))[2]

    for frame in (0, line.start):
        assert camera_at(after.camera, frame).focus_m == pytest.approx(distance(rack.start, frame), abs=0.02)
    end = line.start + FPS.frames(0.8) + 1
    assert camera_at(after.camera, end).focus_m == pytest.approx(distance(rack.end, end), abs=0.02)
    before_pose, after_pose = camera_at(shot.camera, 5), camera_at(after.camera, 5)
    assert after_pose.position == pytest.approx(before_pose.position, abs=1e-3)
    assert after_pose.rotation[2] == pytest.approx(before_pose.rotation[2], abs=1e-3)


def test_a_moving_camera_keeps_its_way_when_its_focus_is_pulled():
    scene = scenes()[TAXI]
    at = next(at for at, shot in enumerate(scene.shots) if shot.lines and shot.movement is Movement.PUSH_IN)
    shot = scene.shots[at]
    rack = scene.edit(RackFocus, at, start=Aim(name="meter"), end=Aim(name="RUTH"), line_id=shot.lines[0].element_id)
    after = scene.laid(rack).plan.shots[at]
    for frame in range(0, shot.frames, 7):
        old, new = camera_at(shot.camera, frame), camera_at(after.camera, frame)
        assert math.dist(old.position, new.position) < 0.02


def test_a_new_seed_and_new_words_change_no_picture_of_the_camera():
    scene = scenes()[STREET]
    laid = scene.laid(scene.edit(Reseed, 0, seed=7), scene.edit(SetDescription, 0, text="Rain on an empty street"))
    changed = {"seed": 7, "description": "Rain on an empty street"}
    assert laid.plan.shots[0] == scene.shots[0].model_copy(update=changed)


def test_a_shot_goes_on_from_the_one_before_it_and_is_else_as_it_was():
    scene = scenes()[DINER]
    laid = scene.laid(scene.edit(ContinueShot, 2, source_id=scene.shots[1].id))
    assert only_changed(scene, laid) == [2]
    assert laid.plan.shots[2] == scene.shots[2].model_copy(update={"continues": scene.shots[1].id})


@pytest.mark.parametrize(
    ("source", "why"), [(2, "comes before it"), (4, "comes before it"), (1, "no longer in the scene")]
)
def test_a_shot_goes_on_from_nothing_that_is_later_or_left_out(source, why):
    scene = scenes()[DINER]
    left_out = scene.edit(OmitShot, 1)
    laid = scene.laid(left_out, scene.edit(ContinueShot, 2, source_id=scene.shots[source].id))
    assert laid.plan == scene.laid(left_out).plan
    assert why in laid.left[0].why


def test_who_is_left_out_of_the_frame_is_heard_off_screen():
    scene = scenes()[DINER]
    at = scene.saying("I know you")
    after = scene.laid(scene.edit(SetSubjects, at, subjects=("RUTH",))).plan.shots[at]
    assert after.subjects == ("RUTH",)
    assert [line.voice for line in after.lines] == ["O.S."]
    assert "NORA" in {figure.id for figure in after.stage.figures}


@pytest.mark.parametrize("at", range(len(scenes()[OFFICE].shots)))
def test_what_a_left_out_shot_said_is_said_by_its_neighbour(at):
    scene = scenes()[OFFICE]
    laid = scene.laid(scene.edit(OmitShot, at))
    assert len(laid.plan.shots) == len(scene.shots) - 1
    lost = {Fault.LINE_COUNT, Fault.ACTION_LOST, Fault.LINE_TIME}
    assert not lost & {finding.fault for finding in lint(scene.question.scene, laid.plan)}
    touched = [shot for shot in laid.plan.shots if shot not in scene.shots]
    assert len(touched) <= 1


def test_a_scene_keeps_one_shot():
    scene = scenes()[STREET]
    laid = scene.laid(*(scene.edit(OmitShot, at) for at in range(len(scene.shots))))
    assert len(laid.plan.shots) == 1
    assert [left.id for left in laid.left] == [len(scene.shots)]


@pytest.mark.parametrize("count", [1, 3, 6, 11])
def test_a_scene_is_broken_into_as_many_shots_as_asked(count):
    scene = scenes()[OFFICE]
    laid = scene.laid(SetCoverage(scene_id=scene.plan.scene_id, shots=count, tension=1))
    assert laid.left == ()
    assert len(laid.plan.shots) == count
    lost = {Fault.LINE_COUNT, Fault.ACTION_LOST, Fault.SAME_ID, Fault.LINE_TIME}
    assert not lost & {finding.fault for finding in lint(scene.question.scene, laid.plan)}


def test_more_shots_than_a_scene_has_is_said_and_changes_nothing():
    scene = scenes()[STREET]
    laid = scene.laid(SetCoverage(scene_id=scene.plan.scene_id, shots=150))
    assert laid.plan == scene.plan
    assert "not enough" in laid.left[0].why


def test_tension_is_closer_at_the_end_and_the_same_at_the_start():
    scene = scenes()[DINER]
    shots = scene.laid(SetCoverage(scene_id=scene.plan.scene_id, tension=2)).plan.shots
    sizes = list(ShotSize)
    steps = [sizes.index(new.size) - sizes.index(old.size) for old, new in zip(scene.shots, shots, strict=True)]
    assert set(steps[: len(steps) // 3]) == {0}
    assert max(steps[len(steps) // 3 :]) >= 1
    assert min(steps) >= 0


def test_an_edit_of_a_shot_that_is_gone_is_told_and_the_others_are_done():
    scene = scenes()[STREET]
    gone = SetSize(scene_id=scene.plan.scene_id, shot_id="sgone", size=ShotSize.CU)
    laid = scene.laid(gone, scene.edit(SetSize, 1, size=ShotSize.CU))
    assert [(left.id, left.why) for left in laid.left] == [(1, "the shot is no longer in the plan")]
    assert laid.plan.shots[1].size is ShotSize.CU


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        (SetSubjects, {"subjects": ("MILO",)}, "MILO is not on the set then"),
        (SetMovement, {"movement": Movement.PUSH_IN, "aim": Aim(name="gun")}, "there is no gun"),
        (SetSize, {"size": ShotSize.INSERT}, "INSERT is for things"),
        (RackFocus, {"start": Aim(name="key"), "end": Aim(name="RUTH"), "line_id": "no"}, "not said in the shot"),
    ],
)
def test_what_does_not_fit_is_left_with_its_reason(kind, fields, why):
    scene = scenes()[OFFICE]
    laid = scene.laid(scene.edit(kind, 2, **fields))
    assert laid.plan == scene.plan
    assert why in laid.left[0].why


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "movement", "movement": "truck", "aim": {"name": "RUTH"}},
        {"kind": "lens", "focal_mm": 900},
        {"kind": "scale length", "factor": 0},
        {"kind": "prompt", "text": "make it good"},
        {"kind": "seed", "seed": -1},
    ],
)
def test_what_no_edit_can_ask_for_is_refused(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(Edit).validate_python({"scene_id": "e", "shot_id": "s", **wrong})


@st.composite
def edited(draw):
    """Some edits of one scene of the demo."""
    scene = scenes()[draw(ANY_SCENE)]
    at = st.integers(0, len(scene.shots) - 1)
    people = scene.question.breakdown.cast
    aims = st.builds(Aim, name=st.sampled_from([*people, "key"]), landmark=st.sampled_from([None, *Landmark]))
    one = st.one_of(
        st.builds(lambda a, v: scene.edit(SetSize, a, size=v), at, st.sampled_from(list(ShotSize))),
        st.builds(lambda a, v: scene.edit(SetAngle, a, angle=v), at, st.sampled_from(list(Angle))),
        st.builds(lambda a, v: scene.edit(SetLens, a, focal_mm=v), at, st.floats(16, 135)),
        st.builds(lambda a, v: scene.edit(SetMovement, a, movement=v), at, st.sampled_from(list(Movement))),
        st.builds(lambda a, v: scene.edit(SetMovement, a, movement=Movement.PUSH_IN, aim=v), at, aims),
        st.builds(lambda a, v: scene.edit(ScaleLength, a, factor=v), at, st.floats(0.1, 10)),
        st.builds(lambda a, v: scene.edit(SetSubjects, a, subjects=(v,)), at, st.sampled_from(people)),
        st.builds(lambda a: scene.edit(OmitShot, a), at),
        st.builds(
            lambda n, t: SetCoverage(scene_id=scene.plan.scene_id, shots=n, tension=t),
            st.integers(1, 30),
            st.integers(0, 2),
        ),
    )
    return scene, draw(st.lists(one, min_size=1, max_size=6))


@settings(max_examples=60, deadline=None)
@given(edited())
def test_no_edits_make_an_illegal_plan(drawn):
    scene, edits = drawn
    laid = scene.laid(*edits)
    broken = {finding.fault for finding in lint(scene.question.scene, laid.plan)}
    assert not broken & {Fault.LINE_COUNT, Fault.ACTION_LOST, Fault.SAME_ID, Fault.LINE_TIME}
    for shot in laid.plan.shots:
        numbers = [
            value for key in shot.camera.keys for value in (*key.position, *key.target, key.focal_mm, key.focus_m)
        ]
        assert all(math.isfinite(number) for number in numbers)
        assert [key.frame for key in shot.camera.keys] == sorted({key.frame for key in shot.camera.keys})
    assert canonical(scene.laid(*edits).plan) == canonical(laid.plan)
