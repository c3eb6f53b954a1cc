from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from gpu_runtime.models.film.lettering import BOLD, typeface
from gpu_runtime.models.film.overlay import Overlay, Picture, clear
from gpu_runtime.models.film.slate import Slate
from tools.finish_segment import BurnIn
from vibeboard.timing import Rate, timecode

WIDTH, HEIGHT = 854, 480
FPS = Rate(num=24)


def canvas(level: int = 120, width: int = WIDTH, height: int = HEIGHT) -> Picture:
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = level
    return Picture(av.VideoFrame.from_ndarray(planes, format="yuv420p"))


def burn_in(**changes) -> BurnIn:
    given = {"title": "Étude", "scene": "3", "shot": "3A", "lens": "MS", "note": "PREVIS", "record_start": 0}
    return BurnIn(**given | changes)


def drawn(frame: int = 0, width: int = WIDTH, height: int = HEIGHT, **changes) -> np.ndarray:
    picture = canvas(width=width, height=height)
    Slate(burn_in(**changes), width, height, FPS).draw(picture, frame)
    return picture.planes[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2000), st.integers(-30, 30))
def test_the_clock_is_the_record_timecode_and_nothing_else(start, frame, shift):
    here = drawn(frame, record_start=start + 30)
    there = drawn(frame, record_start=start + 30 + shift)
    same = timecode(start + frame, FPS) == timecode(start + frame + shift, FPS)
    assert np.array_equal(here, there) == same


def test_a_digit_looks_the_same_wherever_the_clock_shows_it():
    """Between two times only the places change whose digits differ."""
    first, second = drawn(record_start=24 * 61), drawn(record_start=24 * 62)
    columns = np.nonzero((first != second).any(axis=0))[0]
    assert columns.max() - columns.min() < 12


def test_the_digits_are_the_ones_they_stand_for():
    """The last place of the clock in the first ten frames, each against every digit as Pillow sets it."""
    pictures = np.stack([drawn(frame).astype(float) for frame in range(10)])
    ink = pictures - pictures.min(axis=0)
    rows, columns = (np.nonzero(ink.max(axis=(0, axis)))[0] for axis in (2, 1))
    places = ink[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    size = (places.shape[2], places.shape[1])
    for shown, place in enumerate(places):
        likeness = [
            np.corrcoef(place.ravel(), np.asarray(digit(sign, size), float).ravel())[0, 1] for sign in range(10)
        ]
        assert int(np.argmax(likeness)) == shown


def digit(sign: int, size: tuple[int, int]) -> Image.Image:
    """A digit of the face, big, cut to where any digit has ink, then scaled."""
    face = typeface(130, BOLD)
    boxes = [face.getbbox(str(each)) for each in range(10)]
    left, top = (min(box[side] for box in boxes) for side in (0, 1))
    right, bottom = (max(box[side] for box in boxes) for side in (2, 3))
    picture = Image.new("L", (int(right - left), int(bottom - top)))
    ImageDraw.Draw(picture).text((-left, -top), str(sign), fill=255, font=face)
    return picture.resize(size, Image.Resampling.BOX)


def test_the_clock_stands_still_while_it_runs():
    edges = set()
    for frame in range(0, 240, 7):
        columns = np.nonzero((drawn(frame)[HEIGHT - 40 :, WIDTH // 2 :] > 200).any(axis=0))[0]
        edges.add(columns.max() // 3)
    assert len(edges) <= 2


def test_every_text_changes_its_own_corner():
    bare = drawn()
    corners = {
        "title": np.s_[:44, :427],
        "shot": np.s_[:44, 427:],
        "lens": np.s_[436:, :427],
        "note": np.s_[436:, 427:],
    }
    for name, corner in corners.items():
        other = drawn(**{name: "ZZZZ"})
        assert (bare[corner] != other[corner]).any()
        elsewhere = np.ones(bare.shape, bool)
        elsewhere[corner] = False
        assert np.array_equal(bare[elsewhere], other[elsewhere])


def test_long_texts_stay_in_the_picture_and_leave_the_middle_free():
    long = "A very long title that goes on and on " * 8
    picture = drawn(title=long, scene=long, shot=long, lens=long, note=long)
    assert (picture[60:420] == 120).all()
    bright = np.nonzero((picture > 150).any(axis=0))[0]
    assert bright.min() >= 10
    assert bright.max() < WIDTH - 10


def test_the_type_grows_with_the_picture():
    def height_of_type(width: int, height: int) -> int:
        rows = np.nonzero((drawn(width=width, height=height)[: height // 8] > 200).any(axis=1))[0]
        return int(rows.max() - rows.min())

    assert 2 < height_of_type(1920, 1080) / height_of_type(854, 480) < 2.7


@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 54), (480, 854), (64, 4320), (7680, 64)])
def test_a_picture_of_any_shape_holds_the_slate(width, height):
    bare = canvas(width=width, height=height).planes[0]
    first, later = (drawn(frame, width=width, height=height) for frame in (0, 1))
    assert (first != bare).any()
    assert (first != later).any()


def test_text_can_be_read_on_white_and_on_black():
    for level in (16, 235):
        picture = canvas(level)
        Slate(burn_in(), WIDTH, HEIGHT, FPS).draw(picture, 0)
        line = picture.planes[0][10:34, 19:80].astype(int)
        assert line.max() - line.min() > 90


def test_an_overlay_mixes_by_its_opacity():
    image = clear(4, 4)
    image.paste((255, 255, 255, 128), (0, 0, 4, 4))
    picture = canvas(100, 8, 8)
    Overlay.of(image).draw(picture, 2, 2)
    luma = picture.planes[0]
    assert abs(int(luma[3, 3]) - (100 + 235) // 2) <= 1
    assert luma[0, 0] == luma[7, 7] == 100
    assert (picture.planes[1] == 128).all()


def test_an_overlay_of_no_strength_changes_nothing():
    image = clear(4, 4)
    image.paste((255, 0, 0, 255), (0, 0, 4, 4))
    picture = canvas(100, 8, 8)
    Overlay.of(image).draw(picture, 2, 2, strength=0)
    assert np.array_equal(picture.buffer, canvas(100, 8, 8).buffer)


def test_an_overlay_keeps_its_colour():
    image = clear(8, 8)
    image.paste((200, 40, 30, 255), (0, 0, 8, 8))
    picture = canvas(100, 8, 8)
    Overlay.of(image).draw(picture, 0, 0)
    frame = picture.frame()
    frame.colorspace = 1
    assert np.abs(frame.to_ndarray(format="rgb24")[4, 4].astype(int) - (200, 40, 30)).max() <= 3
