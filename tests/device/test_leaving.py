"""A service without torch and weights, which leaves the work to workers that have them, and to some that do not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.device.conftest import shot
from tests.device.test_jobs import replace_weights
from tests.house.test_without_torch import ROOT, WITHOUT
from tests.service.conftest import SCRIPT, VIBEBOARD, serving
from tests.service.test_episodes import answer, until

NEURAL = "wan2.1-t2v-1.3b"
WITHOUT_TORCH = (sys.executable, "-c", f"{WITHOUT}\nfrom api.cli import main\nmain()")
REVISION = f"from gpu_runtime.engine import registry\nprint(registry()[{NEURAL!r}].full_revision)"
PATIENCE_S = 120


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def client(home, tmp_path):
    environment = {"PYTHONPATH": str(ROOT), "VIBEBOARD_MODELS": str(tmp_path / "none")}
    with (
        serving(home, "--no-workers", program=WITHOUT_TORCH, **environment) as served,
        served.client() as opened,
    ):
        yield opened


@pytest.fixture
def project(client) -> str:
    return f"/api/projects/{client.post('/api/projects', json={'name': 'Left'}).json()['id']}"


@contextmanager
def working(home: Path, models: Path):
    """A worker of the service with the weights in a folder."""
    environment = {"VIBEBOARD_MODELS": str(models), "VIBEBOARD_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    command = [VIBEBOARD, "worker", "--home", home]
    process = subprocess.Popen(list(map(str, command)), env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def eventually(look, found=bool):
    end = time.monotonic() + PATIENCE_S
    while not found(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(0.1)
    return seen


def engine(client) -> dict[str, str]:
    (found,) = [item for item in client.get("/api/engines").json()["items"] if item["name"] == NEURAL]
    return found


def at_work(client, *processes) -> None:
    """Wait until the service sees these workers and no others."""
    ours = {process.pid for process in processes}
    eventually(
        lambda: {int(view["owner"].rpartition(":")[2]) for view in client.get("/api/gpu").json()["workers"]},
        lambda seen: seen == ours,
    )


def call(client, project, name=NEURAL, wait=60, **changes):
    params = shot(NEURAL, key="asked", steps=1, frames=5, **changes).params
    return client.post(f"{project}/tools/generate_shot", json=params, params={"engine": name, "wait": wait})


def made_by(client, project, answered) -> int:
    assert (answered.status_code, answered.json()["state"]) == (200, "done"), answered.text
    return int(client.get(f"{project}/jobs/{answered.json()['key']}").json()["owner"].rpartition(":")[2])


def test_what_no_worker_can_make_is_refused_with_what_is_missing_here_and_there(client, project, home, tmp_path):
    refused = call(client, project)
    assert refused.status_code == 404
    assert refused.json()["detail"] == f"engine {NEURAL} needs {engine(client)['why_not']}"
    assert engine(client)["why_not"].endswith("pip install 'vibeboard[gpu]'")
    with working(home, tmp_path / "none") as bare:
        at_work(client, bare)
        said = eventually(lambda: engine(client)["why_not"], lambda told: f":{bare.pid} needs" in told)
        assert said.startswith("diffusers, ")
        assert said.endswith(f"its weights: vibeboard models pull {NEURAL}")
        assert call(client, project).json()["code"] == "no_engine"
        assert made_by(client, project, call(client, project, "previs")) == bare.pid


def test_the_worker_with_the_weights_makes_what_the_service_cannot(client, project, home, installed, tmp_path):
    with working(home, tmp_path / "none") as bare, working(home, installed) as able:
        at_work(client, bare, able)
        ready = eventually(lambda: engine(client), lambda told: told["why_not"] == "")
        there = os.environ | {"VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu"}
        told = subprocess.check_output([sys.executable, "-c", REVISION], env=there, cwd=ROOT, text=True)
        assert ready["revision"] == told.strip()
        assert {made_by(client, project, call(client, project, seed=seed)) for seed in range(4)} == {able.pid}
        os.kill(able.pid, signal.SIGSTOP)  # and not by chance: the other has all the time in the world
        try:
            assert made_by(client, project, call(client, project, "previs")) == bare.pid
        finally:
            os.kill(able.pid, signal.SIGCONT)


def test_an_episode_is_drafted_by_the_worker(client, home, installed):
    with working(home, installed) as able:
        eventually(lambda: engine(client), lambda told: told["why_not"] == "")
        ask = {"script": SCRIPT, "width": 96, "height": 64, "engine": NEURAL, "quality": "draft", "shots": ["1A"]}
        episode = until(client, client.post("/api/episodes", json=ask).json(), "waiting")
        answer(client, episode, yes=True)
        until(client, episode, "finished", seconds=PATIENCE_S)
        jobs = client.get(f"/api/projects/{episode['project_id']}/jobs", params={"limit": 200}).json()["items"]
        (take,) = [job for job in jobs if job["engine"] == NEURAL]
        assert (take["state"], int(take["owner"].rpartition(":")[2])) == ("done", able.pid)


def left(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Make a film without torch and weights."""
    command = [*WITHOUT_TORCH, "make", folder / "script.fountain", "-o", folder / "out", "--leave-to-workers"]
    command += ["--size", "96x64", "--fps", "12", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "VIBEBOARD_MODELS": str(folder / "none")}
    return subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def test_a_build_that_is_left_to_workers_has_their_engines(installed, tmp_path):
    (tmp_path / "script.fountain").write_text(SCRIPT)
    engine = ("--quality", "draft", "--engine", NEURAL, "--shots", "1A")
    refused = left(tmp_path, *engine)
    assert refused.returncode == 1
    assert f"engine {NEURAL} needs diffusers" in refused.stderr
    environment = os.environ | {"VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    command = [str(VIBEBOARD), "worker", str(tmp_path / "out")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as worker:
        try:
            shown = [VIBEBOARD, "gpu", tmp_path / "out", "--json"]
            eventually(lambda: subprocess.check_output(list(map(str, shown)), text=True), lambda told: NEURAL in told)
            made = left(tmp_path, *engine)
        finally:
            worker.send_signal(signal.SIGTERM)
    assert made.returncode == 0, made.stdout + made.stderr
    take = json.loads((tmp_path / "out" / "takes" / "1A.scene.json").read_bytes())
    assert take["renderer"]["name"] == NEURAL
    again = left(tmp_path)
    assert "every shot is up to date" in again.stdout, again.stderr


def test_a_job_whose_worker_went_away_says_why_it_waits_and_is_made_when_one_comes(
    client, project, home, installed, tmp_path
):
    with working(home, tmp_path / "none") as bare, ExitStack() as stack:
        stack.enter_context(working(home, installed))
        eventually(lambda: engine(client), lambda told: told["why_not"] == "")
        client.put("/api/queue", json={"paused": True})
        key = call(client, project, wait=0).json()["key"]
        job = f"{project}/jobs/{key}"
        eventually(lambda: client.get(job).json().get("state"), lambda state: state == "queued")
        assert client.get(job).json()["why_waiting"] == ""
        stack.close()
        client.put("/api/queue", json={"paused": False})
        at_work(client, bare)
        why = eventually(lambda: client.get(job).json()["why_waiting"])
        assert f":{bare.pid} needs its weights: vibeboard models pull {NEURAL}" in why
        with working(home, installed) as able:
            made = eventually(lambda: client.get(job).json(), lambda told: told["state"] == "done")
            assert (made["key"], made["why_waiting"]) == (key, "")
            assert int(made["owner"].rpartition(":")[2]) == able.pid


def test_a_job_is_left_alone_by_a_worker_that_has_other_weights_than_it_was_asked_for_with(
    client, project, home, installed, tmp_path
):
    others = shutil.copytree(installed, tmp_path / "others")
    replace_weights(others, "wan2.1-t2v-1.3b-dit", tmp_path)
    with working(home, installed):
        eventually(lambda: engine(client), lambda told: told["why_not"] == "")
        client.put("/api/queue", json={"paused": True})
        key = call(client, project, wait=0).json()["key"]
        job = f"{project}/jobs/{key}"
        eventually(lambda: client.get(job).json().get("state"), lambda state: state == "queued")
    client.put("/api/queue", json={"paused": False})
    with working(home, others) as another:
        at_work(client, another)
        why = eventually(lambda: client.get(job).json()["why_waiting"], lambda told: "has others" in told)
        assert f":{another.pid} has others" in why
        renamed = call(client, project)
        assert made_by(client, project, renamed) == another.pid
        assert renamed.json()["key"] != key
        assert client.get(job).json()["state"] == "queued"
        with working(home, installed) as able:
            made = eventually(lambda: client.get(job).json(), lambda told: told["state"] == "done")
            assert int(made["owner"].rpartition(":")[2]) == able.pid
