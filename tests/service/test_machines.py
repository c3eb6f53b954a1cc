"""The machines behind the service: health, metrics, the queue of all, and what is wished of devices."""

from __future__ import annotations

import re
import time

from tests.service.conftest import SCRIPT
from tests.service.test_episodes import until


def test_it_says_that_it_lives_and_that_it_can_serve(client):
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_metrics_tell_of_jobs_episodes_and_requests(client):
    ask = {"script": SCRIPT, "width": 96, "height": 64, "plan_only": True}
    until(client, client.post("/api/episodes", json=ask).json(), "finished")
    told = client.get("/metrics").text
    assert re.search(r'^vibeboard_episodes\{state="finished"\} [1-9]', told, re.MULTILINE)
    assert re.search(r'^vibeboard_jobs\{state="done"\} [1-9]', told, re.MULTILINE)
    counted = re.search(
        r'^vibeboard_request_seconds_count\{method="POST",route="/api/episodes",status="202"\} 1', told, re.MULTILINE
    )
    assert counted, told


def first_waiting(client, jobs: str) -> str:
    end = time.monotonic() + 60
    while not (waiting := client.get(jobs, params={"state": "queued"}).json()["items"]):
        assert time.monotonic() < end
        time.sleep(0.05)
    return waiting[0]["key"]


def test_while_the_queue_is_paused_nothing_is_taken_up(client):
    assert client.put("/api/queue", json={"paused": True}).json() == {"paused": True}
    try:
        ask = {"script": SCRIPT.replace("tonight", "ever"), "width": 96, "height": 64, "auto_approve": True}
        episode = client.post("/api/episodes", json=ask).json()
        until(client, episode, "making")
        jobs = f"/api/projects/{episode['project_id']}/jobs"
        job = f"{jobs}/{first_waiting(client, jobs)}"
        read = client.get(job)
        held = client.patch(job, json={"priority": 7, "paused": True}, headers={"If-Match": read.headers["ETag"]})
        assert held.json()["queue"] == {"priority": 7, "paused": True}
        late = client.patch(job, json={"priority": 1, "paused": False}, headers={"If-Match": read.headers["ETag"]})
        assert late.status_code == 412
        assert client.patch(job, json={"priority": 1, "paused": False}).status_code == 428
        freed = client.patch(job, json={"priority": 7, "paused": False}, headers={"If-Match": held.headers["ETag"]})
        assert freed.status_code == 200
        assert client.get(jobs, params={"state": "done"}).json()["items"] == []
    finally:
        client.put("/api/queue", json={"paused": False})
    assert until(client, episode, "finished")


def test_what_is_wished_of_devices_is_taken(client):
    assert client.post("/api/gpu", json={"wish": "unload"}).status_code == 202
    assert client.post("/api/gpu", json={"wish": "explode"}).status_code == 422
    (worker,) = client.get("/api/gpu").json()["workers"]
    assert worker["snapshot"]["workers"] >= 1


def test_a_session_is_priced_under_each_window(client):
    asked = {"clips": 1, "work_s": 60}
    sessions = client.get("/api/cost/session", params=asked).json()["sessions"]
    windows = [session["window_s"] for session in sessions]
    assert windows == sorted(windows)
    assert {30, 300, 900} <= set(windows)
    assert client.get("/api/cost/session", params={"clips": 0}).status_code == 422
