"""A small picture of each take as soon as it is there, for those who watch."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import av
from av.video import VideoStream

from api.live.filters import PREVIEW
from api.live.lines import Line
from graphs.takes import TAKE
from storage.blobs import StoredBlobs
from storage.records import Logged
from vibeboard.faults import FaultError

if TYPE_CHECKING:
    from api.live.thread import LiveThread

WIDTH = 320
"""Pixels."""
_QUALITY = "5"
"""Of 2 (best) to 31: ffmpeg's quantiser scale for mjpeg."""
_KEPT = 256
log = logging.getLogger("vibeboard.live")


class Preview(NamedTuple):
    jpeg: bytes
    width: int
    height: int


class Previews:
    """Middle frames of videos, made once and kept by the videos' hashes, the latest few hundred of them."""

    def __init__(self, blobs: StoredBlobs) -> None:
        self._blobs = blobs
        self._kept: OrderedDict[str, Preview] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, "previews")

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def show(self, thread: LiveThread, logged: Logged) -> None:
        """Show the take that an event reports, if it reports one. Who cannot see it misses a picture, and no more."""
        outputs = logged.event.data.get("outputs")
        video = outputs.get("video") if isinstance(outputs, dict) else None
        if logged.event.data.get("step") != TAKE or not isinstance(video, str):
            return
        try:
            preview = await asyncio.get_running_loop().run_in_executor(self._pool, self._preview, video)
        except (FaultError, av.FFmpegError, OSError) as error:
            log.warning("no preview of %s: %s", video, error)
            return
        frame = framed(preview, logged, video)
        unit = logged.event.unit
        thread.show((PREVIEW, unit), Line(0, PREVIEW, "custom", (unit,), "", frame))

    def _preview(self, video: str) -> Preview:
        found = self._kept.pop(video, None) or middle_frame(self._blobs, video)
        self._kept[video] = found
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


def framed(preview: Preview, logged: Logged, video: str) -> bytes:
    """The bytes that are sent: four with the length of the header, big-endian, the header as JSON, the JPEG."""
    header = {
        "unit": logged.event.unit,
        "run_id": logged.run_id,
        "seq": logged.seq,
        "sha256": video,
        "media": "image/jpeg",
        "width": preview.width,
        "height": preview.height,
    }
    said = json.dumps(header).encode()
    return len(said).to_bytes(4, "big") + said + preview.jpeg


def middle_frame(blobs: StoredBlobs, sha256: str) -> Preview:
    """The middle frame of a video, small.

    Raises:
        Rejected: its bytes are gone.
        av.FFmpegError: it cannot be decoded.
    """
    with blobs.path(sha256).open("rb") as file, av.open(file, "r") as container:
        stream = container.streams.video[0]
        wanted = _middle(stream)
        container.seek(wanted, stream=stream)
        frames = container.decode(stream)
        frame = next(frames)
        while frame.pts is not None and frame.pts < wanted and (later := next(frames, None)):
            frame = later
    height = max(2, round(WIDTH * frame.height / frame.width / 2) * 2)
    return Preview(_jpeg(frame.reformat(WIDTH, height, "yuvj420p")), WIDTH, height)


def _middle(stream: VideoStream) -> int:
    """In the stream's time base."""
    return (stream.start_time or 0) + (stream.duration or 0) // 2


def _jpeg(frame: av.VideoFrame) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=1, options={"qscale": _QUALITY})
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuvj420p"
        frame.pts, frame.time_base = 0, Fraction(1)
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return held.getvalue()
