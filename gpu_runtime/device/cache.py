"""Small results that many jobs share and that are costly to make, such as the embeddings of a prompt, in a folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

MOST_BYTES = 2 << 30


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
        files = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        size = sum(file.stat().st_size for file in files)
        for file in files:
            if size <= self._most or file == newest:
                return
            size -= file.stat().st_size
            file.unlink(missing_ok=True)
