"""Seconds to decide what leaves a full device, by our residency and by the strategy of diffusers' ComponentsManager."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

from diffusers.modular_pipelines import components_manager

from gpu_runtime.ledger import Ledger
from gpu_runtime.residency import Need, Residency

GIB = 1 << 30


def sizes_of(count: int) -> dict[str, int]:
    chance = random.Random(count)
    return {f"component {number}": int(chance.uniform(0.1, 4.0) * GIB) for number in range(count)}


def ours(count: int, repeats: int = 50) -> float:
    """The median of `repeats` plans for a newcomer half as large as all that is resident. Half of that is known to be
    used again, and the host is full too, so that host copies have to go as well."""
    sizes = sizes_of(count)
    total = sum(sizes.values())
    residency = Residency({**sizes, "newcomer": total // 2}, Ledger(total), Ledger(total))
    for component in sizes:
        need = Need((component,))
        for move in residency.plan(need, {}) or ():
            residency.begin(move)
            residency.end(move)
        residency.lease("job", need)
        residency.give_back("job")
    next_use = {component: float(place) for place, component in enumerate(sizes) if place % 2}
    return median_seconds(lambda: residency.plan(Need(("newcomer",)), next_use), repeats)


class StubModel(NamedTuple):
    size: int

    def get_memory_footprint(self) -> int:
        return self.size


class FullDevice:
    """In place of the query of a card: nothing is free."""

    def __init__(self, device: str) -> None:
        del device

    def mem_get_info(self) -> tuple[int, int]:
        return 0, 48 * GIB


def diffusers(count: int) -> float:
    """One run of the real strategy over stub hooks. It keeps a margin of memory free, set to nothing here."""
    sizes = sizes_of(count)
    hooks: list[Any] = [SimpleNamespace(model_id=name, model=StubModel(size)) for name, size in sizes.items()]
    newcomer = StubModel(sum(sizes.values()) // 2)
    strategy = components_manager.AutoOffloadStrategy(memory_reserve_margin="0GB")
    with mock.patch.object(components_manager, "TorchDeviceBackend", FullDevice):
        return median_seconds(lambda: strategy(hooks, "newcomer", newcomer, "cuda"), 1)


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return sorted(taken)[repeats // 2]
