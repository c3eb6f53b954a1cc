from __future__ import annotations

import pytest

from storage.blobs import FolderBlobs
from storage.bucket import open_bucket
from storage.project import open_project
from storage.s3 import BlobCache, S3Blobs
from storage.store import Store
from storage.tokens import Tokens
from tests.servers import KEY, SECRET
from tests.storage.films import fill
from vibeboard.settings import Settings


@pytest.fixture
def filled(tmp_path):
    """A store of a service's home, SQLite and a folder, with two films and a token."""
    with_films = Store(tmp_path / "home", tmp_path / "home" / "vibeboard.db", FolderBlobs(tmp_path / "home" / "blobs"))
    for name in ("first", "second"):
        with open_project(with_films, with_films.create(name)) as project:
            fill(project, name)
    Tokens(with_films.engine).create("ann", "laptop", ["read", "write"])
    yield with_films
    with_films.close()


@pytest.fixture
def elsewhere(postgres, s3_server, tmp_path, request):
    """An empty store in Postgres and S3."""
    given = {"s3_endpoint": s3_server.endpoint, "s3_region": "us-east-1", "s3_key_id": KEY, "s3_secret": SECRET}
    bucket = open_bucket(f"s3://{s3_server.bucket}/{request.node.name}", Settings(**given))
    store = Store(tmp_path / "elsewhere", postgres, S3Blobs(bucket, BlobCache(tmp_path / "cache", 1 << 30)))
    yield store
    store.close()


@pytest.fixture
def empty(tmp_path):
    """An empty store, SQLite and a folder."""
    store = Store(tmp_path / "empty", tmp_path / "empty" / "vibeboard.db", FolderBlobs(tmp_path / "empty" / "blobs"))
    yield store
    store.close()
