"""Small results that many jobs share and that are costly to make, such as the embeddings of a prompt, in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

MOST_BYTES = 2 << 30


class _File(NamedTuple):
    used_ns: int
    size: int
    path: Path


class ResultCache:
    """Files by content key, the least recently used going first when they exceed `most` bytes together."""

    def __init__(self, folder: Path, most: int = MOST_BYTES) -> None:
        self._folder, self._most = folder, most
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, key: str) -> bool:
        return (self._folder / key).is_file()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """The bytes under a key, made and kept if they are not there."""
        path = self._folder / key
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            data = make()
            self._keep(path, data)
        return data

    def _keep(self, path: Path, data: bytes) -> None:
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="new-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
        self._trim(path)

    def _trim(self, newest: Path) -> None:
        files = sorted(self._files())
        size = sum(file.size for file in files)
        for file in files:
            if size <= self._most or file.path == newest:
                return
            size -= file.size
            file.path.unlink(missing_ok=True)

    def _files(self) -> Iterator[_File]:
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another process keeps and trims here too
                stat = path.stat()
                yield _File(stat.st_mtime_ns, stat.st_size, path)
