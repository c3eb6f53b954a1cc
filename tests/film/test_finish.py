from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given
from hypothesis import strategies as st

from gpu_runtime.models.film.finish import finish_segment, fit, take_frames, to_film
from gpu_runtime.models.video import Footage
from tools.finish_segment import BurnIn, FinishSegmentParams
from vibeboard.faults import Cancelled, Rejected
from vibeboard.timing import Rate

FPS = Rate(num=24)
SLATE = BurnIn(title="Étude", scene="3", shot="3A", lens="MS · 50 mm", note="PREVIS", record_start=100)


def params(take: str, scene: str, **changes) -> FinishSegmentParams:
    given = {"take": take, "scene": scene, "frames": 24, "fps": FPS, "width": 320, "height": 180} | changes
    return FinishSegmentParams(**given)


def luma(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="gray").astype(int)


def changed(a: av.VideoFrame, b: av.VideoFrame) -> np.ndarray:
    """Which pixels differ by more than the codec's doing."""
    return np.abs(luma(a) - luma(b)) > 24


def test_a_take_that_fits_keeps_every_frame(run, take, scene, frames_of, spell):
    result = finish_segment(params(take(24), scene()), run)
    frames = frames_of(result.outputs["video"])
    assert [spell(frame) for frame in frames] == list(range(24))
    assert [frame.pts * frame.time_base for frame in frames] == [Fraction(n, 24) for n in range(24)]
    assert run.said[-1] == (24, 24)


@pytest.mark.parametrize(("width", "height"), [(640, 360), (200, 200), (480, 180), (426, 240)])
def test_another_size_is_scaled_and_never_stretched(run, take, scene, frames_of, spell, width, height):
    result = finish_segment(params(take(3, width=426, height=240), scene(), frames=3, width=width, height=height), run)
    frame = frames_of(result.outputs["video"])[1]
    assert (frame.width, frame.height) == (width, height)
    x, y, inner_width, inner_height = fit(426, 240, width, height)
    assert abs(inner_width / inner_height - 426 / 240) < 0.03
    picture = luma(frame)
    assert (np.abs(picture[y + 4, x + 4 : x + inner_width - 4] - 102) < 8).all()
    outside = np.ones(picture.shape, bool)
    outside[max(y - 4, 0) : y + inner_height + 4, max(x - 4, 0) : x + inner_width + 4] = False
    assert (picture[outside] < 26).all()


@given(
    *[st.integers(64, 2000) for _ in range(2)], *[st.integers(32, 1000).map(lambda side: side * 2) for _ in range(2)]
)
def test_a_fitted_picture_lies_inside_touches_two_sides_and_has_even_places(width, height, film_width, film_height):
    x, y, inner_width, inner_height = fit(width, height, film_width, film_height)
    assert not any(value % 2 for value in (x, y, inner_width, inner_height))
    assert 0 <= x <= x + inner_width <= film_width
    assert 0 <= y <= y + inner_height <= film_height
    assert inner_width == film_width or inner_height == film_height


def test_a_longer_take_is_cut_at_its_end(run, take, scene, frames_of, spell):
    result = finish_segment(params(take(30), scene(), frames=20), run)
    assert [spell(frame) for frame in frames_of(result.outputs["video"])] == list(range(20))


def test_a_shorter_take_is_slowed_to_fill(run, take, scene, frames_of, spell):
    result = finish_segment(params(take(12), scene(), frames=24), run)
    assert [spell(frame) for frame in frames_of(result.outputs["video"])] == [n // 2 for n in range(24)]


def test_another_rate_is_met_in_time(run, take, scene, frames_of, spell):
    """A take of 16 frames a second, at second one, shows its frame 16."""
    result = finish_segment(params(take(49, fps=Fraction(16)), scene(), frames=72), run)
    shown = [spell(frame) for frame in frames_of(result.outputs["video"])]
    assert shown[24] == 16
    assert shown[48] == 32
    assert all(abs(take_frame / 16 - frame / 24) <= 1 / 16 for frame, take_frame in enumerate(shown))


@given(
    st.integers(1, 300), st.sampled_from([16, 24, 25, 30]), st.integers(1, 300), st.sampled_from(["24", "23.976", "30"])
)
def test_retiming_goes_forward_and_stays_inside_the_take(held, rate, wanted, fps):
    order = take_frames(Footage(64, 64, Fraction(rate), held), wanted, Rate.parse(fps))
    assert len(order) == wanted
    assert order == sorted(order)
    assert 0 <= order[0] <= order[-1] < held


def test_without_a_burn_in_nothing_is_drawn(run, take, scene, frames_of):
    source = take(24)
    plain = finish_segment(params(source, scene(ANNA=[[0, 100, 60, 40, 90], [23, 100, 60, 40, 90]])), run)
    with av.open(run.input(source)) as container:
        originals = [to_film(frame, 320, 180) for frame in container.decode(video=0)]
    for frame, original in zip(frames_of(plain.outputs["video"]), originals, strict=True):
        assert not changed(frame, original).any()


def test_the_slate_is_at_the_edges_and_the_clock_runs(run, take, scene, frames_of):
    source, where = take(24), scene()
    bare = frames_of(finish_segment(params(source, where), run).outputs["video"])
    slated = frames_of(finish_segment(params(source, where, burn_in=SLATE), run).outputs["video"])
    drawn = np.any([changed(a, b) for a, b in zip(bare, slated, strict=True)], axis=0)
    assert not drawn[20:160].any()
    for corner in (drawn[:18, :100], drawn[:18, 220:], drawn[162:, :100], drawn[162:, 220:]):
        assert corner.any()
    ticking = changed(slated[3], slated[4])
    assert ticking[162:, 220:].any()
    assert not ticking[162:, :100].any()
    assert not ticking[:20].any()


def test_names_are_shown_where_their_owners_are_and_then_go(run, take, scene, frames_of):
    where = scene(ANNA=[[frame, 60, 70, 30, 90] for frame in range(0, 96, 6)])
    source = take(96)
    slate = SLATE.model_copy(update={"names": False})
    bare = frames_of(finish_segment(params(source, where, frames=96, burn_in=slate), run).outputs["video"])
    named = frames_of(finish_segment(params(source, where, frames=96, burn_in=SLATE), run).outputs["video"])
    drawn = [changed(a, b) for a, b in zip(bare, named, strict=True)]
    assert drawn[20][40:72, 50:100].any()
    rows, columns = np.nonzero(drawn[20])
    assert rows.min() > 30
    assert rows.max() < 80
    assert abs((columns.min() + columns.max()) / 2 - 75) < 4
    assert not any(frame.any() for frame in drawn[48:])


def test_names_follow_a_picture_that_is_scaled_into_the_film(run, take, scene, frames_of):
    """In a film twice as wide as the take's shape, what is at the left of the take is left of the middle third."""
    where = scene(ANNA=[[frame, 30, 70, 30, 90] for frame in range(0, 25, 6)])
    source = take(24)
    size = {"width": 640, "height": 180}
    bare = frames_of(finish_segment(params(source, where, **size), run).outputs["video"])
    slate = SLATE.model_copy(update={"names": False})
    slated = frames_of(finish_segment(params(source, where, **size, burn_in=slate), run).outputs["video"])
    named = frames_of(finish_segment(params(source, where, **size, burn_in=SLATE), run).outputs["video"])
    assert len(bare) == len(named)
    _, columns = np.nonzero(changed(named[12], slated[12]))
    assert abs((columns.min() + columns.max()) / 2 - (160 + 45)) < 4


def test_a_scene_without_tracks_has_no_names(run, take):
    where = run.keep_bytes(b'{"format": "other"}', "application/json").sha256
    assert finish_segment(params(take(4), where, frames=4, burn_in=SLATE), run).outputs["video"].size > 0


def test_the_same_call_makes_the_same_bytes(run, take, scene):
    call = params(take(24), scene(ANNA=[[0, 100, 60, 40, 90], [6, 120, 60, 40, 90]]), burn_in=SLATE)
    assert finish_segment(call, run) == finish_segment(call, run)


def test_colours_stay_what_they_are(run, scene, frames_of):
    """A take that is not marked holds BT.601; the segment says BT.709; both show the same red."""
    path = run.scratch / "red.mp4"
    red = np.full((180, 320, 3), (200, 40, 30), np.uint8)
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(red, format="rgb24")))
        container.mux(stream.encode())
    source = run.keep(path, "video/mp4").sha256
    frame = frames_of(finish_segment(params(source, scene(), frames=1), run).outputs["video"])[0]
    assert frame.colorspace == Colorspace.ITU709
    assert np.abs(frame.to_ndarray(format="rgb24")[90, 160].astype(int) - (200, 40, 30)).max() <= 4


def test_a_missing_take_is_the_stores_own_refusal(run, scene):
    with pytest.raises(Rejected) as caught:
        finish_segment(params("0" * 64, scene()), run)
    assert caught.value.fault.code == "missing_blob"


def test_a_damaged_take_is_refused(run, scene):
    bad = run.keep_bytes(b"\0" * 5000, "video/mp4").sha256
    with pytest.raises(Rejected) as caught:
        finish_segment(params(bad, scene()), run)
    assert caught.value.fault.code == "unreadable_take"


def test_damaged_scene_data_is_refused(run, take):
    bad = run.keep_bytes(b'{"tracks": {"1": [["a"]]}}', "application/json").sha256
    with pytest.raises(Rejected) as caught:
        finish_segment(params(take(2), bad, frames=2, burn_in=SLATE), run)
    assert caught.value.fault.code == "unreadable_scene"


def test_a_cancelled_run_stops_and_keeps_nothing(run, take, scene, monkeypatch):
    call = params(take(24), scene(), burn_in=SLATE)
    before = set(run.store.iterdir())

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise Cancelled

    monkeypatch.setattr(run, "progress", stop)
    with pytest.raises(Cancelled):
        finish_segment(call, run)
    assert set(run.store.iterdir()) == before
