"""A device's memory as the code that moves weights sees it: a card, or the processor standing in for one."""

from __future__ import annotations

import gc
import threading
from typing import Any, Protocol

import torch

Event = Any
"""A point in a device's work; nothing on a device that works at once."""


class Device(Protocol):
    name: str
    pinned: bool
    """Whether host memory has to be locked for copies at the rate of the link."""
    counts_work: bool
    """Whether what computation takes is counted, and not the weights alone."""

    def capacity(self) -> int: ...

    def allocate(self, size: int) -> torch.Tensor:
        """`size` bytes, for weights.

        Raises:
            torch.OutOfMemoryError: there is no room.
        """

    def free(self, buffer: torch.Tensor) -> None:
        """Give bytes back, after the work that was asked for so far."""

    def copy(self, target: torch.Tensor, source: torch.Tensor) -> None:
        """Begin to copy from host memory, after the copies asked for before."""

    def record(self) -> Event:
        """The end of the copies asked for so far."""

    def wait(self, event: Event) -> None:
        """Let the computation that is asked for from now on begin after the event."""

    def computed(self) -> Event:
        """The end of the computation asked for so far."""

    def copy_after(self, event: Event) -> None:
        """Let the copies that are asked for from now on begin after the event."""

    def synchronise(self, event: Event) -> None:
        """Wait until the event has come."""

    def used(self) -> int: ...

    def reset_peak(self) -> None: ...

    def peak(self) -> int: ...

    def empty_cache(self) -> None: ...


class CpuDevice:
    """Host memory in the part of a device: separate from the arena, counted, limited."""

    name = "cpu"
    pinned = False
    counts_work = False

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = self._peak = 0
        self._guard = threading.Lock()

    def capacity(self) -> int:
        return self.limit

    def allocate(self, size: int) -> torch.Tensor:
        with self._guard:
            if self._used + size > self.limit:
                raise torch.OutOfMemoryError(f"no {size} bytes left: {self._used} of {self.limit} are in use")
            self._used += size
            self._peak = max(self._peak, self._used)
        return torch.empty(size, dtype=torch.uint8)

    def free(self, buffer: torch.Tensor) -> None:
        with self._guard:
            self._used -= buffer.numel()

    def copy(self, target: torch.Tensor, source: torch.Tensor) -> None:
        target.copy_(source)

    def record(self) -> Event:
        return None

    def wait(self, event: Event) -> None:
        pass

    def computed(self) -> Event:
        return None

    def copy_after(self, event: Event) -> None:
        pass

    def synchronise(self, event: Event) -> None:
        pass

    def used(self) -> int:
        return self._used

    def reset_peak(self) -> None:
        self._peak = self._used

    def peak(self) -> int:
        return self._peak

    def empty_cache(self) -> None:
        pass


class CudaDevice:
    """A card. Weights are allocated and copied on a stream of their own, so that the copy of what comes next runs while
    a kernel computes; bytes that a kernel may still read are given back to that stream by events."""

    pinned = True
    counts_work = True

    def __init__(self, name: str, limit: int | None = None) -> None:
        self.name = name if ":" in name else f"{name}:{torch.cuda.current_device()}"
        self._device = torch.device(self.name)
        self._copies = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        self._limit = limit
        if limit is not None:
            total = torch.cuda.mem_get_info(self._device)[1]
            torch.cuda.set_per_process_memory_fraction(min(limit / total, 1.0), self._device)

    def capacity(self) -> int:
        """What is free now and what this process holds, or the limit if that is less; less 1/32 for fragments, as it is
        the allocator's cache that must not grow beyond."""
        free, total = torch.cuda.mem_get_info(self._device)
        room = min(free + torch.cuda.memory_reserved(self._device), self._limit or total)
        return room - room // 32

    def allocate(self, size: int) -> torch.Tensor:
        with torch.cuda.stream(self._copies):
            return torch.empty(size, dtype=torch.uint8, device=self._device)

    def free(self, buffer: torch.Tensor) -> None:
        buffer.record_stream(torch.cuda.current_stream(self._device))
        buffer.record_stream(torch.cuda.default_stream(self._device))

    def copy(self, target: torch.Tensor, source: torch.Tensor) -> None:
        with torch.cuda.stream(self._copies):
            target.copy_(source, non_blocking=True)

    def record(self) -> Event:
        return self._copies.record_event()

    def wait(self, event: Event) -> None:
        torch.cuda.current_stream(self._device).wait_event(event)

    def computed(self) -> Event:
        return torch.cuda.current_stream(self._device).record_event()

    def copy_after(self, event: Event) -> None:
        self._copies.wait_event(event)

    def synchronise(self, event: Event) -> None:
        event.synchronize()

    def used(self) -> int:
        return torch.cuda.memory_allocated(self._device)

    def reset_peak(self) -> None:
        torch.cuda.reset_peak_memory_stats(self._device)

    def peak(self) -> int:
        return torch.cuda.max_memory_allocated(self._device)

    def empty_cache(self) -> None:
        """After what was asked for so far, as only then all is free; on a card that is lost this raises."""
        torch.cuda.synchronize(self._device)
        torch.cuda.empty_cache()


class CudaLocking:
    """Locks host memory in place, for every context of the process, by that of one device: whatever the thread's own
    is would be opened for it, and take some hundred megabytes of another card."""

    _PORTABLE = 1

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)

    def lock(self, address: int, size: int) -> None:
        with torch.cuda.device(self._device):
            torch.cuda.check_error(_runtime().cudaHostRegister(address, size, self._PORTABLE))

    def unlock(self, address: int) -> None:
        with torch.cuda.device(self._device):
            torch.cuda.check_error(_runtime().cudaHostUnregister(address))


def _runtime() -> Any:
    return torch.cuda.cudart()  # type: ignore[no-untyped-call]


def reclaim(device: Device) -> None:
    """What nobody refers to is collected first: an allocator can only give back what was freed."""
    gc.collect()
    device.empty_cache()
