"""The camera against closed forms."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibeboard.camera import (
    SUPER35_WIDTH_MM,
    CameraKey,
    CameraPath,
    Ease,
    camera_at,
    cross,
    dot,
    focal_px,
    look_at,
    project,
)

coordinates = st.floats(-20, 20)
points = st.tuples(coordinates, coordinates, coordinates)


def path(*keys: CameraKey, **more) -> CameraPath:
    return CameraPath(keys=keys, **more)


def key(frame=0, position=(0.0, 1.6, 4.0), target=(0.0, 1.6, 0.0), **more) -> CameraKey:
    return CameraKey(frame=frame, position=position, target=target, **more)


@given(position=points, target=points, roll=st.floats(-180, 180))
def test_a_rotation_is_orthonormal_and_right_handed(position, target, roll):
    if math.dist(position, target) < 1e-3:
        return
    right, down, forward = look_at(position, target, roll)
    for axis in (right, down, forward):
        assert dot(axis, axis) == pytest.approx(1)
    assert dot(right, down) == pytest.approx(0, abs=1e-9)
    assert cross(right, down) == pytest.approx(forward, abs=1e-9)


def test_the_axes_are_opencvs():
    right, down, forward = look_at((0, 0, 5), (0, 0, 0))
    assert right == pytest.approx((1, 0, 0))
    assert down == pytest.approx((0, -1, 0))
    assert forward == pytest.approx((0, 0, -1))


@given(target=points, position=points, focal=st.floats(12, 200))
def test_the_target_is_in_the_middle_of_the_picture_at_its_distance(position, target, focal):
    if math.dist(position, target) < 0.1:
        return
    pose = camera_at(path(key(position=position, target=target, focal_mm=focal)), 0)
    u, v, depth = project(pose, SUPER35_WIDTH_MM, 854, 480, target)
    assert (u, v) == pytest.approx((427, 240), abs=1e-3)
    assert depth == pytest.approx(math.dist(position, target), rel=1e-6)


@given(x=st.floats(-2, 2), y=st.floats(0, 3), focal=st.floats(12, 200))
def test_projection_is_the_pinholes(x, y, focal):
    pose = camera_at(path(key(focal_mm=focal)), 0)
    u, v, depth = project(pose, SUPER35_WIDTH_MM, 854, 480, (x, y, 0.0))
    pixels = focal / SUPER35_WIDTH_MM * 854
    assert depth == pytest.approx(4)
    assert u == pytest.approx(427 + pixels * x / 4)
    assert v == pytest.approx(240 - pixels * (y - 1.6) / 4)


def test_a_roll_turns_the_horizon_clockwise():
    pose = camera_at(path(key(roll=10.0)), 0)
    left = project(pose, SUPER35_WIDTH_MM, 854, 480, (-1.0, 1.6, 0.0))
    right = project(pose, SUPER35_WIDTH_MM, 854, 480, (1.0, 1.6, 0.0))
    slope = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    assert abs(slope) == pytest.approx(10)


@pytest.mark.parametrize("ease", Ease)
def test_a_move_starts_and_ends_where_its_keys_say_and_rests_outside_them(ease):
    moved = path(key(10, ease=ease), key(34, position=(2.0, 1.6, 4.0)))
    assert camera_at(moved, 0) == camera_at(moved, 10)
    assert camera_at(moved, 10).position == pytest.approx((0, 1.6, 4))
    assert camera_at(moved, 34).position == pytest.approx((2, 1.6, 4))
    assert camera_at(moved, 99) == camera_at(moved, 34)
    middle = camera_at(moved, 22).position[0]
    assert middle == pytest.approx(1)


@pytest.mark.parametrize("ease", Ease)
@given(first=st.integers(0, 48), second=st.integers(0, 48))
def test_a_move_never_goes_back(ease, first, second):
    moved = path(key(0, ease=ease), key(48, position=(2.0, 1.6, 4.0)))
    a, b = sorted((first, second))
    assert camera_at(moved, a).position[0] <= camera_at(moved, b).position[0] + 1e-12


def test_a_smooth_move_starts_slower_than_an_even_one():
    even, smooth = (path(key(0, ease=ease), key(48, position=(2.0, 1.6, 4.0))) for ease in (Ease.LINEAR, Ease.SMOOTH))
    assert camera_at(smooth, 4).position[0] < camera_at(even, 4).position[0] / 2


def test_a_zoom_is_even_in_its_ratio():
    zoom = path(key(0, focal_mm=25.0, ease=Ease.LINEAR), key(48, focal_mm=100.0))
    assert camera_at(zoom, 24).focal_mm == pytest.approx(50)


def test_a_handheld_camera_drifts_by_its_seed_and_little():
    held = path(key(), handheld=0.012)
    still = camera_at(path(key()), 0).position
    seen = [camera_at(held, frame, frame / 24, seed=5) for frame in range(240)]
    assert seen == [camera_at(held, frame, frame / 24, seed=5) for frame in range(240)]
    assert seen != [camera_at(held, frame, frame / 24, seed=6) for frame in range(240)]
    assert max(math.dist(pose.position, still) for pose in seen) < 0.03
    steps = [math.dist(a.position, b.position) for a, b in pairwise(seen)]
    assert max(steps) < 0.004


def test_what_moves_is_told_from_what_stands():
    assert not path(key()).moves
    assert not path(key(0), key(48)).moves
    assert path(key(0), key(48, focal_mm=50.0)).moves
    assert path(key(), handheld=0.01).moves


def test_focal_length_in_pixels():
    assert focal_px(SUPER35_WIDTH_MM, SUPER35_WIDTH_MM, 854) == 854
