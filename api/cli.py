"""`vibeboard`: the command line."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from api import chat as chatting
from api import cost as costs
from api import doctor as doctor_report
from api import gpu as gpu_view
from api import making, models, operations, storage, tokens, working
from api import repairs as repair_list
from api.environment import wrong
from api.options import parse_scenes, parse_shots, parse_size
from gpu_runtime.engine import Quality, chosen
from gpu_runtime.executor import disk_full
from graphs.request import TAKE_TASK, TakeChoice
from tools.declare import registry
from tools.render_pass import Pass
from vibeboard.faults import Cancelled, FaultError, Rejected
from vibeboard.jobs import Wish
from vibeboard.settings import Settings
from vibeboard.timing import Rate

INTERRUPTED = 130
Planner = Annotated[
    str | None,
    typer.Option(
        help="Who plans: offline, minimax or scripted:FILE [as before; minimax if a key is set; else offline]."
    ),
]
Home = Annotated[Path | None, typer.Option(help="Folder of the service's films [VIBEBOARD_HOME].")]
app = typer.Typer(
    name="vibeboard",
    help="Builds a film from a screenplay.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(models.app, name="models")
app.add_typer(storage.app, name="storage")
app.add_typer(tokens.app, name="tokens")


@app.command()
def make(
    script: Annotated[Path, typer.Argument(help="A screenplay in Fountain format.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the film [SCRIPT-film].")] = None,
    plan_only: Annotated[bool, typer.Option("--plan-only", help="Plan and list the shots; render nothing.")] = False,
    scenes: Annotated[str | None, typer.Option(help="Only these scenes, counted from 1, such as 3 or 3-5.")] = None,
    size: Annotated[str, typer.Option(help="Picture size, width x height.")] = "854x480",
    fps: Annotated[str, typer.Option(help="Frame rate, such as 24, 25 or 23.976.")] = "24",
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Use the best engines that are here now.")] = False,
    planner: Planner = None,
    slate: Annotated[bool, typer.Option(help="Burn scene, shot, lens and timecode into the film.")] = True,
    quality: Annotated[Quality | None, typer.Option(help="Make takes of this quality [what they are].")] = None,
    engine: Annotated[str | None, typer.Option(help="Make takes on this engine; see vibeboard doctor.")] = None,
    shots: Annotated[str | None, typer.Option(help="Only these shots' takes, such as 3A,3C.")] = None,
    leave: Annotated[bool, typer.Option("--leave-to-workers", help="Leave the work to vibeboard worker.")] = False,
) -> None:
    """Build the film of a script, or what an edit made stale of it."""
    making.make_film(
        script=script,
        output=output or Path(f"{script.stem}-film"),
        plan_only=plan_only,
        scenes=parse_scenes(scenes) if scenes else None,
        size=parse_size(size),
        fps=_rate(fps),
        slate=slate,
        upgrade=upgrade,
        choose_takes=partial(_take_choice, quality, engine, shots),
        leave_to_workers=leave,
        planner=planner,
    )


@app.command()
def breakdown(
    script: Annotated[Path, typer.Argument(help="A screenplay in Fountain format.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="JSON file to write [the terminal].")] = None,
    film: Annotated[
        Path | None, typer.Option(help="Folder of the film whose elements these are [SCRIPT-film].")
    ] = None,
    planner: Planner = None,
) -> None:
    """List what each scene needs, by category, with the lines that say so."""
    making.write_breakdown(script, film or Path(f"{script.stem}-film"), output, planner)


@app.command("chat")
def talk(
    film: Annotated[Path, typer.Argument(help="The folder of a film.")],
    script: Annotated[Path | None, typer.Option(help="Its screenplay as it is now [as it was last made].")] = None,
    planner: Annotated[
        str | None,
        typer.Option(help="Who talks: offline, minimax or scripted:FILE [minimax if a key is set; else offline]."),
    ] = None,
) -> None:
    """Talk about a film: ask, change its plan, have it made. Ctrl-C stops an answer, Ctrl-D ends the chat."""
    chatting.chat(film, script, planner)


@app.command()
def edits(film: Annotated[Path, typer.Argument(help="The folder of a film.")]) -> None:
    """List the edits of a film's plan."""
    chatting.list_edits(film)


@app.command()
def undo(
    film: Annotated[Path, typer.Argument(help="The folder of a film.")],
    edit: Annotated[int | None, typer.Argument(min=1, help="Number of the edit [the last].")] = None,
) -> None:
    """Undo an edit of a film's plan. `vibeboard make` builds what that changes."""
    chatting.undo(film, edit)


@app.command("pass")
def render_pass(
    film: Annotated[Path, typer.Argument(help="The folder of a film that was made.")],
    shot: Annotated[str, typer.Argument(help="A shot's number, such as 3B.")],
    kind: Annotated[Pass, typer.Option(help="Which pass.")] = Pass.DEPTH,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write [SHOT.KIND.safetensors].")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="First frame.")] = 0,
    frames: Annotated[int | None, typer.Option(min=1, help="How many frames [to the end].")] = None,
) -> None:
    """Render depth, normals, albedo or object ids of a take again, as safetensors."""
    making.write_pass(film, shot, kind, output or Path(f"{shot}.{kind}.safetensors"), first, frames)


@app.command()
def worker(
    film: Annotated[Path | None, typer.Argument(help="The folder of a film [work for vibeboard serve].")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of the service's films [VIBEBOARD_HOME].")] = None,
    listen: Annotated[
        str | None, typer.Option(help="Answer POST /inference there too, such as 127.0.0.1:8188; see docs/gpu.md.")
    ] = None,
) -> None:
    """Work for a film by itself, until Ctrl-C: take the jobs that `vibeboard make --leave-to-workers` offers.

    Without a film those of `vibeboard serve`."""
    working.work_for(film, home or Settings().home_folder, Console(), listen)


@app.command()
def gpu(
    film: Annotated[Path, typer.Argument(help="The folder of a film.")],
    json: Annotated[bool, typer.Option("--json", help="Print it once as JSON.")] = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="Print it once as Prometheus metrics.")] = False,
    unload: Annotated[bool, typer.Option("--unload", help="Empty the device now.")] = False,
    keep_warm: Annotated[
        bool | None, typer.Option("--keep-warm/--cool-down", help="Keep weights however long there is no work.")
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", help="Stop the job whose key begins so; making the film makes it again.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Show it once instead of following it.")] = False,
) -> None:
    """Show what the devices that work for a film hold and do, and follow it until Ctrl-C."""
    queue = gpu_view.queue_of(film)
    if cancel is not None:
        job = gpu_view.cancel(queue, cancel)
        print(f"asked {job.task} {job.key[: gpu_view.SHORT]} on {job.engine} to stop")
        return
    if unload:
        queue.wish(Wish.UNLOAD)
    if keep_warm is not None:
        queue.wish(Wish.KEEP_WARM if keep_warm else Wish.COOL_DOWN)
    if json or prometheus:
        print(gpu_view.as_json(queue) if json else gpu_view.as_prometheus(queue))
    else:
        gpu_view.follow(queue, Console(), once=once or unload or keep_warm is not None)


@app.command()
def cost(
    film: Annotated[Path, typer.Argument(help="The folder of a film.")],
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what a film took per shot and run beside what was quoted, and what idle windows would cost."""
    costs.show_cost(film, Console(), as_json=json)


@app.command()
def serve(
    home: Annotated[Path | None, typer.Option(help="Folder of the films [VIBEBOARD_HOME].")] = None,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 for any.")] = 8080,
    with_tokens: Annotated[bool, typer.Option("--tokens", help="Let in only who has a token.")] = False,
    no_workers: Annotated[bool, typer.Option("--no-workers", help="Render nothing here.")] = False,
) -> None:
    """Answer HTTP and WebSockets: scripts in, episodes out."""
    from api import serving  # noqa: PLC0415  (other commands need no server)

    serving.serve(home, host, port, tokens=with_tokens, workers=not no_workers, console=Console())


@app.command()
def repairs(
    film: Annotated[Path, typer.Argument(help="The folder of a film.")],
    refuse: Annotated[str | None, typer.Option(help="Undo the repair with this id; its call goes to you.")] = None,
    allow: Annotated[str | None, typer.Option(help="Allow a repair that was refused.")] = None,
) -> None:
    """List what the Medic changed in arguments, and refuse it."""
    repair_list.show_repairs(film, Console(), refuse, allow)


@app.command()
def migrate(
    home: Home = None,
    to: Annotated[str | None, typer.Option(help="Revision to go to, up or down [the newest].")] = None,
    show: Annotated[bool, typer.Option("--show", help="List the revisions, and where the database is.")] = False,
) -> None:
    """Bring the schema of the service's database to another revision. Back up first: an older one has less room."""
    if show:
        operations.show_revisions(home, Console())
    else:
        operations.migrate_store(home, to, Console())


@app.command()
def backup(
    archive: Annotated[Path, typer.Argument(help="The archive to write (tar); it must not be there yet.")],
    home: Home = None,
) -> None:
    """Write the service's whole store into one archive, also while it is at work."""
    operations.write_backup(home, archive, Console())


@app.command()
def restore(
    archive: Annotated[Path, typer.Argument(help="An archive that vibeboard backup wrote.")],
    home: Home = None,
) -> None:
    """Fill an empty store, of any kind, with what is in an archive. Cut off, it goes on where it stopped."""
    operations.read_backup(home, archive, Console())


@app.command()
def doctor(home: Home = None) -> None:
    """Say what is available here, what each missing thing would give, and what is wrong (exit code 1)."""
    if not doctor_report.show(Console(), home):
        sys.exit(1)


@app.command()
def tools() -> None:
    """List the tools and their parameters."""
    console = Console()
    for tool in registry().values():
        console.print(f"[bold]{tool.name}[/bold]  ({tool.module}) -> {tool.produces}", highlight=False)
        console.print(f"  {tool.summary}", highlight=False)
        for name, info in tool.params.model_fields.items():
            console.print(f"    {name}: {info.description}", style="dim", highlight=False, markup=False)


def _take_choice(quality: Quality | None, engine: str | None, shots: str | None) -> TakeChoice | None:
    if quality is None and engine is None:
        if shots is not None:
            raise Rejected("no_quality", "--shots says which takes to make otherwise: add --quality draft, or --engine")
        return None
    taker = chosen(TAKE_TASK, quality, engine)
    return TakeChoice(engine=taker.name, shots=parse_shots(shots) if shots is not None else ())


def _rate(text: str) -> Rate:
    try:
        return Rate.parse(text)
    except ValueError as error:
        raise Rejected("bad_fps", f"--fps: {error}") from None


def main() -> None:
    """Run a command; whatever is wrong with the input ends as one sentence and an exit code that is not 0."""
    try:
        app()
    except Cancelled as error:
        _fail(str(error), INTERRUPTED)
    except FaultError as error:
        _fail(str(error))
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        _fail(wrong(error))
    except Exception as error:
        if not disk_full(error):
            raise
        _fail("the disk is full: free some space and run again, what is finished is kept")


def _fail(sentence: str, code: int = 1) -> None:
    Console(stderr=True, emoji=False).print(
        f"vibeboard: {sentence}", style="red", highlight=False, markup=False, soft_wrap=True
    )
    sys.exit(code)
