"""The geometry of each movement."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.planner import moves
from vibeboard.camera import CameraKey, CameraPath, Ease, camera_at, project, unit
from vibeboard.shot import Movement

KEY = CameraKey(frame=0, position=(1.0, 1.6, 4.0), target=(0.2, 1.3, 0.0), focal_mm=50.0, focus_m=4.1)
FRAMES = 97


def pose(keys, frame):
    return camera_at(CameraPath(keys=keys), frame)


def forward(keys, frame):
    return pose(keys, frame).rotation[2]


def distance(a, b):
    return math.dist(a, b)


def bearing(direction):
    return math.degrees(math.atan2(direction[0], -direction[2]))


ENDING_ON_KEY = {
    Movement.PAN: moves.pan(KEY, FRAMES, 20.0),
    Movement.WHIP_PAN: moves.whip_pan(KEY, FRAMES, 60.0),
    Movement.TILT: moves.tilt(KEY, FRAMES, 12.0),
    Movement.PUSH_IN: moves.push_in(KEY, FRAMES, 1.3),
    Movement.TRUCK: moves.truck(KEY, FRAMES, 1.0),
    Movement.ARC: moves.arc(KEY, FRAMES, (0.0, 0.0, 0.0), 25.0),
    Movement.CRANE: moves.crane(KEY, FRAMES, 1.5),
    Movement.ZOOM: moves.zoom(KEY, FRAMES, 1.5),
    Movement.DOLLY_ZOOM: moves.dolly_zoom(KEY, FRAMES, KEY.target, 1.7),
}


@pytest.mark.parametrize("movement", ENDING_ON_KEY)
def test_a_move_ends_on_the_frame_that_was_composed(movement):
    keys = ENDING_ON_KEY[movement]
    end = pose(keys, FRAMES - 1)
    assert keys[-1].frame == FRAMES - 1
    assert end.position == pytest.approx(KEY.position)
    assert end.rotation[2] == pytest.approx(pose((KEY,), 0).rotation[2])
    assert end.focal_mm == pytest.approx(KEY.focal_mm)
    assert pose(keys, 0) != end


def test_pan_and_tilt_turn_by_the_degrees_asked_from_one_place():
    pan, tilt = ENDING_ON_KEY[Movement.PAN], ENDING_ON_KEY[Movement.TILT]
    assert {key.position for key in (*pan, *tilt)} == {KEY.position}
    assert bearing(forward(pan, FRAMES - 1)) - bearing(forward(pan, 0)) == pytest.approx(20.0)
    pitch = [math.degrees(math.asin(forward(tilt, frame)[1])) for frame in (0, FRAMES - 1)]
    assert pitch[1] - pitch[0] == pytest.approx(12.0)


def test_push_in_and_pull_out_stay_on_the_axis():
    for keys, ratios in ((ENDING_ON_KEY[Movement.PUSH_IN], (1.3, 1.0)), (moves.pull_out(KEY, FRAMES, 1.4), (1.0, 1.4))):
        base = distance(KEY.position, KEY.target)
        assert [distance(key.position, key.target) / base for key in keys] == pytest.approx(ratios)
        assert forward(keys, 0) == pytest.approx(forward(keys, FRAMES - 1))


def test_a_truck_slides_sideways_without_turning():
    keys = ENDING_ON_KEY[Movement.TRUCK]
    assert forward(keys, 0) == pytest.approx(forward(keys, FRAMES - 1))
    step = [b - a for a, b in zip(keys[0].position, keys[1].position, strict=True)]
    assert math.hypot(*step) == pytest.approx(1.0)
    right = pose(keys, 0).rotation[0]
    assert sum(a * b for a, b in zip(step, right, strict=True)) == pytest.approx(1.0)


def test_an_arc_keeps_its_distance_and_ends_after_its_angle():
    keys = ENDING_ON_KEY[Movement.ARC]
    radii = {round(math.hypot(key.position[0], key.position[2]), 6) for key in keys}
    assert len(keys) > 4
    assert len(radii) == 1
    start, end = (math.degrees(math.atan2(key.position[0], key.position[2])) for key in (keys[0], keys[-1]))
    assert end - start == pytest.approx(25.0)


def test_a_crane_rises_with_its_eye_on_the_target():
    first, last = ENDING_ON_KEY[Movement.CRANE]
    assert last.position[1] - first.position[1] == pytest.approx(1.5)
    assert (first.position[0], first.position[2], first.target) == (last.position[0], last.position[2], last.target)


def test_a_whip_pan_rests_rushes_and_rests():
    keys = ENDING_ON_KEY[Movement.WHIP_PAN]
    assert keys[0].ease is Ease.WHIP
    angles = [bearing(forward(keys, frame)) for frame in range(FRAMES)]
    assert angles[20] == pytest.approx(angles[0])
    assert max(b - a for a, b in pairwise(angles)) > 60 / FRAMES * 3


def test_a_zoom_changes_the_lens_only():
    first, last = ENDING_ON_KEY[Movement.ZOOM]
    assert first.position == last.position
    assert last.focal_mm / first.focal_mm == pytest.approx(1.5)


@given(st.floats(1.1, 2.5), st.integers(24, 400))
def test_a_dolly_zoom_keeps_the_size_of_its_subject_while_the_rest_swells(ratio, frames):
    keys = moves.dolly_zoom(KEY, frames, KEY.target, ratio)
    away = unit(tuple(t - p for t, p in zip(KEY.target, KEY.position, strict=True)))
    behind = tuple(t + 4 * a for t, a in zip(KEY.target, away, strict=True))

    def width(frame, point):
        at = pose(keys, frame)
        right = at.rotation[0]
        shifted = tuple(p + 0.3 * r for p, r in zip(point, right, strict=True))
        u0, u1 = (project(at, 24.89, 1000, 562, p)[0] for p in (point, shifted))
        return u1 - u0

    sizes = [width(frame, KEY.target) for frame in range(frames)]
    assert max(sizes) / min(sizes) < 1.02
    assert width(0, behind) / width(frames - 1, behind) > 1.02


def test_following_keeps_the_walker_where_they_were_framed():
    offsets = [(0, (0.0, 0.0, 0.0)), (48, (1.0, 0.0, 2.0))]
    keys = moves.follow(KEY, offsets)
    for frame in range(0, 49, 8):
        walker = (0.2 + frame / 48, 1.3, 2.0 * frame / 48)
        u, v, _ = project(pose(keys, frame), 24.89, 1000, 562, walker)
        assert (u, v) == (pytest.approx(500, abs=0.5), pytest.approx(281, abs=0.5))
