"""The store that the settings name, if they name one."""

from __future__ import annotations

from pathlib import Path

from storage.blobs import FolderBlobs, StoredBlobs
from storage.store import Store
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

_GIB = 1 << 30
DATABASE = "vibeboard.db"
"""The service's database in its folder."""


def configured_blobs(root: Path, settings: Settings, patience_s: float | None = None) -> StoredBlobs:
    """Where the files of the film in `root` are kept. A bucket that is away is asked again for `patience_s` seconds, or
    as long as the settings say."""
    if "://" not in settings.blobs:
        return FolderBlobs(Path(settings.blobs).expanduser() if settings.blobs else root / "blobs")
    from storage.bucket import open_bucket  # noqa: PLC0415  (boto3 is slow to import)
    from storage.s3 import BlobCache, S3Blobs  # noqa: PLC0415

    cache = BlobCache(settings.blob_cache_folder, int(settings.blob_cache_gib * _GIB))
    return S3Blobs(open_bucket(settings.blobs, settings, patience_s), cache)


def configured_store(root: Path, settings: Settings, patience_s: float | None = None) -> Store | None:
    """The store of the film in `root`; None for the folder itself.

    Raises:
        Rejected: only the blobs are named. Films that share files share a database, or a clean-up would not know whose
            they are.
        StoreAway: the database does not answer.
    """
    if settings.blobs and not settings.database:
        raise Rejected("bad_database", "VIBEBOARD_BLOBS is set without VIBEBOARD_DATABASE: set both")
    if not settings.database:
        return None
    return Store(root, settings.database, configured_blobs(root, settings, patience_s))


def service_store(home: Path, settings: Settings, patience_s: float | None = None) -> Store:
    """The store of many films in the service's folder `home`, unless the settings name another database or place for
    files."""
    return Store(home, settings.database or home / DATABASE, configured_blobs(home, settings, patience_s))
