"""`gpu_runtime.memory.Memory` in torch: a host arena, a device, and the components in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from gpu_runtime.memory import Stopping
from gpu_runtime.models.memory import host
from gpu_runtime.models.memory.adapters import AdapterStore
from gpu_runtime.models.memory.arena import Arena
from gpu_runtime.models.memory.device import CpuDevice, CudaDevice, CudaLocking, Device, reclaim
from gpu_runtime.models.memory.resident import Resident
from gpu_runtime.run import AdapterUse
from vibeboard.settings import Settings

_GIB = 1 << 30
_SLACK = 32
"""One part in so many of the host's memory makes up for alignment and for segments that are taken in part."""
_ADAPTERS = 16
"""One part in so many is for adapters."""


class TorchMemory:
    """Calls for different components may come from different threads, calls for one of them one after the other."""

    def __init__(self, device: Device, host_bytes: int) -> None:
        self._device = device
        self._arena = Arena(host_bytes, CudaLocking(device.name) if device.pinned else None)
        self._adapters = AdapterStore(self._arena, self._arena.budget // _ADAPTERS)
        self._residents: dict[str, Resident] = {}

    @property
    def device(self) -> str:
        return self._device.name

    def device_capacity(self) -> int:
        return self._device.capacity()

    def host_capacity(self) -> int:
        return self._arena.budget - self._arena.budget // _SLACK - self._adapters.budget

    def read(self, component: str, folder: Path, stopping: Stopping) -> None:
        resident = self._residents.get(component) or Resident(folder, self._arena, self._device)
        resident.read(stopping)
        self._residents[component] = resident

    def upload(self, component: str, stopping: Stopping) -> Callable[[], None]:
        return self._residents[component].upload(stopping)

    def release(self, component: str) -> None:
        self._residents[component].release()
        self._forget(component)

    def drop(self, component: str) -> None:
        self._residents[component].drop()
        self._forget(component)

    def _forget(self, component: str) -> None:
        """Weights on the device go on without their copy in host memory; without either there is nothing left."""
        resident = self._residents[component]
        if not (resident.on_device or resident.in_host):
            del self._residents[component]

    def module(self, component: str, *, offload: bool = False) -> Any:
        return self._residents[component].ready(streamed=offload)

    def set_adapters(self, component: str, adapters: Sequence[tuple[AdapterUse, Path]]) -> None:
        self._residents[component].adapted.set(component, adapters, self._adapters)

    def used(self) -> int:
        return self._device.used()

    @property
    def counts_work(self) -> bool:
        return self._device.counts_work

    def reset_peak(self) -> None:
        self._device.reset_peak()

    def peak(self) -> int:
        return self._device.peak()

    def reclaim(self) -> None:
        reclaim(self._device)

    def host_bytes(self) -> tuple[int, int]:
        """Bytes of the arena that weights take, and bytes that it took from the system (and locked, with a card)."""
        return self._arena.taken, self._arena.committed


def open_memory(settings: Settings) -> TorchMemory:
    """The memory that the settings ask for: CUDA if it is there, else the processor with half of the host's memory in
    the part of a device."""
    name = settings.device or ("cuda" if torch.cuda.is_available() else "cpu")
    limit = round(settings.device_gib * _GIB) if settings.device_gib else None
    host_bytes = round(settings.host_gib * _GIB) if settings.host_gib else host.budget()
    if name != "cpu":
        return TorchMemory(CudaDevice(name, limit), host_bytes)
    free = host_bytes if settings.host_gib else host_bytes // 2
    return TorchMemory(CpuDevice(limit or host.budget() // 2), free)
