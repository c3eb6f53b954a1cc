"""A still of a take: the frame that was asked for, in the colours that the film has."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from gpu_runtime.models.film.still import extract_still
from gpu_runtime.models.video import from_rgb, writer
from tools.extract_still import ExtractStillParams
from vibeboard.faults import Rejected
from vibeboard.timing import Rate


def still(run, take, frame):
    result = extract_still(ExtractStillParams(take=take, frame=frame), run)
    return Image.open(io.BytesIO(run.bytes(result.outputs["image"])))


@pytest.mark.parametrize(("asked", "shown"), [(0, 0), (7, 7), (19, 19), (500, 19)])
def test_it_is_the_frame_that_was_asked_for_or_the_last(run, take, spell, asked, shown):
    image = still(run, take(20), asked)
    assert image.size == (320, 180)
    assert spell(av.VideoFrame.from_ndarray(np.array(image), format="rgb24")) == shown


def test_a_take_of_ours_keeps_its_colours(run):
    colours = np.array([[200, 40, 40], [40, 160, 60], [50, 60, 190], [128, 128, 128]], np.uint8)
    path = run.scratch / "take.mp4"
    with writer(path, 64, 64, Rate(num=16)) as write:
        write(from_rgb(np.repeat(np.repeat(colours[:, None], 64, axis=1), 16, axis=0)))
    image = np.array(still(run, run.keep(path, "video/mp4").sha256, 0)).astype(int)
    assert np.abs(image[8::16, 32] - colours.astype(int)).max() <= 6


def test_what_is_no_take_is_refused(run):
    with pytest.raises(Rejected, match="make the shot again"):
        still(run, run.keep_bytes(b"no video", "video/mp4").sha256, 0)
