"""Content-addressed bytes, and the Protocols through which others reach storage without importing it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import Field

from vibeboard.model import Frozen


class BlobRef(Frozen):
    """Bytes by their hash; `media` is the MIME type they were made as."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    media: str


class Blobs(Protocol):
    """A store of immutable bytes under their hash."""

    def put_file(self, path: Path, media: str) -> BlobRef:
        """Take over the file's bytes, created if absent; whole or not at all."""

    def put(self, data: bytes, media: str) -> BlobRef:
        """Store bytes, created if absent; whole or not at all."""

    def path(self, sha256: str) -> Path:
        """A local path to read from. Raises `Rejected("missing_blob", ...)` when the bytes are not there."""

    def has(self, sha256: str) -> bool: ...


class Result(Frozen):
    """What a call made: its outputs by role, such as `video` and `scene`, in the order the tool names them."""

    outputs: dict[str, BlobRef]
