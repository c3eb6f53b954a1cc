"""The store that the settings name, if they name one."""

from __future__ import annotations

from pathlib import Path

from storage.blobs import FolderBlobs, StoredBlobs
from storage.store import Store
from vibeboard.settings import Settings

_GIB = 1 << 30


def configured_blobs(root: Path, settings: Settings) -> StoredBlobs:
    """Where the files of the film in `root` are kept."""
    if "://" not in settings.blobs:
        return FolderBlobs(Path(settings.blobs).expanduser() if settings.blobs else root / "blobs")
    from storage.bucket import open_bucket  # noqa: PLC0415  (boto3 is slow to import)
    from storage.s3 import BlobCache, S3Blobs  # noqa: PLC0415

    cache = BlobCache(settings.blob_cache_folder, int(settings.blob_cache_gib * _GIB))
    return S3Blobs(open_bucket(settings.blobs, settings), cache)


def configured_store(root: Path, settings: Settings) -> Store | None:
    """The store of the film in `root`; None for the folder itself."""
    if not settings.database and not settings.blobs:
        return None
    database = settings.database or root / "project.db"
    return Store(root, database, configured_blobs(root, settings), one_film=not settings.database)
