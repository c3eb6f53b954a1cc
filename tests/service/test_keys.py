"""Idempotency keys while a request is at work: nobody else does it meanwhile, unless who had it in hand is dead."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from storage.configured import service_store
from storage.replies import DEAD_AFTER, Replies
from tests.service.conftest import serving
from tools.declare import registry
from vibeboard.faults import Rejected
from vibeboard.settings import Settings

LINE = registry()["speak_line"].example
PATIENCE_S = 60
LONG_AGO = f"-{DEAD_AFTER.seconds + 1} seconds"


@contextmanager
def replies_of(home) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(home / "vibeboard.db", timeout=PATIENCE_S)) as database, database:
        yield database


def eventually(look):
    end = time.monotonic() + PATIENCE_S
    while not (seen := look()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return seen


def said_at(home) -> str:
    """When the request said last that it is at work."""
    with replies_of(home) as database:
        row = database.execute("SELECT max(created_at) FROM reply WHERE status = 0").fetchone()
    return row[0] or ""


def grow_old(home) -> str:
    with replies_of(home) as database:
        database.execute("UPDATE reply SET created_at = datetime('now', ?)", [LONG_AGO])
    return said_at(home)


def test_a_request_that_takes_long_is_not_done_beside_itself(tmp_path):
    home, headers = tmp_path / "home", {"Idempotency-Key": "long"}
    with serving(home, "--no-workers") as served, served.client() as client, ThreadPoolExecutor() as threads:
        project = f"/api/projects/{client.post('/api/projects', json={'name': 'Long'}).json()['id']}"

        def call():
            return client.post(f"{project}/tools/speak_line?wait=60", json=LINE, headers=headers)

        first = threads.submit(call)
        (job,) = eventually(lambda: client.get(f"{project}/jobs").json()["items"])
        old = grow_old(home)
        eventually(lambda: said_at(home) > old)
        beside = call()
        assert (beside.status_code, beside.json()["code"]) == (409, "in_progress")
        client.post(f"{project}/jobs/{job['key']}/cancel").raise_for_status()
        assert first.result(PATIENCE_S).status_code == 422


def test_the_key_of_a_dead_process_is_for_the_same_request_only(tmp_path):
    home = tmp_path / "home"
    with closing(service_store(home, Settings())) as store:
        replies = Replies(store.engine)
        assert replies.begin("anna", "key", "one") is None
        grow_old(home)
        with pytest.raises(Rejected, match="used for another request"):
            replies.begin("anna", "key", "other")
        assert replies.begin("anna", "key", "one") is None
        with pytest.raises(Rejected, match="at work"):
            replies.begin("anna", "key", "one")
