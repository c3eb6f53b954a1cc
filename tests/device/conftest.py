from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import torch

from gpu_runtime.catalog.declare import adapters, backbones
from gpu_runtime.device.runtime import DeviceRuntime
from gpu_runtime.engine import registry
from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from gpu_runtime.placement.inprocess import InProcess
from gpu_runtime.weights import Weights
from storage.blobs import FolderBlobs
from tests.wan import tiny
from tests.wan.conftest import CAMERA, STAGE
from tools.generate_shot import GenerateShotParams
from vibeboard.faults import Fault
from vibeboard.jobs import Failed, Job, JobClass, JobEvent, Made
from vibeboard.settings import Settings

torch.set_num_threads(1)

DEVICE_BYTES, HOST_BYTES = 4 << 30, 64 << 20
ENGINES = ("wan2.1-t2v-1.3b", "wan2.1-vace-1.3b", "wan2.1-i2v-14b-480p", "wan2.2-t2v-a14b")
FEW_STEPS = "wan2.2-i2v-a14b-4step"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny weights of five backbones and two adapters, installed as a person would from a folder."""
    source, models = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("models")
    weights = Weights(models)
    for engine in (*ENGINES, FEW_STEPS):
        backbone = backbones()[registry()[engine].backbone]
        tiny.install(backbone.id, source)
        for component in backbone.components:
            if weights.installed(component.id) is None:
                weights.install(component, source / component.id)
        for name in registry()[engine].defaults["adapters"]:
            weights.install(adapters()[name], tiny.install_adapter(adapters()[name], source))
    return models


class Bench:
    """A runtime in this process, and what its jobs came to."""

    def __init__(self, root: Path, models: Path, device_bytes: int, host_bytes: int, **settings: object) -> None:
        self.blobs = FolderBlobs(root / "blobs")
        self.memory = TorchMemory(CpuDevice(device_bytes), host_bytes)
        (root / "scratch").mkdir(exist_ok=True)
        self.scratch = root / "scratch"
        self._settings = Settings(models=models, device="cpu", **settings)
        self.placement = InProcess(self._open)
        self.seen: list[JobEvent] = []

    def _open(self, report: Callable[[JobEvent], None]) -> DeviceRuntime:
        def heard(event: JobEvent) -> None:
            self.seen.append(event)
            report(event)

        return DeviceRuntime(self.memory, self.blobs, self.scratch, heard, self._settings)

    @property
    def runtime(self) -> DeviceRuntime:
        return self.placement.runtime

    async def end(self, key: str) -> Made | Failed:
        return [event async for event in self.placement.events(key)][-1]

    async def make(self, *jobs: Job) -> list[Made | Failed]:
        for job in jobs:
            self.placement.submit(job)
        return await asyncio.wait_for(asyncio.gather(*(self.end(job.key) for job in jobs)), 120)

    async def until(self, event_type: type, key: str) -> None:
        """Wait for the first event of a kind that a job reports."""
        async for event in self.placement.events(key):
            if isinstance(event, event_type):
                return


@pytest.fixture
async def bench_of(tmp_path: Path, installed: Path) -> AsyncIterator[Callable[..., Bench]]:
    opened: list[Bench] = []

    def build(device_bytes: int = DEVICE_BYTES, host_bytes: int = HOST_BYTES, **settings: object) -> Bench:
        root = tmp_path / f"bench{len(opened)}"
        root.mkdir()
        models = settings.pop("models", None) or shutil.copytree(
            installed, root / "models", ignore=shutil.ignore_patterns(".cache")
        )
        opened.append(Bench(root, models, device_bytes, host_bytes, **settings))
        return opened[-1]

    yield build
    for bench in opened:
        await bench.placement.drain()


def shot(engine: str = ENGINES[0], key: str = "", job_class: JobClass = JobClass.BATCH, **changes: object) -> Job:
    """A job of nine frames in two steps, unless told otherwise."""
    declared = registry()[engine]
    asked = {
        "prompt": "Two people talk",
        "stage": STAGE,
        "camera": CAMERA,
        "frames": 9,
        "fps": declared.limits.fps,
        "width": 96,
        "height": 64,
        "seed": 7,
        "steps": 2,
        **changes,
    }
    params = GenerateShotParams.model_validate(asked)
    return Job(
        key=key or declared.key(params),
        task="generate_shot",
        engine=engine,
        params=params.model_dump(mode="json"),
        attempt=1,
        job_class=job_class,
    )


def video(event: Made | Failed) -> str:
    assert isinstance(event, Made), event
    return event.result.outputs["video"].sha256


def fault(event: Made | Failed) -> Fault:
    assert isinstance(event, Failed), event
    return event.fault
