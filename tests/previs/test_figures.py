"""Mannequins: built to the proportions that framing relies on, and alive."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from gpu_runtime.models.previs.acting import Actor
from gpu_runtime.models.previs.body import ANKLE, FOREARM, SHIN, THIGH, UPPER_ARM, pose_body, stance_of, walking
from gpu_runtime.models.previs.render import Renderer
from vibeboard.camera import SUPER35_WIDTH_MM, project
from vibeboard.figure import Landmark, point_of
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Figure, Look, Mark, Pose, Prop, PropKind, SetKind, Span
from vibeboard.timing import Rate

RATE = Rate(num=24)


def figure_with(*marks, **fields):
    return Figure(id="a", name="ANNA", colour=(0.7, 0.3, 0.3), marks=marks, **fields)


def ids_of(take, frame=0):
    with torch.inference_mode():
        return Renderer(take).buffers(frame).ids


def rows_of(ids, object_id):
    return torch.nonzero((ids == object_id).any(1)).flatten()


@pytest.mark.parametrize("height", [1.2, 1.75, 2.0])
def test_crown_and_feet_are_where_framing_expects_them(stage_of, take_of, height):
    person = figure_with(Mark(frame=0, x=0.0, z=0.0), height=height)
    take = take_of(
        stage_of(SetKind.STUDIO, figures=(person,)), (0.0, 1.0, 5.0), (0.0, 0.9, 0.0), 35.0, width=320, height=400
    )
    rows = rows_of(ids_of(take), 1)
    pose = Renderer(take).pose(0)
    tolerance = 0.025 * height / 5.0 * 35.0 / SUPER35_WIDTH_MM * 320
    for landmark, row in ((Landmark.CROWN, int(rows[0])), (Landmark.FEET, int(rows[-1]) + 1)):
        _, v, _ = project(pose, SUPER35_WIDTH_MM, 320, 400, point_of(person, person.marks[0], landmark))
        assert abs(row - v) < tolerance + 2


@pytest.mark.parametrize(("pose", "floor"), [(Pose.SIT, 0.45), (Pose.SIT, 0.75), (Pose.KNEEL, 0.0)])
def test_crowns_are_right_in_other_poses(stage_of, take_of, pose, floor):
    person = figure_with(Mark(frame=0, x=0.0, z=0.0, yaw=90.0, pose=pose, floor=floor))
    take = take_of(
        stage_of(SetKind.FIELD, figures=(person,)), (0.0, 1.0, 6.0), (0.0, 0.9, 0.0), 35.0, width=320, height=320
    )
    top = int(rows_of(ids_of(take), 1)[0])
    camera = Renderer(take).pose(0)
    _, v, _ = project(camera, SUPER35_WIDTH_MM, 320, 320, point_of(person, person.marks[0], Landmark.CROWN))
    assert abs(top - v) < 0.09 * person.height / 6.0 * 35.0 / SUPER35_WIDTH_MM * 320


def test_the_eyes_are_on_their_landmark():
    body = pose_body(stance_of(Pose.STAND, 0.0), Actor(figure_with(Mark(frame=0, x=0, z=0)), RATE, 1, None).at(0).turn)
    assert body.head_at[1] == pytest.approx(0.935)
    assert math.hypot(body.head_at[0], body.head_at[2]) < 1e-9


@pytest.mark.parametrize("stance", [stance_of(pose, 0.25) for pose in Pose] + [walking(n / 7) for n in range(7)])
def test_limbs_keep_their_lengths(stance):
    body = pose_body(stance, Actor(figure_with(Mark(frame=0, x=0, z=0)), RATE, 1, None).at(0).turn)
    for limb, upper, lower in (
        (body.left_arm, UPPER_ARM, FOREARM),
        (body.right_arm, UPPER_ARM, FOREARM),
        (body.left_leg, THIGH, SHIN),
        (body.right_leg, THIGH, SHIN),
    ):
        assert math.dist(limb.root, limb.bend) == pytest.approx(upper, abs=1e-6)
        assert math.dist(limb.bend, limb.end) == pytest.approx(lower, abs=1e-6)


def test_walking_a_foot_on_the_ground_stays_where_it_is():
    """Mid-walk, whichever foot is down has the same place in the world from frame to frame."""
    person = figure_with(Mark(frame=0, x=0.0, z=-4.0), Mark(frame=96, x=0.0, z=4.0))
    actor = Actor(person, RATE, 1, None)
    still = 0
    for frame in range(30, 60):
        now, then = actor.at(frame), actor.at(frame + 1)
        for side in ("left_foot", "right_foot"):
            a, b = getattr(now.stance, side), getattr(then.stance, side)
            if a[1] < ANKLE + 1e-6 and b[1] < ANKLE + 1e-6:
                slip = (then.root[2] + b[2] * person.height) - (now.root[2] + a[2] * person.height)
                assert abs(slip) < 0.004
                still += 1
    assert still > 15


def test_a_walker_faces_where_it_goes_and_then_as_its_mark_says():
    person = figure_with(Mark(frame=0, x=0.0, z=0.0, yaw=0.0), Mark(frame=72, x=4.0, z=0.0, yaw=0.0))
    actor = Actor(person, RATE, 1, None)
    assert actor.at(0).yaw == pytest.approx(0.0)
    assert actor.at(36).yaw == pytest.approx(90.0)
    assert actor.at(90).yaw == pytest.approx(0.0)


def test_sitting_down_is_a_movement_not_a_jump():
    person = figure_with(
        Mark(frame=0, x=0.0, z=0.0), Mark(frame=24, x=0.0, z=0.0, pose=Pose.SIT, floor=0.45), height=1.8
    )
    actor = Actor(person, RATE, 1, None)
    pelvis = [p.root[1] + p.stance.pelvis[1] * 1.8 for p in (actor.at(frame) for frame in range(60))]
    assert pelvis[0] == pytest.approx(0.52 * 1.8)
    assert pelvis[-1] == pytest.approx(0.45 + 0.05 * 1.8)
    assert max(abs(a - b) for a, b in pairwise(pelvis)) < 0.08


def test_the_head_turns_to_what_it_looks_at():
    person = figure_with(
        Mark(frame=0, x=0.0, z=0.0),
        looks=(Look(frame=0, point=(3.0, 1.6, 3.0)), Look(frame=30, point=(-3.0, 1.6, 3.0))),
    )
    actor = Actor(person, RATE, 1, None)
    assert actor.at(10).turn.yaw == pytest.approx(45, abs=4)
    assert actor.at(60).turn.yaw == pytest.approx(-45, abs=4)
    assert -40 < actor.at(34).turn.yaw < 40


def test_a_neck_turns_no_farther_than_a_neck_does():
    person = figure_with(Mark(frame=0, x=0.0, z=0.0), looks=(Look(frame=0, point=(0.0, 1.6, -3.0)),))
    assert abs(Actor(person, RATE, 1, None).at(0).turn.yaw) < 85


def test_the_mouth_moves_while_it_talks_and_only_then():
    person = figure_with(Mark(frame=0, x=0.0, z=0.0), talks=(Span(start=24, end=72),))
    actor = Actor(person, RATE, 1, None)
    assert all(actor.at(frame).face.mouth == 0 for frame in (0, 10, 20, 80))
    mouths = [actor.at(frame).face.mouth for frame in range(30, 66)]
    assert max(mouths) > 0.4
    assert np.std(mouths) > 0.1


def test_a_held_prop_rides_in_the_right_hand(stage_of, take_of):
    person = figure_with(Mark(frame=0, x=-1.0, z=0.0, yaw=0.0), Mark(frame=48, x=1.0, z=0.0, yaw=0.0))
    cup = Prop(id="cup", name="CUP", kind=PropKind.CUP, position=(0, 0, 0), size=(0.1, 0.12, 0.1), held_by="a")
    take = take_of(stage_of(SetKind.STUDIO, figures=(person,), props=(cup,)), (0.0, 1.2, 4.0), (0.0, 1.1, 0.0))
    columns = []
    with torch.inference_mode():
        renderer = Renderer(take)
        for frame in (0, 60):
            ids = renderer.buffers(frame).ids
            person_at = (ids == 1).nonzero()[:, 1].float().mean()
            cup_at = (ids == 2).nonzero()[:, 1].float().mean()
            assert cup_at < person_at, "seen from the front, the right hand is on the left"
            columns.append(float(cup_at))
    assert columns[1] > columns[0] + 30


def test_whoever_holds_the_camera_in_their_head_is_not_seen(stage_of, take_of):
    spot = LAYOUTS[SetKind.ROOM].spots[0]
    stage = stage_of(SetKind.ROOM)
    eyes = (spot.x, 0.935 * 1.75, spot.z)
    ids = ids_of(take_of(stage, eyes, (2.0, 1.5, 0.0)))
    assert not (ids == 1).any()
    assert (ids == 2).any()
