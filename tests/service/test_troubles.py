"""What passes by itself ends neither the studio nor the workers of the service."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.build.test_outages import environment, gate, server, until  # noqa: F401  (fixtures)
from tests.service.conftest import serving
from tests.service.test_episodes import ask
from tests.service.test_episodes import until as becomes


def test_a_database_file_that_somebody_locks_for_long_stops_nothing_for_good(tmp_path):
    home = tmp_path / "home"
    with serving(home) as served, served.client() as client:
        with closing(sqlite3.connect(home / "vibeboard.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            until(lambda: "vibeboard.db is locked" in home.with_suffix(".log").read_text())
            other.execute("ROLLBACK")
        assert client.get("/readyz").json() == {"status": "ok"}
        assert "film.mp4" in becomes(client, ask(client, auto_approve=True), "finished")["files"]


def test_workers_begin_anew_after_an_outage_longer_than_they_are_patient(
    server,  # noqa: F811
    environment,  # noqa: F811
    tmp_path,
):
    home = tmp_path / "home"
    own = {name: value for name, value in environment.items() if name.startswith("VIBEBOARD_")}
    with serving(home, VIBEBOARD_STORE_PATIENCE_S="2", **own) as served, served.client() as client:
        until(lambda: client.get("/readyz").status_code == 200)
        server.stop()
        until(lambda: "beginning them anew" in home.with_suffix(".log").read_text())
        assert client.get("/readyz").status_code == 503
        server.start()
        until(lambda: client.get("/readyz").status_code == 200)
        until(lambda: client.get("/api/gpu").json()["workers"])


def test_what_a_killed_service_left_of_an_upload_is_cleared_unless_another_may_be_writing(tmp_path):
    left = tmp_path / "home" / "scratch" / "upload-abc"
    left.mkdir(parents=True)
    with serving(tmp_path / "home", "--no-workers"):
        assert not left.exists()
        left.mkdir(parents=True)
        with serving(tmp_path / "home", "--no-workers"):
            assert left.exists()
