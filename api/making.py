"""`vibeboard make` and `vibeboard pass`: storage, workers and graphs put together."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from pydantic import JsonValue
from rich.console import Console

from agents.llm.choosing import MINIMAX, OFFLINE, SCRIPTED, model_for
from agents.llm.model import LlmModel
from agents.screenplay import plain_text, read_file, read_text
from api.patience import SOON_S, carried_on
from api.progress import Watch, watch_for
from api.working import STATE_FOLDER, film_project, must_render, placement_for, shared_store, show, workers
from gpu_runtime.engine import best
from gpu_runtime.placement.table import Table
from gpu_runtime.stock import leaving_to
from graphs import planning
from graphs.breakdown import break_down_script
from graphs.make import call_once, make
from graphs.overlay import keep_edits
from graphs.request import TAKE_TASK, MakeRequest, TakeChoice, keep_request, pin_engines
from graphs.thinking import identity
from storage.project import Project
from storage.store import Store
from tools.render_pass import Pass, RenderPassParams
from vibeboard.breakdown import Breakdown
from vibeboard.digest import sha256_file
from vibeboard.faults import Cancelled, Rejected
from vibeboard.screenplay import Screenplay
from vibeboard.settings import Settings
from vibeboard.timing import Rate

T = TypeVar("T")

PLAN_TASK = "plan_scene"
"""Under which the film's planner is pinned, as its engines are."""


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
    planner: str | None,
    choose_takes: Callable[[], TakeChoice | None] = lambda: None,
    leave_to_workers: bool = False,
) -> None:
    """Build a film into `output`, showing progress on the terminal. Engines stay those that the film was first made
    with, unless an `upgrade` is asked for, or other takes are chosen, by what is here or with the workers."""
    read_file(script)
    text = read_text(script)
    must_be_writable(output)
    if not plan_only and not leave_to_workers:
        must_render()

    async def build(store: Store | None) -> None:
        with Project(output / STATE_FOLDER, store) as project, _workers_of(project, leave_to_workers):
            takes, best_now = choose_takes(), pin_engines()
            engines = best_now if upgrade else pin_engines(project.pins())
            if takes and not takes.shots:
                engines[TAKE_TASK] = takes.engine
            model = _planner(project, planner)
            project.pin(engines)
            blob = project.blobs.put(text.encode(), "text/plain").sha256
            planning.make_newest(project, blob)
            request = MakeRequest(
                script=blob,
                name=script.stem,
                planner=identity(model),
                scenes=scenes,
                width=size[0],
                height=size[1],
                fps=fps,
                slate=slate,
                plan_only=plan_only,
                engines=engines,
                edits=keep_edits(project),
                shot_engines=project.pins(TAKE_TASK),
                choose=takes if takes and takes.shots else None,
            )
            keep_request(project, request)
            with watch_for(sys.stdout, request, workers()) as watch:
                if leave_to_workers:
                    await make(project, Table(project.jobs, watch.say), request, output, watch, model)
                else:
                    await _make(project, request, output, watch, model)
            watch.summary(output)
            for task in sorted(task for task in engines if task != TAKE_TASK and engines[task] != best_now[task]):
                watch.say(f"{best_now[task]} is here now and could do {task} instead of {engines[task]}: add --upgrade")

    with shared_store(output, SOON_S) as shared:
        run(carried_on(lambda: build(shared), shared, _say, Settings().store_patience_s))


def _say(text: str) -> None:
    Console(emoji=False).print(text, style="yellow", highlight=False)


def _workers_of(project: Project, leave_to_workers: bool) -> AbstractContextManager[None]:
    """Whether an engine is ready is theirs to say too while work is left to them."""
    return leaving_to(project.jobs.workers, project.jobs.last_stocks) if leave_to_workers else nullcontext()


async def _make(project: Project, request: MakeRequest, output: Path, watch: Watch, model: LlmModel | None) -> None:
    placement = placement_for(project.root)
    showing = asyncio.create_task(show(placement, project.jobs, project.owner))
    try:
        await make(project, placement, request, output, watch, model)
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


def _planner(project: Project, asked: str | None) -> LlmModel | None:
    """Who plans: as asked, else as the film was planned before, else MiniMax if there is a key for it."""
    settings, pins = Settings(), project.pins()
    by_key = MINIMAX if settings.llm_key.get_secret_value() and not pins else OFFLINE
    name = asked or pins.get(PLAN_TASK, by_key)
    model = model_for(name, settings)
    if name.startswith(SCRIPTED):
        name = f"{SCRIPTED}{Path(name.removeprefix(SCRIPTED)).resolve()}"
    project.pin({PLAN_TASK: name})
    return model


def write_breakdown(script: Path, film: Path, output: Path | None, planner: str | None) -> None:
    """Break a script down, store its elements as pending with the film, and write the list as JSON."""
    read_file(script)
    text = read_text(script)
    must_be_writable(film)
    if output and not output.parent.is_dir():
        raise Rejected("unwritable_output", f"there is no folder {output.parent}: name another file with -o")
    with film_project(film) as project:
        model = _planner(project, planner)
        blob = project.blobs.put(text.encode(), "text/plain").sha256
        planning.make_newest(project, blob)
        request = MakeRequest(script=blob, name=script.stem, engines=pin_engines(project.pins()))
        with watch_for(sys.stderr, request, workers()) as watch:
            work = break_down_script(project, placement_for(project.root), request, watch, model)
            screenplay, breakdown = run(work)
    listed = json.dumps(element_list(screenplay, breakdown), indent=1, ensure_ascii=False)
    if output is None:
        sys.stdout.write(f"{listed}\n")
    else:
        output.write_text(f"{listed}\n")


def element_list(screenplay: Screenplay, breakdown: Breakdown) -> list[dict[str, JsonValue]]:
    """The elements of each scene as they are handed out: category, name, source lines, status."""
    scenes = zip(screenplay.scenes, breakdown.scenes, strict=True)
    return [
        {
            "scene": broken.number,
            "heading": plain_text(scene.heading),
            "elements": [item.model_dump(mode="json") for item in broken.items],
        }
        for scene, broken in scenes
    ]


def write_pass(film: Path, shot: str, kind: Pass, output: Path, first: int, frames: int | None) -> None:
    """Render a pass of a take of a finished film into a file."""
    scene = film / "takes" / f"{shot}.scene.json"
    if not scene.is_file():
        raise Rejected("no_such_take", f"there is no take {scene}: name a film's folder and a shot in its takes/")
    if not output.parent.is_dir():
        raise Rejected("unwritable_output", f"there is no folder {output.parent}: name another file with -o")
    must_render()
    length = int(json.loads(scene.read_bytes())["frames"])
    with film_project(film) as project:
        params = RenderPassParams(
            scene=sha256_file(scene), kind=kind, first=first, frames=frames or max(length - first, 1)
        )
        engine = best("render_pass")
        placement = placement_for(project.root)
        result = run(call_once(project, placement, engine, params))
        shutil.copyfile(project.blobs.path(result.outputs["frames"].sha256), output)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do the work; Ctrl-C and a request to terminate end it as `Cancelled`."""
    try:
        return asyncio.run(_interruptible(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Cancelled("stopped; run the same command again to carry on where it stopped") from None


async def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Let a request to terminate stop the work as Ctrl-C does, also where a shell has Ctrl-C ignored."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def must_be_writable(output: Path) -> None:
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
