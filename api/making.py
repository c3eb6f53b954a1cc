"""`vibeboard make` and `vibeboard pass`: storage, workers and graphs put together."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from agents.screenplay import read_file, read_text
from api.progress import Watch, watch_for
from api.working import STATE_FOLDER, placement_for, show, workers
from gpu_runtime.engine import Engine, best
from graphs.make import call_once, make
from graphs.planning import shot_ids
from graphs.request import TAKE_TASK, MakeRequest, pin_engines
from storage.project import Project
from tools.render_pass import Pass, RenderPassParams
from vibeboard.digest import sha256_file
from vibeboard.faults import Cancelled, Rejected
from vibeboard.jobs import Placement
from vibeboard.timing import Rate

T = TypeVar("T")


def make_film(
    *,
    script: Path,
    output: Path,
    plan_only: bool,
    scenes: tuple[int, int] | None,
    size: tuple[int, int],
    fps: Rate,
    slate: bool,
    upgrade: bool,
    takes: TakeChoice | None = None,
    leave_to_workers: bool = False,
) -> None:
    """Build a film into `output`, showing progress on the terminal. Engines stay those that the film was first made
    with, unless an `upgrade` is asked for, or other `takes`."""
    read_file(script)
    text = read_text(script)
    _writable(output)
    with Project(output / STATE_FOLDER) as project:
        best_now = pin_engines()
        engines = best_now if upgrade else pin_engines(project.pins())
        if takes and not takes.shots:
            engines[TAKE_TASK] = takes.engine.name
        project.pin(engines)
        request = MakeRequest(
            script=project.blobs.put(text.encode(), "text/plain").sha256,
            name=script.stem,
            scenes=scenes,
            width=size[0],
            height=size[1],
            fps=fps,
            slate=slate,
            plan_only=plan_only,
            engines=engines,
        )
        if takes and takes.shots:
            chosen = shot_ids(project, request, takes.shots)
            project.pin_shots(TAKE_TASK, dict.fromkeys(chosen, takes.engine.name))
        request = request.model_copy(update={"shot_engines": project.pins(TAKE_TASK)})
        placement = placement_for(project.root, project.jobs if leave_to_workers else None)
        with watch_for(sys.stdout, request, workers()) as watch:
            run(_make(project, placement, request, output, watch))
        watch.summary(output)
        for task in sorted(task for task in engines if task != TAKE_TASK and engines[task] != best_now[task]):
            watch.say(f"{best_now[task]} is here now and could do {task} instead of {engines[task]}: add --upgrade")


@dataclass(frozen=True)
class TakeChoice:
    """An engine for takes: of all shots, or of those with these numbers, such as `3B`."""

    engine: Engine
    shots: tuple[str, ...] = ()


async def _make(project: Project, placement: Placement, request: MakeRequest, output: Path, watch: Watch) -> None:
    showing = asyncio.create_task(show(placement, project.jobs, project.owner))
    try:
        await make(project, placement, request, output, watch)
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


def write_pass(film: Path, shot: str, kind: Pass, output: Path, first: int, frames: int | None) -> None:
    """Render a pass of a take of a finished film into a file."""
    scene = film / "takes" / f"{shot}.scene.json"
    if not scene.is_file():
        raise Rejected("no_such_take", f"there is no take {scene}: name a film's folder and a shot in its takes/")
    if not output.parent.is_dir():
        raise Rejected("unwritable_output", f"there is no folder {output.parent}: name another file with -o")
    length = int(json.loads(scene.read_bytes())["frames"])
    with Project(film / STATE_FOLDER) as project:
        params = RenderPassParams(
            scene=sha256_file(scene), kind=kind, first=first, frames=frames or max(length - first, 1)
        )
        engine = best("render_pass")
        placement = placement_for(project.root)
        result = run(call_once(project, placement, engine, params))
        shutil.copyfile(project.blobs.path(result.outputs["frames"].sha256), output)


def run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(_interruptible(work))
    except KeyboardInterrupt:
        raise Cancelled("stopped; run the same command again to carry on where it stopped") from None


async def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Let a request to terminate stop the work as Ctrl-C does."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
    return await work


def _writable(output: Path) -> None:
    """Refuse at once, before any work, a folder that cannot be written."""
    try:
        (output / STATE_FOLDER).mkdir(parents=True, exist_ok=True)
        probe = output / STATE_FOLDER / "writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Rejected(
            "unwritable_output", f"cannot write to {output} ({reason}): choose another folder with -o"
        ) from error
