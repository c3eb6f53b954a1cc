"""Headers of pictures, videos, sounds and models from outside, read within bounds."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream

from api.security.pictures import Size, picture_size
from vibeboard.faults import Rejected

MOST_PIXELS = 64_000_000
"""Of a picture or a frame; what the engines read too."""
MOST_SECONDS = 2 * 3600.0
MOST_STREAMS = 16
_MOST_JSON = 16 * 2**20
_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "wav": "wav",
    "flac": "flac",
    "mp3": "mp3",
    "ogg": "ogg",
}
"""FFmpeg is told which reader to use: some that it would guess open other files that a file names (playlists)."""
_LOOK = {"probesize": str(2 * 2**20), "analyzeduration": "2000000", "threads": "1"}
"""It decodes a little to see what streams hold: so many bytes and microseconds at most."""


def measure_image(path: Path, kind: str) -> Size:
    """
    Raises:
        Rejected: `unsupported_media`, if it is no such picture or has too many pixels.
    """
    with path.open("rb") as file:
        size = picture_size(file, kind)
    if size is None:
        raise _broken(kind)
    if size.width * size.height > MOST_PIXELS:
        raise _too_many(kind)
    return size


def measure_media(path: Path, kind: str) -> tuple[int, int, float | None]:
    """Width, height (0 of a sound) and seconds, if it says. It is read through an open file, so that nothing in it can
    name another.

    Raises:
        Rejected: `unsupported_media`, if it cannot be read or is beyond the bounds.
    """
    options = _LOOK | {"max_pixels": str(MOST_PIXELS)}
    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=_DEMUXERS[kind], options=options, metadata_errors="replace") as container,
        ):
            return _measured(container, kind)
    except av.FFmpegError:
        raise _broken(kind) from None


def _measured(container: InputContainer, kind: str) -> tuple[int, int, float | None]:
    streams = [stream for stream in container.streams if _plays(stream)]
    if not streams or len(container.streams) > MOST_STREAMS:
        raise _broken(kind)
    sizes = [(stream.width, stream.height) for stream in container.streams.video if stream in streams]
    if not all(0 < width * height <= MOST_PIXELS for width, height in sizes):  # 0: FFmpeg would not look at so many
        raise _too_many(kind)
    seconds = None if container.duration is None else container.duration / av.time_base
    if seconds is not None and not 0 < seconds <= MOST_SECONDS:
        raise _refused(f"this {kind} file lasts {seconds:.0f} s; from 0 to {MOST_SECONDS:.0f} s are taken")
    return *max(sizes, default=(0, 0)), seconds


def _plays(stream: Stream) -> bool:
    is_cover = bool(stream.disposition & Disposition.attached_pic)
    return stream.type in ("video", "audio") and stream.codec_context is not None and not is_cover


def glb_is_whole(path: Path, size: int) -> bool:
    """Whether a binary glTF (2.0, section 4.4) has the length that it says and refers to nothing outside itself."""
    with path.open("rb") as file:
        start = file.read(20)
        if len(start) < 20:
            return False
        _, _, length, json_length, chunk = struct.unpack("<4sIII4s", start)
        if length != size or chunk != b"JSON" or json_length > min(size, _MOST_JSON):
            return False
        text = file.read(json_length)
    try:
        return _refers_inside(json.loads(text))
    except (ValueError, RecursionError):
        return False


def _refers_inside(scene: object) -> bool:
    if not isinstance(scene, dict):
        return False
    lists = [scene.get(name, []) for name in ("buffers", "images")]
    return all(isinstance(parts, list) and all(map(_is_inside, parts)) for parts in lists)


def _is_inside(part: object) -> bool:
    return isinstance(part, dict) and str(part.get("uri", "data:")).startswith("data:")


def _broken(kind: str) -> Rejected:
    return _refused(f"this begins like a {kind} file and cannot be read as one: export it again")


def _too_many(kind: str) -> Rejected:
    return _refused(f"this {kind} file has too many pixels; {MOST_PIXELS // 1_000_000} megapixels are taken at most")


def _refused(message: str) -> Rejected:
    return Rejected("unsupported_media", message)
