"""Two workers of one store in Postgres and S3: either answers for what the other makes."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.inference.conftest import shot, working
from tests.servers import KEY, SECRET


@pytest.fixture
def configured(postgres, s3_server, tmp_path) -> dict[str, str]:
    return {
        "VIBEBOARD_DATABASE": postgres,
        "VIBEBOARD_BLOBS": f"s3://{s3_server.bucket}/{tmp_path.name}",
        "VIBEBOARD_S3_ENDPOINT": s3_server.endpoint,
        "VIBEBOARD_S3_REGION": "us-east-1",
        "VIBEBOARD_S3_KEY_ID": KEY,
        "VIBEBOARD_S3_SECRET": SECRET,
    }


def test_what_two_workers_are_asked_at_once_is_made_once_and_fetched_from_either(configured, tmp_path):
    def cache(name: str) -> dict[str, str]:
        return configured | {"VIBEBOARD_BLOB_CACHE": str(tmp_path / f"cache-{name}")}

    with working(tmp_path / "a", **cache("a")) as one, working(tmp_path / "b", **cache("b")) as other:
        with ThreadPoolExecutor() as pool:
            answers = [pool.submit(worker.ask, shot(36)) for worker in (one, other, one, other)]
            made = [answer.result(120).json() for answer in answers]
        assert len({answer["key"] for answer in made}) == 1
        assert {answer["status"] for answer in made} == {"COMPLETED"}
        for worker in (one, other):
            video = worker.ask(shot(36)).json()["outputs"]["video"]
            fetched = worker.http.get(video["url"], headers={"range": "bytes=0-"})
            assert fetched.status_code == 206
            assert hashlib.sha256(fetched.content).hexdigest() == video["sha256"]
    with psycopg.connect(configured["VIBEBOARD_DATABASE"]) as connection:
        assert connection.execute("SELECT state, attempt FROM job").fetchall() == [("DONE", 1)]
