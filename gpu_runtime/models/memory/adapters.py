"""Adapters on a module: a path beside each linear layer, never merged into its weight, so that taking them off gives
the bare weights back bit for bit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from gpu_runtime.models.memory.adapter_file import LowRank, read_adapter
from gpu_runtime.models.memory.arena import ALIGN, Arena
from gpu_runtime.models.memory.device import Device
from gpu_runtime.models.memory.extents import Extent
from gpu_runtime.run import AdapterUse

Uses = tuple[tuple[AdapterUse, Path], ...]


class Version(NamedTuple):
    """A file as it is now, for one component."""

    component: str
    path: Path
    size: int
    changed: int


class Matrix(NamedTuple):
    """Where a matrix lies in an adapter's bytes."""

    offset: int
    shape: tuple[int, ...]
    dtype: torch.dtype

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def view(self, buffer: torch.Tensor) -> torch.Tensor:
        return buffer[self.offset : self.offset + self.bytes].view(self.dtype).view(self.shape)


class Layer(NamedTuple):
    """An adapter's part for one linear layer."""

    down: Matrix
    up: Matrix
    bias: Matrix | None
    factor: float


class Packed(NamedTuple):
    """An adapter in one run of the arena, in the types of the layers it goes on: one copy takes it to a device."""

    extent: Extent
    size: int
    layers: dict[str, Layer]


class AdapterStore:
    """Adapters that were used lately, in host memory, up to `budget` bytes of the arena."""

    def __init__(self, arena: Arena, budget: int) -> None:
        self._arena, self.budget = arena, budget
        self._packed: dict[Version, Packed] = {}

    def get(self, component: str, path: Path, module: nn.Module) -> Packed:
        stat = path.stat()
        version = Version(component, path, stat.st_size, stat.st_mtime_ns)
        found = self._packed.pop(version, None) or self._pack(read_adapter(path, module, component), module)
        self._packed[version] = found
        return found

    def _pack(self, adapter: dict[str, LowRank], module: nn.Module) -> Packed:
        layers, tensors, size = {}, list[tuple[Matrix, torch.Tensor]](), 0
        for target, part in adapter.items():
            dtype, begin = _weight(module, target).dtype, len(tensors)
            for tensor in (part.down, part.up, part.bias):
                if tensor is not None:
                    matrix = Matrix(size, tuple(tensor.shape), dtype)
                    tensors.append((matrix, tensor))
                    size += -(-matrix.bytes // ALIGN) * ALIGN
            down, up, *bias = (matrix for matrix, _ in tensors[begin:])
            layers[target] = Layer(down, up, bias[0] if bias else None, part.factor)
        extent = self._room(size)
        buffer = self._arena.bytes[extent.start : extent.end]
        for matrix, tensor in tensors:
            matrix.view(buffer).copy_(tensor)
        return Packed(extent, size, layers)

    def _room(self, size: int) -> Extent:
        """A part of the arena; what was not used for longest is forgotten for it."""
        if size > self.budget:
            raise MemoryError(f"host memory for adapters: {size} bytes are needed, {self.budget} set aside")
        while size + sum(packed.size for packed in self._packed.values()) > self.budget:
            self._arena.give(self._packed.pop(next(iter(self._packed))).extent)
        extent = self._arena.take(size)
        self._arena.ready(extent)
        return extent


class Adapted:
    """A module and the adapters on it now."""

    def __init__(self, module: nn.Module, arena: Arena, device: Device) -> None:
        self._module, self._arena, self._device = module, arena, device
        self._uses: Uses = ()
        self._buffers: dict[Path, torch.Tensor] = {}
        self._hooks: list[RemovableHandle] = []

    def set(self, component: str, uses: Sequence[tuple[AdapterUse, Path]], store: AdapterStore) -> None:
        """Exactly these. An adapter that stays, at another strength, is not copied again."""
        if tuple(uses) == self._uses:
            return
        self._unhook()
        for path in self._buffers.keys() - {path for _, path in uses}:
            self._device.free(self._buffers.pop(path))
        try:
            for use, path in uses:
                packed = store.get(component, path, self._module)
                if path not in self._buffers:  # copied at once: the next may take its place in the host
                    self._buffers[path] = self._copy(packed)
                self._hook(packed, self._buffers[path], use.scale)
        except BaseException:
            self.clear()
            raise
        self._uses = tuple(uses)

    def clear(self) -> None:
        self._unhook()
        for buffer in self._buffers.values():
            self._device.free(buffer)
        self._buffers = {}

    def _copy(self, adapter: Packed) -> torch.Tensor:
        buffer = self._device.allocate(adapter.size)
        start = adapter.extent.start
        for piece in self._arena.pieces(Extent(start, start + adapter.size)):
            self._device.copy(
                buffer[piece.start - start : piece.end - start], self._arena.bytes[piece.start : piece.end]
            )
        event = self._device.record()
        self._device.wait(event)
        self._device.synchronise(event)  # the arena's part may be another adapter's before long
        return buffer

    def _hook(self, adapter: Packed, buffer: torch.Tensor, scale: float) -> None:
        for target, (down, up, bias, factor) in adapter.layers.items():
            side = _Side(down.view(buffer), up.view(buffer), bias.view(buffer) if bias else None, factor, scale)
            self._hooks.append(self._module.get_submodule(target).register_forward_hook(side))

    def _unhook(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._uses = [], ()


def _weight(module: nn.Module, target: str) -> torch.Tensor:
    layer = module.get_submodule(target)
    assert isinstance(layer, nn.Linear)
    return layer.weight


class _Side:
    """Adds to a linear layer's output, in place, what an adapter has to say about its input."""

    def __init__(
        self, down: torch.Tensor, up: torch.Tensor, bias: torch.Tensor | None, factor: float, scale: float
    ) -> None:
        self._down, self._up, self._bias = down.t(), up.t(), bias
        self._strength, self._scale = factor * scale, scale

    def __call__(self, _layer: nn.Module, inputs: tuple[Any, ...], output: torch.Tensor) -> torch.Tensor:
        hidden = inputs[0].flatten(0, -2) @ self._down
        output.view(-1, output.shape[-1]).addmm_(hidden, self._up, alpha=self._strength)
        return output if self._bias is None else output.add_(self._bias, alpha=self._scale)
