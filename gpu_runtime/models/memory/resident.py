"""One component in memory: its module, its bytes in the arena and on the device, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gpu_runtime.memory import Stopping
from gpu_runtime.models.memory import modules
from gpu_runtime.models.memory.adapters import Adapted
from gpu_runtime.models.memory.arena import Arena
from gpu_runtime.models.memory.device import Device, Event
from gpu_runtime.models.memory.extents import Extent
from gpu_runtime.models.memory.layout import groups
from gpu_runtime.models.memory.reader import Piece, read
from vibeboard.faults import Cancelled


class Resident:
    """Weights of the folder of one component.

    Group 0 is what belongs to no block. A block is waited for when it is about to compute, not before; so computation
    starts when the first has arrived. With `streamed`, a block is on the device only while it computes, and the next
    one is on its way.
    """

    def __init__(self, folder: Path, arena: Arena, device: Device) -> None:
        self.module = modules.skeleton(folder)
        self.adapted = Adapted(self.module, arena, device)
        self._arena, self._device = arena, device
        self._computed = modules.computed(self.module)
        blocks = modules.blocks(self.module)
        self._groups = groups(folder, self.module, [path for path, _ in blocks])
        self._host: list[Extent] = []
        self._buffers: list[torch.Tensor | None] = [None] * len(self._groups)
        self._events: list[Event] = [None] * len(self._groups)
        self._tables: list[torch.Tensor] = []
        self._spare: list[tuple[torch.Tensor, Event]] = []
        self._last: Event = None
        self._order, self._ran = list(range(1, len(self._groups))), list[int]()
        self.streamed = False
        for number, (_, block) in enumerate(blocks, start=1):
            self._watch(number, block)
        for number in range(len(self._groups)):
            self._empty(number)

    @property
    def on_device(self) -> bool:
        return self._buffers[0] is not None

    @property
    def in_host(self) -> bool:
        return bool(self._host)

    def read(self, stopping: Stopping) -> None:
        """Files into the arena."""
        try:
            self._host.extend(self._arena.take(group.size) for group in self._groups)
            self._arena.prefault(self._host)
            read(self._pieces(), self._arena, stopping)
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Give the arena's parts back, after the last copy from there."""
        if self._last is not None:
            self._device.synchronise(self._last)
        for extent in self._host:
            self._arena.give(extent)
        self._host = []

    def upload(self, stopping: Stopping) -> Callable[[], None]:
        """To the device: what is in no block, then the blocks in the order in which they ran the last time. What is
        returned waits for the last copy."""
        try:
            self._bring_computed()
            for number in (0, *self._order):
                if stopping():
                    raise Cancelled
                self._bring(number)
        except BaseException:
            self.release()
            raise
        return partial(self._device.synchronise, self._last)

    def release(self) -> None:
        """Give the device's bytes back, those of adapters too."""
        self.adapted.clear()
        for number in range(len(self._groups)):
            self._leave(number)
        for slot, tensor in self._computed:
            slot.put(tensor)
        for buffer in self._tables:
            self._device.free(buffer)
        self._tables, self.streamed = [], False
        self._give_spare()

    def ready(self, *, streamed: bool) -> nn.Module:
        """The module, to be called in the current stream. One that is streamed need not have been uploaded before."""
        if not self.on_device:
            self._bring_rest()
        if streamed != self.streamed:
            self._give_spare()
            for number in self._order:
                self._leave(number) if streamed else self._bring(number)
        self.streamed = streamed
        self._arrive(0)
        return self.module

    def _pieces(self) -> Iterator[Piece]:
        for group, extent in zip(self._groups, self._host, strict=True):
            for tensor in group.tensors:
                start = extent.start + tensor.offset
                yield Piece(tensor.path, tensor.span.begin, Extent(start, start + tensor.span.bytes))

    def _bring_computed(self) -> None:
        for slot, tensor in self._computed:
            buffer = self._device.allocate(tensor.nbytes)
            self._tables.append(buffer)
            self._device.copy(buffer, tensor.reshape(-1).view(torch.uint8))
            slot.put(buffer.view(tensor.dtype).view(tensor.shape))

    def _bring(self, number: int) -> None:
        """Begin to copy a group to the device, if it is not there or on its way."""
        if self._buffers[number] is not None:
            return
        group, extent = self._groups[number], self._host[number]
        buffer = self._room(group.size)
        for piece in self._arena.pieces(Extent(extent.start, extent.start + group.size)):
            target = buffer[piece.start - extent.start : piece.end - extent.start]
            self._device.copy(target, self._arena.bytes[piece.start : piece.end])
        self._buffers[number] = buffer
        self._events[number] = self._last = self._device.record()
        for tensor in group.tensors:
            tensor.slot.put(tensor.view(buffer))

    def _bring_rest(self) -> None:
        try:
            self._bring_computed()
            self._bring(0)
        except BaseException:
            self.release()
            raise

    def _room(self, size: int) -> torch.Tensor:
        """Bytes of the device: of a block that has computed, if one is big enough. Given back to the allocator and
        asked for again, they would be free only when the card has got there, which may be many blocks behind."""
        fitting = [at for at, (buffer, _) in enumerate(self._spare) if buffer.numel() >= size]
        if not fitting:
            return self._device.allocate(size)
        buffer, event = self._spare.pop(min(fitting, key=lambda at: self._spare[at][0].numel()))
        self._device.copy_after(event)
        return buffer

    def _pass_on(self, number: int) -> None:
        """A streamed block has computed: its bytes are for one of the next."""
        buffer, self._buffers[number] = self._buffers[number], None
        if buffer is not None:
            self._empty(number)
            self._spare.append((buffer, self._device.computed()))

    def _give_spare(self) -> None:
        for buffer, _ in self._spare:
            self._device.free(buffer)
        self._spare = []

    def _leave(self, number: int) -> None:
        buffer, self._buffers[number] = self._buffers[number], None
        if buffer is not None:
            self._empty(number)
            self._device.free(buffer)

    def _empty(self, number: int) -> None:
        for tensor in self._groups[number].tensors:
            tensor.slot.put(tensor.empty(self._device.name))

    def _arrive(self, number: int) -> None:
        event, self._events[number] = self._events[number], None
        if event is not None:
            self._device.wait(event)

    def _watch(self, number: int, block: nn.Module) -> None:
        def before(_module: nn.Module, _inputs: Any) -> None:
            self._note(number)
            if self.streamed:
                self._bring(number)
            self._arrive(number)
            if self.streamed:
                self._bring(self._after(number))

        def after(_module: nn.Module, _inputs: Any, _output: Any) -> None:
            if self.streamed:
                self._pass_on(number)

        block.register_forward_pre_hook(before)
        block.register_forward_hook(after, always_call=True)

    def _note(self, number: int) -> None:
        """Learn in which order the blocks run."""
        if number in self._ran:
            if len(self._ran) == len(self._order):
                self._order = self._ran
            self._ran = []
        self._ran.append(number)

    def _after(self, number: int) -> int:
        return self._order[(self._order.index(number) + 1) % len(self._order)]
