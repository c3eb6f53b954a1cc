"""A film as one archive, and from store to store: blobs first, each compared with its name, then all rows at once.

Whatever is cut off goes on when it is done again: bytes that are there are not sent a second time, and until the last
step nobody sees anything of the film.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storage.archive import BLOBS, add_blob, add_manifest, body_of, bring, damaged, read_manifest, reading, writing
from storage.contents import Contents, contents, restore
from storage.store import Store
from storage.tables import LOCAL
from vibeboard.counting import counted

Watch = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


def copy_film(
    source: Store, project_id: str, target: Store, watch: Watch, *, replace: bool = False, owner: str = LOCAL
) -> None:
    """Put a film of one store into another, under the same id; one that is new there is the `owner`'s."""
    with source.film_closed(project_id), target.film_closed(project_id), target.written():
        film = contents(source, project_id)
        done = 0
        for blob in film.blobs:
            if not target.blobs.has(blob.sha256):
                with source.blobs.path(blob.sha256).open("rb") as file:
                    bring(target, blob.sha256, file)
            done += blob.size
            watch(done, film.size)
        restore(target, film, replace=replace, owner=owner)


def export_film(store: Store, project_id: str, archive: Path, watch: Watch) -> None:
    """Write a film into an archive (tar), whole or not at all."""
    with store.film_closed(project_id), writing(archive) as tar:
        film = contents(store, project_id)
        add_manifest(tar, film)
        done = 0
        for blob in film.blobs:
            add_blob(tar, store, blob)
            done += blob.size
            watch(done, film.size)


def import_film(archive: Path, store: Store, watch: Watch, *, replace: bool = False, owner: str = LOCAL) -> Contents:
    """Put the film of an archive into a store; one that is new there is the `owner`'s.

    Raises:
        Rejected: it is no such archive, or a damaged one; nothing of the film is in the store then.
    """
    with reading(archive) as tar, store.written():
        film = read_manifest(tar, Contents)
        left = {blob.sha256: blob.size for blob in film.blobs}
        with store.film_closed(film.id):
            while (member := tar.next()) is not None:
                name = member.name.removeprefix(BLOBS)
                if left.pop(name, None) != member.size or not member.isreg():
                    raise damaged(f"{member.name} does not belong there")
                if not store.blobs.has(name):
                    bring(store, name, body_of(tar, member))
                watch(film.size - sum(left.values()), film.size)
            if left:
                raise damaged(f"it lacks {counted(len(left), 'file')} at its end")
            restore(store, film, replace=replace, owner=owner)
    return film
