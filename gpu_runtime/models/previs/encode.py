"""The take as H.264: the same frames give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream
from torch import Tensor

from vibeboard.timing import Rate

_OPTIONS = {
    "preset": "veryfast",
    "crf": "16",
    "threads": "1",
    "x264-params": "threads=1:lookahead-threads=1:sliced-threads=0:bframes=2:scenecut=0:mbtree=0",
}


class Writer:
    """Takes frames `[h, w, 3]` uint8 RGB one after the other."""

    def __init__(self, container: av.container.OutputContainer, stream: VideoStream) -> None:
        self._container, self._stream, self._count = container, stream, 0

    def write(self, picture: Tensor) -> None:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.numpy()), format="rgb24")
        frame.pts = self._count
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))


@contextmanager
def video(path: Path, width: int, height: int, rate: Rate) -> Iterator[Writer]:
    """An MP4 file at `path`, without sound, playable before it is all there. Odd sizes lose their last row or column
    of pixels, since 4:2:0 chroma needs even ones."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=rate.fraction, options=_OPTIONS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width - width % 2, height - height % 2, "yuv420p"
        stream.gop_size = rate.nominal
        stream.thread_count = 1
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        writer = Writer(container, stream)
        yield writer
        writer.close()
