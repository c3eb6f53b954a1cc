"""What is given to a film stays with it, goes where it goes, and ends with it."""

from __future__ import annotations

import httpx2
import pytest

from storage.assets import Origin
from storage.blobs import FolderBlobs
from storage.bucket import open_bucket
from storage.contents import contents
from storage.films import Films
from storage.garbage import collect
from storage.moving import copy_film
from storage.project import open_project
from storage.records import Records
from storage.s3 import BlobCache, S3Blobs
from storage.store import Store
from storage.tables import LOCAL
from tests.servers import KEY, SECRET
from tests.storage.films import fill
from vibeboard.faults import Fault, FaultKind, Rejected
from vibeboard.settings import Settings


@pytest.fixture
def store(database, tmp_path):
    opened = Store(tmp_path / "home", database, FolderBlobs(tmp_path / "blobs"))
    yield opened
    opened.close()


def give(store: Store, film: str, data: bytes = b"a face", name: str = "face.png") -> str:
    return Records(store, film).assets.add(store.blobs.put(data, "image/png"), name).ref.sha256


def test_an_upload_survives_a_clean_up_and_goes_with_its_film(store):
    film, other = store.create("film"), store.create("other")
    with open_project(store, film) as project:
        fill(project, "film")
    kept, shared = give(store, film), give(store, film, b"shared")
    give(store, other, b"shared")
    collect(store)
    assert store.blobs.has(kept)
    Films(store).delete(LOCAL, film)
    collect(store)
    assert (store.blobs.has(kept), store.blobs.has(shared)) == (False, True)


def test_an_upload_goes_where_its_film_goes(store, tmp_path):
    film = store.create("film")
    given = give(store, film)
    there = tmp_path / "elsewhere"
    elsewhere = Store(there, there / "database.db", FolderBlobs(there / "blobs"))
    copy_film(store, film, elsewhere, lambda _done, _total: None)
    assert contents(elsewhere, film) == contents(store, film)
    assert Records(elsewhere, film).assets.get(given).upload.name == "face.png"
    assert elsewhere.blobs.read(given) == b"a face"
    elsewhere.close()


def test_a_name_of_other_bytes_in_an_upload_does_not_take_them_along(store):
    """Otherwise who uploads the hash of somebody's file could export the file."""
    film, other = store.create("film"), store.create("other")
    theirs = give(store, other, b"a secret")
    give(store, film, theirs.encode())
    assert theirs not in {blob.sha256 for blob in contents(store, film).blobs}


def test_an_asset_is_its_films_only(store):
    film, other = store.create("film"), store.create("other")
    theirs = give(store, other)
    with pytest.raises(Rejected, match="the film has no asset"):
        Records(store, film).assets.get(theirs)
    assert Records(store, film).assets.listed(10) == []


def test_assets_are_listed_by_what_they_are_and_how_they_came(store):
    film = store.create("film")
    with open_project(store, film) as project:
        made = fill(project, "film")
    given = give(store, film)
    assets = Records(store, film).assets

    def names(**which):
        return {asset.ref.sha256 for asset in assets.listed(10, **which)}

    everything = sorted({made["take"], made["old take"], given})
    assert [asset.ref.sha256 for asset in assets.listed(10)] == everything
    assert [asset.ref.sha256 for asset in assets.listed(10, after=everything[0])] == everything[1:]
    assert names(media="image") == names(media="image/png") == names(origin=Origin.UPLOADED) == {given}
    assert names(media="imag") == names(media="%") == set()
    assert names(origin=Origin.MADE) == {made["take"], made["old take"]}
    assert names(active=True) == {made["take"]}
    assert names(active=False) == {made["old take"], given}


def test_what_is_given_again_has_its_new_name_and_its_old_time(store):
    film = store.create("film")
    given = give(store, film, name="IMG_1.png")
    before = Records(store, film).assets.get(given).upload
    assert give(store, film, name="face.png") == given
    after = Records(store, film).assets.get(given).upload
    assert (after.name, after.created_at) == ("face.png", before.created_at)


def test_a_bucket_gives_links_that_end_and_a_folder_none(s3_server, tmp_path):
    given = {"s3_endpoint": s3_server.endpoint, "s3_region": "us-east-1", "s3_key_id": KEY, "s3_secret": SECRET}
    bucket = open_bucket(f"s3://{s3_server.bucket}/links", Settings(**given))
    blobs = S3Blobs(bucket, BlobCache(tmp_path / "cache", 1 << 30))
    ref = blobs.put(b"a face", "image/png")
    link = blobs.link(ref.sha256, "image/png", 'inline; filename="face.png"', 60)
    answer = httpx2.get(link)
    assert (answer.status_code, answer.content) == (200, b"a face")
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="face.png"'
    assert httpx2.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=61")).status_code == 403
    assert FolderBlobs(tmp_path / "folder").link(ref.sha256, "image/png", "inline", 60) == ""
    blobs.close()


def test_a_job_that_another_films_words_named_first_shows_who_asks_last_its_own(store):
    """A previs reads no prompt, so that one job serves films whose words differ; they are nobody else's to read."""
    film, other = store.create("film"), store.create("other")
    theirs, ours = Records(store, other).jobs, Records(store, film).jobs
    job = theirs.claim("key", "generate_shot", "previs", {"prompt": "a secret"}, "b")
    theirs.failed(job, Fault(kind=FaultKind.TRANSIENT, code="worker_died", message="gone"))
    ours.claim("key", "generate_shot", "previs", {"prompt": "a taxi"}, "a")
    assert ours.of_film("key").params == '{"prompt": "a taxi"}'
