from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_runtime.models.film.boxes import Box
from gpu_runtime.models.film.sightings import Sighting
from gpu_runtime.models.film.tags import place
from vibeboard.timing import Rate

FPS = Rate(num=24)
AREA = Box(10, 44, 834, 392)
SIZE = 12


def still(box: Box, frames: int = 96) -> list[Box | None]:
    return [box] * frames


def things(tracks: dict[str, list[Box | None]], heads: str = "") -> list[Sighting]:
    return [Sighting(name, boxes, name == heads) for name, boxes in tracks.items()]


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
    tags = [areas(tag) for tag in place(things(tracks), AREA, SIZE, FPS)]
    for number, tag in enumerate(tags):
        assert not tag or max(tag) - min(tag) < 48
        for frame, box in tag.items():
            assert AREA.holds(box)
            assert box.x % 2 == box.y % 2 == 0
            assert not any(box.overlaps(other[frame]) for other in tags[:number] if frame in other)


def test_a_tag_comes_softly_stays_and_goes_softly():
    (tag,) = place(things({"ANNA": still(Box(400, 150, 80, 250))}), AREA, SIZE, FPS)
    strengths = [strength for *_, strength in tag.shows.values()]
    assert list(tag.shows) == list(range(48))
    assert strengths[0] < 60
    assert strengths[8:36] == [256] * 28
    assert strengths[36:] == sorted(strengths[36:], reverse=True)
    assert strengths[-1] < 40


def test_a_tag_stands_over_the_head_and_points_at_it():
    (tag,) = place(things({"ANNA": still(Box(400, 150, 80, 250))}), AREA, SIZE, FPS)
    box = areas(tag)[20]
    assert abs(box.x + box.width / 2 - 440) <= 2
    assert box.y < 150
    assert abs(box.y + box.height - 150) <= 6


def test_a_tag_follows():
    (tag,) = place(things({"ANNA": [Box(200 + 4 * n, 150, 80, 250) for n in range(60)]}), AREA, SIZE, FPS)
    assert abs(areas(tag)[40].x - areas(tag)[10].x - 120) <= 2


def test_who_fills_the_picture_still_gets_a_name():
    (tag,) = place(things({"ANNA": still(Box(150, -80, 600, 800))}), AREA, SIZE, FPS)
    assert len(tag.shows) == 48


def test_who_comes_later_is_named_then():
    (tag,) = place(things({"ANNA": [*[None] * 30, *still(Box(400, 150, 80, 250), 40)]}), AREA, SIZE, FPS)
    assert min(tag.shows) == 30


def test_who_is_never_well_seen_gets_none():
    hidden = {
        "outside": still(Box(-300, 100, 80, 250)),
        "speck": still(Box(400, 200, 3, 3)),
        "gone": [Box(400, 150, 80, 250), *[None] * 50],
        "absent": [None] * 50,
    }
    assert place(things(hidden), AREA, SIZE, FPS) == []


def test_two_who_stand_close_both_get_a_name():
    tracks = {"ANNA": still(Box(400, 150, 40, 250)), "BENJAMIN": still(Box(420, 150, 40, 250))}
    tags = place(things(tracks), AREA, SIZE, FPS)
    assert [len(tag.shows) for tag in tags] == [48, 48]


def test_a_tag_never_covers_somebody_elses_face():
    """Over the cup is where the tag would stand, were it not for the head there."""
    cup, head = Box(400, 250, 30, 30), Box(370, 180, 90, 66)
    alone = areas(place(things({"cup": still(cup)}), AREA, SIZE, FPS)[0])
    assert all(box.overlaps(head) for box in alone.values())
    tags = place(things({"cup": still(cup), "ANNA": still(head)}, heads="ANNA"), AREA, SIZE, FPS)
    assert len(tags) == 2
    assert all(len(tag.shows) == 48 for tag in tags)
    assert not any(box.overlaps(head) for box in areas(tags[1]).values())


def test_a_tag_pauses_while_somebody_nearer_walks_by():
    behind, before = Box(400, 180, 40, 50), [Box(200 + 8 * frame, 170, 56, 70) for frame in range(96)]
    seen = [Sighting("BEHIND", still(behind), True), Sighting("BEFORE", before, True)]
    tags = {len(tag.shows): tag for tag in place(seen, AREA, SIZE, FPS)}
    crossing = {frame for frame in range(48) if before[frame].overlaps(behind)}
    assert len(crossing) > 5
    assert any(not crossing & set(tag.shows) and set(tag.shows) & {0, 47} == {0, 47} for tag in tags.values())
