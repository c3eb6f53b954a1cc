"""The real worker process, driven through the embedded placement."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_runtime.engine import registry
from gpu_runtime.executor import execute
from gpu_runtime.placement.embedded import Embedded
from storage.blobs import FolderBlobs
from tools.speak_line import SpeakLineParams
from vibeboard.faults import FaultKind
from vibeboard.jobs import Failed, Job, Made, Progress, Started
from vibeboard.shot import Voice
from vibeboard.timing import Rate

ROOT = Path(__file__).parents[2]


def speak(key: str, words: str = "Nothing to see here.", frames: int = 48) -> Job:
    params = SpeakLineParams(text=words, speaker="ANN", voice=Voice.ON, frames=frames, fps=Rate(num=24))
    return Job(key=key, task="speak_line", engine="tone", params=params.model_dump(mode="json"), attempt=1)


def long_shot(key: str) -> Job:
    stage = {"set_kind": "room", "int_ext": "INT", "time": "DAY", "dressing_seed": 1}
    camera = {"keys": [{"frame": 0, "position": [0, 1.6, 3], "target": [0, 1.5, 0]}]}
    rate = {"num": 24, "den": 1}
    sizes = {"frames": 20_000, "fps": rate, "width": 64, "height": 64, "seed": 1}
    params = {"prompt": "x", "stage": stage, "camera": camera, **sizes}
    return Job(key=key, task="generate_shot", engine="previs", params=params, attempt=1)


@pytest.fixture
async def placement(tmp_path):
    (tmp_path / "scratch").mkdir()
    placed = Embedded([sys.executable, "-m", "api.worker", str(tmp_path)], 1, tmp_path / "worker.log")
    yield placed
    await placed.drain()


async def follow(placed: Embedded, job: Job) -> list:
    placed.submit(job)
    return [event async for event in placed.events(job.key)]


async def test_a_job_ends_with_bytes_in_the_store(placement, tmp_path):
    events = await follow(placement, speak("k1"))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Made)
    audio = events[-1].result.outputs["audio"]
    assert FolderBlobs(tmp_path / "blobs").path(audio.sha256).stat().st_size == audio.size
    assert not list((tmp_path / "scratch").iterdir())


async def test_jobs_wait_for_their_turn_and_each_ends_once(placement):
    jobs = [speak(f"k{number}") for number in range(4)]
    ends = await asyncio.gather(*(follow(placement, job) for job in jobs))
    assert [sum(isinstance(event, Made | Failed) for event in events) for events in ends] == [1, 1, 1, 1]
    assert len({events[-1].result.outputs["audio"].sha256 for events in ends}) == 1
    assert placement.snapshot().queued == 0


async def test_wrong_parameters_come_back_field_by_field(placement):
    job = speak("k1")
    wrong = job.model_copy(update={"params": {**job.params, "frames": "many"}})
    fault = (await follow(placement, wrong))[-1].fault
    assert fault.kind is FaultKind.REPAIRABLE
    assert [(error.path, error.got) for error in fault.fields] == [("frames", "many")]


async def test_a_worker_that_dies_ends_its_job_as_transient_and_the_next_job_gets_a_new_one(placement):
    placement.submit(speak("k1"))
    stream = placement.events("k1")
    await anext(stream)
    os.kill(placement._children[0].child.pid, signal.SIGKILL)
    rest = [event async for event in stream]
    if isinstance(rest[-1], Failed):
        assert rest[-1].fault.kind is FaultKind.TRANSIENT
    assert isinstance((await follow(placement, speak("k2")))[-1], Made)


async def test_a_job_that_waits_can_be_cancelled(placement):
    first, second = speak("k1"), speak("k2")
    placement.submit(first)
    placement.submit(second)
    placement.cancel("k2")
    ends = [[event async for event in placement.events(key)][-1] for key in ("k1", "k2")]
    assert isinstance(ends[0], Made)
    assert ends[1].fault.kind is FaultKind.CANCELLED


async def test_a_job_whose_process_is_just_starting_can_be_cancelled(placement):
    placement.submit(long_shot("k1"))
    while not placement.snapshot().running:
        await asyncio.sleep(0)
    assert placement._children[0].child.pid is None
    placement.cancel("k1")
    end = [event async for event in placement.events("k1")][-1]
    assert end.fault.kind is FaultKind.CANCELLED
    assert isinstance((await follow(placement, speak("k2")))[-1], Made)


def test_a_running_job_stops_at_the_next_step(tmp_path):
    (tmp_path / "scratch").mkdir()
    events = []
    asked = iter([False, True])
    execute(
        speak("k1"), FolderBlobs(tmp_path / "blobs"), tmp_path / "scratch", events.append, lambda: next(asked, True)
    )
    if not isinstance(events[-1], Made):
        assert events[-1].fault.kind is FaultKind.CANCELLED
    assert sum(isinstance(event, Progress) for event in events) <= 1


def test_a_full_disk_is_said_in_one_sentence(tmp_path):
    (tmp_path / "scratch").mkdir()
    events = []
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))
    try:
        blobs = FolderBlobs(tmp_path / "blobs")
        execute(speak("k1"), blobs, tmp_path / "scratch", events.append, lambda: False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert events[-1].fault.code == "disk_full"
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def test_a_worker_that_cannot_start_ends_the_job_instead_of_hanging(tmp_path):
    placed = Embedded([str(tmp_path / "no-such-program")], 1, tmp_path / "worker.log")
    events = await follow(placed, speak("k1"))
    assert isinstance(events[-1], Failed)
    await placed.drain()


@pytest.mark.parametrize("last_words", [b"", b'{"job": {"key"'], ids=["nothing", "half a line"])
def test_the_worker_dies_with_its_parent_whatever_it_was_told_last(tmp_path, last_words):
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, "-m", "api.worker", str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as worker:
        worker.stdin.write(last_words)
        worker.stdin.close()
        assert worker.wait(timeout=30) == 0


def test_only_engines_with_a_bound_have_one():
    assert registry()["assemble"].limits.violations({"frames": 10**6}) == ()
