"""Who does the work of a film's folder: child processes of this one, or `vibeboard worker` processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from gpu_runtime.placement.device import EmbeddedDevice
from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.placement.feed import Feed
from gpu_runtime.placement.routed import Routed
from gpu_runtime.placement.table import Table
from storage.database import open_database
from storage.locks import working
from storage.queue import WorkQueue, process_name
from vibeboard.jobs import JobQueue, Placement, Wish

STATE_FOLDER = ".vibeboard"
MOST_WORKERS = 8
EVERY_S = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def workers() -> int:
    """One single-threaded worker a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


def placement_for(root: Path, queue: JobQueue | None = None) -> Placement:
    """Where the jobs of the project at `root` run: in children of this process, or with whoever serves `queue`."""
    if queue is not None:
        return Table(queue)
    command = [sys.executable, "-m", "api.worker", str(root.resolve())]
    cpu = Embedded(command, workers(), root / "worker.log")
    return Routed(cpu, EmbeddedDevice([*command, "--device"], root / "device.log"))


async def show(placement: Placement, queue: JobQueue, owner: str) -> None:
    """Let others see what the placement does, and do what they wish, until cancelled."""
    try:
        while True:
            obey(placement, queue.show(owner, placement.snapshot()))
            await asyncio.sleep(EVERY_S)
    finally:
        queue.leave(owner)


def obey(placement: Placement, wish: Wish | None) -> None:
    if wish is Wish.UNLOAD:
        placement.unload()
    elif wish is not None:
        placement.keep_warm(wish is Wish.KEEP_WARM)


def work_for(film: Path, console: Console) -> None:
    """Be a worker of a film's folder until interrupted."""
    root = film / STATE_FOLDER
    root.mkdir(parents=True, exist_ok=True)
    console.print(f"working for {film}; Ctrl-C ends it, and what is in hand goes back", highlight=False)
    asyncio.run(_serve(root, lambda text: console.print(text, highlight=False, markup=False, soft_wrap=True)))


async def _serve(root: Path, say: Callable[[str], None]) -> None:
    engine = open_database(root / "project.db")
    (root / "scratch").mkdir(exist_ok=True)
    with working(root):
        feed = Feed(WorkQueue(engine), placement_for(root), process_name(), say)
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, feed.stop)
        await feed.serve()
    engine.dispose()
