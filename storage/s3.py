"""Content-addressed bytes in an S3 bucket, with local copies of those that are read."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from storage.blobs import FolderBlobs, Kept, missing
from storage.bucket import Bucket
from vibeboard.asset import BlobRef
from vibeboard.digest import sha256 as digest_of
from vibeboard.digest import sha256_file

IN_USE_S = 600.0
"""A copy that was asked for so recently stays: somebody may be about to open it."""
_TRIES = 2


class BlobCache:
    """Copies of blobs in a folder of about `limit` bytes; when it is full, those that were not asked for for longest
    go. Several processes may share it."""

    def __init__(self, root: Path, limit: int) -> None:
        self.files, self._limit = FolderBlobs(root), limit
        self._since_look = limit

    def find(self, sha256: str) -> Path | None:
        return self.files.touch(sha256)

    def adopt(self, path: Path, sha256: str) -> Path:
        """Take over a file whose hash is known; where it is now."""
        size = path.stat().st_size
        place = self.files.adopt(path, sha256)
        self.files.touch(sha256)
        self._since_look += size
        if self._since_look > self._limit // 20:
            self._since_look = 0
            self._trim()
        return place

    def _trim(self) -> None:
        kept = sorted(self.files.listed(), key=lambda item: item.since)
        total = sum(item.size for item in kept)
        for item in kept:
            if total <= self._limit or time.time() - item.since.timestamp() < IN_USE_S:
                return
            self.files.remove(item.sha256)
            total -= item.size


class S3Blobs:
    """`storage.blobs.StoredBlobs` in a bucket: `ab/cdef...` under a prefix, put only where nothing is.

    What was seen there once is taken to be there as long as this process has the store open: a clean-up needs the
    store for itself.
    """

    def __init__(self, bucket: Bucket, cache: BlobCache) -> None:
        self._bucket, self._cache = bucket, cache
        self._seen: set[str] = set()

    def put(self, data: bytes, media: str) -> BlobRef:
        ref = BlobRef(sha256=digest_of(data), size=len(data), media=media)
        if not self.has(ref.sha256):
            self._bucket.put(_key(ref.sha256), data)
            self._seen.add(ref.sha256)
        return ref

    def put_file(self, path: Path, media: str) -> BlobRef:
        """Take over a file, which is gone afterwards."""
        ref = BlobRef(sha256=sha256_file(path), size=path.stat().st_size, media=media)
        if not self.has(ref.sha256):
            self._bucket.upload(_key(ref.sha256), path)
            self._seen.add(ref.sha256)
        self._cache.adopt(path, ref.sha256)
        return ref

    def has(self, sha256: str) -> bool:
        if sha256 not in self._seen and self._bucket.has(_key(sha256)):
            self._seen.add(sha256)
        return sha256 in self._seen

    def path(self, sha256: str) -> Path:
        """A local copy, compared with its name when it came."""
        return self._cache.find(sha256) or self._fetch(sha256)

    def read(self, sha256: str) -> bytes:
        data = self.path(sha256).read_bytes()
        if digest_of(data) != sha256:
            self._cache.files.remove(sha256)
            data = self._fetch(sha256).read_bytes()
        return data

    def _fetch(self, sha256: str) -> Path:
        """Bytes that come damaged twice are damaged where they are kept: they go, and are missing."""
        for _ in range(_TRIES):
            with tempfile.NamedTemporaryFile(dir=self._cache.files.root, prefix="new-", delete=False) as file:
                found = self._bucket.download(_key(sha256), file)
            path = Path(file.name)
            if found and sha256_file(path) == sha256:
                return self._cache.adopt(path, sha256)
            path.unlink()
            if not found:
                raise missing(sha256, self._bucket)
        self.remove(sha256)
        raise missing(sha256, self._bucket)

    def intact(self, sha256: str) -> bool:
        with tempfile.NamedTemporaryFile(dir=self._cache.files.root, prefix="new-") as file:
            found = self._bucket.download(_key(sha256), file)
            file.flush()
            intact = found and sha256_file(Path(file.name)) == sha256
        if found and not intact:
            self.remove(sha256)
        return intact

    def link(self, sha256: str, media: str, disposition: str, seconds: int) -> str:
        return self._bucket.presigned(_key(sha256), media, disposition, seconds)

    def listed(self) -> Iterator[Kept]:
        for found in self._bucket.listed():
            name = found.key.replace("/", "")
            if len(name) == 64:
                yield Kept(name, found.size, found.since)

    def remove(self, sha256: str) -> None:
        self._bucket.delete(_key(sha256))
        self._cache.files.remove(sha256)
        self._seen.discard(sha256)

    def sweep(self) -> None:
        self._bucket.abort_uploads()

    def answers(self) -> bool:
        return self._bucket.answers()

    def close(self) -> None:
        self._bucket.close()


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"
