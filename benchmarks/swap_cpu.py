"""What can be measured of a swap without a card."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import WanTransformer3DModel

from benchmarks import swap_disk
from benchmarks.report import table
from benchmarks.swap_disk import seconds
from benchmarks.swap_weights import SMALL, TARGETS, write_adapter, write_model
from gpu_runtime.models.memory import TorchMemory
from gpu_runtime.models.memory.device import CpuDevice
from gpu_runtime.run import AdapterUse

_GIB = 1 << 30
_RANK, _BLOCKS = 32, 4
ROUNDS = 3


def never() -> bool:
    return False


def measure(folder: Path) -> Iterator[str]:
    """The report's parts; they take 3.3 GB of disk and about 10 GiB of memory."""
    size = write_model(folder, SMALL)
    path = folder / "diffusion_pytorch_model.safetensors"
    memory = TorchMemory(CpuDevice(4 * _GIB), 4 * _GIB)
    yield _disk(path, memory, size)
    swap, reload = _swap(folder, memory, size)
    yield swap
    yield _adapters(folder, memory, reload)


def _disk(path: Path, memory: TorchMemory, size: int) -> str:
    swap_disk.ours(memory)(path)
    rates = swap_disk.compare(
        path,
        {
            "raw parallel read into faulted memory": swap_disk.RawRead(path.stat().st_size),
            "ours, into the arena": swap_disk.ours(memory),
            "safetensors load_file, tensors copied": swap_disk.load_and_copy,
            "diffusers from_pretrained, pages touched": swap_disk.from_pretrained_and_touch,
        },
    )
    rows = []
    for name, rate in rates.items():
        goal = ">= 0.8 cold" if name.startswith("ours") else ""
        rows.append((name, *(f"{number:.2f}" for number in rate), goal))
    head = ("from disk", "cold GB/s", "warm GB/s", "cold / raw", "warm / raw", "goal")
    fresh = statistics.median(size / 1e9 / _fresh(path) for _ in range(ROUNDS))
    note = f"\nInto an arena that has to be faulted in meanwhile, warm: {fresh:.2f} GB/s.\n\n"
    return f"A Wan 1.3B transformer, {size / 1e9:.2f} GB in one file.\n\n" + table(head, rows) + note


def _fresh(path: Path) -> float:
    """Seconds into an arena of its own; the one before is given back to the system first, since memory that a virtual
    machine never used costs its host ten times as much."""
    gc.collect()
    memory = TorchMemory(CpuDevice(0), 4 * _GIB)
    return seconds(lambda: memory.read("dit", path.parent, never))


def _swap(folder: Path, memory: TorchMemory, size: int) -> tuple[str, float]:
    """The rows, and seconds to read the base again, warm, and upload it."""
    memory.read("dit", folder, never)
    taken, committed = memory.host_bytes()
    source = torch.ones(size, dtype=torch.uint8)
    copies, uploads, releases, reloads = [], [], [], []
    for _ in range(ROUNDS):
        copies.append(seconds(source.clone))
        uploads.append(seconds(lambda: memory.upload("dit", never)))
        releases.append(seconds(lambda: memory.release("dit")))
        memory.drop("dit")
        reloads.append(seconds(lambda: (memory.read("dit", folder, never), memory.upload("dit", never))))
        memory.release("dit")
    upload, copy, release = (statistics.median(times) for times in (uploads, copies, releases))
    rows = [
        ("upload / one copy of as many bytes into fresh memory", f"{copy / upload:.2f}", "reported"),
        ("evict / upload, time; here pages go back to the system", f"{release / upload:.3f}", "<= 0.01 on a card"),
        ("memory taken from the system / booked", f"{committed / taken:.3f}", "<= 1.05"),
    ]
    return table(("swap", "measured", "goal"), rows) + "\n", statistics.median(reloads)


def _adapters(folder: Path, memory: TorchMemory, reload: float) -> str:
    files = [folder / f"{name}.safetensors" for name in ("one", "two")]
    size = max(write_adapter(file, SMALL, _RANK) for file in files)
    memory.upload("dit", never)
    uses = [[(AdapterUse(adapter=file.stem), file)] for file in files]
    first = seconds(lambda: memory.set_adapters("dit", uses[0]))
    memory.set_adapters("dit", uses[1])
    switches = [seconds(lambda: memory.set_adapters("dit", uses[turn % 2])) for turn in range(10)]  # noqa: B023
    off = seconds(lambda: memory.set_adapters("dit", []))
    switch = statistics.median(switches)
    bare, side, peft = _forward(folder / "short")
    rows = [
        ("switch between two that were used before, ms", f"{switch * 1e3:.1f}", ""),
        ("first use, its file read, ms", f"{first * 1e3:.0f}", ""),
        ("off, ms", f"{off * 1e3:.2f}", ""),
        ("switch / base read again (warm) and uploaded", f"{switch / reload:.4f}", "<= 0.05"),
        ("forward with one adapter / bare, 4 blocks, 256 tokens", f"{side / bare:.2f}", "reported"),
        ("the same through PEFT", f"{peft / bare:.2f}", ""),
    ]
    head = (
        f"adapters, rank {_RANK}, {size / 1e6:.0f} MB, {SMALL['num_layers'] * len(TARGETS)} layers",
        "measured",
        "goal",
    )
    return table(head, rows)


def _forward(folder: Path) -> tuple[float, float, float]:
    """Seconds of a forward of four blocks: bare, with an adapter beside it, and with the same through PEFT."""
    shape = {**SMALL, "num_layers": _BLOCKS}
    write_model(folder, shape)
    write_adapter(folder / "adapter.safetensors", shape, _RANK)
    memory = TorchMemory(CpuDevice(2 * _GIB), 2 * _GIB)
    memory.read("dit", folder, never)
    memory.upload("dit", never)
    peft = WanTransformer3DModel.from_pretrained(folder, torch_dtype=torch.bfloat16).eval()
    peft.load_lora_adapter(folder / "adapter.safetensors", prefix="transformer")
    times: dict[str, list[float]] = {"bare": [], "side": [], "peft": []}
    for _ in range(ROUNDS + 2):
        memory.set_adapters("dit", [])
        times["bare"].append(seconds(lambda: _step(memory.module("dit"))))
        memory.set_adapters("dit", [(AdapterUse(adapter="adapter"), folder / "adapter.safetensors")])
        times["side"].append(seconds(lambda: _step(memory.module("dit"))))
        times["peft"].append(seconds(lambda: _step(peft)))
    bare, side, theirs = (statistics.median(found) for found in times.values())
    return bare, side, theirs


@torch.no_grad()
def _step(model: WanTransformer3DModel) -> torch.Tensor:
    """256 tokens of picture, 512 of text."""
    latents, text = torch.ones(1, 16, 1, 32, 32).bfloat16(), torch.ones(1, 512, 4096).bfloat16()
    found: torch.Tensor = model(latents, torch.tensor([500]), text, return_dict=False)[0]
    return found
