"""Moving weights: from disk, to the device, in place of one another, with adapters; `--only cpu` or `--only cuda` does
half of it. The reports are `reports/swap_cpu.md` and `reports/swap_cuda.md`, each written anew after every part.

Everything is a ratio to what the same machine gives in the same run. On the processor the "device" is other host
memory, which tells what our code costs, not how fast a card is. The half for a card runs where there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks import swap_cpu, swap_cuda
from benchmarks.report import REPORTS, header, write_by_parts

Half = Callable[[Path], Iterator[str]]
_HALVES: dict[str, tuple[str, Half]] = {
    "cpu": ("Swapping weights on a CPU", swap_cpu.measure),
    "cuda": ("Swapping weights on a card", swap_cuda.measure),
}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swap")
    parser.add_argument("--only", choices=_HALVES)
    only = parser.parse_args(arguments).only
    if only == "cuda" and not torch.cuda.is_available():
        parser.error("--only cuda: there is no CUDA device here")
    torch.set_num_threads(1)
    for half in [only] if only else _HALVES:
        if half == "cpu" or torch.cuda.is_available():
            measure(half)
        else:
            print("on a card: not measured, there is no CUDA device here")


def measure(half: str) -> None:
    title, parts = _HALVES[half]
    head = header(title, f"python -m benchmarks.swap --only {half}")
    with tempfile.TemporaryDirectory() as folder:
        print(write_by_parts(REPORTS / f"swap_{half}.md", head, parts(Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
