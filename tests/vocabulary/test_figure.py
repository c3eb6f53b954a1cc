"""The proportions that framing and drawing share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibeboard.figure import Landmark, height_of, mark_at, point_of, walks_at
from vibeboard.sets import LAYOUTS
from vibeboard.stage import Figure, Mark, Pose, SetKind

DOWN = list(Landmark)


def figure(*marks: Mark, height: float = 1.75) -> Figure:
    return Figure(id="a", name="ANN", colour=(0.5, 0.2, 0.2), height=height, marks=marks or (Mark(frame=0, x=0, z=0),))


@given(height=st.floats(1.0, 2.2), pose=st.sampled_from([Pose.STAND, Pose.SIT, Pose.KNEEL]), floor=st.floats(0, 0.8))
def test_from_crown_to_feet_it_goes_down(height, pose, floor):
    mark = Mark(frame=0, x=0, z=0, pose=pose, floor=floor)
    heights = [height_of(figure(height=height), mark, landmark) for landmark in DOWN]
    assert heights == sorted(heights, reverse=True)


def test_somebody_standing_is_as_tall_as_they_are_and_looks_out_at_eye_height():
    mark = Mark(frame=0, x=0, z=0)
    assert height_of(figure(height=1.8), mark, Landmark.CROWN) == pytest.approx(1.8)
    assert 1.65 < height_of(figure(height=1.8), mark, Landmark.EYES) < 1.72


def test_sitting_height_over_the_seat_is_a_grown_ups():
    seat = Mark(frame=0, x=0, z=0, pose=Pose.SIT, floor=0.45)
    over_the_seat = height_of(figure(height=1.75), seat, Landmark.CROWN) - 0.45
    assert 0.85 < over_the_seat < 0.97


def test_between_two_marks_one_walks_evenly_and_turns_the_short_way():
    walker = figure(Mark(frame=12, x=0, z=0, yaw=170), Mark(frame=36, x=2, z=-4, yaw=-170))
    halfway = mark_at(walker, 24)
    assert (halfway.x, halfway.z) == pytest.approx((1, -2))
    assert halfway.yaw % 360 == pytest.approx(180)
    assert [walks_at(walker, frame) for frame in (0, 12, 35, 36, 99)] == [False, True, True, False, False]
    assert mark_at(walker, 99).x == 2
    assert point_of(walker, halfway, Landmark.FEET) == pytest.approx((1, 0, -2))


@pytest.mark.parametrize("kind", SetKind)
def test_every_set_offers_places_inside_it(kind):
    layout = LAYOUTS[kind]
    width, _, depth = layout.size
    assert len(layout.spots) >= 3
    for spot in layout.spots:
        assert abs(spot.x) <= width / 2
        assert abs(spot.z) <= depth / 2


@pytest.mark.parametrize("kind", SetKind)
def test_nobody_stands_in_somebody_else(kind):
    spots = LAYOUTS[kind].spots
    for place, spot in enumerate(spots):
        for other in spots[place + 1 :]:
            assert (spot.x - other.x) ** 2 + (spot.z - other.z) ** 2 > 0.35**2
