"""What a worker answers to `POST /inference`, over real HTTP."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from storage.blobs import FolderBlobs
from tests.inference.conftest import LONG, shot

PROBLEM = "application/problem+json"


def query(worker_folder: Path, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(worker_folder / ".vibeboard" / "project.db")) as database:
        return database.execute(statement).fetchall()


def test_a_shot_is_made_and_its_bytes_can_be_fetched(shared):
    answer = shared.ask(shot())
    assert answer.status_code == 200
    made = answer.json()
    assert (made["status"], made["engine"], made["cached"], made["error"]) == ("COMPLETED", "previs", False, None)
    assert made["seconds"] > 0
    assert set(made["outputs"]) == {"video", "scene"}
    video = made["outputs"]["video"]
    fetched = shared.http.get(video["url"])
    assert fetched.headers["content-type"] == video["media"] == "video/mp4"
    assert len(fetched.content) == video["size"]
    assert hashlib.sha256(fetched.content).hexdigest() == video["sha256"]


def test_the_call_of_the_docs_gives_the_answer_of_the_docs(shared):
    page = (Path(__file__).parents[2] / "docs" / "gpu.md").read_text()
    body, told = re.search(r"/inference -H .*? -d '(.*?)'\n```\s+```json\n(.*?)```", page, re.DOTALL).groups()
    made, told = shared.ask(json.loads(body)).json(), json.loads(told)
    assert told.keys() <= made.keys()
    assert (made["status"], made["task"]) == (told["status"], told["task"])
    assert made["outputs"]["audio"].keys() == told["outputs"]["audio"].keys()
    assert made["outputs"]["audio"]["size"] == told["outputs"]["audio"]["size"]


def test_the_same_asked_again_is_there_already(shared):
    first, second = (shared.ask(shot(seed=1)).json() for _ in range(2))
    assert (first["cached"], second["cached"]) == (False, True)
    assert second == first | {"cached": True}


def test_many_who_ask_for_the_same_at_once_share_one_job(worker, tmp_path):
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: worker.ask(shot(frames=24)), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["key"] for answer in answers}) == 1
    assert query(tmp_path / "film", "SELECT attempt, state FROM job") == [(1, "DONE")]


def test_who_does_not_wait_is_told_the_key_and_how_it_goes(shared):
    answer = shared.ask(shot(frames=36), wait=0)
    assert answer.status_code == 202
    key = answer.json()["key"]
    assert answer.json()["status"] in ("IN_QUEUE", "IN_PROGRESS")
    assert answer.headers["location"] == f"{shared.url}/inference/{key}"
    made = shared.until(key, "COMPLETED")
    assert shared.http.get(made["outputs"]["video"]["url"]).status_code == 200
    assert shared.ask(shot(frames=36), wait=0).status_code == 200


def test_progress_is_told_in_frames(worker):
    key = worker.ask(shot(frames=LONG), wait=0).json()["key"]
    while not (progress := worker.until(key, "IN_PROGRESS")["progress"]):
        pass
    assert 0 < progress["done"] < progress["total"] == LONG


def test_who_goes_away_leaves_the_job_to_others(worker):
    with pytest.raises(httpx2.TimeoutException):
        worker.http.post("/inference", json=shot(frames=60), timeout=0.4)
    joined = worker.ask(shot(frames=60)).json()
    assert (joined["status"], joined["error"]) == ("COMPLETED", None)


def test_a_job_can_be_cancelled_and_asked_for_again(worker):
    key = worker.ask(shot(frames=LONG), wait=0).json()["key"]
    worker.until(key, "IN_PROGRESS")
    assert worker.http.delete(f"/inference/{key}").status_code == 200
    failed = worker.until(key, "FAILED")
    assert failed["error"]["kind"] == "cancelled"
    again = worker.ask(shot(frames=LONG), wait=0)
    assert (again.json()["key"], again.json()["error"]) == (key, None)
    worker.until(key, "IN_PROGRESS")


def test_who_waits_for_a_job_that_is_cancelled_is_told(worker):
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(worker.ask, shot(frames=LONG))
        key = worker.ask(shot(frames=LONG), wait=0).json()["key"]
        worker.until(key, "IN_PROGRESS")
        worker.http.delete(f"/inference/{key}")
        answer = waiting.result(60)
    assert (answer.status_code, answer.json()["code"]) == (409, "cancelled")
    assert answer.headers["content-type"] == PROBLEM


def test_a_task_that_there_is_not_is_answered_with_those_that_there_are(shared):
    answer = shared.ask({"task": "make_coffee", "params": {}})
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert "generate_shot" in answer.json()["detail"]


def test_wrong_parameters_are_named_field_by_field(shared):
    answer = shared.ask(shot(frames="many", width=3))
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert {error["path"] for error in answer.json()["errors"]} == {"frames", "width"}


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ({"engine": "hal-9000"}, 404, "previs"),
        ({"engine": "tone"}, 404, "previs"),
        ({"quality": "best"}, 422, "draft"),
        ({"path": "/etc/passwd"}, 422, "path"),
    ],
)
def test_an_engine_or_a_member_that_there_is_not_is_said(shared, change, status, word):
    answer = shared.ask(shot() | change)
    assert answer.status_code == status
    assert word in answer.text


def test_an_engine_that_is_not_installed_is_said_with_what_it_needs(shared):
    answer = shared.ask(shot() | {"engine": "wan2.1-vace-1.3b"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert "needs" in answer.json()["detail"]


def test_a_body_that_is_too_long_or_no_json_is_refused(shared):
    assert shared.ask(shot(prompt="x" * 2_000_000)).status_code == 413
    without_length = (b" " * 100_000 for _ in range(20))
    as_json = {"content-type": "application/json"}
    assert shared.http.post("/inference", content=without_length, headers=as_json).status_code == 413
    answer = shared.http.post("/inference", content=b"{", headers=as_json)
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)


def test_a_form_of_a_foreign_page_starts_nothing(shared):
    """A browser sends it without asking first, as it is no JSON."""
    answer = shared.http.post("/inference", content=json.dumps(shot(7)), headers={"content-type": "text/plain"})
    assert answer.status_code == 422


def test_a_key_that_there_is_not_is_said(shared):
    for answer in (shared.http.get(f"/inference/{'0' * 64}"), shared.http.delete(f"/inference/{'0' * 64}")):
        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)


def test_a_part_of_a_file_can_be_fetched(shared):
    video = shared.ask(shot()).json()["outputs"]["video"]
    whole = shared.http.get(video["url"]).content
    part = shared.http.get(video["url"], headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    tail = shared.http.get(video["url"], headers={"range": "bytes=-5", "if-range": part.headers["etag"]})
    assert (tail.status_code, tail.content) == (206, whole[-5:])
    assert shared.http.get(video["url"], headers={"range": f"bytes={len(whole)}-"}).status_code == 416


def test_only_what_was_made_can_be_fetched(worker, tmp_path):
    worker.ask(shot())
    secret = FolderBlobs(tmp_path / "film" / ".vibeboard" / "blobs").put(b"a script", "text/plain")
    assert worker.http.get(f"/blobs/{secret.sha256}").status_code == 404
    assert worker.http.get(f"/blobs/{'f' * 64}").status_code == 404
    for name in ("project.db", "..%2Fproject.db", "%2Fetc%2Fpasswd", secret.sha256.upper(), f"{secret.sha256[:-1]}%00"):
        assert worker.http.get(f"/blobs/{name}").status_code in (404, 422)


def test_files_that_are_gone_are_said_to_be_and_made_again(worker, tmp_path):
    made = worker.ask(shot()).json()
    blobs = FolderBlobs(tmp_path / "film" / ".vibeboard" / "blobs")
    blobs.remove(made["outputs"]["video"]["sha256"])
    assert worker.http.get(f"/inference/{made['key']}").json()["code"] == "missing_blob"
    assert worker.http.get(made["outputs"]["video"]["url"]).status_code == 404
    again = worker.ask(shot()).json()
    assert (again["cached"], again["outputs"]) == (False, made["outputs"])


def test_the_server_never_loads_torch(shared):
    shared.ask(shot())
    assert "libtorch" not in Path(f"/proc/{shared.process.pid}/maps").read_text()
