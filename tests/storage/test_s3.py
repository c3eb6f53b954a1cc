"""Blobs in a bucket of a real S3 server: put once, resumed, verified, patient, with a bounded cache."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.blobs import FolderBlobs
from storage.bucket import PART, Bucket, open_bucket
from storage.s3 import IN_USE_S, BlobCache, S3Blobs
from tests.servers import KEY, SECRET, Gate, S3Server
from vibeboard.faults import Rejected, StoreAway
from vibeboard.settings import Settings


def settings(server: S3Server, **changes) -> Settings:
    given = {"s3_endpoint": server.endpoint, "s3_region": "us-east-1", "s3_key_id": KEY, "s3_secret": SECRET}
    return Settings(**{**given, **changes})


@pytest.fixture
def where(s3_server, request) -> str:
    """An URL of its own for each test."""
    return f"s3://{s3_server.bucket}/{request.node.name}"


@pytest.fixture
def opened(s3_server, where):
    """Opens buckets, with other settings if wanted."""
    buckets = []

    def opened(**changes) -> Bucket:
        buckets.append(open_bucket(where, settings(s3_server, **changes)))
        return buckets[-1]

    yield opened
    for bucket in buckets:
        bucket.close()


@pytest.fixture
def bucket(opened):
    return opened()


@pytest.fixture
def blobs(bucket, tmp_path):
    return S3Blobs(bucket, BlobCache(tmp_path / "cache", 1 << 30))


def large(seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(2 * PART + 1000)


def other(bucket, tmp_path) -> S3Blobs:
    """The same blobs on another machine, with nothing in its cache."""
    return S3Blobs(bucket, BlobCache(tmp_path / "elsewhere", 1 << 30))


@pytest.mark.parametrize("size", [0, 1, 5000])
def test_bytes_come_back_under_their_hash_on_another_machine(blobs, bucket, tmp_path, size):
    ref = blobs.put(bytes(size), "application/octet-stream")
    assert ref.sha256 == hashlib.sha256(bytes(size)).hexdigest()
    assert other(bucket, tmp_path).read(ref.sha256) == bytes(size)
    assert [(kept.sha256, kept.size) for kept in blobs.listed()] == [(ref.sha256, size)]


def test_a_large_file_goes_up_in_parts_and_comes_back_whole(blobs, bucket, tmp_path):
    (tmp_path / "take").write_bytes(large())
    ref = blobs.put_file(tmp_path / "take", "video/mp4")
    assert not (tmp_path / "take").exists()
    assert other(bucket, tmp_path).path(ref.sha256).read_bytes() == large()


def test_what_is_there_is_never_written_over(bucket, tmp_path):
    bucket.put("k", b"first")
    bucket.put("k", b"second")
    (tmp_path / "large").write_bytes(large())
    bucket.upload("k", tmp_path / "large")
    with (tmp_path / "back").open("wb") as file:
        assert bucket.download("k", file)
    assert (tmp_path / "back").read_bytes() == b"first"
    assert list(bucket._uploads()) == []


UPLOAD = """
import os, sys
from pathlib import Path
from storage.bucket import open_bucket
from vibeboard.settings import Settings

bucket = open_bucket(sys.argv[1], Settings())
send, sent = bucket._client.upload_part, []

def upload_part(**part):
    if len(sent) == int(sys.argv[3]):
        os._exit(9)
    sent.append(part["PartNumber"])
    return send(**part)

bucket._client.upload_part = upload_part
bucket.upload("k", Path(sys.argv[2]))
print(sent)
"""


def test_an_upload_that_was_killed_sends_only_the_parts_that_are_missing(bucket, s3_server, where, tmp_path):
    (tmp_path / "take").write_bytes(large())
    environment = {
        "VIBEBOARD_S3_ENDPOINT": s3_server.endpoint,
        "VIBEBOARD_S3_REGION": "us-east-1",
        "VIBEBOARD_S3_KEY_ID": KEY,
        "VIBEBOARD_S3_SECRET": SECRET,
    }

    def upload(killed_after: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", UPLOAD, where, str(tmp_path / "take"), str(killed_after)]
        return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)

    assert upload(2).returncode == 9
    assert not bucket.has("k")
    assert upload(99).stdout == "[3]\n"
    with (tmp_path / "back").open("wb") as file:
        bucket.download("k", file)
    assert (tmp_path / "back").read_bytes() == large()


def test_a_part_of_another_file_is_not_taken_for_ours(bucket, tmp_path):
    upload = bucket._client.create_multipart_upload(Bucket=bucket._name, Key=f"{bucket._prefix}k")
    bucket._client.upload_part(
        Bucket=bucket._name, Key=f"{bucket._prefix}k", UploadId=upload["UploadId"], PartNumber=1, Body=bytes(PART)
    )
    (tmp_path / "take").write_bytes(large())
    bucket.upload("k", tmp_path / "take")
    with (tmp_path / "back").open("wb") as file:
        bucket.download("k", file)
    assert (tmp_path / "back").read_bytes() == large()


def test_a_clean_up_ends_uploads_that_were_cut_off(blobs, bucket):
    bucket._client.create_multipart_upload(Bucket=bucket._name, Key=f"{bucket._prefix}k")
    blobs.sweep()
    assert list(bucket._uploads()) == []


def damage(bucket: Bucket, sha256: str) -> None:
    bucket._client.put_object(
        Bucket=bucket._name, Key=f"{bucket._prefix}{sha256[:2]}/{sha256[2:]}", Body=b"something else"
    )


def test_damaged_bytes_are_never_handed_out_and_can_be_put_anew(blobs, bucket, tmp_path):
    ref = blobs.put(b"take", "video/mp4")
    damage(bucket, ref.sha256)
    elsewhere = other(bucket, tmp_path)
    with pytest.raises(Rejected, match="run make again"):
        elsewhere.path(ref.sha256)
    elsewhere.put(b"take", "video/mp4")
    assert elsewhere.read(ref.sha256) == b"take"


def test_a_check_finds_what_is_damaged_behind_a_good_copy(blobs, bucket):
    good, bad = blobs.put(b"good", "text/plain"), blobs.put(b"bad", "text/plain")
    damage(bucket, bad.sha256)
    assert blobs.intact(good.sha256)
    assert not blobs.intact(bad.sha256)
    assert not blobs.has(bad.sha256)


def test_a_damaged_copy_is_fetched_again(blobs):
    ref = blobs.put(b"take", "video/mp4")
    blobs.path(ref.sha256).write_bytes(b"damaged")
    assert blobs.read(ref.sha256) == b"take"


def test_the_cache_lets_the_longest_unread_go_and_keeps_what_is_in_use(bucket, tmp_path):
    cache = BlobCache(tmp_path / "cache", 2500)
    blobs = S3Blobs(bucket, cache)
    refs = [blobs.put(bytes([number]) * 1000, "video/mp4") for number in range(4)]
    for ref in refs[:2]:
        os.utime(blobs.path(ref.sha256), (0, time.time() - 2 * IN_USE_S))
    for ref in refs[2:]:
        blobs.path(ref.sha256)
    assert [cache.files.has(ref.sha256) for ref in refs] == [False, False, True, True]
    assert all(blobs.read(ref.sha256) for ref in refs)


@pytest.fixture
def gate(s3_server):
    made = Gate(s3_server.endpoint)
    yield made
    made.shut()


def through(gate: Gate, opened, patience_s: float) -> Bucket:
    bucket = opened(s3_endpoint=f"http://127.0.0.1:{gate.port}")
    bucket._patience_s = patience_s
    return bucket


@pytest.mark.parametrize("way", ["up", "down"])
def test_a_server_that_refuses_for_seconds_in_the_middle_is_waited_for(gate, bucket, opened, tmp_path, way):
    (tmp_path / "take").write_bytes(large())
    patient = through(gate, opened, 30)
    if way == "down":
        bucket.upload("k", tmp_path / "take")
    gate.limit = PART
    opening = threading.Timer(3, gate.open)
    opening.start()
    if way == "up":
        patient.upload("k", tmp_path / "take")
        assert bucket.has("k")
    with (tmp_path / "back").open("wb") as file:
        patient.download("k", file)
    opening.join()
    assert (tmp_path / "back").read_bytes() == large()


def test_a_server_that_stays_away_is_said_to_be(gate, opened):
    gate.shut()
    with pytest.raises(StoreAway, match="has not answered"):
        through(gate, opened, 1).has("k")


def test_a_server_answers_also_when_it_refuses_us(gate, opened):
    assert opened().answers()
    assert opened(s3_secret="WRONGSECRET0123").answers()
    impatient = through(gate, opened, 0)
    assert impatient.answers()
    gate.shut()
    assert not impatient.answers()
    gate.open()
    assert impatient.answers()


@pytest.mark.parametrize(
    ("change", "says"),
    [({"s3_secret": "WRONGSECRET0123"}, "refuses"), ({"s3_key_id": "NOBODY0001"}, "refuses")],
)
def test_wrong_keys_are_refused_at_once_and_not_shown(opened, change, says):
    with pytest.raises(Rejected, match=says) as refused:
        opened(**change).put("k", b"x")
    assert "SECRET" not in str(refused.value)


def test_an_address_that_is_no_bucket_is_refused():
    with pytest.raises(Rejected, match="s3://bucket"):
        open_bucket("http://x", Settings())


def test_two_who_share_a_cache_clear_it_at_the_same_time(tmp_path):
    cache, files = tmp_path / "cache", FolderBlobs(tmp_path / "cache")
    for number in range(1000):
        old = files.path(files.put(str(number).encode(), "text/plain").sha256)
        os.utime(old, (0, 0))

    def adopt(name: str) -> bytes:
        (tmp_path / name).write_bytes(name.encode())
        return BlobCache(cache, 1).adopt(tmp_path / name, hashlib.sha256(name.encode()).hexdigest()).read_bytes()

    with ThreadPoolExecutor(4) as threads:
        names = ["one", "two", "three", "four"]
        assert list(threads.map(adopt, names)) == [name.encode() for name in names]
    assert len(list(files.listed())) == 4
