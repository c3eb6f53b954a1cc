"""A film whose database and files go away while it is made: the processes say that they wait, and nothing is made
twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest

from gpu_runtime.placement.patience import ANSWERS, WAITS
from storage.database import open_database
from storage.locks import advisory_lock, let_go
from tests.build.conftest import SMALL, VIBEBOARD, jobs
from tests.servers import KEY, SECRET, Gate, new_database

TURNED_AWAY = 8
"""So often somebody has tried before the files are back: longer than who makes the film is patient for."""


class Speaking:
    """A process and what it has said so far."""

    def __init__(self, environment, *args) -> None:
        command = list(map(str, (VIBEBOARD, *args)))
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said: list[str] = []
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        self.said.extend(iter(self.process.stdout.readline, ""))

    def says(self, words: str) -> int:
        return sum(words in line for line in self.said)

    def ended(self) -> int:
        code = self.process.wait(300)
        self._listening.join()
        self.process.stdout.close()
        return code


@pytest.fixture
def server(breakable_postgres):
    yield breakable_postgres
    breakable_postgres.start()


@pytest.fixture
def gate(s3_server):
    made = Gate(s3_server.endpoint)
    yield made
    made.shut()


@pytest.fixture
def environment(server, s3_server, gate, tmp_path) -> dict[str, str]:
    """The environment that names a store whose servers can be stopped."""
    return os.environ | {
        "VIBEBOARD_DATABASE": new_database(server.url),
        "VIBEBOARD_BLOBS": f"s3://{s3_server.bucket}/{tmp_path.name}",
        "VIBEBOARD_S3_ENDPOINT": f"http://127.0.0.1:{gate.port}",
        "VIBEBOARD_S3_REGION": "us-east-1",
        "VIBEBOARD_S3_KEY_ID": KEY,
        "VIBEBOARD_S3_SECRET": SECRET,
        "VIBEBOARD_BLOB_CACHE": str(tmp_path / "cache"),
    }


@contextmanager
def running(*processes):
    try:
        yield
    finally:
        for speaking in processes:
            speaking.process.kill()
            speaking.ended()


def until(condition, *processes) -> None:
    end = time.monotonic() + 120
    while not condition():
        for speaking in processes:
            assert speaking.process.poll() is None, "".join(speaking.said)
        assert time.monotonic() < end, ["".join(speaking.said) for speaking in processes]
        time.sleep(0.02)


def rows(environment, statement: str) -> list[tuple]:
    with psycopg.connect(environment["VIBEBOARD_DATABASE"]) as connection:
        return connection.execute(statement).fetchall()


@contextmanager
def held(environment, film: str):
    """Another process has the film."""
    engine = open_database(environment["VIBEBOARD_DATABASE"])
    lock = advisory_lock(engine, film)
    assert lock is not None
    yield
    let_go(lock)
    engine.dispose()


def persisted(environment) -> int:
    return rows(environment, "SELECT count(*) FROM event WHERE type = 'asset.persisted'")[0][0]


def test_an_episode_waits_for_a_killed_database_and_for_files_that_refuse_and_is_the_same_film(
    made, server, gate, environment, tmp_path
):
    output = tmp_path / "out"
    worker = Speaking(environment, "worker", tmp_path / "elsewhere")
    making = Speaking(environment, "make", made / "script.fountain", "-o", output, *SMALL, "--leave-to-workers")
    with running(worker, making):
        until(lambda: making.says("shots") and persisted(environment), making, worker)
        server.stop()
        until(lambda: making.says(WAITS) and worker.says(WAITS), making, worker)
        server.start()
        until(lambda: making.says(ANSWERS) and worker.says(ANSWERS), making, worker)
        before = persisted(environment)
        until(lambda: persisted(environment) > before, making, worker)
        gate.turn_away()
        until(lambda: making.says(WAITS) == 2 or gate.turned_away >= TURNED_AWAY, making, worker)
        gate.let_in()
        assert making.ended() == 0, "".join(making.said)
        worker.process.send_signal(signal.SIGTERM)
        assert worker.ended() == 0, "".join(worker.said)
    assert (output / "film.mp4").read_bytes() == (made / "out" / "film.mp4").read_bytes()
    made_keys = Counter(re.findall(r"^made \w+ (\w+)", "".join(worker.said), re.MULTILINE))
    assert set(made_keys.values()) == {1}
    shots = "SELECT key, state FROM job WHERE task = 'generate_shot'"
    assert dict(rows(environment, shots)) == dict.fromkeys(jobs(made / "out"), "DONE")
    assert rows(environment, "SELECT count(*) - count(DISTINCT (unit, step, role)) FROM use") == [(0,)]
    assert rows(environment, "SELECT DISTINCT type FROM event WHERE type IN ('call.failed', 'unit.escalated')") == []
    assert rows(environment, "SELECT count(*) FROM checkpoints") == [(0,)]


def test_files_that_are_away_from_the_start_are_waited_for_without_a_worker(made, gate, environment, tmp_path):
    gate.turn_away()
    making = Speaking(environment, "make", made / "script.fountain", "-o", tmp_path / "out", *SMALL, "--plan-only")
    with running(making):
        until(lambda: making.says(WAITS), making)
        gate.let_in()
        assert making.ended() == 0, "".join(making.said)
    assert making.says(ANSWERS) == 1
    assert (tmp_path / "out" / "shotlist.csv").read_bytes() == (made / "out" / "shotlist.csv").read_bytes()


def test_a_store_that_stays_away_ends_the_command_with_a_sentence(made, server, environment, tmp_path):
    impatient = environment | {"VIBEBOARD_STORE_PATIENCE_S": "3"}
    making = Speaking(impatient, "make", made / "script.fountain", "-o", tmp_path / "out", *SMALL)
    with running(making):
        until(lambda: making.says("shots"), making)
        server.stop()
        assert making.ended() == 1
    assert making.says(WAITS) == 1
    assert making.says("does not answer: start it") == 1
    assert not making.says("Traceback")


def test_who_waits_for_a_store_can_be_stopped(made, gate, environment, tmp_path):
    gate.turn_away()
    making = Speaking(environment, "make", made / "script.fountain", "-o", tmp_path / "out", *SMALL, "--plan-only")
    with running(making):
        until(lambda: making.says(WAITS), making)
        making.process.send_signal(signal.SIGTERM)
        assert making.ended() == 130
    assert making.says("carry on where it stopped") == 1


def test_a_film_that_somebody_else_opened_meanwhile_is_theirs(made, server, environment, tmp_path):
    command = ("make", made / "script.fountain", *SMALL)
    output = tmp_path / "out"
    making = Speaking(environment, *command, "-o", output)
    with running(making):
        until(lambda: making.says("shots") and persisted(environment), making)
        film = rows(environment, "SELECT id FROM project")[0][0]
        server.stop()
        until(lambda: making.says(WAITS), making)
        making.process.send_signal(signal.SIGSTOP)
        server.start()
        with held(environment, film):
            making.process.send_signal(signal.SIGCONT)
            assert making.ended() == 1
    assert making.says("another vibeboard works in") == 1
