"""Real jobs on real (tiny) weights: how they end, make way, share and stop."""

from __future__ import annotations

import asyncio
import shutil

import torch
from rich.console import Console
from safetensors.torch import load_file, save_file

from api.gpu import picture
from gpu_runtime.catalog.declare import Adapter, Licence, adapters, components
from gpu_runtime.engine import registry
from gpu_runtime.weights import Weights
from tests.device.conftest import ENGINES, FEW_STEPS, fault, shot, video
from vibeboard.faults import FaultKind
from vibeboard.jobs import JobClass, Made, Progress, Started, WorkerView

T2V, VACE, I2V, EXPERTS = ENGINES


async def test_a_job_is_made_and_says_how_far_it_is(bench_of):
    bench = bench_of()
    (end,) = await bench.make(shot(key="k"))
    assert bench.blobs.has(video(end))
    assert isinstance(bench.seen[0], Started)
    steps = [event for event in bench.seen if isinstance(event, Progress)]
    assert (steps[-1].done, steps[-1].total) == (2, 2) or steps[-1].done == steps[-1].total
    assert steps[-1].seconds_left == 0
    assert not list(bench.scratch.iterdir())


async def test_every_kind_of_engine_runs_and_gives_the_same_bytes_again(bench_of):
    first, again = bench_of(), bench_of()
    jobs = [shot(engine) for engine in ENGINES]
    made = [video(end) for end in await first.make(*jobs)]
    assert len(set(made)) == len(ENGINES)
    assert [video(end) for end in await again.make(*reversed(jobs))] == made[::-1]


async def test_what_backbones_share_is_read_once(bench_of):
    bench = bench_of()
    await bench.make(shot(T2V), shot(VACE), shot(I2V, prompt="Another"))
    snapshot = bench.runtime.snapshot()
    on_device = [resident for resident in snapshot.components if resident.state != "on disk"]
    assert snapshot.reads == len(on_device)
    assert {"umt5-xxl", "wan2.1-vae"} <= {resident.component for resident in on_device}


async def test_somebody_at_a_screen_goes_first_and_the_job_that_made_way_ends_the_same(bench_of):
    calm, busy = bench_of(), bench_of()
    long = shot(VACE, key="long", steps=12, job_class=JobClass.FINAL)
    (undisturbed,) = await calm.make(long)
    busy.placement.submit(long)
    await busy.until(Progress, "long")
    for number in range(3):
        (quick,) = await busy.make(shot(T2V, key=f"q{number}", seed=number, job_class=JobClass.INTERACTIVE))
        assert isinstance(quick, Made)
        assert not any(isinstance(event, Made) and event.key == "long" for event in busy.seen)
    assert video(await busy.end("long")) == video(undisturbed)
    assert busy.runtime.snapshot().preemptions >= 1


async def test_a_job_at_work_stops_at_the_next_step_and_leaves_nothing(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(key="k", steps=50))
    await bench.until(Progress, "k")
    bench.placement.cancel("k")
    assert fault(await bench.end("k")).kind is FaultKind.CANCELLED
    seen = [event.done for event in bench.seen if isinstance(event, Progress)]
    assert len(seen) < 10
    assert not list(bench.scratch.iterdir())
    assert isinstance((await bench.make(shot(key="next")))[0], Made)


async def test_a_job_at_work_counts_as_work_before_it_ends(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(key="k", steps=30))
    await bench.until(Progress, "k")
    assert bench.runtime.snapshot().busy_s > 0
    await bench.end("k")


async def test_a_job_that_waits_is_cancelled_without_being_begun(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(key="first", steps=6))
    bench.placement.submit(shot(key="second", seed=2))
    bench.placement.cancel("second")
    assert fault(await bench.end("second")).kind is FaultKind.CANCELLED
    assert isinstance(await bench.end("first"), Made)
    assert not any(isinstance(event, Started) and event.key == "second" for event in bench.seen)


async def test_the_same_job_twice_is_made_once(bench_of):
    bench = bench_of()
    job = shot(key="k")
    bench.placement.submit(job)
    bench.runtime.submit(job)
    await bench.end("k")
    await asyncio.sleep(0)
    assert sum(isinstance(event, Made) for event in bench.seen) == 1


async def test_words_are_encoded_once_for_all_shots_that_say_them(bench_of):
    bench = bench_of()
    await bench.make(shot(key="a", seed=1))
    bench.runtime.unload()
    await bench.make(shot(key="b", seed=2))
    where = {resident.component: resident.state for resident in bench.runtime.snapshot().components}
    assert where["umt5-xxl"] != "on device"


async def test_unloading_empties_the_device_and_the_next_job_comes_out_the_same(bench_of):
    bench = bench_of()
    (before,) = await bench.make(shot(key="a"))
    bench.runtime.unload()
    snapshot = bench.runtime.snapshot()
    assert snapshot.memory.used == snapshot.memory.weights == snapshot.host.weights == 0
    (after,) = await bench.make(shot(key="b"))
    assert video(after) == video(before)


async def test_an_adapter_changes_the_shot_and_leaves_with_it(bench_of, tmp_path, monkeypatch):
    bench = bench_of()
    base = components()["wan2.1-t2v-1.3b-dit"]
    noir = Adapter("noir", base, 1, Licence("MIT"), "studio/noir", "noir.safetensors")
    monkeypatch.setitem(adapters(), "noir", noir)
    torch.manual_seed(1)
    key = "transformer.blocks.0.attn1.to_q.lora"
    save_file({f"{key}_A.weight": torch.randn(4, 24), f"{key}_B.weight": torch.randn(24, 4)}, tmp_path / noir.file)
    Weights(tmp_path / "bench0" / "models").install(noir, tmp_path)
    bare = shot(T2V, key="bare", steps=4)
    styled = shot(T2V, key="styled", steps=4, adapters=[{"adapter": "noir", "scale": 2.0}])
    (before,) = await bench.make(bare)
    used = bench.runtime.snapshot().memory.used
    (changed,) = await bench.make(styled)
    assert video(changed) != video(before)
    assert bench.runtime.snapshot().memory.used == used
    assert video((await bench.make(bare))[0]) == video(before)


async def test_an_engine_works_with_its_own_adapters_and_leaves_the_backbone_bare(bench_of):
    bench = bench_of()
    plain, few = shot("wan2.2-i2v-a14b", key="plain"), shot(FEW_STEPS, key="few")
    (before,) = await bench.make(plain)
    (made,) = await bench.make(few)
    (stronger,) = await bench.make(
        shot(FEW_STEPS, key="more", adapters=[{"adapter": "wan2.2-i2v-a14b-4step-low-noise"}])
    )
    assert len({video(event) for event in (before, made, stronger)}) == 3
    assert {event.total for event in bench.seen if isinstance(event, Progress) and event.key == few.key} == {4}
    assert video((await bench.make(plain))[0]) == video(before)


async def test_a_device_without_work_unloads_itself_unless_it_is_kept_warm(bench_of):
    bench = bench_of(idle_unload_s=0.0)
    await bench.make(shot(key="a"))
    while bench.runtime.snapshot().memory.weights:
        await asyncio.sleep(0.01)
    bench.runtime.keep_warm(True)
    await bench.make(shot(key="b"))
    assert bench.runtime.snapshot().memory.weights > 0


def replace_weights(models, component, tmp_path):
    """Other weights of the same model take the place of the installed ones."""
    source = tmp_path / "source"
    shutil.copytree(models / component, source, ignore=shutil.ignore_patterns("component.json", ".verified.json"))
    (file,) = source.glob("*.safetensors")
    chance = torch.Generator().manual_seed(9)
    changed = {
        name: tensor + 0.2 * torch.randn(tensor.shape, generator=chance, dtype=tensor.dtype)
        for name, tensor in load_file(file).items()
    }
    save_file(changed, file)
    Weights(models).install(components()[component], source)


async def test_a_runtime_that_has_weights_in_memory_takes_notice_of_others_that_were_installed(
    bench_of, installed, tmp_path
):
    models = shutil.copytree(installed, tmp_path / "models")
    bench = bench_of(models=models)
    (old,) = await bench.make(shot(key="old"))
    replace_weights(models, "wan2.1-t2v-1.3b-dit", tmp_path)
    (new,) = await bench.make(shot(key="new"))
    (again,) = await bench_of(models=models).make(shot(key="again"))
    assert video(new) == video(again)
    assert video(new) != video(old)


async def test_a_shot_that_was_asked_for_with_other_weights_is_not_made_of_the_new_ones(bench_of, installed, tmp_path):
    models = shutil.copytree(installed, tmp_path / "models")
    bench = bench_of(models=models)
    bench.placement.submit(shot(key="running", steps=12))
    async for event in bench.placement.events("running"):
        if isinstance(event, Progress) and event.done:
            break
    bench.placement.submit(shot(key="waiting"))
    replace_weights(models, "wan2.1-t2v-1.3b-dit", tmp_path)
    (new,) = await bench.make(shot(key="new"))
    told = fault(await bench.end("waiting"))
    assert (told.kind, told.code) == (FaultKind.REJECTED, "weights_changed")
    assert "wan2.1-t2v-1.3b-dit" in told.message
    assert isinstance(await bench.end("running"), Made)
    assert isinstance(new, Made)


async def test_a_job_that_is_named_by_weights_which_were_replaced_before_it_came_is_refused(
    bench_of, installed, tmp_path, monkeypatch
):
    models = shutil.copytree(installed, tmp_path / "models")
    monkeypatch.setenv("VIBEBOARD_MODELS", str(models))
    bench = bench_of(models=models)
    engine = registry()[T2V]
    before, later = (shot(seed=seed).model_copy(update={"revision": engine.full_revision}) for seed in (1, 2))
    assert isinstance((await bench.make(before))[0], Made)
    replace_weights(models, "wan2.1-t2v-1.3b-dit", tmp_path)
    told = fault((await bench.make(later))[0])
    assert (told.kind, told.code) == (FaultKind.REJECTED, "weights_changed")
    renamed = shot(seed=2).model_copy(update={"revision": engine.full_revision})
    assert isinstance((await bench.make(renamed))[0], Made)


async def test_who_waits_is_shown_with_the_longest_wait_and_a_hundred_of_them(bench_of):
    bench = bench_of()
    bench.placement.submit(shot(key="running", steps=40))
    await bench.until(Progress, "running")
    keys = [f"job{number}" for number in range(104)]
    for key in keys:
        bench.placement.submit(shot(key=key))
    seen = bench.placement.snapshot()
    (device,) = seen.devices
    assert (len(device.queue), device.queued, seen.queued) == (100, 104, 104)
    bounds = [job.bound_s for job in device.queue]
    assert bounds == sorted(bounds)
    assert bounds[0] > 900 + 600
    console = Console(width=120, record=True)
    console.print(picture([WorkerView(owner="me", snapshot=seen)], {}))
    text = console.export_text()
    assert f"{bounds[0]:.0f} s" in text
    assert "more" in text
    for key in ("running", *keys):
        bench.placement.cancel(key)
