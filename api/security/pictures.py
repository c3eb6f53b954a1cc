"""How large a picture is, from its header: the service has no library that decodes pictures (only workers have)."""

from __future__ import annotations

import io
import re
from typing import BinaryIO, NamedTuple

_NO_PICTURE = frozenset({0xC4, 0xC8, 0xCC})
"""Among the JPEG markers 0xC0 to 0xCF those that begin no frame: Huffman tables, reserved, arithmetic coding."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MOST_SEGMENTS = 2000
"""A profile or preview of some MB comes in segments of 64 KiB at most."""
_TAIL = 64 * 1024
_ENDS = {
    "png": re.compile(rb"\x00\x00\x00\x00IEND\xaeB`\x82\Z"),
    "gif": re.compile(rb";\x00*\Z"),
}
"""Nothing comes after. Cameras do write more after the end of a JPEG, a film clip even."""


class Size(NamedTuple):
    width: int
    height: int


def picture_size(file: BinaryIO, kind: str) -> Size | None:
    """Of a `png`, `jpeg`, `webp` or `gif` file, open at its start; nothing, if it does not go on or end like one."""
    readers = {"png": _png, "jpeg": _jpeg, "webp": _webp, "gif": _gif}
    try:
        size = readers[kind](file)
    except (EOFError, ValueError):
        return None
    return size if size.width and size.height and _has_end(file, kind) else None


def _has_end(file: BinaryIO, kind: str) -> bool:
    length = file.seek(0, io.SEEK_END)
    if kind == "webp":  # RIFF says how long it is
        file.seek(4)
        return length == 8 + _little(_read(file, 4))
    file.seek(max(0, length - _TAIL))
    return kind not in _ENDS or _ENDS[kind].search(file.read()) is not None


def _png(file: BinaryIO) -> Size:
    """The first chunk is IHDR, width and height its first fields (PNG, third edition, 11.2.1)."""
    start = _read(file, 24)
    if start[8:16] != b"\x00\x00\x00\x0dIHDR":
        raise ValueError
    return Size(_big(start[16:20]), _big(start[20:24]))


def _gif(file: BinaryIO) -> Size:
    """The logical screen (GIF89a, 18)."""
    start = _read(file, 10)
    return Size(_little(start[6:8]), _little(start[8:10]))


def _jpeg(file: BinaryIO) -> Size:
    """The frame header, after any number of segments (ITU-T T.81, B.2.2)."""
    _read(file, 2)
    for _ in range(_MOST_SEGMENTS):
        marker = _marker(file)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_PICTURE:
            header = _read(file, 7)
            return Size(_big(header[5:7]), _big(header[3:5]))
        if marker in (0xD9, 0xDA):
            break
        if marker not in _ALONE:
            file.seek(_big(_read(file, 2)) - 2, io.SEEK_CUR)
    raise ValueError


def _marker(file: BinaryIO) -> int:
    if _read(file, 1) != b"\xff":
        raise ValueError
    while (code := _read(file, 1)[0]) == 0xFF:
        pass
    return code


def _webp(file: BinaryIO) -> Size:
    """The canvas of an extended file, or the one picture's header (RFC 9649, 2.7; RFC 6386, 9.1)."""
    start = _read(file, 30)
    if start[12:16] == b"VP8X":
        return Size(1 + _little(start[24:27]), 1 + _little(start[27:30]))
    if start[12:16] == b"VP8L" and start[20] == 0x2F:
        bits = _little(start[21:25])
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if start[12:16] == b"VP8 " and start[23:26] == b"\x9d\x01\x2a":
        return Size(_little(start[26:28]) & 0x3FFF, _little(start[28:30]) & 0x3FFF)
    raise ValueError


def _read(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
