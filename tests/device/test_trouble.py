"""What goes wrong on a device: memory that runs out, files that are damaged, processes that die."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable

import pytest
import torch

from gpu_runtime.models.memory import TorchMemory
from tests.device.conftest import ENGINES, fault, shot, video
from vibeboard.faults import FaultKind
from vibeboard.jobs import JobClass, Made, Progress

T2V, VACE, I2V, EXPERTS = ENGINES


class Scarce(TorchMemory):
    """Memory that runs out when `short` says so of a component that is about to be used."""

    short: Callable[[str, bool], bool] = staticmethod(lambda component, offload: False)

    def module(self, component, *, offload=False):
        if self.short(component, offload):
            raise torch.OutOfMemoryError(f"no room for {component}")
        return super().module(component, offload=offload)


@pytest.fixture
def scarce_of(bench_of, monkeypatch):
    def build(short, **settings):
        monkeypatch.setattr("tests.device.conftest.TorchMemory", Scarce)
        bench = bench_of(**settings)
        bench.memory.short = short
        return bench

    return build


async def test_a_job_that_ran_out_of_memory_is_made_again_with_its_weights_streamed(bench_of, scarce_of):
    (calm,) = await bench_of().make(shot(key="k", steps=3))
    seen: list[bool] = []

    def short(component, offload):
        if "t2v" in component:
            seen.append(offload)
        return "t2v" in component and not offload and len(seen) > 2

    bench = scarce_of(short)
    (end,) = await bench.make(shot(key="k", steps=3))
    assert video(end) == video(calm)
    assert seen[-1], "the transformer was not streamed"
    snapshot = bench.runtime.snapshot()
    assert snapshot.out_of_memory == 1
    assert snapshot.memory.work == 0


async def test_a_text_encoder_that_is_too_big_is_streamed_and_says_the_same(bench_of, scarce_of):
    (calm,) = await bench_of().make(shot(key="k"))
    tried: list[bool] = []

    def short(component, offload):
        if "umt5" in component:
            tried.append(offload)
        return "umt5" in component and not offload

    (end,) = await scarce_of(short).make(shot(key="k"))
    assert video(end) == video(calm)
    assert tried[-1]


async def test_a_card_that_does_not_hold_the_text_encoder_makes_the_shot_all_the_same(bench_of, installed):
    (calm,) = await bench_of().make(shot(key="k"))
    encoder = sum(file.stat().st_size for file in (installed / "umt5-xxl").glob("*.safetensors"))
    (end,) = await bench_of(device_bytes=(1 << 28) + encoder * 2 // 3).make(shot(key="k"))
    assert video(end) == video(calm)


async def test_a_long_shot_books_room_for_its_chunks(bench_of):
    bench = bench_of()

    async def most_booked(key, frames):
        bench.placement.submit(shot(I2V, key=key, frames=frames, steps=4))
        booked = [bench.runtime.snapshot().memory.work async for _ in bench.placement.events(key)]
        return max(booked)

    await most_booked("short", 33)
    await most_booked("chunk", 81)
    one = await most_booked("one", 81)
    assert await most_booked("long", 161) <= one


async def test_when_the_remedy_does_not_help_the_job_fails_with_the_ledger_and_the_next_one_is_made(scarce_of):
    bench = scarce_of(lambda component, offload: "vace" in component)
    bad, good = await bench.make(shot(VACE, key="bad"), shot(T2V, key="good"))
    told = fault(bad)
    assert (told.kind, told.code) == (FaultKind.REJECTED, "out_of_memory"), "the Medic would try what was tried here"
    assert "smaller engine" in told.message
    assert bench.runtime.snapshot().out_of_memory == 2
    assert isinstance(good, Made)


async def test_nothing_of_a_failed_job_stays_in_memory(scarce_of):
    bench = scarce_of(lambda component, offload: "vae" in component)
    await bench.make(shot(key="bad"))
    bench.runtime.unload()
    gc.collect()
    shapes = [tuple(item.shape) for item in gc.get_objects() if type(item) is torch.Tensor]
    snapshot = bench.runtime.snapshot()
    assert snapshot.memory.used == snapshot.memory.work == snapshot.host.weights == 0
    assert not [shape for shape in shapes if shape[-2:] == (8, 12)], "latents of the failed job"


async def test_a_decoder_that_ran_out_of_memory_remembers_no_frames(bench_of, monkeypatch):
    decoders = []

    class Short(TorchMemory):
        def module(self, component, *, offload=False):
            module = super().module(component, offload=offload)
            if "vae" in component and module not in decoders:
                decoders.append(module)
                module.decoder.register_forward_hook(out_of_memory)
            return module

    def out_of_memory(*_):
        raise torch.OutOfMemoryError("no room for the second frame")

    monkeypatch.setattr("tests.device.conftest.TorchMemory", Short)
    (end,) = await bench_of().make(shot(key="bad"))
    assert fault(end).code == "out_of_memory"
    assert "no room for the second frame" in fault(end).message
    assert "0.00 for work" not in fault(end).message, "the ledger has what the job held"
    assert not [kept for vae in decoders for kept in vae._feat_map if kept is not None]


async def test_a_shot_that_cannot_fit_is_refused_with_the_numbers(bench_of):
    bench = bench_of(device_bytes=8 << 20)
    (end,) = await bench.make(shot(key="k"))
    told = fault(end)
    assert (told.kind, told.code) == (FaultKind.REJECTED, "too_big")
    assert "smaller" in told.message


async def test_damaged_weights_are_refused_by_name_and_mending_them_is_enough(bench_of, installed, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(installed, models)
    bench = bench_of(models=models)
    name = next(path.name for path in models.iterdir() if "vae" in path.name)
    (file,) = (models / name).glob("*.safetensors")
    whole = file.read_bytes()
    file.write_bytes(whole[:-4] + b"\x00\x00\x80\x7f")
    told = fault((await bench.make(shot(key="bad")))[0])
    assert (told.kind, told.code) == (FaultKind.REJECTED, "weights_changed")
    assert file.name in told.message
    file.write_bytes(whole)
    assert isinstance((await bench.make(shot(key="good")))[0], Made)


async def test_weights_that_are_not_installed_are_named_with_the_command(bench_of):
    (end,) = await bench_of().make(shot("wan2.1-t2v-14b", key="k"))
    assert "vibeboard models pull" in fault(end).message


async def test_a_load_is_cancelled_and_leaves_nothing(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(key="k"))
    bench.placement.cancel("k")
    assert fault(await bench.end("k")).kind is FaultKind.CANCELLED
    bench.runtime.unload()
    snapshot = bench.runtime.snapshot()
    assert (snapshot.memory.used, snapshot.host.weights, snapshot.running) == (0, 0, ())


async def test_two_backbones_that_do_not_fit_together_take_turns(bench_of, installed):
    sizes = {path.name: sum(f.stat().st_size for f in path.glob("*.safetensors")) for path in installed.iterdir()}
    host = 4 * max(sizes.values())
    bench = bench_of(host_bytes=max(host, 1 << 20))
    ends = await bench.make(*(shot(engine, key=f"{engine}{n}", seed=n) for n in range(2) for engine in (T2V, VACE)))
    assert all(isinstance(end, Made) for end in ends)


async def test_progress_goes_on_from_where_a_job_made_way(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(VACE, key="long", steps=10))
    await bench.until(Progress, "long")
    await bench.make(shot(T2V, key="quick", job_class=JobClass.INTERACTIVE))
    await bench.end("long")
    done = [event.done for event in bench.seen if isinstance(event, Progress) and event.key == "long"]
    assert done == sorted(done)
    assert done[-1] == 10
