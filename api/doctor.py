"""What is available on this machine, and what each missing thing would give."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gpu_runtime.engine import registry

_GIB = 1 << 30


def show(console: Console) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = shutil.disk_usage(Path.cwd()).free / _GIB
    console.print(
        f"Python {platform.python_version()}, torch {version('torch')}, {cores} cores, {free:.1f} GiB free here"
    )
    console.print(f"GPU: {_gpu()}", highlight=False)
    table = Table("engine", "does", "quality", "here", box=None, pad_edge=False, header_style="bold")
    for engine in registry().values():
        missing = engine.missing()
        state = "[green]ready[/green]" if not missing else f"[yellow]missing[/yellow]: {missing}"
        table.add_row(engine.name, engine.task, engine.quality, state)
    console.print(table)


def _gpu() -> str:
    if shutil.which("nvidia-smi"):
        return "an NVIDIA driver is here"
    return "none seen; previs needs none, engines with weights do"
