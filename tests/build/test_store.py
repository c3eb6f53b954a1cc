"""A film in Postgres and S3, orchestrator and worker apart, both killed: byte for byte the film of a folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import psycopg
import pytest

from tests.build.conftest import SMALL, VIBEBOARD, jobs, make
from tests.servers import KEY, SECRET, new_database


@pytest.fixture
def configured(postgres, s3_server, tmp_path) -> dict[str, str]:
    """The environment that names a store in Postgres and S3."""
    return os.environ | {
        "VIBEBOARD_DATABASE": postgres,
        "VIBEBOARD_BLOBS": f"s3://{s3_server.bucket}/{tmp_path.name}",
        "VIBEBOARD_S3_ENDPOINT": s3_server.endpoint,
        "VIBEBOARD_S3_REGION": "us-east-1",
        "VIBEBOARD_S3_KEY_ID": KEY,
        "VIBEBOARD_S3_SECRET": SECRET,
        "VIBEBOARD_BLOB_CACHE": str(tmp_path / "cache"),
    }


def start(environment, *args) -> subprocess.Popen[str]:
    command = list(map(str, (VIBEBOARD, *args)))
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def states(url: str) -> dict[str, tuple[str, int]]:
    """Content key -> state and attempts of the shots' jobs."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT key, state, attempt FROM job WHERE task = 'generate_shot'").fetchall()
    return {key: (state, attempt) for key, state, attempt in rows}


def wait_for(condition, process) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_film_in_postgres_and_s3_survives_kills_of_orchestrator_and_worker(made, configured, tmp_path):
    database, output = configured["VIBEBOARD_DATABASE"], tmp_path / "out"
    command = ("make", made / "script.fountain", "-o", output, *SMALL, "--leave-to-workers")

    def at_work() -> bool:
        return any(state == "RUNNING" for state, _ in states(database).values())

    first = start(configured, *command)
    wait_for((output / ".vibeboard" / "project").is_file, first)
    worker = start(configured, "worker", tmp_path / "elsewhere")
    wait_for(at_work, first)
    kill(worker)
    kill(first)
    done_before = {key for key, (state, _) in states(database).items() if state in ("MADE", "DONE")}
    worker, second = start(configured, "worker", tmp_path / "elsewhere"), start(configured, *command)
    said, _ = second.communicate(timeout=300)
    assert second.returncode == 0, said
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0, worker.communicate()[0]
    worker.stdout.close()
    assert (output / "film.mp4").read_bytes() == (made / "out" / "film.mp4").read_bytes()
    after = states(database)
    assert {key: state for key, (state, _) in after.items()} == dict.fromkeys(jobs(made / "out"), "DONE")
    assert all(after[key][1] == 2 for key in done_before)
    assert not (output / ".vibeboard" / "project.db").exists()
    assert not (output / ".vibeboard" / "blobs").exists()
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


def test_two_films_at_once_share_what_is_the_same_and_nothing_else(made, configured, tmp_path):
    outputs = [tmp_path / name for name in ("one", "two")]
    command = (made / "script.fountain", *SMALL)
    both = [start(configured, "make", *command, "-o", output) for output in outputs]
    for process in both:
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
    films = {(output / "film.mp4").read_bytes() for output in outputs}
    assert films == {(made / "out" / "film.mp4").read_bytes()}
    assert set(states(configured["VIBEBOARD_DATABASE"]).values()) == {("DONE", 1)}
    with psycopg.connect(configured["VIBEBOARD_DATABASE"]) as connection:
        uses = connection.execute("SELECT project_id, count(*) FROM use GROUP BY project_id").fetchall()
    assert len(uses) == 2
    assert uses[0][1] == uses[1][1]


def test_a_database_that_is_away_is_said_in_a_sentence(made, configured, tmp_path, postgres_server):
    away = configured | {"VIBEBOARD_DATABASE": new_database(postgres_server).replace("host=", "host=/nowhere")}
    process = start(away, "make", made / "script.fountain", "-o", tmp_path / "out", *SMALL)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "does not answer" in said
    assert "Traceback" not in said


def storage(environment, *args) -> str:
    process = start(environment, "storage", *args)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return said


def test_a_film_moves_to_the_store_and_back_and_is_still_current(made, configured, tmp_path):
    film, back = tmp_path / "film", tmp_path / "back"
    shutil.copytree(made / "out", film)
    storage(os.environ, "gc", film, "--older-than", "0")
    storage(configured, "copy", film, "store:")
    assert storage(configured, "films").endswith("  out\n")
    storage(configured, "check", "store:out")
    storage(configured, "export", "store:out", tmp_path / "film.tar")
    storage(os.environ, "import", tmp_path / "film.tar", back)
    said = make(made / "script.fountain", back)
    assert "every shot is up to date" in said
    assert (back / "film.mp4").read_bytes() == (made / "out" / "film.mp4").read_bytes()
    assert jobs(back) == jobs(made / "out")


def test_a_clean_up_of_a_finished_film_leaves_it_current_and_frees_what_was_left_behind(made, tmp_path):
    film = tmp_path / "film"
    shutil.copytree(made / "out", film)
    left = film / ".vibeboard" / "blobs" / "ab" / ("c" * 62)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"of nothing")
    assert "0 files removed" in storage(os.environ, "gc", film)
    storage(os.environ, "gc", film, "--older-than", "0")
    assert not left.exists()
    assert "every shot is up to date" in make(made / "script.fountain", film)


def test_the_wrong_place_is_said_in_a_sentence(made, tmp_path):
    for args, says in (
        (("gc", tmp_path / "nothing"), "there is no film in"),
        (("copy", made / "out", "store:"), "VIBEBOARD_DATABASE"),
        (("import", tmp_path / "no.tar", tmp_path / "film"), "there is no archive"),
    ):
        process = start(os.environ | {"VIBEBOARD_HOME": str(tmp_path / "home")}, "storage", *args)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert says in said
        assert "Traceback" not in said
