"""`vibeboard models`: what weights there are, and getting, checking and deleting them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from gpu_runtime import hub
from gpu_runtime.catalog.declare import Adapter, Component, Licence, adapters, backbones, components
from gpu_runtime.catalog.tasks import ROWS
from gpu_runtime.engine import registry
from gpu_runtime.installing import Item
from gpu_runtime.installing import Progress as Told
from gpu_runtime.weights import Weights, refusal
from vibeboard.faults import Cancelled, Rejected
from vibeboard.settings import Settings

app = typer.Typer(help="Weights on this machine: list, tasks, pull, verify, rm.", no_args_is_help=True)

_SHOWN = 8
_LICENCE = len("Apache-2.0")
_WHOLE = ("kind", "size", "here")
"""Columns that a narrow terminal does not cut."""
Names = Annotated[list[str], typer.Argument(help="Backbones, components or adapters, as `models list` names them.")]


@app.command("list")
def list_models() -> None:
    """Show every backbone, component and adapter: size, licence, and whether it is here."""
    weights, console = Weights(Settings().models_folder), Console()
    console.print(_backbone_table(weights))
    console.print(_item_table(weights))
    console.print(f"\nin {weights.root}", style="dim", highlight=False, markup=False, soft_wrap=True)


@app.command("tasks")
def list_tasks() -> None:
    """Show for each task on which weights it stands and their licence: what engines do, and what none does yet."""
    Console().print(_task_table(Weights(Settings().models_folder)))


@app.command()
def pull(
    names: Names,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A folder in diffusers' layout, or a checkpoint file, of this machine."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before downloading.")] = False,
) -> None:
    """Install weights from the hub, or from a folder or file of this machine."""
    settings = Settings()
    weights, items = Weights(settings.models_folder), _resolved(names)
    for item in items:
        if reason := refusal(item.licence, settings):
            raise Rejected("licence", f"{item.id}: {reason}")
    wanted = [item for item in items if source or not weights.installed(item.id)]
    _say(f"{', '.join(item.id for item in items if item not in wanted)}: already here", if_any=len(wanted) < len(items))
    if source:
        _install(wanted, source, weights)
    elif wanted:
        _download(wanted, weights, yes)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="What to verify [everything that is here].")] = None,
) -> None:
    """Read installed weights and compare every file with its hash."""
    weights = Weights(Settings().models_folder)
    found = _present(weights)
    ids = [item.id for item in _resolved(names)] if names else sorted(found)
    wrong = []
    for item in ids:
        try:
            with _bars() as bars:
                weights.verify(item, _bar(bars, f"verify {item}"))
            _say(f"{item}: every file is as it was installed")
        except Rejected as error:
            wrong.append(str(error))
    if wrong:
        raise Rejected("weights_changed", "\n".join(wrong))
    _say(f"nothing is installed in {weights.root}", if_any=not ids)


@app.command()
def rm(names: Names, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete installed weights. Of a backbone, the components that no other installed backbone uses."""
    weights = Weights(Settings().models_folder)
    present = _present(weights)
    doomed = [item for name in names for item in _doomed(name, weights) if item in present]
    if not doomed:
        raise Rejected("not_installed", f"{', '.join(names)}: nothing of it is here, or others use it")
    _confirm(f"delete {', '.join(doomed)}?", yes)
    freed = sum(weights.remove(item) for item in doomed)
    _say(f"deleted {', '.join(doomed)}: {_size(freed)} freed")


def _install(items: list[Item], source: Path, weights: Weights) -> None:
    if source.is_file() and len(items) > 1:
        names = ", ".join(item.id for item in items if not isinstance(item, Component) or item.is_weights)
        raise Rejected("no_weights", f"{source.name} is one file: name the one component it is for, of {names}")
    for item in items:
        with _stoppable(), _bars() as bars:
            manifest = weights.install(item, source, _bar(bars, f"copy {item.id}"))
        _say(f"{item.id}: installed, {_size(sum(record.bytes for record in manifest.files.values()))}")


def _download(items: list[Item], weights: Weights, yes: bool) -> None:
    listed = {item.id: hub.listing(item) for item in items}
    table = _table(listed, "from the hub", "files", "size", "licence", "repository")
    for item in items:
        files, size = len(listed[item.id].files), _size(listed[item.id].bytes)
        table.add_row(item.id, str(files), size, _licence(item.licence), escape(item.repo))
    Console().print(table)
    _confirm(f"download {_size(sum(listing.bytes for listing in listed.values()))}?", yes)
    for item in items:
        with _stoppable("what has come so far is kept for the next pull"), _bars() as bars:
            fetching, checking = _bar(bars, f"fetch {item.id}"), _bar(bars, f"check {item.id}")
            hub.pull(item, listed[item.id], weights, fetching, checking)
        _say(f"{item.id}: installed")


def _resolved(names: Iterable[str]) -> list[Item]:
    """The components and adapters that names stand for, each once.

    Raises:
        Rejected: a name is not in the catalog.
    """
    found: dict[str, Item] = {}
    for name in names:
        if name in backbones():
            found |= {component.id: component for component in backbones()[name].components}
        elif item := components().get(name) or adapters().get(name):
            found[name] = item
        else:
            known = [*backbones(), *components(), *adapters()]
            near = [other for other in known if name.lower() in other.lower()] or known
            raise Rejected("unknown_model", f"there is no {name}; there are {', '.join(near[:_SHOWN])} (models list)")
    return list(found.values())


def _present(weights: Weights) -> set[str]:
    """The ids of what is installed, in the catalog or not."""
    folders = weights.root.iterdir() if weights.root.is_dir() else ()
    return {folder.name for folder in folders if folder.is_dir() and not folder.name.startswith(".")}


def _doomed(name: str, weights: Weights) -> list[str]:
    if name not in backbones():
        return [name]
    backbone = backbones()[name]
    others = [other for other in backbones().values() if other != backbone and _is_here(other.components, weights)]
    shared = {component for other in others for component in other.components}
    return [component.id for component in backbone.components if component not in shared]


def _is_here(items: Iterable[Component], weights: Weights) -> bool:
    return not weights.missing(item.id for item in items)


def _backbone_table(weights: Weights) -> Table:
    table = _table(backbones(), "backbone", "size", "here", "what it does")
    for backbone in backbones().values():
        size = sum(component.bytes for component in backbone.components)
        absent = [component for component in backbone.components if not weights.installed(component.id)]
        table.add_row(backbone.id, _size(size), _here(len(absent), len(backbone.components)), backbone.summary)
    return table


def _item_table(weights: Weights) -> Table:
    items: list[Item] = [*components().values(), *adapters().values()]
    table = _table((item.id for item in items), "component", "kind", "size", "licence", "here")
    table.add_column("where", overflow="ellipsis")
    for item in items:
        manifest = weights.installed(item.id)
        kind = "adapter" if isinstance(item, Adapter) else str(item.kind)
        size = manifest.tensor_bytes if manifest else item.bytes
        where = f"{manifest.repo} {manifest.revision[:8]}" if manifest else f"{item.repo}/{_part(item)}"
        here = _here(0 if manifest else 1, 1)
        table.add_row(item.id, kind, _size(size) if size else "", _licence(item.licence), here, escape(where))
    return table


def _task_table(weights: Weights) -> Table:
    neural = [engine for engine in registry().values() if engine.backbone]
    table = _table([*(engine.task for engine in neural), *(row.task for row in ROWS)], "task", "stands on", "licence")
    table.add_column("here", no_wrap=True)
    for engine in neural:
        own: Any = engine.defaults["adapters"]
        on_top = [adapters()[name] for name in own]
        items: list[Item] = [*backbones()[engine.backbone].components, *on_top]
        absent = [item for item in items if not weights.installed(item.id)]
        terms = ", ".join(dict.fromkeys(_licence(item.licence) for item in items))
        table.add_row(engine.task, " + ".join([engine.backbone, *own]), terms, _here(len(absent), len(items)))
    for row in ROWS:
        later = "later, apart" if row.apart else "later"
        stands_on = " + ".join(filter(None, [row.backbone, row.adapter]))
        table.add_row(row.task, stands_on, _licence(row.licence), later)
    return table


def _table(ids: Iterable[str], name: str, *others: str) -> Table:
    """A table whose first column is never cut: it is what one types."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(name, no_wrap=True, min_width=max(map(len, [name, *ids])))
    for other in others:
        least = _LICENCE if other == "licence" else None
        table.add_column(other, overflow="fold", no_wrap=other in _WHOLE, min_width=least)
    return table


def _part(item: Item) -> str:
    return item.file if isinstance(item, Adapter) else item.folder


def _here(absent: int, total: int) -> str:
    if not absent:
        return "[green]yes[/green]"
    return "no" if absent == total else f"[yellow]{total - absent} of {total}[/yellow]"


def _licence(licence: Licence) -> str:
    limits = [] if licence.commercial else ["not for commercial use"]
    return escape(", ".join([licence.name, *limits, *filter(None, [licence.gate])]))


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Rejected("not_confirmed", f"{question.rstrip('?')}: add --yes, nobody is here to be asked")
    if not typer.confirm(question):
        raise Cancelled("nothing was changed")


@contextmanager
def _stoppable(comfort: str = "nothing was changed") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Cancelled(f"stopped; {comfort}") from None


def _bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(30), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=Console(), transient=True)


def _bar(bars: Progress, description: str) -> Told:
    task = bars.add_task(description, total=None)
    return lambda done, total: bars.update(task, completed=done, total=total)


def _say(text: str, *, if_any: bool = True) -> None:
    if if_any:
        Console(emoji=False).print(text, highlight=False, markup=False, soft_wrap=True)
