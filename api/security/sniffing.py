"""What a file from outside is, by its bytes. Its name and what its sender calls it are never asked."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from api.security.probing import glb_is_whole, measure_image, measure_media
from vibeboard.faults import Rejected

MOST_TEXT = 8 * 2**20
"""Bytes of a text; a long screenplay has 0.3 MB."""
_HEAD = 1445
"""What browsers look at to guess what a file is (WHATWG MIME Sniffing, 5.2)."""
_ZIP_TAIL = 22 + 0xFFFF
"""A zip archive ends in 22 bytes and a comment (APPNOTE 4.3.16)."""


class Kind(StrEnum):
    """What is taken."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    GIF = "gif"
    MP4 = "mp4"
    MOV = "mov"
    WEBM = "webm"
    M4A = "m4a"
    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"
    PDF = "pdf"
    GLB = "glb"
    FDX = "fdx"
    OTIO = "otio"
    TEXT = "text"


MEDIA = {
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
    Kind.WEBP: "image/webp",
    Kind.GIF: "image/gif",
    Kind.MP4: "video/mp4",
    Kind.MOV: "video/quicktime",
    Kind.WEBM: "video/webm",
    Kind.M4A: "audio/mp4",
    Kind.WAV: "audio/wav",
    Kind.FLAC: "audio/flac",
    Kind.MP3: "audio/mpeg",
    Kind.OGG: "audio/ogg",
    Kind.PDF: "application/pdf",
    Kind.GLB: "model/gltf-binary",
    Kind.FDX: "text/plain",
    Kind.OTIO: "application/vnd.opentimelineio+json",
    Kind.TEXT: "text/plain",
}
"""As what each is served. FDX is XML, in which a browser would run what it carries: it goes out as text."""

_SIGNATURES = {
    Kind.PNG: rb"\x89PNG\r\n\x1a\n",
    Kind.JPEG: rb"\xff\xd8\xff",
    Kind.WEBP: rb"RIFF....WEBPVP8",
    Kind.GIF: rb"GIF8[79]a",
    Kind.MOV: rb"....ftypqt  ",
    Kind.MP4: rb"....ftyp(?!avi[fs]|hei|hev|mi[af]1|msf1|crx |jp|qt  )",
    Kind.WEBM: rb"\x1aE\xdf\xa3.{1,64}?B\x82.{1,8}?webm",
    Kind.WAV: rb"RIFF....WAVE",
    Kind.FLAC: rb"fLaC",
    Kind.MP3: rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
    Kind.OGG: rb"OggS",
    Kind.PDF: rb"%PDF-",
    Kind.GLB: rb"glTF\x02\x00\x00\x00",
}
"""`ftyp` names a brand; those left out are pictures (HEIF, AVIF, Canon's raw, JPEG 2000)."""
_PATTERNS = {kind: re.compile(signature, re.DOTALL) for kind, signature in _SIGNATURES.items()}
_MARKUP = re.compile(rb"<(?:!doctype|\?php|html|head|body|script|svg|iframe|img|object|embed)[\s>/]", re.IGNORECASE)
_FDX = re.compile(r"\s*(?:<\?xml[^<>]*\?>\s*)?<FinalDraft[\s>]")
"""Nothing but the declaration before the root: entities could only be declared there."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")

_IMAGES = frozenset({Kind.PNG, Kind.JPEG, Kind.WEBP, Kind.GIF})
_PLAIN = frozenset({Kind.PDF, Kind.FDX, Kind.OTIO, Kind.TEXT})


class Found(NamedTuple):
    """A file that is taken. Pixels of pictures and videos, else 0; seconds of videos and sound if the file says."""

    kind: Kind
    media: str
    width: int = 0
    height: int = 0
    seconds: float | None = None


def sniff(path: Path, most_bytes: int) -> Found:
    """What the file is. Its header is read and no more; it may still be broken further on.

    Raises:
        Rejected: `too_large`, or `unsupported_media` for what is not taken: another kind, one that is a second kind as
            well (a picture that is a web page or an archive), too many pixels or seconds.
    """
    size = path.stat().st_size
    if size > most_bytes:
        raise Rejected("too_large", f"this file is over {most_bytes / 2**20:g} MiB, the most that is taken")
    head, tail = _ends(path, size)
    kind = _kind(path, head, size)
    _refuse_second_kind(kind, head, tail)
    return _measured(path, kind, size)


def _ends(path: Path, size: int) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, size - _ZIP_TAIL))
        return head, file.read()


def _kind(path: Path, head: bytes, size: int) -> Kind:
    for kind, pattern in _PATTERNS.items():
        if pattern.match(head):
            return kind
    return _text_kind(_text(path, size))


def _text(path: Path, size: int) -> str:
    if not 0 < size <= MOST_TEXT:
        raise _unsupported()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unsupported() from None
    if _CONTROL.search(text):
        raise _unsupported()
    return text


def _text_kind(text: str) -> Kind:
    start = text.lstrip()
    if start.startswith("<"):
        if _FDX.match(text):
            return Kind.FDX
        raise Rejected("unsupported_media", "this is markup (HTML, SVG or XML), of which only Final Draft's is taken")
    return Kind.OTIO if start.startswith("{") and _is_otio(text) else Kind.TEXT


def _is_otio(text: str) -> bool:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and "OTIO_SCHEMA" in said


def _refuse_second_kind(kind: Kind, head: bytes, tail: bytes) -> None:
    second = ""
    if kind not in _PLAIN and _MARKUP.search(head):
        second = "a web page"
    elif kind is not Kind.PDF and b"%PDF-" in head[:1024]:
        second = "a PDF"
    elif _ends_as_zip(tail):
        second = "a zip archive"
    if second:
        raise Rejected("unsupported_media", f"this {kind} file is {second} as well: save it anew as one of the two")


def _ends_as_zip(tail: bytes) -> bool:
    at = tail.rfind(b"PK\x05\x06")
    return at >= 0 and len(tail) - at >= 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail)


def _measured(path: Path, kind: Kind, size: int) -> Found:
    if kind in _IMAGES:
        return Found(kind, MEDIA[kind], *measure_image(path, kind))
    if kind is Kind.GLB:
        if not glb_is_whole(path, size):
            raise Rejected("unsupported_media", "this glb file is cut off, or names files outside it: export it whole")
        return Found(kind, MEDIA[kind])
    if kind in _PLAIN:
        return Found(kind, MEDIA[kind])
    width, height, seconds = measure_media(path, kind)
    kind = Kind.M4A if kind in (Kind.MP4, Kind.MOV) and not width else kind
    return Found(kind, MEDIA[kind], width, height, seconds)


def _unsupported() -> Rejected:
    taken = ", ".join(Kind)
    return Rejected("unsupported_media", f"this is none of what is taken ({taken}), whatever its name says")
