"""Takes in, H.264 out: reading frames by number, and an encoder that always writes the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from vibeboard.faults import Rejected
from vibeboard.timing import Rate

BITEXACT = {"fflags": "+bitexact", "movflags": "+faststart"}
"""Options of an MP4 muxer that leave out dates and versions, and put the index first."""


class Footage(NamedTuple):
    """What a video holds: its size in pixels, frames per second, and count of frames."""

    width: int
    height: int
    fps: Fraction
    frames: int


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """A readable video file with at least one frame.

    Raises:
        Rejected: `unreadable_take` when it is no video, or turns out to be damaged while it is read.
    """
    try:
        with av.open(path) as container:
            if not container.streams.video or not container.streams.video[0].frames:
                raise Rejected("unreadable_take", "The take holds no picture: make the shot again.")
            yield container
    except av.FFmpegError as error:
        raise Rejected("unreadable_take", f"The take cannot be read ({error.strerror}): make the shot again.") from None


def probe(path: Path) -> Footage:
    """Size, rate and length of a video of constant frame rate."""
    with opened(path) as container:
        stream = container.streams.video[0]
        return Footage(stream.width, stream.height, stream.average_rate or Fraction(24), stream.frames)


def read_frames(path: Path, indices: Iterable[int]) -> Iterator[av.VideoFrame]:
    """The frames at the given numbers, which must not fall; a number may come again.

    Raises:
        Rejected: `unreadable_take` when the file is damaged or ends before the last number.
    """
    with opened(path) as container:
        decoded = enumerate(container.decode(video=0))
        at, frame = next(decoded, (-1, None))
        for index in indices:
            while frame is not None and at < index:
                at, frame = next(decoded, (at, None))
            if frame is None:
                raise Rejected("unreadable_take", f"The take ends before frame {index}: make the shot again.")
            yield frame


def grab(path: Path, index: int) -> av.VideoFrame:
    """One frame of a video of constant rate, or its last one when it is shorter than that."""
    with opened(path) as container:
        stream = container.streams.video[0]
        rate = stream.average_rate or Fraction(24)
        wanted = Fraction(min(index, stream.frames - 1)) / rate
        container.seek(int(wanted / (stream.time_base or 1 / rate)), stream=stream)
        found: av.VideoFrame | None = None
        for found in container.decode(stream):
            if found.time is not None and found.time >= wanted - 1 / rate / 2:
                return found
        if found is None:
            raise Rejected("unreadable_take", "The take holds no picture: make the shot again.")
        return found


FILM = {"preset": "veryfast", "crf": "20"}
"""What is watched."""

TAKE = {"preset": "ultrafast", "crf": "14"}
"""What is kept to be finished later: quick to write, and better than what is made of it."""


def from_rgb(picture: NDArray[np.uint8]) -> av.VideoFrame:
    """A frame for `writer` from sRGB pixels `[h, w, 3]`."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)


@contextmanager
def writer(
    path: Path, width: int, height: int, fps: Rate, settings: Mapping[str, str] = FILM
) -> Iterator[Callable[[av.VideoFrame], None]]:
    """An MP4 into which yuv420p frames (BT.709, limited range, even sides) are written one after the other.

    One thread and fixed settings make equal frames equal bytes on any number of cores. There are no B-frames and all
    GOPs are closed, so packet `n` shows at frame `n`, and files of one size and rate join packet by packet.
    """
    with av.open(path, "w", format="mp4", options=BITEXACT) as container:
        stream = container.add_stream("libx264", rate=fps.fraction)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = 1 / fps.fraction
        context.gop_size, context.max_b_frames, context.thread_count = 2 * fps.nominal, 0, 1
        context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
        context.flags |= av.codec.context.Flags.bitexact | av.codec.context.Flags.closed_gop
        context.options = {**settings, "mbtree": "0"}
        written = 0

        def write(frame: av.VideoFrame) -> None:
            nonlocal written
            frame.pts, frame.time_base, frame.pict_type = written, 1 / fps.fraction, av.video.frame.PictureType.NONE
            written += 1
            container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode())
