"""Workers that end in the middle, however they end, lose nothing."""

from __future__ import annotations

import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.inference.conftest import LONG, shot, working

FRAMES = 400


def test_what_a_killed_worker_had_in_hand_is_made_by_the_next_under_the_same_key(tmp_path):
    film = tmp_path / "film"
    with working(film) as first:
        key = first.ask(shot(FRAMES), wait=0).json()["key"]
        while not list((film / ".vibeboard" / "scratch").glob("*/*.mp4")):
            first.until(key, "IN_QUEUE", "IN_PROGRESS")
        first.end(signal.SIGKILL)
    with working(film) as second:
        made = second.until(key, "COMPLETED")
        assert second.ask(shot(FRAMES)).json() == made | {"cached": True}
        assert second.end() == 0
    with closing(sqlite3.connect(film / ".vibeboard" / "project.db")) as database:
        assert database.execute("SELECT state, attempt, lost FROM job").fetchall() == [("DONE", 2, 1)]
    with working(tmp_path / "undisturbed") as other:
        assert other.ask(shot(FRAMES)).json()["outputs"]["video"]["sha256"] == made["outputs"]["video"]["sha256"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_a_worker_that_is_stopped_tells_who_waits_and_leaves_the_job_to_the_next(tmp_path, number):
    film = tmp_path / "film"
    with working(film) as first, ThreadPoolExecutor() as pool:
        waiting = pool.submit(first.ask, shot(LONG))
        key = first.ask(shot(LONG), wait=0).json()["key"]
        first.until(key, "IN_PROGRESS")
        first.process.send_signal(number)
        answer = waiting.result(60)
        assert (answer.status_code, answer.json()["key"]) == (202, key)
        assert first.end() == 0
    with working(film) as second:
        assert second.until(key, "IN_PROGRESS")["error"] is None
