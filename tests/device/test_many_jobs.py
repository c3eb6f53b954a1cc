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
from itertools import count
from pathlib import Path

import pytest
import torch

from agents.medic.policy import kind_of, wait_s
from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.placement.device import EmbeddedDevice
from storage.blobs import FolderBlobs
from tests.device.conftest import ENGINES, fault, shot
from vibeboard.faults import FaultKind
from vibeboard.jobs import Failed, JobClass, Made, Started

ROOT = Path(__file__).parents[2]
STATED = {FaultKind.CANCELLED, FaultKind.TRANSIENT, FaultKind.REJECTED}


def mixed_jobs(number_of, chance):
    return [
        shot(
            chance.choice(ENGINES),
            key=f"job{number}",
            job_class=chance.choice(list(JobClass)),
            seed=number,
            steps=chance.choice((1, 2, 3)),
            frames=chance.choice((1, 5)),
        )
        for number in range(number_of)
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
    ends_of = Counter(event.key for event in bench.seen if isinstance(event, Made | Failed))
    assert ends_of == Counter(job.key for job in jobs)
    kinds = Counter(event.fault.kind for event in ends if isinstance(event, Failed))
    assert set(kinds) <= STATED, kinds
    assert kinds[FaultKind.CANCELLED]
    assert kinds[FaultKind.REJECTED]
    assert sum(isinstance(event, Made) for event in ends) > 80
    bench.runtime.unload()
    snapshot = bench.runtime.snapshot()
    assert (snapshot.memory.used, snapshot.memory.work, snapshot.host.weights) == (0, 0, 0)
    assert not list(bench.scratch.iterdir())


@pytest.fixture
async def process_over(tmp_path):
    """The device's process over a folder of weights."""
    (tmp_path / "scratch").mkdir()
    opened = []

    def build(models):
        command = [sys.executable, "-m", "api.worker", str(tmp_path), "--device"]
        environment = {"VIBEBOARD_MODELS": str(models), "VIBEBOARD_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
        opened.append(EmbeddedDevice(command, tmp_path / "device.log", environment=environment))
        return opened[-1]

    yield build
    for placement in opened:
        await placement.drain()


async def end_of(placement, job):
    """As the Medic does: what ended as transient is made again, as often as it is worth."""
    attempt, again = 0, True
    while again:
        placement.submit(job)
        attempt, last = attempt + 1, [event async for event in placement.events(job.key)][-1]
        again = isinstance(last, Failed) and kind_of(last.fault) is FaultKind.TRANSIENT
        again = again and wait_s(last.fault, attempt) is not None
    return last


async def test_a_shot_under_which_the_process_dies_takes_no_other_shot_with_it(process_over, installed):
    placement = process_over(installed)
    bad = shot(key="bad", steps=40)
    good = [shot(key=f"good{number}", seed=number, job_class=JobClass.FINAL) for number in range(9)]
    for job in (bad, *good):
        placement.submit(job)
    deaths = 0
    for attempt in count(1):
        async for event in placement.events("bad"):
            if isinstance(event, Started):
                os.kill(placement.pid, signal.SIGKILL)
                deaths += 1
        if wait_s(event.fault, attempt) is None:
            break
        placement.submit(bad)
    assert deaths == 4
    assert "the worker ended with code -9" in event.fault.message
    for job in good:
        assert isinstance([event async for event in placement.events(job.key)][-1], Made)


async def test_what_was_to_be_kept_warm_is_so_in_the_next_process(process_over, installed):
    placement = process_over(installed)
    placement.keep_warm(True)

    async def told_warm():
        while not (placement.snapshot().devices and placement.snapshot().devices[0].keep_warm):
            await asyncio.sleep(0.05)

    for key in ("before", "after"):
        await end_of(placement, shot(key=key))
        await asyncio.wait_for(told_warm(), 60)
        os.kill(placement.pid, signal.SIGKILL)
        while placement.pid:
            await asyncio.sleep(0.05)


async def test_a_process_that_dies_before_it_begins_a_job_is_not_started_for_ever(tmp_path):
    placement = EmbeddedDevice([sys.executable, "-c", "import os; os._exit(7)"], tmp_path / "device.log")
    for key in ("a", "b"):
        placement.submit(shot(key=key))
    for key in ("a", "b"):
        (end,) = [event async for event in placement.events(key)]
        assert "code 7" in fault(end).message
    await placement.drain()


async def test_two_hundred_jobs_outlive_a_process_that_is_killed_and_a_damaged_file(process_over, installed, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(installed, models)
    (file,) = next(path for path in models.iterdir() if "vace" in path.name).glob("*.safetensors")
    damage_header(file)
    placement = process_over(models)
    jobs = mixed_jobs(200, random.Random(5))
    ending = [asyncio.create_task(end_of(placement, job)) for job in jobs]
    waiting = set(ending)
    for _ in range(5):
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if placement.pid:
            os.kill(placement.pid, signal.SIGKILL)
    ends = await asyncio.wait_for(asyncio.gather(*ending), 300)
    blobs = FolderBlobs(tmp_path / "blobs")
    for job, end in zip(jobs, ends, strict=True):
        if "vace" in job.engine:
            assert fault(end).kind is FaultKind.REJECTED
        else:
            assert blobs.has(end.result.outputs["video"].sha256), end
    assert placement.snapshot().queued == 0


def damage_header(file):
    """Its size and time stay, so that it is seen only by who reads it."""
    stat, data = file.stat(), bytearray(file.read_bytes())
    data[8:40] = b"\xff" * 32
    file.write_bytes(data)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
