"""A film as an archive and between stores: the same film afterwards, verified, resumed, or nothing at all."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.blobs import FolderBlobs
from storage.bucket import open_bucket
from storage.contents import contents
from storage.episodes import Episodes
from storage.moving import copy_film, export_film, import_film
from storage.project import Project, open_project
from storage.s3 import BlobCache, S3Blobs
from storage.store import Store
from storage.tables import EpisodeRow
from tests.servers import KEY, SECRET
from tests.storage.films import fill
from vibeboard.faults import Rejected
from vibeboard.settings import Settings


def quiet(_done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def film(tmp_path):
    """The store of a folder with a film."""
    with Project(tmp_path / "film" / ".vibeboard") as project:
        fill(project, "film")
    store = Store.in_folder(tmp_path / "film" / ".vibeboard")
    yield store
    store.close()


@pytest.fixture
def elsewhere(postgres, s3_server, tmp_path, request):
    """A store in Postgres and S3."""
    given = {"s3_endpoint": s3_server.endpoint, "s3_region": "us-east-1", "s3_key_id": KEY, "s3_secret": SECRET}
    bucket = open_bucket(f"s3://{s3_server.bucket}/{request.node.name}", Settings(**given))
    store = Store(tmp_path / "home", postgres, S3Blobs(bucket, BlobCache(tmp_path / "cache", 1 << 30)))
    yield store
    store.close()


def the(store: Store) -> str:
    (project,) = store.projects()
    return project.id


def test_a_film_goes_to_postgres_and_s3_and_comes_back_the_same(film, elsewhere, tmp_path):
    before = contents(film, the(film))
    steps = []
    copy_film(film, the(film), elsewhere, lambda done, total: steps.append((done, total)))
    assert contents(elsewhere, the(film)) == before
    assert steps[-1] == (before.size, before.size)
    back = Store.in_folder(tmp_path / "back" / ".vibeboard")
    copy_film(elsewhere, the(elsewhere), back, quiet)
    assert contents(back, the(back)) == before
    assert all(back.blobs.intact(blob.sha256) for blob in before.blobs)
    back.close()
    with Project(tmp_path / "back" / ".vibeboard") as project:
        assert project.active_jobs()["shot", "take"].key == "film take"


def test_a_copy_that_was_cut_off_brings_only_what_is_missing(film, elsewhere, monkeypatch):
    put, brought = elsewhere.blobs.put_file, []

    def cut_off(path, media):
        if len(brought) == 2:
            raise KeyboardInterrupt
        brought.append(path.name)
        return put(path, media)

    monkeypatch.setattr(elsewhere.blobs, "put_file", cut_off)
    with pytest.raises(KeyboardInterrupt):
        copy_film(film, the(film), elsewhere, quiet)
    assert elsewhere.projects() == []
    monkeypatch.setattr(elsewhere.blobs, "put_file", lambda path, media: (brought.append(path.name), put(path, media)))
    copy_film(film, the(film), elsewhere, quiet)
    assert sorted(brought) == sorted(blob.sha256 for blob in contents(film, the(film)).blobs)


def test_a_film_that_is_there_is_replaced_only_when_asked_to(film, elsewhere):
    copy_film(film, the(film), elsewhere, quiet)
    with open_project(elsewhere, the(film)) as project:
        project.keep_setting("request", "newer")
    with pytest.raises(Rejected, match="--replace"):
        copy_film(film, the(film), elsewhere, quiet)
    copy_film(film, the(film), elsewhere, quiet, replace=True)
    assert contents(elsewhere, the(film)) == contents(film, the(film))


def test_an_open_film_is_not_copied(film, elsewhere):
    with Project(film.home), pytest.raises(Rejected, match="another vibeboard works in"):
        copy_film(film, the(film), elsewhere, quiet)


def test_a_folder_takes_one_film_only(film, elsewhere, tmp_path):
    with Project(tmp_path / "other" / ".vibeboard") as project:
        fill(project, "other")
    other = Store.in_folder(tmp_path / "other" / ".vibeboard")
    with pytest.raises(Rejected, match="another film"):
        copy_film(film, the(film), other, quiet)
    other.close()


def test_damaged_bytes_are_not_copied(film, elsewhere):
    blob = contents(film, the(film)).blobs[0]
    film.blobs.path(blob.sha256).write_bytes(bytes(blob.size))
    with pytest.raises(Rejected, match="is damaged"):
        copy_film(film, the(film), elsewhere, quiet)
    assert elsewhere.projects() == []


def test_a_film_whose_take_is_gone_is_not_exported(film, tmp_path):
    with Project(film.home) as project:
        film.blobs.remove(project.uses()[0].sha256)
    with pytest.raises(Rejected, match="run make again"):
        export_film(film, the(film), tmp_path / "film.tar", quiet)
    assert list(tmp_path.glob("*film.tar*")) == []


def test_an_archive_holds_the_whole_film_and_is_the_same_every_time(film, elsewhere, tmp_path):
    export_film(film, the(film), tmp_path / "film.tar", quiet)
    export_film(film, the(film), tmp_path / "again.tar", quiet)
    assert (tmp_path / "film.tar").read_bytes() == (tmp_path / "again.tar").read_bytes()
    import_film(tmp_path / "film.tar", elsewhere, quiet)
    assert contents(elsewhere, the(film)) == contents(film, the(film))


def test_edits_and_events_go_on_where_they_were(film, tmp_path):
    export_film(film, the(film), tmp_path / "film.tar", quiet)
    back = Store.in_folder(tmp_path / "back")
    import_film(tmp_path / "film.tar", back, quiet)
    back.close()
    with Project(tmp_path / "film" / ".vibeboard") as original, Project(tmp_path / "back") as project:
        assert project.edits.entries() == original.edits.entries()
        assert project.events("run film") == original.events("run film")
        assert project.chat.begin("more") == 2


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    with Project(folder / "film") as project:
        fill(project, "film")
    store = Store.in_folder(folder / "film")
    export_film(store, the(store), folder / "film.tar", quiet)
    store.close()
    return folder / "film.tar"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_damaged_archive_gives_the_whole_film_or_nothing(archive, tmp_path_factory, seed):
    chance = random.Random(seed)
    data = bytearray(archive.read_bytes())
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    else:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "film.tar").write_bytes(data)
    store = Store.in_folder(folder / "film")
    try:
        film = import_film(folder / "film.tar", store, quiet)
    except Rejected:
        assert store.projects() == []
    else:
        assert [project.id for project in store.projects()] == [film.id]
        assert all(store.blobs.intact(blob.sha256) for blob in film.blobs)
    store.close()


@pytest.mark.parametrize("name", ["../../out", "/etc/out", "blobs/../out", "blobs/short"])
def test_an_archive_writes_nothing_but_the_files_of_its_list(archive, tmp_path, name):
    with tarfile.open(archive) as source, tarfile.open(tmp_path / "evil.tar", "w") as target:
        for member in source:
            if member.name.startswith("blobs/"):
                member.name = name
            target.addfile(member, source.extractfile(member))
    store = Store.in_folder(tmp_path / "film")
    with pytest.raises(Rejected, match="does not belong there"):
        import_film(tmp_path / "evil.tar", store, quiet)
    assert store.projects() == []
    store.close()


KILLED = """
import os, sys
from pathlib import Path
from storage.episodes import Episodes
from storage.moving import import_film
from storage.store import Store
from storage.tables import EpisodeRow

def watch(done, total):
    if done > total // 2:
        os.kill(os.getpid(), 9)

import_film(Path(sys.argv[1]), Store.in_folder(Path(sys.argv[2])), watch)
"""


def test_an_import_that_was_killed_shows_nothing_and_can_be_done_again(archive, tmp_path):
    command = [sys.executable, "-c", KILLED, str(archive), str(tmp_path / "film")]
    assert subprocess.run(command, check=False, env=os.environ).returncode == -9
    store = Store.in_folder(tmp_path / "film")
    assert store.projects() == []
    assert list(store.blobs.listed())
    film = import_film(archive, store, quiet)
    assert contents(store, film.id).blobs == film.blobs
    store.close()


def test_shared_jobs_of_the_target_stay_as_they_are_unless_they_failed(film, tmp_path, database):
    target = Store(tmp_path / "many", database, FolderBlobs(tmp_path / "blobs"))
    job = target.queue.claim("film take", "generate_shot", "previs", {}, "somebody:1")
    copy_film(film, the(film), target, quiet)
    assert target.queue.find("film take").owner == "somebody:1"
    assert target.queue.find("film old take").state == "done"
    assert job.attempt == 1
    target.close()


def test_a_film_that_is_replaced_keeps_its_owner_and_episodes_and_a_new_one_gets_the_owner_that_is_named(
    film, elsewhere
):
    copy_film(film, the(film), elsewhere, quiet, owner="anna")
    Episodes(elsewhere.engine).add(EpisodeRow(id="e", project_id=the(film), run_id="e-1", ask="{}", files="{}"))
    copy_film(film, the(film), elsewhere, quiet, replace=True, owner="ben")
    assert [project.owner for project in elsewhere.projects()] == ["anna"]
    assert [row.id for row in Episodes(elsewhere.engine).of_owner("anna", 9)] == ["e"]
