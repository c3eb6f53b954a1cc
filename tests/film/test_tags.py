from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_runtime.models.film.tags import Box, box_at, place
from vibeboard.timing import Rate

FPS = Rate(num=24)
AREA = Box(10, 44, 834, 392)
SIZE = 12


def still(box: Box, frames: int = 96) -> list[Box | None]:
    return [box] * frames


def areas(tag) -> dict[int, Box]:
    height, width = tag.overlay.alphas[0].shape
    return {frame: Box(x, y, width, height) for frame, (x, y, _) in tag.shows.items()}


boxes = st.builds(Box, st.floats(-100, 900), st.floats(-100, 500), st.floats(1, 500), st.floats(1, 500))
moves = st.tuples(boxes, st.floats(-8, 8), st.floats(-8, 8)).map(
    lambda move: [move[0]._replace(x=move[0].x + n * move[1], y=move[0].y + n * move[2]) for n in range(60)]
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["ANNA", "BEN", "a suitcase", "ZOË", "THE MAN WITH A VERY LONG NAME"]), moves))
def test_tags_stay_inside_cover_no_other_and_are_gone_after_two_seconds(tracks):
    tags = [areas(tag) for tag in place(tracks, AREA, SIZE, FPS)]
    for number, tag in enumerate(tags):
        assert not tag or max(tag) - min(tag) < 48
        for frame, box in tag.items():
            assert AREA.holds(box)
            assert box.x % 2 == box.y % 2 == 0
            assert not any(box.overlaps(other[frame]) for other in tags[:number] if frame in other)


def test_a_tag_comes_softly_stays_and_goes_softly():
    (tag,) = place({"ANNA": still(Box(400, 150, 80, 250))}, AREA, SIZE, FPS)
    strengths = [strength for *_, strength in tag.shows.values()]
    assert list(tag.shows) == list(range(48))
    assert strengths[0] < 60
    assert strengths[8:36] == [256] * 28
    assert strengths[36:] == sorted(strengths[36:], reverse=True)
    assert strengths[-1] < 40


def test_a_tag_stands_over_the_head_and_points_at_it():
    (tag,) = place({"ANNA": still(Box(400, 150, 80, 250))}, AREA, SIZE, FPS)
    box = areas(tag)[20]
    assert abs(box.x + box.width / 2 - 440) <= 2
    assert box.y < 150
    assert abs(box.y + box.height - 150) <= 6


def test_a_tag_follows():
    (tag,) = place({"ANNA": [Box(200 + 4 * n, 150, 80, 250) for n in range(60)]}, AREA, SIZE, FPS)
    assert abs(areas(tag)[40].x - areas(tag)[10].x - 120) <= 2


def test_who_fills_the_picture_still_gets_a_name():
    (tag,) = place({"ANNA": still(Box(150, -80, 600, 800))}, AREA, SIZE, FPS)
    assert len(tag.shows) == 48


def test_who_comes_later_is_named_then():
    (tag,) = place({"ANNA": [*[None] * 30, *still(Box(400, 150, 80, 250), 40)]}, AREA, SIZE, FPS)
    assert min(tag.shows) == 30


def test_who_is_never_well_seen_gets_none():
    hidden = {
        "outside": still(Box(-300, 100, 80, 250)),
        "speck": still(Box(400, 200, 3, 3)),
        "gone": [Box(400, 150, 80, 250), *[None] * 50],
        "absent": [None] * 50,
    }
    assert place(hidden, AREA, SIZE, FPS) == []


def test_two_who_stand_close_both_get_a_name():
    tracks = {"ANNA": still(Box(400, 150, 40, 250)), "BENJAMIN": still(Box(420, 150, 40, 250))}
    tags = place(tracks, AREA, SIZE, FPS)
    assert [len(tag.shows) for tag in tags] == [48, 48]


def test_boxes_between_samples_are_interpolated():
    samples = [(0, 10.0, 20.0, 30.0, 40.0), (6, 22.0, 20.0, 30.0, 46.0)]
    assert box_at(samples, 3) == Box(16, 20, 30, 43)
    assert box_at(samples, 0) == Box(10, 20, 30, 40)
    assert box_at(samples, 6) == Box(22, 20, 30, 46)
    assert box_at(samples, 7) is None


def test_nothing_is_made_up_across_a_gap():
    samples = [(0, 10.0, 20.0, 30.0, 40.0), (60, 22.0, 20.0, 30.0, 46.0)]
    assert box_at(samples, 30) is None
    assert box_at(samples, 60) == Box(22, 20, 30, 46)
