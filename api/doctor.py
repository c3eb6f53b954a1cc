"""What is available on this machine, what each missing thing would give, and what to do about what is wrong."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console
from rich.table import Table

from gpu_runtime.catalog.declare import components
from gpu_runtime.engine import registry
from gpu_runtime.needs import cannot_render
from gpu_runtime.weights import Weights
from storage.configured import configured_blobs
from storage.schema import revisions
from vibeboard.faults import FaultError
from vibeboard.settings import Settings

PORT = 8080
"""Where `vibeboard serve` listens unless it is told otherwise."""
SCARCE_GIB = 5.0
"""Less room than this is soon full: a minute of film is some 100 MB, its takes and passes several times that."""
_GIB = 1 << 30
_PROBE = b"vibeboard doctor "


State = Literal["well", "note", "wrong"]
_COLOURS = {"well": "green", "note": "yellow", "wrong": "red"}


class Finding(NamedTuple):
    """One sentence, with what to do about it unless it is well."""

    state: State
    sentence: str


def show(console: Console, home: Path | None = None) -> bool:
    """Print everything; whether nothing is wrong."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = _free(Path.cwd())
    console.print(f"Python {platform.python_version()}, torch {_torch()}, {cores} cores, {free:.1f} GiB free here")
    settings = Settings()
    findings = list(_findings(home or settings.home_folder, settings))
    for finding in findings:
        console.print(f"{finding.state:5}  ", style=_COLOURS[finding.state], end="")
        console.print(finding.sentence, highlight=False, markup=False, soft_wrap=True)
    table = Table("engine", "does", "quality", "here", box=None, pad_edge=False, header_style="bold")
    for engine in registry().values():
        missing = engine.missing()
        state = "[green]ready[/green]" if not missing else f"[yellow]missing[/yellow]: {missing}"
        table.add_row(engine.name, engine.task, engine.quality, state)
    console.print(table)
    return all(finding.state != "wrong" for finding in findings)


def _findings(home: Path, settings: Settings) -> Iterator[Finding]:
    reason = cannot_render()
    yield (
        Finding("note", f"{reason[0].upper()}{reason[1:]}.") if reason else Finding("well", "Films are rendered here.")
    )
    yield _database(home, settings)
    yield _blobs(home, settings)
    for folder in dict.fromkeys((home, settings.models_folder, settings.blob_cache_folder)):
        yield _room(folder)
    yield _port(PORT)
    yield _gpu()
    yield _models(settings)
    if settings.otel_endpoint and find_spec("opentelemetry.sdk") is None:
        yield Finding("wrong", "VIBEBOARD_OTEL_ENDPOINT is set without OpenTelemetry: pip install -e '.[traces]'")


def _database(home: Path, settings: Settings) -> Finding:
    database = settings.database or home / "vibeboard.db"
    if isinstance(database, Path) and not database.is_file():
        return Finding("note", f"The service has no store in {home} yet; vibeboard serve makes one.")
    try:
        known = revisions(database)
    except FaultError as error:
        return Finding("wrong", f"The database cannot be used: {error}.")
    here = next((revision.id for revision in known if revision.here), "none")
    if here != known[-1].id:
        return Finding(
            "wrong", f"The schema is at {here}, the newest is {known[-1].id}: back up, then vibeboard migrate."
        )
    return Finding("well", f"The database answers, its schema is the newest ({here}).")


def _blobs(home: Path, settings: Settings) -> Finding:
    """Put a file, read it back and remove it."""
    if not settings.blobs and not home.is_dir():
        return Finding("note", f"Files will be kept in {home / 'blobs'}.")
    where = settings.blobs or home / "blobs"
    try:
        with closing(configured_blobs(home, settings)) as blobs:
            name = blobs.put(_PROBE + secrets.token_bytes(16), "text/plain").sha256
            blobs.read(name)
            blobs.remove(name)
    except (FaultError, OSError) as error:
        return Finding("wrong", f"Files cannot be kept in {where} ({error}): set VIBEBOARD_BLOBS, or mend it.")
    return Finding("well", f"Files can be kept in {where}.")


def _room(folder: Path) -> Finding:
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = _free(there)
    if free < SCARCE_GIB:
        return Finding("wrong", f"{free:.1f} GiB are free for {folder}: free some, or vibeboard storage gc.")
    return Finding("well", f"{free:.1f} GiB are free for {folder}.")


def _port(port: int) -> Finding:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return Finding("note", f"Port {port} is taken; unless that is vibeboard serve, give it another --port.")
    return Finding("well", f"Port {port} is free for vibeboard serve.")


def _gpu() -> Finding:
    """As the driver's own program tells it: torch is not loaded for this."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("note", "No GPU is seen; previs needs none, engines with weights do.")
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    told = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
    if told.returncode:
        return Finding("wrong", "nvidia-smi is here and does not answer: look at the driver, nvidia-smi says more.")
    cards = "; ".join(told.stdout.strip().splitlines())
    if _torch().endswith("+cpu"):
        return Finding(
            "wrong", f"GPU: {cards}, and torch {_torch()} is the build for processors: install the CUDA one."
        )
    return Finding("well", f"GPU: {cards}.")


def _models(settings: Settings) -> Finding:
    weights = Weights(settings.models_folder)
    here = sum(weights.installed(name) is not None for name in components())
    if not here:
        said = "previs needs no weights; vibeboard models list shows what there is."
        return Finding("note", f"No weights are in {settings.models_folder}; {said}")
    return Finding("well", f"{here} of {len(components())} known weights are in {settings.models_folder}.")


def _free(folder: Path) -> float:
    return shutil.disk_usage(folder).free / _GIB


def _torch() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return "none"
