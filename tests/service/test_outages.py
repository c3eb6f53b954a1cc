"""An episode of the service whose database and files go away while it is made."""

from __future__ import annotations

import time

from gpu_runtime.placement.patience import ANSWERS, WAITS
from tests.build.test_outages import (  # noqa: F401  (fixtures)
    TURNED_AWAY,
    Speaking,
    environment,
    gate,
    persisted,
    rows,
    running,
    server,
    until,
)
from tests.service.conftest import SCRIPT, serving

AWAY_S = 10
"""So long the database is away, from when both have noticed."""
ASK = {"script": SCRIPT, "width": 96, "height": 64, "auto_approve": True}


def made(client) -> dict:
    episode = client.post("/api/episodes", json=ASK).json()
    end = time.monotonic() + 240
    while episode["state"] not in ("finished", "failed", "cancelled"):
        assert time.monotonic() < end, episode
        time.sleep(0.1)
        episode = client.get(f"/api/episodes/{episode['id']}").json()
    assert episode["state"] == "finished", episode
    return episode


def test_it_waits_for_a_killed_database_and_for_files_that_refuse_and_is_the_same_film(
    server,  # noqa: F811
    gate,  # noqa: F811
    environment,  # noqa: F811
    tmp_path,
):
    with serving(tmp_path / "calm") as calm, calm.client() as client:
        undisturbed = made(client)["files"]
    home = tmp_path / "home"
    log = home.with_suffix(".log")
    worker = Speaking(environment, "worker", "--home", home)
    own = {name: value for name, value in environment.items() if name.startswith("VIBEBOARD_")}
    with running(worker), serving(home, "--no-workers", **own) as service, service.client() as client:

        def said(words: str) -> int:
            return log.read_text(errors="replace").count(words)

        episode = client.post("/api/episodes", json=ASK).json()
        until(lambda: persisted(environment), worker)
        server.stop()
        until(lambda: said(WAITS) and worker.says(WAITS), worker)
        time.sleep(AWAY_S)
        away = client.get(f"/api/episodes/{episode['id']}")
        assert (away.status_code, away.json()["code"]) == (503, "store_away")
        assert "Retry-After" in away.headers
        server.start()
        until(lambda: said(ANSWERS) and worker.says(ANSWERS), worker)
        before = persisted(environment)
        until(lambda: persisted(environment) > before, worker)
        gate.turn_away()
        until(lambda: said(WAITS) >= 2 or gate.turned_away >= TURNED_AWAY, worker)
        gate.let_in()
        until(lambda: client.get(f"/api/episodes/{episode['id']}").json()["state"] in ("finished", "failed"), worker)
        done = client.get(f"/api/episodes/{episode['id']}").json()
        numbers = rows(environment, "SELECT seq FROM event ORDER BY seq")
    assert done["state"] == "finished", done
    assert done["files"] == undisturbed
    assert numbers == [(number,) for number in range(1, len(numbers) + 1)]
    assert rows(environment, "SELECT count(*) - count(DISTINCT (unit, step, role)) FROM use") == [(0,)]
    assert rows(environment, "SELECT DISTINCT type FROM event WHERE type IN ('call.failed', 'unit.escalated')") == []
