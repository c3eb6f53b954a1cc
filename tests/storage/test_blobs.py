from __future__ import annotations

import hashlib
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.blobs import FolderBlobs
from vibeboard.faults import Rejected


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file gets larger, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@given(data=st.binary(max_size=2000))
def test_bytes_come_back_under_their_hash(tmp_path_factory, data):
    blobs = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    ref = blobs.put(data, "application/octet-stream")
    assert ref.sha256 == hashlib.sha256(data).hexdigest()
    assert ref.size == len(data)
    assert blobs.read(ref.sha256) == data


def test_the_same_bytes_are_kept_once(tmp_path):
    blobs = FolderBlobs(tmp_path)
    blobs.put(b"take", "video/mp4")
    first = next(path for path in tmp_path.rglob("*") if path.is_file())
    stamp = first.stat().st_mtime_ns
    other = tmp_path / "other"
    other.write_bytes(b"take")
    blobs.put_file(other, "video/mp4")
    assert not other.exists()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [first]
    assert first.stat().st_mtime_ns == stamp


@pytest.fixture
def elsewhere(tmp_path):
    """A folder on another file system, as a mounted share is."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to write to")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


def test_a_file_is_taken_over_from_another_file_system(tmp_path, elsewhere):
    blobs, file = FolderBlobs(elsewhere / "blobs"), tmp_path / "take.mp4"
    file.write_bytes(b"take")
    ref = blobs.put_file(file, "video/mp4")
    assert blobs.read(ref.sha256) == b"take"
    assert not file.exists()


def test_a_take_over_that_runs_out_of_room_leaves_the_file_and_nothing_half(tmp_path, elsewhere):
    blobs, file = FolderBlobs(elsewhere / "blobs"), tmp_path / "take.mp4"
    file.write_bytes(bytes(5000))
    with largest_file(1000), pytest.raises(OSError, match="File too large"):
        blobs.put_file(file, "video/mp4")
    assert file.stat().st_size == 5000
    assert not list(blobs.root.iterdir())


def test_what_is_missing_is_said_with_what_to_do(tmp_path):
    with pytest.raises(Rejected, match="run make again"):
        FolderBlobs(tmp_path).read("0" * 64)


def test_a_write_that_runs_out_of_room_leaves_nothing(tmp_path):
    blobs = FolderBlobs(tmp_path)
    with largest_file(1000), pytest.raises(OSError, match="File too large"):
        blobs.put(bytes(5000), "video/mp4")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_damaged_bytes_are_not_handed_out_and_can_be_put_anew(tmp_path):
    blobs = FolderBlobs(tmp_path)
    ref = blobs.put(b"take", "video/mp4")
    blobs.path(ref.sha256).write_bytes(b"damaged")
    with pytest.raises(Rejected, match="run make again"):
        blobs.read(ref.sha256)
    blobs.put(b"take", "video/mp4")
    assert blobs.read(ref.sha256) == b"take"


def test_a_check_finds_damage_that_only_reading_shows(tmp_path):
    blobs = FolderBlobs(tmp_path)
    good, bad = blobs.put(b"good", "text/plain"), blobs.put(b"bad", "text/plain")
    blobs.path(bad.sha256).write_bytes(b"dab")
    assert [blobs.intact(ref.sha256) for ref in (good, bad)] == [True, False]
    assert [kept.sha256 for kept in blobs.listed()] == [good.sha256]
