"""How the weights of a component lie in memory: in groups that move together, aligned, in the order of their blocks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from gpu_runtime.manifest import weight_files
from gpu_runtime.models.memory import modules
from gpu_runtime.models.memory.arena import ALIGN
from gpu_runtime.models.memory.modules import TORCH_DTYPES, Slot
from gpu_runtime.safetensors_file import TensorSpan, read_header


class Tensor(NamedTuple):
    """A tensor of a file, its place in the module, and its place in the group's bytes."""

    slot: Slot
    path: Path
    span: TensorSpan
    offset: int

    def view(self, buffer: torch.Tensor) -> torch.Tensor:
        part = buffer[self.offset : self.offset + self.span.bytes]
        return part.view(TORCH_DTYPES[self.span.dtype]).view(self.span.shape)

    def empty(self, device: str) -> torch.Tensor:
        return torch.empty(0, dtype=TORCH_DTYPES[self.span.dtype], device=device)


class Group(NamedTuple):
    """Tensors that move together: a block, or all that is in none."""

    tensors: tuple[Tensor, ...]
    size: int


def groups(folder: Path, module: nn.Module, paths: list[str]) -> list[Group]:
    """Group 0 for what is in no block, then one a block; tensors one after the other, aligned."""
    sources = {name: (path, span) for path in weight_files(folder) for name, span in read_header(path).items()}
    stored = {name: span for name, (_, span) in sources.items()}
    members: list[list[Tensor]] = [[] for _ in range(len(paths) + 1)]
    sizes = [0] * len(members)
    for slot, name in modules.match(module, modules.slots(module), stored, folder.name):
        number = next((at for at, path in enumerate(paths, start=1) if _inside(slot, path)), 0)
        path, span = sources[name]
        members[number].append(Tensor(slot, path, span, sizes[number]))
        sizes[number] += -(-span.bytes // ALIGN) * ALIGN
    return [Group(tuple(tensors), size) for tensors, size in zip(members, sizes, strict=True)]


def _inside(slot: Slot, path: str) -> bool:
    return all(name.startswith(f"{path}.") for name in slot.names)
