"""Moving weights: from disk, to the device, in place of one another, with adapters; the report is `reports/swap.md`.

Everything is a ratio to what the same machine gives in the same run. On the processor the "device" is other host
memory, which tells what our code costs, not how fast a card is. The part for a card runs where there is one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from benchmarks import swap_cpu, swap_cuda
from benchmarks.report import REPORTS, header


def main() -> None:
    torch.set_num_threads(1)
    report = header("Swapping weights", "python -m benchmarks.swap")
    with tempfile.TemporaryDirectory() as folder:
        report += swap_cpu.measure(Path(folder))
    if torch.cuda.is_available():
        with tempfile.TemporaryDirectory() as folder:
            report += "\n" + swap_cuda.measure(Path(folder))
    else:
        report += "\nOn a card: not measured, no CUDA device here.\n"
    (REPORTS / "swap.md").write_text(report)
    print(report)


if __name__ == "__main__":
    main()
