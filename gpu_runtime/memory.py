"""What moves weights: the seam between the device runtime, which knows no torch, and the code that does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from gpu_runtime.run import AdapterUse

Stopping = Callable[[], bool]


class Memory(Protocol):
    """One device's memory and the host's part for weights. `component` is an id of the catalog.

    `read` and `upload` stop within one chunk when `stopping()` turns true, by raising `Cancelled`, and leave nothing
    behind; so do they when they fail.
    """

    @property
    def device(self) -> str:
        """Such as `cuda:0`."""

    def device_capacity(self) -> int:
        """Bytes of the device that may be used, settings counted."""

    def host_capacity(self) -> int:
        """Bytes of host memory that weights may take; a container's limit counts."""

    def read(self, component: str, folder: Path, stopping: Stopping) -> None:
        """Files of `folder` into the host arena; several threads, into memory that is faulted in."""

    def upload(self, component: str, stopping: Stopping) -> Callable[[], None]:
        """To the device in the order in which the blocks are computed. On CUDA this returns when the copies are under
        way on their own stream; each block waits for its own copy only, and what is returned waits for them all."""

    def release(self, component: str) -> None:
        """Give the device's copy back; nothing is copied."""

    def drop(self, component: str) -> None:
        """Give the host's copy back."""

    def module(self, component: str, *, offload: bool = False) -> Any:
        """The torch module of uploaded weights; `offload` streams its blocks from the host as they are computed."""

    def set_adapters(self, component: str, adapters: Sequence[tuple[AdapterUse, Path]]) -> None:
        """Exactly these adapters on uploaded weights, never fused; none gives the bare weights back, bit for bit."""

    def used(self) -> int:
        """Bytes of the device that are in use now, as its allocator counts them."""

    @property
    def counts_work(self) -> bool:
        """Whether `used` and `peak` see what computation takes, and not the weights alone."""

    def reset_peak(self) -> None: ...

    def peak(self) -> int:
        """Most bytes in use since `reset_peak`."""

    def reclaim(self) -> None:
        """Collect garbage, then empty the allocator's cache, in this order."""
