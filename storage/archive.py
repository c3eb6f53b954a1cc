"""Archives (tar) of what is kept: a sealed list of contents first, then files, each compared with its name."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from pydantic import ValidationError

from storage.contents import BlobSize
from storage.store import Store
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

List = TypeVar("List", bound=Frozen)

BLOBS = "blobs/"
CHUNK = 1 << 20
_MANIFEST, _SEAL = "manifest.json", "manifest.sha256"
_LONGEST_MANIFEST = 1 << 30


@contextmanager
def writing(archive: Path, mode: int = 0o644) -> Iterator[tarfile.TarFile]:
    """A new archive, which is there whole when the block ends well, or not at all."""
    handle, name = tempfile.mkstemp(dir=archive.parent, prefix=f".{archive.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                yield tar
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(archive)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def reading(archive: Path) -> Iterator[tarfile.TarFile]:
    """An archive to be read from its beginning to its end.

    Raises:
        Rejected: it is none, or a damaged one.
    """
    try:
        with tarfile.open(archive, "r|") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise damaged(str(error)) from error


def damaged(why: str) -> Rejected:
    return Rejected("bad_archive", f"the archive is damaged or none of vibeboard's: {why}; write it again")


def add(tar: tarfile.TarFile, name: str, size: int, data: IO[bytes] | _Hashing) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    tar.addfile(info, data)  # type: ignore[arg-type]


def add_manifest(tar: tarfile.TarFile, contents: Frozen) -> None:
    """Begin an archive with the list of its contents, and the list's own hash."""
    manifest = canonical(contents)
    add(tar, _MANIFEST, len(manifest), io.BytesIO(manifest))
    add(tar, _SEAL, 64, io.BytesIO(sha256(manifest).encode()))


def read_manifest(tar: tarfile.TarFile, kind: type[List]) -> List:
    """
    Raises:
        Rejected: the archive does not begin with a list of contents of that kind.
    """
    data, seal = _short(tar, _MANIFEST), _short(tar, _SEAL)
    if sha256(data) != seal.decode(errors="replace"):
        raise damaged("its list of contents was changed")
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise damaged(f"its list of contents cannot be read ({error.error_count()} errors)") from error


def _short(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.next()
    if member is None or member.name != name or not member.isreg() or member.size > _LONGEST_MANIFEST:
        raise damaged(f"it does not have {name} where it should")
    return body_of(tar, member).read()


def body_of(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """What is in a regular file of an archive."""
    body = tar.extractfile(member)
    assert body is not None  # regular files have one
    return body


def add_blob(tar: tarfile.TarFile, store: Store, blob: BlobSize) -> None:
    """
    Raises:
        Rejected: its bytes are not what its name says.
    """
    with _Hashing(store.blobs.path(blob.sha256)) as reading_it:
        add(tar, BLOBS + blob.sha256, blob.size, reading_it)
    reading_it.compare(blob.sha256)


def bring(store: Store, name: str, data: IO[bytes]) -> None:
    """Put bytes into a store if they are what their name says."""
    with tempfile.TemporaryDirectory(dir=store.home) as folder:
        path = Path(folder) / name
        digest = hashlib.sha256()
        with path.open("wb") as file:
            while chunk := data.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != name:
            raise not_as_named(name)
        store.blobs.put_file(path, "application/octet-stream")


class _Hashing:
    """Reads a file and knows the hash of what was read."""

    def __init__(self, path: Path) -> None:
        self._file, self._digest = path.open("rb"), hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def compare(self, name: str) -> None:
        if self._digest.hexdigest() != name:
            raise not_as_named(name)

    def __enter__(self) -> _Hashing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def not_as_named(name: str) -> Rejected:
    return Rejected("damaged_blob", f"the file {name[:12]} is damaged: vibeboard storage check removes such files")
