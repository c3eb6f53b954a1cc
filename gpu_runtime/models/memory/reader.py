"""Tensors from files into the arena: several threads, large chunks, straight to where they stay."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gpu_runtime.memory import Stopping
from gpu_runtime.models.memory.arena import Arena
from gpu_runtime.models.memory.extents import Extent
from vibeboard.faults import Cancelled, Rejected

CHUNK = 16 << 20
THREADS = min(8, 2 * (os.cpu_count() or 1))
_MOST_PARTS = 512  # of one preadv; the system takes 1024


class Piece(NamedTuple):
    """Bytes of a file from `offset`, and the part of the arena they go to."""

    path: Path
    offset: int
    target: Extent


class Chunk(NamedTuple):
    """Neighbours in a file, read by one call."""

    path: Path
    offset: int
    targets: tuple[Extent, ...]


def read(pieces: Iterable[Piece], arena: Arena, stopping: Stopping, threads: int = THREADS) -> None:
    """Fill the arena's parts. Returns when nothing writes there any more, however it ends.

    Raises:
        Cancelled: `stopping()` turned true; seen within one chunk.
        Rejected: `weights_changed` when a file ends early.
    """
    chunks = _Shared(chunked(pieces))
    with ThreadPoolExecutor(threads, thread_name_prefix="read") as pool:
        workers = [pool.submit(_work, chunks, arena, stopping) for _ in range(threads)]
    for worker in workers:
        worker.result()


def chunked(pieces: Iterable[Piece]) -> Iterator[Chunk]:
    """Neighbouring pieces together, long ones cut, in the order of the files."""
    run: list[Extent] = []
    path, offset, size = Path(), 0, 0
    for piece in sorted(_cut(pieces), key=lambda piece: (piece.path, piece.offset)):
        adjacent = piece.path == path and piece.offset == offset + size
        if run and (not adjacent or size + piece.target.size > CHUNK or len(run) == _MOST_PARTS):
            yield Chunk(path, offset, tuple(run))
            run = []
        if not run:
            path, offset, size = piece.path, piece.offset, 0
        run.append(piece.target)
        size += piece.target.size
    if run:
        yield Chunk(path, offset, tuple(run))


def _cut(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for path, offset, target in pieces:
        for start in range(target.start, target.end, CHUNK):
            end = min(start + CHUNK, target.end)
            yield Piece(path, offset + start - target.start, Extent(start, end))


class _Shared:
    """Chunks for whoever asks next; none after somebody failed."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks, self._guard = chunks, threading.Lock()
        self.failed = False

    def next(self) -> Chunk | None:
        with self._guard:
            return None if self.failed else next(self._chunks, None)


def _work(chunks: _Shared, arena: Arena, stopping: Stopping) -> None:
    opened: dict[Path, int] = {}
    try:
        while chunk := chunks.next():
            if stopping():
                raise Cancelled
            if chunk.path not in opened:
                opened[chunk.path] = os.open(chunk.path, os.O_RDONLY | os.O_CLOEXEC)
            for target in chunk.targets:
                arena.ready(target)
            _fill(opened[chunk.path], chunk, arena.view)
    except BaseException:
        chunks.failed = True
        raise
    finally:
        for descriptor in opened.values():
            os.close(descriptor)


def _fill(descriptor: int, chunk: Chunk, view: memoryview) -> None:
    offset, targets = chunk.offset, list(chunk.targets)
    while targets:
        count = os.preadv(descriptor, [view[target.start : target.end] for target in targets], offset)
        if count == 0:
            end = os.fstat(descriptor).st_size  # another thread may have come to the end first, at another place
            raise Rejected("weights_changed", f"{chunk.path.name} ends at byte {end}: pull these weights again")
        offset += count
        targets = _rest(targets, count)


def _rest(targets: Sequence[Extent], count: int) -> list[Extent]:
    """What is still to be filled after `count` bytes."""
    left = []
    for target in targets:
        done = min(count, target.size)
        count -= done
        if done < target.size:
            left.append(Extent(target.start + done, target.end))
    return left
