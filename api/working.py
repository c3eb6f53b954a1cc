"""Who does the work of a film's folder: child processes of this one, or `vibeboard worker` processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

from rich.console import Console

from gpu_runtime.needs import cannot_render, stock_here
from gpu_runtime.placement.device import EmbeddedDevice
from gpu_runtime.placement.embedded import Embedded
from gpu_runtime.placement.feed import Feed
from gpu_runtime.placement.routed import Routed
from gpu_runtime.worker import DEVICE_ENVIRONMENT
from storage.configured import configured_store, service_store
from storage.locks import working
from storage.project import Project
from storage.queue import process_name
from storage.store import MARK, Store
from vibeboard.faults import Rejected
from vibeboard.jobs import JobQueue, Placement, Wish
from vibeboard.logs import set_up_logs
from vibeboard.settings import Settings
from vibeboard.traces import set_up_traces

STATE_FOLDER = ".vibeboard"
MOST_WORKERS = 8
EVERY_S = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
Answering = Callable[[Store], AbstractAsyncContextManager[None]]
"""Answers meanwhile for what is asked of a store."""


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
def shared_store(film: Path, patience_s: float | None = None) -> Iterator[Store | None]:
    """The store that the settings name for the film of a folder, or None: the film is in its folder."""
    store = configured_store(film / STATE_FOLDER, Settings(), patience_s)
    with closing(store) if store else nullcontext():
        yield store


@contextmanager
def film_project(film: Path) -> Iterator[Project]:
    """The film that is made in a folder, in its store."""
    with shared_store(film) as store, Project(film / STATE_FOLDER, store) as project:
        yield project


def has_film(film: Path) -> bool:
    """Whether a folder is one that `vibeboard make` has begun."""
    root = film / STATE_FOLDER
    return (root / "project.db").is_file() or (bool(Settings().database) and (root / MARK).is_file())


def must_render() -> None:
    """
    Raises:
        Rejected: what rendering needs is not installed here.
    """
    if reason := cannot_render():
        raise Rejected("cannot_render", reason)


def placement_for(root: Path) -> Placement:
    """The children of this process that do the jobs of the project at `root`."""
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


@contextmanager
def home_store(home: Path) -> Iterator[Store]:
    """The store of the service whose folder `home` is."""
    with closing(service_store(home, Settings())) as store:
        yield store


def work_for(film: Path | None, home: Path, console: Console, listen: str | None = None) -> None:
    """Be a worker of a film's folder, or without one of the service whose folder is `home`, until interrupted; answer
    for single results over HTTP at `listen`, such as 127.0.0.1:8188, if that is given.

    Raises:
        Rejected: the address is none, or not to be had; or what rendering needs is not installed here.
    """
    must_render()
    set_up_logs(Settings())
    set_up_traces(Settings(), "vibeboard-worker")

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    answering = _answering_at(listen, say) if listen else lambda _store: nullcontext()
    say(f"working for {film or home}; Ctrl-C ends it, and what is in hand goes back")
    root, opened = (film / STATE_FOLDER, film_store(film)) if film else (home, home_store(home))
    asyncio.run(_serve(root, opened, say, answering))


def _answering_at(listen: str, say: Callable[[str], None]) -> Answering:
    from api.inference import answering  # noqa: PLC0415  (other commands need no server)
    from api.listening import open_door, parse_address  # noqa: PLC0415

    token = Settings().worker_token.get_secret_value()
    door = open_door(parse_address(listen), token)
    return lambda store: answering(store, door, token, say)


async def _serve(
    root: Path, opened: AbstractContextManager[Store], say: Callable[[str], None], answering: Answering
) -> None:
    with opened as store, store.written() as membership, working(root):
        (root / "scratch").mkdir(exist_ok=True)
        patience_s = Settings().store_patience_s
        placement = placement_for(root)
        feed = Feed(store.queue, placement, process_name(), say, patience_s, membership.renew, stock_here)
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, feed.stop)
        async with answering(store):
            await feed.serve()
