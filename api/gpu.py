"""`vibeboard gpu`: what the devices hold and do, live, as JSON, or as Prometheus metrics."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console, Group, RenderableType
from rich.filesize import decimal
from rich.live import Live
from rich.progress import Progress, TextColumn
from rich.table import Table

from api.metrics import DeviceMetrics
from api.working import STATE_FOLDER
from gpu_runtime.stock import why_waiting
from storage.database import open_database
from storage.queue import WorkQueue
from vibeboard.counting import counted
from vibeboard.faults import Rejected
from vibeboard.jobs import Account, DeviceSnapshot, Job, Running, WorkerView
from vibeboard.settings import Settings

EVERY_S = 0.5
SHORT = 8
"""So much of a key is shown."""
_QUEUE_SHOWN = 10


def queue_of(film: Path) -> WorkQueue:
    """The job table of a film's folder, or the one that the settings name.

    Raises:
        Rejected: there is no film there.
    """
    configured = Settings().database
    database = film / STATE_FOLDER / "project.db"
    if not configured and not database.is_file():
        raise Rejected("no_such_film", f"there is no film in {film}: name the folder that vibeboard make wrote")
    return WorkQueue(open_database(configured or database))


def cancel(queue: WorkQueue, prefix: str) -> Job:
    """Ask for the end of the one job at work whose key begins with `prefix`.

    Raises:
        Rejected: there is none, or there are several.
    """
    found = queue.at_work(prefix)
    if len(found) != 1:
        how = "there is no job at work" if not found else f"{len(found)} jobs are at work"
        here = ", ".join(f"{job.key[:SHORT]} ({job.task})" for job in (found or queue.at_work())[:_QUEUE_SHOWN])
        raise Rejected("no_such_job", f"{how} with a key that begins with {prefix}: at work are {here or 'none'}")
    queue.stop(found[0].key)
    return found[0]


def as_json(queue: WorkQueue) -> str:
    return json.dumps([worker.model_dump(mode="json") for worker in queue.workers()], indent=1)


def as_prometheus(queue: WorkQueue) -> str:
    """Text exposition format of the gauges and counters of every device."""
    registry = CollectorRegistry()
    registry.register(DeviceMetrics(queue.workers()))
    return generate_latest(registry).decode().rstrip()


def follow(queue: WorkQueue, console: Console, *, once: bool) -> None:
    """Show it, and again until interrupted."""
    if once:
        console.print(picture(queue.workers(), queue.waiting()))
        return
    with Live(picture(queue.workers(), queue.waiting()), console=console, auto_refresh=False) as live:
        while True:
            time.sleep(EVERY_S)
            live.update(picture(queue.workers(), queue.waiting()), refresh=True)


def picture(workers: list[WorkerView], counts: Mapping[tuple[str, str], int]) -> RenderableType:
    """What there is to see of workers, and of the engines and revisions whose jobs wait (`counts`)."""
    devices = [device for worker in workers for device in worker.snapshot.devices]
    waiting = _waiting(counts, workers)
    if not devices:
        at_work = f"{len(workers)} at work, none with a device" if workers else "nobody is at work"
        return Group(f"{at_work}: a device is opened at the first job of an engine with weights", *waiting)
    return Group(*(part for device in devices for part in _device(device)), *waiting)


def _waiting(counts: Mapping[tuple[str, str], int], workers: list[WorkerView]) -> list[str]:
    """A sentence for each engine whose jobs no worker takes, and each reason."""
    reasons: Counter[tuple[str, str]] = Counter()
    for (engine, revision), count in counts.items():
        reasons[engine, why_waiting(engine, revision, workers)] += count
    return [f"jobs of {engine} wait ({count}): {why}" for (engine, why), count in reasons.items() if why]


def _device(device: DeviceSnapshot) -> list[RenderableType]:
    warm = ", kept warm" if device.keep_warm else ""
    head = f"[bold]{device.device}[/bold]{warm}  memory {_account(device.memory)}  host {_account(device.host)}"
    moved = (
        f"uploads {device.uploads} ({decimal(device.uploaded_bytes)})  reads {device.reads} "
        f"({decimal(device.read_bytes)})  evictions {device.evictions}  made way {device.preemptions}  "
        f"out of memory {device.out_of_memory}  made {device.jobs_made}  failed {device.jobs_failed}  "
        f"busy {_share(device):.0%}"
    )
    return [head, moved, _weights(device), *map(_running, device.running), _queue(device)]


def _share(device: DeviceSnapshot) -> float:
    return device.busy_s / max(device.busy_s + device.idle_s, 1e-9)


def _account(account: Account) -> str:
    booked = decimal(account.weights + account.work)
    return f"{booked} of {decimal(account.capacity)} booked, {decimal(account.used)} in use"


def _weights(device: DeviceSnapshot) -> Table:
    table = Table("weights", "where", "size", "held by", box=None, pad_edge=False, header_style="bold")
    for resident in device.components:
        held = counted(resident.leases, "job") if resident.leases else ""
        table.add_row(resident.component, resident.state, decimal(resident.bytes), held)
    return table


def _running(job: Running) -> Progress:
    left = f"about {job.seconds_left:.0f} s of this stage left" if job.seconds_left is not None else ""
    bar = Progress(
        TextColumn("{task.description}"), *Progress.get_default_columns()[1:3], TextColumn(left), auto_refresh=False
    )
    bar.add_task(f"{job.key[:SHORT]} {job.engine} {job.stage}", total=max(job.total, 1), completed=job.done)
    return bar


def _queue(device: DeviceSnapshot) -> Table:
    table = Table("next", "class", "engine", "waited", "at most", box=None, pad_edge=False, header_style="bold")
    for job in device.queue[:_QUEUE_SHOWN]:
        most = "" if job.bound_s is None else f"{job.bound_s:.0f} s"
        table.add_row(f"{job.task} {job.key[:SHORT]}", job.job_class, job.engine, f"{job.waited_s:.0f} s", most)
    more = device.queued - _QUEUE_SHOWN
    if more > 0:
        table.add_row(f"and {more} more")
    return table
