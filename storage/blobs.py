"""Content-addressed bytes: what a store asks of them, and how a folder keeps them.

In a folder they are at `ab/cdef...` under their sha256, whole or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from vibeboard.asset import BlobRef, Blobs
from vibeboard.digest import sha256 as digest_of
from vibeboard.digest import sha256_file
from vibeboard.faults import Rejected

_NAME = re.compile("[0-9a-f]{62}")


class Kept(NamedTuple):
    """Bytes that are there, and since when."""

    sha256: str
    size: int
    since: datetime


class StoredBlobs(Blobs, Protocol):
    """`Blobs` as a store keeps them. What is read through `read` is compared with its name."""

    def read(self, sha256: str) -> bytes: ...

    def intact(self, sha256: str) -> bool:
        """Whether the bytes are there and are what their name says, read from where they are kept. Bytes that are not
        go, so that they can be made or brought again."""

    def link(self, sha256: str, media: str, disposition: str, seconds: int) -> str:
        """A URL from which anybody may read the bytes for so long, answered with these headers; nothing if what keeps
        them does not speak HTTP."""

    def listed(self) -> Iterator[Kept]:
        """Everything that is kept, by name."""

    def remove(self, sha256: str) -> None: ...

    def sweep(self) -> None:
        """Remove what was begun and never finished. Nobody may be writing."""

    def answers(self) -> bool:
        """Whether they can be asked for."""

    def close(self) -> None:
        """Let go of connections."""


class FolderBlobs:
    """`StoredBlobs` over a folder.

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
        ref = BlobRef(sha256=digest_of(data), size=len(data), media=media)
        if not self.has(ref.sha256):
            with self._begun() as file:
                file.write_bytes(data)
                self._settle(file, ref.sha256)
        return ref

    def put_file(self, path: Path, media: str) -> BlobRef:
        """Take over a file, from whatever file system; it is gone afterwards."""
        ref = BlobRef(sha256=sha256_file(path), size=path.stat().st_size, media=media)
        self.adopt(path, ref.sha256)
        return ref

    def adopt(self, path: Path, digest: str) -> Path:
        """Take over a file whose hash is known to be `digest`, from whatever file system; where it is now."""
        if not self.has(digest):
            with self._begun() as file:
                shutil.move(path, file)
                self._settle(file, digest)
        path.unlink(missing_ok=True)
        return self._place(digest)

    @contextmanager
    def _begun(self) -> Iterator[Path]:
        """A file to fill beside the places; gone afterwards, unless it was settled."""
        handle, name = tempfile.mkstemp(dir=self.root, prefix="new-")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def _settle(self, path: Path, digest: str) -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        target = self._place(digest)
        target.parent.mkdir(exist_ok=True)
        path.replace(target)

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest[2:]

    def has(self, sha256: str) -> bool:
        return self._place(sha256).is_file()

    def touch(self, sha256: str) -> Path | None:
        """Where bytes are, which count as asked for just now; None if they are not there."""
        place = self._place(sha256)
        try:
            os.utime(place)
        except FileNotFoundError:
            return None
        return place

    def path(self, sha256: str) -> Path:
        place = self._place(sha256)
        if not place.is_file():
            raise missing(sha256, self.root)
        return place

    def read(self, sha256: str) -> bytes:
        data = self.path(sha256).read_bytes()
        if digest_of(data) != sha256:
            self.remove(sha256)
            raise missing(sha256, self.root)
        return data

    def intact(self, sha256: str) -> bool:
        place = self._place(sha256)
        if not place.is_file():
            return False
        intact = sha256_file(place) == sha256
        if not intact:
            self.remove(sha256)
        return intact

    def link(self, sha256: str, media: str, disposition: str, seconds: int) -> str:
        """A folder does not speak HTTP."""
        return ""

    def listed(self) -> Iterator[Kept]:
        for path in sorted(self.root.glob("??/*")):
            found = _stat(path) if _NAME.fullmatch(path.name) else None
            if found:
                yield Kept(path.parent.name + path.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def remove(self, sha256: str) -> None:
        self._place(sha256).unlink(missing_ok=True)

    def answers(self) -> bool:
        return self.root.is_dir()

    def close(self) -> None:
        """A folder has nothing to let go of."""


def _stat(path: Path) -> os.stat_result | None:
    """None for a file that somebody else has removed meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def missing(sha256: str, where: object) -> Rejected:
    return Rejected("missing_blob", f"the file {sha256[:12]} is gone from {where}: run make again to render it")
