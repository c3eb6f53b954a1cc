"""What an engine's implementation gets to work with, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from vibeboard.asset import BlobRef, Result
from vibeboard.model import Frozen

if TYPE_CHECKING:
    from gpu_runtime.engine import Engine


class Run(Protocol):
    """One job at work. An implementation is `def name(params: SomeParams, run: Run) -> Result`."""

    scratch: Path
    """A folder of this job's own, gone when the job ends."""

    def progress(self, done: int, total: int) -> None:
        """Say how far the job is, at least once a frame or step. Raises `Cancelled` when it shall stop."""

    def input(self, sha256: str) -> Path:
        """Where the bytes of an input can be read."""

    def keep(self, path: Path, media: str) -> BlobRef:
        """Take a finished file from `scratch` into the store."""

    def keep_bytes(self, data: bytes, media: str) -> BlobRef: ...


class AdapterUse(Frozen):
    """An adapter at a strength."""

    adapter: str
    scale: float = 1.0


class Stage(NamedTuple):
    """What the next part of a job needs on the device: all of these weights or none, and room to work.

    `work` is its expected peak of memory besides the weights, in bytes, until one was measured. What is measured is
    remembered by the `frames` that the part works on, all of the shot's unless it says so.
    """

    name: str
    weights: tuple[str, ...]
    adapters: tuple[AdapterUse, ...] = ()
    work: int = 0
    frames: int = 0


class Step(NamedTuple):
    """A point at which a job can stop for good, or make way and go on later. What it holds on the device is small then,
    but for what `leave`, called before it makes way, takes to host memory. When all steps are done, `left` pieces still
    follow in this part."""

    done: int
    total: int
    leave: Callable[[], None] | None = None
    left: int = 0


class Remedy(StrEnum):
    """What makes a job need less memory and changes nothing that can be seen."""

    TILING = "tiling"
    """Decode and encode pictures in overlapping tiles."""
    OFFLOAD = "offload"
    """Keep the transformer, or the text encoder, in host memory and stream it block by block."""


Work = Generator[Stage | Step, None, Result]
"""A job on a device: it yields the `Stage` it needs before it touches weights, a `Step` at every boundary, and returns
its result. While it is suspended its weights may be gone; what it keeps in local variables (latents, scheduler, random
state) is its checkpoint, so that going on later gives the same bytes as never having stopped."""


class DeviceRun(Run, Protocol):
    """A job on a device. An implementation is `def name(params: SomeParams, run: DeviceRun) -> Work`."""

    engine: Engine
    device: str
    remedies: frozenset[Remedy]
    """What was found necessary when the job ran out of memory before; empty on the first attempt."""

    def module(self, component: str) -> Any:
        """The torch module of leased weights, on the device, its adapters set as the stage asked. To be asked for again
        after every `yield`."""

    def folder(self, component: str) -> Path:
        """The files of an installed component, for configuration such as tokenizers and schedulers."""

    def cached(self, key: str, make: Callable[[], bytes]) -> bytes:
        """Bytes that are costly to make and the same for many jobs, such as a prompt's embeddings, by content key."""

    def is_cached(self, key: str) -> bool: ...
