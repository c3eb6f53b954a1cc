"""Jobs to the place where their engine can run: those with a backbone to the device, the others to the CPU."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gpu_runtime.engine import registry
from vibeboard.jobs import Job, JobEvent, Placement, Snapshot


class Routed:
    """`Placement` over two others."""

    def __init__(self, cpu: Placement, device: Placement) -> None:
        self._cpu, self._device = cpu, device
        self._at: dict[str, Placement] = {}

    def submit(self, job: Job) -> None:
        place = self._device if registry()[job.engine].backbone else self._cpu
        self._at[job.key] = place
        place.submit(job)

    async def events(self, key: str) -> AsyncIterator[JobEvent]:
        async for event in self._at[key].events(key):
            yield event
        del self._at[key]

    def cancel(self, key: str) -> None:
        if key in self._at:
            self._at[key].cancel(key)

    def unload(self) -> None:
        self._device.unload()

    def keep_warm(self, on: bool) -> None:
        self._device.keep_warm(on)

    def snapshot(self) -> Snapshot:
        cpu, device = self._cpu.snapshot(), self._device.snapshot()
        return Snapshot(
            workers=cpu.workers + device.workers,
            queued=cpu.queued + device.queued,
            running=cpu.running + device.running,
            devices=cpu.devices + device.devices,
        )

    async def drain(self, *, leave: bool = False) -> None:
        await self._cpu.drain(leave=leave)
        await self._device.drain(leave=leave)
