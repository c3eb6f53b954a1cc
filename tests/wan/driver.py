"""A device runtime in a few lines: it gives a job what its stage asks for, and nothing else."""

from __future__ import annotations

import gc
import hashlib
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import torch

from gpu_runtime.catalog.declare import components
from gpu_runtime.engine import Engine
from gpu_runtime.run import Remedy, Stage, Step
from tests.wan.tiny import load
from vibeboard.asset import BlobRef

T = TypeVar("T")


class TinyRun:
    """`gpu_runtime.run.DeviceRun` over a folder of tiny weights. Modules can be had while their stage lasts only."""

    device = "cpu"

    def __init__(self, engine: Engine, models: Path, store: Path, dtype: torch.dtype = torch.float32) -> None:
        self.engine, self.models, self.store, self.dtype = engine, models, store, dtype
        self.scratch = store / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.remedies: frozenset[Remedy] = frozenset()
        self.stages: list[Stage] = []
        self.steps: list[Step] = []
        self.cache: dict[str, bytes] = {}
        self.loaded: dict[str, Any] = {}
        self.prepare: Callable[[str, Any], None] = lambda component, module: None

    def module(self, component: str) -> Any:
        assert component in self.stages[-1].weights, f"{component} was not asked for in {self.stages[-1].name}"
        if component not in self.loaded:
            self.loaded[component] = load(components()[component], self.folder(component), self.dtype)
            self.prepare(component, self.loaded[component])
        return self.loaded[component]

    def folder(self, component: str) -> Path:
        return self.models / component

    def cached(self, key: str, make: Callable[[], bytes]) -> bytes:
        if key not in self.cache:
            self.cache[key] = make()
        return self.cache[key]

    def is_cached(self, key: str) -> bool:
        return key in self.cache

    def progress(self, done: int, total: int) -> None:
        raise AssertionError("a job on a device yields a step instead")

    def input(self, sha256: str) -> Path:
        return self.store / sha256

    def keep(self, path: Path, media: str) -> BlobRef:
        return self.keep_bytes(path.read_bytes(), media)

    def keep_bytes(self, data: bytes, media: str) -> BlobRef:
        sha256 = hashlib.sha256(data).hexdigest()
        (self.store / sha256).write_bytes(data)
        return BlobRef(sha256=sha256, size=len(data), media=media)

    def drive(self, work: Generator[Stage | Step, None, T], *, dropping: bool = False) -> T:
        """Run to the end. With `dropping`, all modules go at every step, as when another job has the device meanwhile;
        that nobody else holds them is checked."""
        while True:
            try:
                point = next(work)
            except StopIteration as stop:
                return stop.value
            if isinstance(point, Step):
                self.steps.append(point)
            else:
                self.stages.append(point)
            if dropping:
                if isinstance(point, Step) and point.leave:
                    point.leave()
                self.drop()

    def drop(self) -> None:
        held = [weakref.ref(module) for module in self.loaded.values()]
        self.loaded.clear()
        if any(reference() for reference in held):
            gc.collect()
        assert not any(reference() for reference in held), "weights outlive their stage"
