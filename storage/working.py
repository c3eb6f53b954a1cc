"""Who may be writing in a project's folder: workers by themselves share a lock, a clean-up needs it alone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def working(root: Path, *, alone: bool = False) -> Iterator[bool]:
    """Hold the lock of those who write in the folder; whether it was to be had. The kernel drops it with the process,
    however that ends."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "working").open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
