"""What comes in between: cancels, unloads and arrivals while the device computes and weights are on their way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from gpu_runtime.device.loader import Loader
from gpu_runtime.ledger import Ledger
from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from gpu_runtime.residency import Need, Residency
from gpu_runtime.weights import Weights
from tests.device.conftest import ENGINES, HOST_BYTES, fault, shot, video
from vibeboard.faults import FaultKind, Rejected
from vibeboard.jobs import JobClass, Made, Progress

T2V, VACE, I2V, EXPERTS = ENGINES
DIT, UMT5, VAE = "wan2.1-t2v-1.3b-dit", "umt5-xxl", "wan2.1-vae"
PATIENCE = 60


class Watched(TorchMemory):
    """Memory that says when a component is about to be read, uploaded or used, and waits for leave."""

    def about_to(self, what, component):
        """Set by a test."""

    def read(self, component, folder, stopping):
        self.about_to("read", component)
        super().read(component, folder, stopping)

    def upload(self, component, stopping):
        self.about_to("upload", component)
        return super().upload(component, stopping)

    def module(self, component, *, offload=False):
        self.about_to("use", component)
        return super().module(component, offload=offload)


@pytest.fixture
def watched_of(bench_of, monkeypatch):
    def build(about_to, **settings):
        monkeypatch.setattr("tests.device.conftest.TorchMemory", Watched)
        bench = bench_of(**settings)
        bench.memory.about_to = about_to
        return bench

    return build


@pytest.mark.parametrize("need", [Need((DIT,)), Need((), streamed=(DIT,))], ids=["whole", "streamed"])
def test_weights_that_cannot_be_read_are_said_to_whoever_waits(installed, need):
    lock, weights = threading.Condition(), Weights(installed)
    memory = Watched(CpuDevice(1 << 30), HOST_BYTES)

    def damaged(_what, component):
        raise Rejected("weights_changed", component)

    memory.about_to = damaged
    residency = Residency({}, Ledger(1 << 30), Ledger(memory.host_capacity()))
    loader = Loader(residency, memory, weights, lock, lambda: ({}, ()))
    loader.start()
    with lock:
        loader.know({DIT: weights.needed(DIT)})
        for _ in range(2):
            loader.want(need)
            assert lock.wait_for(loader.trouble, PATIENCE)
            loader.forget()
    loader.close()


async def test_a_job_cancelled_in_a_stage_without_steps_begins_no_other(watched_of):
    used = []

    def about_to(what, component):
        if what == "use":
            used.append(component)
            bench.runtime.cancel("k")

    bench = watched_of(about_to)
    await bench.make(shot(key="before", prompt="Other words"))
    used.clear()
    (end,) = await bench.make(shot(key="k"))
    assert fault(end).kind is FaultKind.CANCELLED
    assert set(used) == {UMT5}


async def test_a_job_cancelled_while_it_decodes_decodes_no_further_frame(watched_of):
    frames = []

    def about_to(what, component):
        if (what, component) == ("use", VAE):
            frames.append(component)
            bench.runtime.cancel("cut")

    bench = watched_of(about_to)
    (end,) = await bench.make(shot(T2V, key="whole", frames=33))
    assert isinstance(end, Made)
    whole = len(frames)
    frames.clear()
    (end,) = await bench.make(shot(T2V, key="cut", frames=33))
    assert fault(end).kind is FaultKind.CANCELLED
    assert len(frames) == whole - 8


async def test_a_job_makes_way_while_it_decodes_and_comes_out_the_same(watched_of):
    decoded = []

    def about_to(what, component):
        if (what, component) == ("use", VAE):
            decoded.append(component)
            if len(decoded) == 5 and "long" in bench.runtime._jobs:
                bench.runtime.submit(urgent)

    urgent = shot(T2V, key="urgent", frames=5, seed=3, job_class=JobClass.INTERACTIVE)
    bench = watched_of(about_to)
    (before,) = await bench.make(shot(T2V, key="undisturbed", frames=33))
    decoded.clear()
    bench.placement._inbox.open(urgent)
    (after,) = await bench.make(shot(T2V, key="long", frames=33))
    assert isinstance(await bench.end("urgent"), Made)
    assert video(after) == video(before)
    assert bench.runtime.snapshot().preemptions == 1
    ends = [event.key for event in bench.seen if isinstance(event, Made)]
    assert ends == ["undisturbed", "urgent", "long"]


async def test_while_a_job_encodes_its_words_its_transformer_is_read(watched_of):
    read = threading.Event()
    seen = []

    def about_to(what, component):
        if (what, component) == ("read", DIT):
            read.set()
        if (what, component) == ("use", UMT5):
            seen.append(read.wait(PATIENCE))

    await watched_of(about_to).make(shot(T2V, key="k"))
    assert all(seen)


@pytest.mark.parametrize("prompt", ["Words of before", "Other words"])
async def test_a_text_encoder_is_read_ahead_for_words_that_are_not_known_only(watched_of, prompt):
    read, done = [], threading.Event()

    def about_to(what, component):
        if what == "read":
            read.append(component)
        if what == "use" and component == DIT:
            done.wait(0 if UMT5 in read else 0.2)

    bench = watched_of(about_to)
    await bench.make(shot(T2V, key="before", prompt="Words of before"))
    bench.runtime.unload()
    read.clear()
    ends = await bench.make(
        shot(T2V, key="now", prompt="Words of before", seed=2), shot(T2V, key="next", prompt=prompt)
    )
    assert all(isinstance(end, Made) for end in ends)
    assert (UMT5 in read) == (prompt == "Other words")


async def stepped(bench, key):
    """Wait until a job has denoised for a step."""
    while not any(isinstance(event, Progress) and event.key == key and event.done for event in bench.seen):
        await asyncio.sleep(0.01)


async def test_edits_that_make_way_for_each_other_all_end(bench_of):
    """The first is nearly done when it makes way, and its weights are gone when its turn comes again."""
    bench = bench_of()
    bench.placement.submit(shot(VACE, key="long", steps=80, job_class=JobClass.INTERACTIVE))
    await stepped(bench, "long")
    urgent = shot(T2V, key="urgent", steps=30, seed=2, job_class=JobClass.INTERACTIVE)
    bench.placement.submit(urgent.model_copy(update={"priority": 1}))
    await stepped(bench, "urgent")
    bench.placement.submit(shot(T2V, key="later", seed=3, frames=5, job_class=JobClass.INTERACTIVE))
    bench.runtime.unload()
    ends = await asyncio.wait_for(asyncio.gather(*map(bench.end, ("long", "urgent", "later"))), PATIENCE)
    assert all(isinstance(end, Made) for end in ends)


async def test_weights_that_failed_to_upload_leave_the_host_too_when_the_device_is_idle(watched_of):
    def about_to(what, component):
        if (what, component) == ("upload", DIT):
            raise RuntimeError("the card is not well")

    bench = watched_of(about_to, idle_unload_s=0.0)
    await bench.make(shot(T2V, key="k"))
    async with asyncio.timeout(PATIENCE):
        while bench.runtime.snapshot().host.used:
            await asyncio.sleep(0.01)


async def test_unloading_while_weights_are_read_waits_for_no_more_than_these(watched_of):
    """And the job whose weights they are is made all the same."""
    reading, unloading = threading.Event(), threading.Event()

    def about_to(what, component):
        if (what, component) == ("read", DIT):
            reading.set()
            unloading.wait(PATIENCE)

    bench = watched_of(about_to)
    bench.placement.submit(shot(T2V, key="k"))
    await asyncio.to_thread(reading.wait, PATIENCE)
    unload = asyncio.create_task(asyncio.to_thread(bench.runtime.unload))
    unloading.set()
    await asyncio.wait_for(unload, PATIENCE)
    assert isinstance(await bench.end("k"), Made)


async def test_a_joined_job_leaves_no_folder(bench_of):
    bench = bench_of()
    job = shot(key="k")
    bench.placement.submit(job)
    bench.runtime.submit(job)
    await bench.end("k")
    assert not list(bench.scratch.iterdir())


async def test_a_shot_is_made_where_measurements_cannot_be_written(bench_of, tmp_path):
    bench = bench_of()
    (tmp_path / "bench0" / "models" / ".cache" / "peaks.json").mkdir()
    ends = await bench.make(shot(key="a"), shot(key="b", seed=2))
    assert all(isinstance(end, Made) for end in ends)


async def test_what_never_ran_tells_nothing_about_the_memory_it_takes(bench_of):
    bench = bench_of(device_bytes=8 << 20)
    await bench.make(shot(key="k"))
    assert bench.runtime.snapshot().out_of_memory == 0


def test_a_process_that_has_lost_a_thread_ends_and_says_why():
    code = (
        "import threading, time\n"
        "from gpu_runtime.device.process import end_with_a_thread\n"
        "threading.excepthook = end_with_a_thread\n"
        "threading.Thread(target=lambda: 1 / 0).start()\n"
        "time.sleep(600)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


class SlowLink(CpuDevice):
    """Copies are asked for at once and have arrived when a test says so."""

    def __init__(self, limit):
        super().__init__(limit)
        self.arrived = threading.Event()

    def synchronise(self, event):
        assert self.arrived.wait(PATIENCE)


def test_the_rate_of_the_link_is_that_of_the_copies_and_not_of_asking_for_them(installed):
    lock, weights, device = threading.Condition(), Weights(installed), SlowLink(1 << 30)
    memory = TorchMemory(device, HOST_BYTES)
    residency = Residency({}, Ledger(1 << 30), Ledger(memory.host_capacity()))
    loader = Loader(residency, memory, weights, lock, lambda: ({}, ()))
    loader.start()
    with lock:
        loader.know({DIT: weights.needed(DIT)})
        loader.want(Need((DIT,)))
        assert lock.wait_for(lambda: residency.lease("job", Need((DIT,))), PATIENCE), "the job can begin"
        assert loader.traffic.uploads == 0
    device.arrived.set()
    loader.close()
    assert loader.traffic.uploads == 1
