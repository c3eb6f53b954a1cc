"""Removing what no film refers to."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from storage.references import referenced
from storage.store import Store
from storage.tables import now


class Swept(NamedTuple):
    """How many blobs stay, how many went, and the bytes that these had."""

    kept: int
    removed: int
    freed: int


def collect(store: Store, older_than: timedelta = timedelta(0)) -> Swept:
    """Remove the blobs that no film of the store refers to and that are older than this.

    Raises:
        Rejected: a film of the store is open or a worker is at work. Nobody can begin to use a blob meanwhile.
    """
    with store.alone():
        wanted = set[str]().union(*(referenced(store, project.id) for project in store.projects()))
        kept = removed = freed = 0
        for blob in list(store.blobs.listed()):
            if blob.sha256 in wanted or now() - blob.since < older_than:
                kept += 1
                continue
            store.blobs.remove(blob.sha256)
            removed, freed = removed + 1, freed + blob.size
        store.blobs.sweep()
    return Swept(kept, removed, freed)
