"""Who does the work of a film's folder: child processes of this one, or `vibeboard worker` processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from rich.console import Console

from gpu_runtime.placement.device import EmbeddedDevice
from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.placement.feed import Feed
from gpu_runtime.placement.routed import Routed
from gpu_runtime.placement.table import Table
from gpu_runtime.worker import DEVICE_ENVIRONMENT
from storage.configured import configured_store
from storage.locks import working
from storage.project import Project
from storage.queue import process_name
from storage.store import MARK, Store
from vibeboard.jobs import JobQueue, Placement, Wish
from vibeboard.settings import Settings

STATE_FOLDER = ".vibeboard"
MOST_WORKERS = 8
EVERY_S = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def workers() -> int:
    """One single-threaded worker a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_WORKERS)


@contextmanager
def film_store(film: Path) -> Iterator[Store]:
    """The store of the film that is made in a folder: the folder's own, or the one that the settings name."""
    root = film / STATE_FOLDER
    with closing(configured_store(root, Settings()) or Store.in_folder(root)) as store:
        yield store


@contextmanager
def film_project(film: Path) -> Iterator[Project]:
    """The film that is made in a folder, in its store."""
    root = film / STATE_FOLDER
    store = configured_store(root, Settings())
    with closing(store) if store else nullcontext(), Project(root, store) as project:
        yield project


def has_film(film: Path) -> bool:
    """Whether a folder is one that `vibeboard make` has begun."""
    root = film / STATE_FOLDER
    return (root / "project.db").is_file() or (bool(Settings().database) and (root / MARK).is_file())


def placement_for(root: Path, queue: JobQueue | None = None) -> Placement:
    """Where the jobs of the project at `root` run: in children of this process, or with whoever serves `queue`."""
    if queue is not None:
        return Table(queue)
    command = [sys.executable, "-m", "api.worker", str(root.resolve())]
    cpu = Embedded(command, workers(), root / "worker.log")
    return Routed(cpu, EmbeddedDevice([*command, "--device"], root / "device.log", DEVICE_ENVIRONMENT))


async def show(placement: Placement, queue: JobQueue, owner: str) -> None:
    """Let others see what the placement does, do what they wish, and stop the jobs that they want stopped, until
    cancelled."""
    try:
        while True:
            obey(placement, queue.show(owner, placement.snapshot()))
            for key in queue.stopped(owner):
                placement.cancel(key)
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
    console.print(f"working for {film}; Ctrl-C ends it, and what is in hand goes back", highlight=False)
    asyncio.run(_serve(film, lambda text: console.print(text, highlight=False, markup=False, soft_wrap=True)))


async def _serve(film: Path, say: Callable[[str], None]) -> None:
    root = film / STATE_FOLDER
    with film_store(film) as store, store.written(), working(root):
        (root / "scratch").mkdir(exist_ok=True)
        feed = Feed(store.queue, placement_for(root), process_name(), say)
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, feed.stop)
        await feed.serve()
