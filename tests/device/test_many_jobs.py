"""Two hundred jobs with everything going wrong that can: each ends once, as one of the stated outcomes, and memory is
where it was."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path

import torch

from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.placement.device import EmbeddedDevice
from storage.blobs import FolderBlobs
from tests.device.conftest import ENGINES, fault, shot
from vibeboard.faults import FaultKind
from vibeboard.jobs import Failed, JobClass, Made

ROOT = Path(__file__).parents[2]
STATED = {FaultKind.CANCELLED, FaultKind.TRANSIENT, FaultKind.REJECTED}


def mixed_jobs(count, chance):
    return [
        shot(
            chance.choice(ENGINES),
            key=f"job{number}",
            job_class=chance.choice(list(JobClass)),
            seed=number,
            steps=chance.choice((1, 2, 3)),
            frames=chance.choice((1, 5)),
        )
        for number in range(count)
    ]


class Failing(TorchMemory):
    """Runs out of memory now and then."""

    chance = random.Random(3)

    def module(self, component, *, offload=False):
        if self.chance.random() < 0.01:
            raise torch.OutOfMemoryError("no room")
        return super().module(component, offload=offload)


async def test_two_hundred_jobs_with_faults_each_end_once(bench_of, installed, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.device.conftest.TorchMemory", Failing)
    models = tmp_path / "models"
    shutil.copytree(installed, models)
    bench = bench_of(models=models, host_bytes=8 << 20)
    chance = random.Random(4)
    jobs = mixed_jobs(200, chance)
    (file,) = next(path for path in models.iterdir() if "vace" in path.name).glob("*.safetensors")
    whole = file.read_bytes()
    file.write_bytes(whole[:-2] + b"\x80\x7f")
    for job in jobs:
        bench.placement.submit(job)
    waiting = [asyncio.create_task(bench.end(job.key)) for job in jobs]
    await waiting[next(number for number, job in enumerate(jobs) if "vace" in job.engine)]
    for job in chance.sample(jobs, 40):
        bench.placement.cancel(job.key)
    file.write_bytes(whole)
    ends = await asyncio.wait_for(asyncio.gather(*waiting), 300)
    count = Counter(event.key for event in bench.seen if isinstance(event, Made | Failed))
    assert count == Counter(job.key for job in jobs)
    kinds = Counter(event.fault.kind for event in ends if isinstance(event, Failed))
    assert set(kinds) <= STATED, kinds
    assert kinds[FaultKind.CANCELLED]
    assert kinds[FaultKind.REJECTED]
    assert sum(isinstance(event, Made) for event in ends) > 80
    bench.runtime.unload()
    snapshot = bench.runtime.snapshot()
    assert (snapshot.memory.used, snapshot.memory.work, snapshot.host.weights) == (0, 0, 0)
    assert not list(bench.scratch.iterdir())


async def test_a_process_that_is_killed_again_and_again_is_started_again_and_every_job_ends(installed, tmp_path):
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, "-m", "api.worker", str(tmp_path), "--device"]
    placement = EmbeddedDevice(
        command,
        tmp_path / "device.log",
        environment={"VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu", "OMP_NUM_THREADS": "1"},
    )
    jobs = mixed_jobs(24, random.Random(5))

    async def end(job):
        """As the Medic does: what ended as transient is made again."""
        for _ in range(10):
            placement.submit(job)
            last = [event async for event in placement.events(job.key)][-1]
            if isinstance(last, Made):
                return last
            assert fault(last).kind is FaultKind.TRANSIENT
        raise AssertionError("ten times transient")

    waiting = [asyncio.create_task(end(job)) for job in jobs]
    for _ in range(2):
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        waiting_still = [task for task in waiting if not task.done()]
        if placement.pid and waiting_still:
            os.kill(placement.pid, signal.SIGKILL)
        waiting = waiting_still
    ends = await asyncio.wait_for(asyncio.gather(*waiting), 300)
    blobs = FolderBlobs(tmp_path / "blobs")
    assert all(blobs.has(event.result.outputs["video"].sha256) for event in ends)
    assert placement.snapshot().devices[0].jobs_made
    await placement.drain()
