"""Where people end up in the frame, by projection through the planned camera."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.planner.framing import (
    CROPS,
    PRIMES,
    View,
    Window,
    body_height,
    body_points,
    place_in_frame,
    solve,
    solve_lens,
    within_reach,
)
from agents.planner.geometry import heading, plan_distance
from vibeboard.camera import cross
from vibeboard.figure import FRACTION, Landmark, height_of, point_of
from vibeboard.shot import Framing, ShotSize
from vibeboard.stage import Figure, Mark, Pose

ASPECTS = st.sampled_from([16 / 9, 2.39, 4 / 3, 9 / 16])
figures = st.builds(
    lambda height, build, x, z, yaw, pose: Figure(
        id="A",
        name="A",
        colour=(0.5, 0.5, 0.5),
        height=height,
        build=build,
        marks=(Mark(frame=0, x=x, z=z, yaw=yaw, pose=pose, floor=0.45 if pose is Pose.SIT else 0.0),),
    ),
    st.floats(1.2, 2.0),
    st.floats(0.8, 1.2),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.floats(-180, 180),
    st.sampled_from([Pose.STAND, Pose.SIT, Pose.KNEEL]),
)


def framed(figure, size, azimuth, lens, aspect, centre=0.5):
    crop = CROPS[size]
    direction = heading(azimuth)
    right = cross((-direction[0], 0.0, -direction[2]), (0.0, 1.0, 0.0))
    points = body_points(figure, figure.marks[0], crop, right)
    view = View(direction, height=height_of(figure, figure.marks[0], Landmark.EYES))
    window = Window(top=crop.head, foot=crop.foot, centre=centre, margin=0.04)
    return solve(points, view, window, lens, aspect), points


@settings(max_examples=200, deadline=None)
@given(figures, st.sampled_from(list(CROPS)), st.floats(-180, 180), st.sampled_from(PRIMES[2:]), ASPECTS)
def test_what_a_size_shows_is_in_the_frame_with_its_headroom(figure, size, azimuth, lens, aspect):
    key, points = framed(figure, size, azimuth, lens, aspect)
    places = [place_in_frame(key, aspect, point) for point in points]
    assert min(depth for _, _, depth in places) > 0
    assert min(v for _, v, _ in places) == pytest.approx(CROPS[size].head, abs=0.01)
    assert max(v for _, v, _ in places) <= CROPS[size].foot + 0.01
    assert all(-0.001 <= u <= 1.001 for u, _, _ in places)


@settings(max_examples=60, deadline=None)
@given(figures, st.sampled_from([ShotSize.CU, ShotSize.MCU, ShotSize.MS]), st.floats(-180, 180))
def test_eyes_of_a_close_shot_lie_near_the_upper_third(figure, size, azimuth):
    key, _ = framed(figure, size, azimuth, 50.0, 16 / 9)
    _, v, _ = place_in_frame(key, 16 / 9, point_of(figure, figure.marks[0], Landmark.EYES))
    assert 0.1 < v < 0.45


@settings(max_examples=60, deadline=None)
@given(figures, st.sampled_from(list(CROPS)), st.floats(-180, 180), st.floats(0.42, 0.58))
def test_the_subject_stands_where_lead_room_wants_it(figure, size, azimuth, centre):
    key, points = framed(figure, size, azimuth, 50.0, 16 / 9, centre)
    us = [place_in_frame(key, 16 / 9, point)[0] for point in points]
    assert (min(us) + max(us)) / 2 == pytest.approx(centre, abs=0.01)


def test_tighter_sizes_show_less_of_a_body():
    figure = Figure(id="A", name="A", colour=(0, 0, 0), marks=(Mark(frame=0, x=0, z=0),))
    spans = [
        plan_distance(framed(figure, size, 0.0, 50.0, 16 / 9)[0].position, (0.0, 0.0, 0.0))
        for size in ShotSize
        if size in CROPS
    ]
    assert spans == sorted(spans, reverse=True)


def test_no_size_cuts_at_a_joint():
    joints = [Landmark.KNEES, Landmark.HIPS, Landmark.CHIN]
    for size, crop in CROPS.items():
        gaps = [abs(crop.low - FRACTION[joint]) for joint in joints]
        assert min(gaps) > 0.004 or size is ShotSize.ECU, size


@settings(max_examples=40, deadline=None)
@given(figures, st.floats(-180, 180), st.floats(1.0, 4.0))
def test_a_fixed_camera_gets_the_lens_that_fills_the_window(figure, azimuth, distance):
    x, _, z = heading(azimuth)
    mark = figure.marks[0]
    position = (mark.x + x * distance, body_height(figure, mark, 0.8), mark.z + z * distance)
    points = [point_of(figure, mark, Landmark.CROWN), point_of(figure, mark, Landmark.WAIST)]
    window = Window(top=0.1, foot=0.9)
    key = solve_lens(points, position, window, 16 / 9, (8.0, 400.0))
    top, foot = (place_in_frame(key, 16 / 9, point)[1] for point in points)
    assert key.position == pytest.approx(position, abs=0.001)
    assert (top, foot) == (pytest.approx(0.1, abs=0.01), pytest.approx(0.9, abs=0.01))


def test_a_small_set_gets_a_shorter_lens():
    points = [(0.0, 0.0, 0.0), (0.0, 1.8, 0.0)]
    view, window = View(heading(0.0), height=1.4), Window(top=0.1, foot=0.95)
    key = within_reach(points, view, window, 85.0, 16 / 9, reach=4.0)
    assert key.focal_mm < 85.0
    assert plan_distance(key.position, (0.0, 0.0, 0.0)) <= 4.0


SCENE = """INT. {place} - NIGHT

ANNA and TOM wait. ANNA sits. TOM stands.

ANNA
You were out late again, weren't you?

TOM
The train broke down outside the city.

ANNA
Three nights in a row it broke down.

TOM
I can't help what the railway does.

ANNA
Then who can help it, if not you?
"""


@pytest.mark.parametrize("place", ["KITCHEN", "BEDROOM", "BAR", "CORRIDOR", "OFFICE", "WAREHOUSE", "ROOM"])
@pytest.mark.parametrize("aspect", [16 / 9, 2.39, 9 / 16])
def test_speakers_keep_their_sides_of_the_screen_and_look_across_it(place, aspect, plan):
    (scene,) = plan(SCENE.format(place=place), aspect=aspect)
    singles = [shot for shot in scene.shots if shot.framing in (Framing.SINGLE, Framing.OTS) and shot.lines]
    sides: dict[str, set[bool]] = {}
    for shot in singles:
        (name,) = shot.subjects
        other = next(figure for figure in shot.stage.figures if figure.id != name)
        self_ = next(figure for figure in shot.stage.figures if figure.id == name)
        key = shot.camera.keys[-1]
        pose_right = cross((key.target[0] - key.position[0], 0.0, key.target[2] - key.position[2]), (0.0, 1.0, 0.0))
        look = (other.marks[0].x - self_.marks[0].x, other.marks[0].z - self_.marks[0].z)
        sides.setdefault(name, set()).add(look[0] * pose_right[0] + look[1] * pose_right[2] > 0)
    assert len(sides) == 2
    assert all(len(way) == 1 for way in sides.values())
    assert sides["ANNA"] != sides["TOM"]


@pytest.mark.parametrize("place", ["KITCHEN", "BAR", "ROOM", "OFFICE"])
def test_over_the_shoulder_the_near_head_is_at_the_edge_and_the_far_one_inside(place, plan):
    found = 0
    for n in range(6):
        (scene,) = plan(SCENE.format(place=f"{place} {n}").replace("again", f"again {n}"))
        for shot in (shot for shot in scene.shots if shot.framing is Framing.OTS):
            near = next(figure for figure in shot.stage.figures if figure.id not in shot.subjects)
            far = next(figure for figure in shot.stage.figures if figure.id in shot.subjects)
            key = shot.camera.keys[-1]
            u_near, _, depth = place_in_frame(key, 16 / 9, point_of(near, near.marks[0], Landmark.SHOULDERS))
            u_far, v_far, depth_far = place_in_frame(key, 16 / 9, point_of(far, far.marks[0], Landmark.EYES))
            assert 0 < depth < depth_far
            assert 0.3 < u_far < 0.7
            assert 0 < v_far < 0.6
            assert abs(u_near - 0.5) > 0.25
            assert math.copysign(1, u_near - 0.5) != math.copysign(1, u_far - 0.5)
            found += 1
    assert found
