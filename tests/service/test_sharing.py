"""Two films that need the same shots: one job makes them, and who wants no more of it takes nothing from the other."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.service.conftest import SCRIPT, VIBEBOARD, Server, serving
from tests.service.test_episodes import ask, until

LONGER = (
    SCRIPT
    + """
EXT. ROAD - DAY

A car passes.
"""
)


@contextmanager
def a_worker(server: Server) -> Iterator[None]:
    command = [VIBEBOARD, "worker", "--home", server.home]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


@pytest.fixture
def both(tmp_path):
    """Two films made while there is no worker. The first has offered its shots; the second has them too, waits for
    them, and has offered those of one more scene."""
    with serving(tmp_path / "home", "--no-workers") as server, server.client() as client:
        films = []
        for script in (SCRIPT, LONGER):
            films.append(ask(client, script=script, auto_approve=True))
            wait_for(lambda: jobs(client, films[-1]))
        yield server, client, *films


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def jobs(client, episode) -> list[dict]:
    return client.get(f"/api/projects/{episode['project_id']}/jobs").json()["items"]


def test_a_job_that_two_films_wait_for_belongs_to_the_one_that_offered_it(both):
    _, client, anna, ben = both
    shots = [{job["key"] for job in jobs(client, film) if job["task"] == "generate_shot"} for film in (anna, ben)]
    assert len(shots[0]) > len(shots[1]) >= 1
    assert {job["state"] for film in (anna, ben) for job in jobs(client, film)} == {"queued"}


@pytest.mark.parametrize("who", ["offered", "waits"])
def test_when_one_film_is_cancelled_the_other_is_finished(both, who):
    server, client, anna, ben = both
    leaves, stays = (anna, ben) if who == "offered" else (ben, anna)
    assert client.post(f"/api/episodes/{leaves['id']}/cancel").status_code == 200
    until(client, leaves, "cancelled")
    with a_worker(server):
        assert "film.mp4" in until(client, stays, "finished")["files"]


def test_a_job_that_one_film_cancels_is_made_for_the_other(both):
    """The first film has it too if the second asked anew before the first has heard of the end."""
    server, client, anna, ben = both
    shot = next(job for job in jobs(client, anna) if job["task"] == "generate_shot")
    path = f"/api/projects/{anna['project_id']}/jobs/{shot['key']}/cancel"
    assert client.post(path).status_code == 200
    with a_worker(server):
        assert "film.mp4" in until(client, ben, "finished")["files"]
