"""What only a card can tell (goals G1 to G6 of the design): swaps against the link, beside the libraries' own ways.

Every peer moves the same Wan-shaped weights. A model is left out where host memory, disk or card have no room for it.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from diffusers import ComponentsManager, WanTransformer3DModel
from diffusers.hooks import apply_group_offloading

from benchmarks.report import table
from benchmarks.swap_weights import LARGE, SMALL, model_bytes, write_adapter, write_model
from gpu_runtime.models.memory import TorchMemory, host
from gpu_runtime.models.memory.device import CudaDevice, CudaLocking
from gpu_runtime.run import AdapterUse

_GIB = 1 << 30
_TURNS = 10
_RANK = 32
ROWS_HEAD = ("what", "measured", "goal")

Row = tuple[str, ...]


def never() -> bool:
    return False


def timed(work: Callable[[], object]) -> float:
    """Seconds until the card has done it."""
    torch.cuda.synchronize()
    begin = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - begin


class Bench(NamedTuple):
    name: str
    folder: Path
    shape: dict[str, Any]
    size: int
    memory: TorchMemory
    link: float
    """Bytes a second from locked host memory."""


def measure(folder: Path) -> Iterator[str]:
    """The report's parts: the link, and each model that there is room for."""
    link = link_rate()
    name = torch.cuda.get_device_name()
    yield f"{name}, torch {torch.__version__}; locked host memory to the card: {link / 1e9:.1f} GB/s.\n\n"
    for title, shape in (("Wan 1.3B", SMALL), ("Wan 14B", LARGE)):
        size = model_bytes(shape)
        if lacking := _lacking(folder, size):
            yield f"{title}: not measured, {lacking}.\n\n"
            continue
        place = folder / title.replace(" ", "-")
        write_model(place, shape)
        bench = Bench(title, place, shape, size, TorchMemory(CudaDevice("cuda"), 2 * size + 4 * _GIB), link)
        yield f"{title}, {size / 1e9:.2f} GB\n\n" + table(ROWS_HEAD, _rows(bench)) + "\n"
        del bench
        shutil.rmtree(place)
        _clean()


def _lacking(folder: Path, size: int) -> str:
    """What there is too little of for a model of `size` bytes, or nothing. In host memory two of ours stay in the
    arena beside two of the libraries' own; on the card is one and what its step computes."""
    there = {
        "disk": shutil.disk_usage(folder).free,
        "host memory": host.available(),
        "card": torch.cuda.mem_get_info()[0],
    }
    needed = {"disk": size + 2 * _GIB, "host memory": 4 * size + 8 * _GIB, "card": size + 18 * _GIB}
    return ", ".join(
        f"{name}: {there[name] / _GIB:.0f} GiB of the {needed[name] / _GIB:.0f} it takes"
        for name in needed
        if there[name] < needed[name]
    )


def link_rate() -> float:
    """Bytes a second of one copy of 1 GiB from memory locked in place; the best of five."""
    source, target = torch.ones(_GIB, dtype=torch.uint8), torch.empty(_GIB, dtype=torch.uint8, device="cuda")
    locking = CudaLocking("cuda")
    locking.lock(source.data_ptr(), _GIB)
    best = min(timed(lambda: target.copy_(source, non_blocking=True)) for _ in range(5))
    locking.unlock(source.data_ptr())
    return _GIB / best


def _rows(bench: Bench) -> list[Row]:
    rows = [*_swaps(bench), *_streams(bench), *_adapters(bench)]
    for component in ("one", "two"):
        bench.memory.release(component)
        bench.memory.drop(component)
    return rows + _peers(bench)


def _swaps(bench: Bench) -> list[Row]:
    """Two models of one shape in turn: what leaves costs nothing, what comes goes at the rate of the link."""
    memory = bench.memory
    read = timed(lambda: memory.read("one", bench.folder, never))
    memory.read("two", bench.folder, never)
    taken, locked = memory.host_bytes()
    memory.upload("one", never)
    loads, evictions = [], []
    for turn in range(_TURNS):
        leaving, coming = ("one", "two") if turn % 2 == 0 else ("two", "one")
        evictions.append(timed(partial(memory.release, leaving)))
        loads.append(timed(partial(memory.upload, coming, never)))
    load, evict = statistics.median(loads), statistics.median(evictions)
    return [
        ("swap, GB/s / link (G1)", f"{bench.size / load / bench.link:.2f}", ">= 0.85"),
        ("swap, seconds", f"{load:.3f}", ""),
        ("evict / load (G2)", f"{evict / load:.4f}", "<= 0.01"),
        ("locked / booked bytes (G4)", f"{locked / taken:.3f}", "<= 1.05"),
        ("first read from disk, its memory faulted in and locked, GB/s", f"{bench.size / read / 1e9:.2f}", ""),
    ]


def _streams(bench: Bench) -> list[Row]:
    """A step that starts while its weights arrive, and one whose blocks are there only while they compute."""
    memory = bench.memory
    step(memory.module("one"))
    resident = statistics.median(timed(lambda: step(memory.module("one"))) for _ in range(3))
    transfers, arrivals = [], []
    for _ in range(3):
        memory.release("one")
        transfers.append(timed(lambda: memory.upload("one", never)))
        memory.release("one")
        arrivals.append(timed(lambda: (memory.upload("one", never), step(memory.module("one")))))
    exposed = statistics.median(arrivals) - resident
    memory.module("one", offload=True)
    memory.reset_peak()
    step(memory.module("one", offload=True))
    streamed = statistics.median(timed(lambda: step(memory.module("one", offload=True))) for _ in range(3))
    peak = memory.peak()
    memory.module("one")
    return [
        ("step, 480p x 81 frames, resident, seconds", f"{resident:.2f}", ""),
        (
            "delay of the first step while arriving / transfer (G5)",
            f"{exposed / statistics.median(transfers):.2f}",
            "<= 0.15",
        ),
        ("step with blocks streamed / resident", f"{streamed / resident:.2f}", "reported"),
        ("peak with blocks streamed, GB", f"{peak / 1e9:.2f}", ""),
    ]


def _adapters(bench: Bench) -> list[Row]:
    memory = bench.memory
    files = [bench.folder / f"{name}.safetensors" for name in ("first", "second")]
    size = max(write_adapter(file, bench.shape, _RANK) for file in files)
    uses = [[(AdapterUse(adapter=file.stem), file)] for file in files]
    bare = timed(lambda: step(memory.module("one")))
    for use in uses:
        memory.set_adapters("one", use)
    switches = [timed(partial(memory.set_adapters, "one", uses[turn % 2])) for turn in range(_TURNS)]
    switch = statistics.median(switches)
    adapted = timed(lambda: step(memory.module("one")))
    memory.set_adapters("one", [])
    for file in files:
        file.unlink()
    goal = 0.05 * bench.size / bench.link + size / bench.link
    return [
        (f"adapter switch, rank {_RANK}, {size / 1e6:.0f} MB, ms (G6)", f"{switch * 1e3:.1f}", f"<= {goal * 1e3:.1f}"),
        ("step with an adapter / bare", f"{adapted / bare:.3f}", "reported"),
    ]


def _peers(bench: Bench) -> list[Row]:
    """The same weights moved as their libraries move them."""
    load, evict = _to_and_back(bench)
    resident, streamed = _group_offload(bench)
    manager = _components_manager(bench)
    return [
        _peer("module.to(cuda), to(cpu)", load, bench, f"evict / load {evict / load:.2f}"),
        _peer("seed's way: delete, from_pretrained, to(cuda)", _seeds_way(bench), bench, "file cached"),
        _peer("diffusers ComponentsManager, auto offload", manager, bench, "swap in and out"),
        ("diffusers group offload with stream: step / resident", f"{streamed / resident:.2f}", ""),
    ]


def _to_and_back(bench: Bench) -> tuple[float, float]:
    model = _theirs(bench)
    times = [(timed(partial(model.to, "cuda")), timed(partial(model.to, "cpu"))) for _ in range(3)]
    loads, evictions = zip(*times, strict=True)
    return statistics.median(loads), statistics.median(evictions)


def _peer(name: str, load: float, bench: Bench, note: str) -> Row:
    return (f"{name}: GB/s / link", f"{bench.size / load / bench.link:.2f}", note)


def _theirs(bench: Bench) -> WanTransformer3DModel:
    return WanTransformer3DModel.from_pretrained(bench.folder, torch_dtype=torch.bfloat16).eval()


def _seeds_way(bench: Bench) -> float:
    _clean()

    def reload() -> None:
        held.clear()
        torch.cuda.empty_cache()
        gc.collect()
        held.append(_theirs(bench).to("cuda"))

    held = [_theirs(bench).to("cuda")]
    return statistics.median(timed(reload) for _ in range(2))


def _components_manager(bench: Bench) -> float:
    """Seconds until the one that is not on the card is there, the other back in host memory."""
    _clean()
    manager = ComponentsManager()
    models = {name: _theirs(bench) for name in ("one", "two")}
    for name, model in models.items():
        manager.add(name, model)
    reserve = torch.cuda.mem_get_info()[0] - round(1.4 * bench.size)
    manager.enable_auto_cpu_offload(device="cuda", memory_reserve_margin=f"{max(reserve, 0) // 2**20}MB")
    times = []
    for turn in range(4):
        model = models["one" if turn % 2 == 0 else "two"]
        times.append(timed(lambda: model._hf_hook.pre_forward(model)))  # noqa: B023
    manager.disable_auto_cpu_offload()
    return statistics.median(times[1:])


def _group_offload(bench: Bench) -> tuple[float, float]:
    _clean()
    model = _theirs(bench).to("cuda")
    step(model)
    resident = timed(lambda: step(model))
    model.to("cpu")
    device = torch.device("cuda")
    apply_group_offloading(
        model, onload_device=device, offload_type="block_level", num_blocks_per_group=1, use_stream=True
    )
    step(model)
    return resident, timed(lambda: step(model))


def _clean() -> None:
    gc.collect()
    torch.cuda.empty_cache()


@torch.no_grad()
def step(model: WanTransformer3DModel) -> None:
    """One pass over 81 frames of 832 x 480: 32 760 tokens of picture, 512 of text."""
    latents = torch.zeros(1, 16, 21, 60, 104, dtype=torch.bfloat16, device="cuda")
    text = torch.zeros(1, 512, 4096, dtype=torch.bfloat16, device="cuda")
    model(latents, torch.tensor([500], device="cuda"), text, return_dict=False)
