"""From disk into memory: our reader beside a raw read of the same file and the libraries' own ways."""

from __future__ import annotations

import gc
import mmap
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import torch
from diffusers import WanTransformer3DModel
from safetensors.torch import load_file

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.reader import CHUNK, THREADS

Way = Callable[[Path], object]
ROUNDS = 5


class Rates(NamedTuple):
    """GB/s with the file out of the page cache and in it, and how that compares; medians of some rounds."""

    cold: float
    warm: float
    cold_ratio: float
    warm_ratio: float


def evict(path: Path) -> None:
    """Out of the page cache; only this file, and only what is on disk already."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


class RawRead:
    """As many threads and bytes at a time as our reader has, in the file's order, into memory that is faulted in."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, size)
        self._memory.madvise(mmap.MADV_HUGEPAGE)
        self._view = memoryview(self._memory)
        torch.frombuffer(self._memory, dtype=torch.uint8).zero_()

    def __call__(self, path: Path) -> None:
        size = path.stat().st_size
        descriptor = os.open(path, os.O_RDONLY)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda offset: self._chunk(descriptor, offset, size), range(0, size, CHUNK)))
        os.close(descriptor)

    def _chunk(self, descriptor: int, offset: int, size: int) -> None:
        end = min(offset + CHUNK, size)
        while offset < end:
            offset += os.preadv(descriptor, [self._view[offset:end]], offset)


def ours(memory: TorchMemory) -> Way:
    """Read into the arena and given back, so that its memory is used again."""

    def work(path: Path) -> None:
        memory.read("measured", path.parent, lambda: False)
        memory.drop("measured")

    return work


def load_and_copy(path: Path) -> None:
    """What `load_file` gives is a mapped file; copied, it is in memory."""
    for tensor in load_file(path).values():
        tensor.clone()


def from_pretrained_and_touch(path: Path) -> None:
    model = WanTransformer3DModel.from_pretrained(path.parent, torch_dtype=torch.bfloat16)
    for parameter in model.parameters():
        parameter.data.view(-1).view(torch.uint8)[::512].sum()


def compare(path: Path, ways: dict[str, Way]) -> dict[str, Rates]:
    """Each way in turn, round by round, so that a busy moment meets all of them; ratios are to the first way of the
    same round."""
    size = path.stat().st_size / 1e9
    rounds = [{name: _cold_and_warm(path, way) for name, way in ways.items()} for _ in range(ROUNDS)]
    raw = next(iter(ways))
    found = {}
    for name in ways:
        cold, warm = (statistics.median(size / one[name][state] for one in rounds) for state in (0, 1))
        ratios = (statistics.median(one[raw][state] / one[name][state] for one in rounds) for state in (0, 1))
        found[name] = Rates(cold, warm, *ratios)
    return found


def _cold_and_warm(path: Path, way: Way) -> tuple[float, float]:
    gc.collect()
    evict(path)
    return seconds(lambda: way(path)), seconds(lambda: way(path))
