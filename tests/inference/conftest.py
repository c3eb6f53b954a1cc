from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from vibeboard.camera import CameraKey, CameraPath
from vibeboard.screenplay import IntExt, TimeOfDay
from vibeboard.stage import SetKind, Stage

VIBEBOARD = Path(sys.executable).with_name("vibeboard")
STAGE = Stage(set_kind=SetKind.ROOM, int_ext=IntExt.INT, time=TimeOfDay.DAY, dressing_seed=3)
CAMERA = CameraPath(
    keys=(
        CameraKey(frame=0, position=(0.0, 1.5, 3.6), target=(0.0, 1.1, 0.0), focal_mm=24),
        CameraKey(frame=4, position=(0.4, 1.5, 3.2), target=(0.0, 1.1, 0.0), focal_mm=24),
    )
)
LONG = 2000
"""Frames of a shot that is not made while a test looks on."""


def shot(frames=6, **changes) -> dict:
    """What is asked for: a small shot."""
    params = {
        "prompt": "an empty room",
        "stage": STAGE.model_dump(mode="json"),
        "camera": CAMERA.model_dump(mode="json"),
        "frames": frames,
        "fps": {"num": 12},
        "width": 160,
        "height": 90,
        "seed": 7,
    }
    return {"task": "generate_shot", "params": params | changes}


class Worker:
    """`vibeboard worker --listen` and a client of it."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        command = [VIBEBOARD, "worker", folder, "--listen", *(options or ("127.0.0.1:0",))]
        self.process = subprocess.Popen(
            list(map(str, command)),
            env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = self._url()
        self.http = httpx2.Client(base_url=self.url, timeout=120)

    def _url(self) -> str:
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith("listening on "):
                return line.removeprefix("listening on ").strip()
        self.process.communicate()
        raise AssertionError(said)

    def ask(self, body: dict, wait: int = 1):
        return self.http.post("/inference", params={"wait": wait}, json=body)

    def status(self, key: str) -> dict:
        return self.http.get(f"/inference/{key}").json()

    def until(self, key: str, *statuses: str) -> dict:
        """How a job stands once it has one of these statuses."""
        end = time.monotonic() + 120
        while (seen := self.status(key))["status"] not in statuses:
            assert seen["status"] in ("IN_QUEUE", "IN_PROGRESS"), seen
            assert time.monotonic() < end, seen
            time.sleep(0.05)
        return seen

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def working(folder: Path, *options: str, **environment: str):
    worker = Worker(folder, *options, **environment)
    try:
        yield worker
    finally:
        worker.end(signal.SIGKILL)


@pytest.fixture
def worker(tmp_path):
    with working(tmp_path / "film") as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A worker for what leaves no traces."""
    with working(tmp_path_factory.mktemp("shared") / "film") as started:
        yield started
