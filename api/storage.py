"""`vibeboard storage`: clean up, check, and move films between folders, archives and the store that is configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from api.working import STATE_FOLDER
from storage.configured import DATABASE, configured_store, service_store
from storage.garbage import collect
from storage.moving import Watch, copy_film, export_film, import_film
from storage.store import MARK, Store
from storage.tables import LOCAL
from vibeboard.counting import counted
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

app = typer.Typer(help="Clean up, check and move what is kept of films.", no_args_is_help=True)
IN_STORE = "store:"
Film = Annotated[str, typer.Argument(help="A film's folder, or store:NAME for one in the store that is configured.")]
Owner = Annotated[str, typer.Option("--owner", help="Whose film it is in a store of several people, if it is new.")]
Replace = Annotated[bool, typer.Option("--replace", help="Put it over the same film if that is there already.")]


class Place(NamedTuple):
    store: Store
    project_id: str


@app.command()
def films() -> None:
    """List the films of the store that is configured."""
    with _configured() as store:
        for project in store.projects():
            print(f"{project.id}  {project.created_at:%Y-%m-%d %H:%M}  {project.name}")


@app.command()
def gc(
    film: Film,
    older_than: Annotated[float, typer.Option("--older-than", min=0, help="Only files of more than so many days.")] = 7,
) -> None:
    """Remove the files of the film's store that no film uses, and no run in progress refers to."""
    with _film(film) as place:
        swept = collect(place.store, timedelta(days=older_than))
    print(f"{counted(swept.removed, 'file')} removed, {decimal(swept.freed)} freed; {swept.kept} kept")


@app.command()
def check(film: Film) -> None:
    """Read every file of the film's store and compare it with its name; damaged ones are removed, to be made again."""
    with _film(film) as place, progress("checking") as watch:
        whole, damaged = _checked(place.store, watch)
    print(f"{counted(whole, 'file')} whole, {damaged} damaged and removed")
    if damaged:
        raise Rejected("damaged_blob", "run vibeboard make to render again what was damaged")


@app.command("export")
def export(film: Film, archive: Annotated[Path, typer.Argument(help="The archive to write (tar).")]) -> None:
    """Write everything that is kept of a film into one archive."""
    if not archive.resolve().parent.is_dir():
        raise Rejected("unwritable_output", f"there is no folder {archive.parent}: name another archive")
    with _film(film) as place, progress("exporting") as watch:
        export_film(place.store, place.project_id, archive, watch)


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(help="An archive that vibeboard storage export wrote.")],
    to: Annotated[str, typer.Argument(help="A film's folder, or store: for the store that is configured.")],
    replace: Replace = False,
    owner: Owner = LOCAL,
) -> None:
    """Bring the film of an archive into a folder or the store; vibeboard make then writes its files again."""
    if not archive.is_file():
        raise Rejected("no_such_archive", f"there is no archive {archive}")
    with _target(to) as store, progress("importing") as watch:
        film = import_film(archive, store, watch, replace=replace, owner=owner)
    print(f"{film.name} is there, {counted(len(film.blobs), 'file')}")


@app.command()
def copy(
    source: Film,
    to: Annotated[str, typer.Argument(help="A film's folder, or store: for the store that is configured.")],
    replace: Replace = False,
    owner: Owner = LOCAL,
) -> None:
    """Copy a film between a folder and the store, either way; vibeboard make then writes its files again. Cut off, it
    goes on where it stopped."""
    with _film(source) as place, _target(to) as store, progress("copying") as watch:
        copy_film(place.store, place.project_id, store, watch, replace=replace, owner=owner)


def _checked(store: Store, watch: Watch) -> tuple[int, int]:
    """How many files are whole, and how many are not."""
    listed = list(store.blobs.listed())
    whole, done, total = 0, 0, sum(blob.size for blob in listed)
    for blob in listed:
        whole += store.blobs.intact(blob.sha256)
        done += blob.size
        watch(done, total)
    return whole, len(listed) - whole


@contextmanager
def _configured() -> Iterator[Store]:
    """The store that the settings name, or the service's own in its folder; what a named one needs of this machine is
    beside the copies of its files."""
    settings = Settings()
    store = configured_store(settings.blob_cache_folder.parent / "store", settings)
    if store is None and (settings.home_folder / DATABASE).is_file():
        store = service_store(settings.home_folder, settings)
    if store is None:
        raise Rejected(
            "no_store", "no store is configured: set VIBEBOARD_DATABASE and VIBEBOARD_BLOBS, or VIBEBOARD_HOME"
        )
    with closing(store):
        yield store


@contextmanager
def _film(where: str) -> Iterator[Place]:
    """A film that is there."""
    if where.startswith(IN_STORE):
        with _configured() as store:
            yield Place(store, store.find(where.removeprefix(IN_STORE)))
        return
    root = Path(where) / STATE_FOLDER
    with closing(_store_of(root)) as store:
        yield Place(store, store.project_of(root))


def _store_of(root: Path) -> Store:
    """The store that has the film of a folder."""
    if (root / "project.db").is_file():
        return Store.in_folder(root)
    store = configured_store(root, Settings()) if (root / MARK).is_file() else None
    if store is None:
        raise Rejected(
            "no_such_film",
            f"there is no film in {root.parent}: name the folder that vibeboard make wrote, or store:NAME",
        )
    return store


@contextmanager
def _target(where: str) -> Iterator[Store]:
    """Where a film may be put."""
    if where == IN_STORE:
        with _configured() as store:
            yield store
    elif where.startswith(IN_STORE):
        raise Rejected("bad_target", f"{where}: a film keeps its name, write {IN_STORE}")
    else:
        with closing(Store.in_folder(Path(where) / STATE_FOLDER)) as store:
            yield store


@contextmanager
def progress(what: str) -> Iterator[Watch]:
    columns = (*Progress.get_default_columns()[:1], BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
