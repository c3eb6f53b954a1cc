"""What an engine's implementation gets to work with, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from vibeboard.asset import BlobRef


class Run(Protocol):
    """One job at work. An implementation is `def name(params: SomeParams, run: Run) -> Result`."""

    scratch: Path
    """A folder of this job's own, gone when the job ends."""

    def progress(self, done: int, total: int) -> None:
        """Say how far the job is, at least once a frame or step. Raises `Cancelled` when it shall stop."""

    def input(self, sha256: str) -> Path:
        """Where the bytes of an input can be read."""

    def keep(self, path: Path, media: str) -> BlobRef:
        """Take a finished file from `scratch` into the store."""

    def keep_bytes(self, data: bytes, media: str) -> BlobRef: ...
