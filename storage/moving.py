"""A film as one archive, and from store to store: blobs first, each compared with its name, then all rows at once.

Whatever is cut off goes on when it is done again: bytes that are there are not sent a second time, and until the last
step nobody sees anything of the film.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from storage.contents import Contents, contents, restore
from storage.store import Store
from vibeboard.digest import canonical, sha256
from vibeboard.faults import Rejected

Watch = Callable[[int, int], None]
"""Told how many bytes of how many are done."""
_MANIFEST, _SEAL, _BLOBS = "manifest.json", "manifest.sha256", "blobs/"
_CHUNK = 1 << 20
_LONGEST_MANIFEST = 1 << 30


def copy_film(source: Store, project_id: str, target: Store, watch: Watch, *, replace: bool = False) -> None:
    """Put a film of one store into another, under the same id."""
    with source.film_closed(project_id), target.film_closed(project_id), target.written():
        film = contents(source, project_id)
        done = 0
        for blob in film.blobs:
            if not target.blobs.has(blob.sha256):
                with source.blobs.path(blob.sha256).open("rb") as file:
                    _bring(target, blob.sha256, file)
            done += blob.size
            watch(done, film.size)
        restore(target, film, replace=replace)


def export_film(store: Store, project_id: str, archive: Path, watch: Watch) -> None:
    """Write a film into an archive (tar), whole or not at all."""
    handle, name = tempfile.mkstemp(dir=archive.parent, prefix=f".{archive.name}-")
    try:
        with (
            store.film_closed(project_id),
            os.fdopen(handle, "wb") as file,
            tarfile.open(fileobj=file, mode="w") as tar,
        ):
            film = contents(store, project_id)
            manifest = canonical(film)
            _add(tar, _MANIFEST, len(manifest), io.BytesIO(manifest))
            _add(tar, _SEAL, 64, io.BytesIO(sha256(manifest).encode()))
            done = 0
            for blob in film.blobs:
                with _Hashing(store.blobs.path(blob.sha256)) as reading:
                    _add(tar, _BLOBS + blob.sha256, blob.size, reading)
                reading.compare(blob.sha256)
                done += blob.size
                watch(done, film.size)
        Path(name).chmod(0o644)
        Path(name).replace(archive)
    finally:
        Path(name).unlink(missing_ok=True)


def import_film(archive: Path, store: Store, watch: Watch, *, replace: bool = False) -> Contents:
    """Put the film of an archive into a store.

    Raises:
        Rejected: it is no such archive, or a damaged one; nothing of the film is in the store then.
    """
    with _reading(archive) as tar, store.written():
        film = _manifest(tar)
        left = {blob.sha256: blob.size for blob in film.blobs}
        with store.film_closed(film.id):
            while (member := tar.next()) is not None:
                name = member.name.removeprefix(_BLOBS)
                if left.pop(name, None) != member.size or not member.isreg():
                    raise _damaged(f"{member.name} does not belong there")
                if not store.blobs.has(name):
                    _bring(store, name, _body(tar, member))
                watch(film.size - sum(left.values()), film.size)
            if left:
                raise _damaged(f"{len(left)} files are missing at its end")
            restore(store, film, replace=replace)
    return film


@contextmanager
def _reading(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(archive, "r|") as tar:
            yield tar
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(str(error)) from error


def _manifest(tar: tarfile.TarFile) -> Contents:
    data, seal = _member(tar, _MANIFEST), _member(tar, _SEAL)
    if sha256(data) != seal.decode(errors="replace"):
        raise _damaged("its list of contents was changed")
    try:
        return Contents.model_validate_json(data)
    except ValidationError as error:
        raise _damaged(f"its list of contents cannot be read ({error.error_count()} errors)") from error


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.next()
    if member is None or member.name != name or not member.isreg() or member.size > _LONGEST_MANIFEST:
        raise _damaged(f"it does not have {name} where it should")
    return _body(tar, member).read()


def _body(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    body = tar.extractfile(member)
    assert body is not None  # regular files have one
    return body


def _damaged(why: str) -> Rejected:
    return Rejected("bad_archive", f"the archive is damaged or none of vibeboard's: {why}; export the film again")


def _add(tar: tarfile.TarFile, name: str, size: int, data: IO[bytes] | _Hashing) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    tar.addfile(info, data)  # type: ignore[arg-type]


def _bring(store: Store, name: str, data: IO[bytes]) -> None:
    """Put bytes into a store if they are what their name says."""
    with tempfile.TemporaryDirectory(dir=store.home) as folder:
        path = Path(folder) / name
        digest = hashlib.sha256()
        with path.open("wb") as file:
            while chunk := data.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != name:
            raise _not_as_named(name)
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
            raise _not_as_named(name)

    def __enter__(self) -> _Hashing:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _not_as_named(name: str) -> Rejected:
    return Rejected("damaged_blob", f"the file {name[:12]} is damaged: vibeboard storage check removes such files")
