"""Content-addressed bytes in a folder: `ab/cdef...` under their sha256, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from vibeboard.asset import BlobRef
from vibeboard.digest import sha256, sha256_file
from vibeboard.faults import Rejected


class FolderBlobs:
    """`vibeboard.asset.Blobs` over a folder.

    A file is written beside its place, synced, and renamed into it, so that a reader, or a run after a crash, sees
    all of it or nothing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def sweep(self) -> None:
        """Remove files that were begun and never finished. Nobody may be writing."""
        for left in self.root.glob("new-*"):
            left.unlink()

    def put(self, data: bytes, media: str) -> BlobRef:
        ref = BlobRef(sha256=sha256(data), size=len(data), media=media)
        if not self.has(ref.sha256):
            handle, name = tempfile.mkstemp(dir=self.root, prefix="new-")
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                self._adopt(temporary, ref.sha256)
            finally:
                temporary.unlink(missing_ok=True)
        return ref

    def put_file(self, path: Path, media: str) -> BlobRef:
        """Take over a file; `path` must be on the same file system and is gone afterwards."""
        ref = BlobRef(sha256=sha256_file(path), size=path.stat().st_size, media=media)
        if self.has(ref.sha256):
            path.unlink()
        else:
            self._adopt(path, ref.sha256)
        return ref

    def _adopt(self, path: Path, digest: str) -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        target = self._place(digest)
        target.parent.mkdir(exist_ok=True)
        path.replace(target)

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:]

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def path(self, sha256: str) -> Path:
        place = self._place(sha256)
        if not place.is_file():
            raise Rejected(
                "missing_blob", f"the file {sha256[:12]} is gone from {self.root}: run make again to render it"
            )
        return place

    def read(self, sha256: str) -> bytes:
        return self.path(sha256).read_bytes()
