"""A film of which single shots are made by an engine with weights, through the installed command."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import av
import pytest

from tests.device.conftest import FEW_STEPS
from vibeboard.digest import sha256_file

VIBEBOARD = Path(sys.executable).with_name("vibeboard")
SCRIPT = """\
Title: Not Here

EXT. STREET - NIGHT

ANN walks to the car.

ANN
Not here.
"""


@pytest.fixture(scope="module")
def vibeboard(installed, tmp_path_factory):
    settings = {"MODELS": installed, "DEVICE": "cpu", "HOME": tmp_path_factory.mktemp("home")}
    environment = {**os.environ, **{f"VIBEBOARD_{name}": str(value) for name, value in settings.items()}}

    def run(*args, check=True):
        done = subprocess.run(
            [VIBEBOARD, *map(str, args)], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def film(vibeboard, tmp_path_factory):
    """A previs film and its script; tests copy the folder before they change it."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "script.fountain").write_text(SCRIPT)
    vibeboard("make", folder / "script.fountain", "-o", folder / "out", "--size", "160x90", "--fps", "12")
    return folder


@pytest.fixture
def copied(film, tmp_path):
    return shutil.copytree(film, tmp_path / "film")


def make(vibeboard, folder, *options, check=True):
    script, output = folder / "script.fountain", folder / "out"
    return vibeboard("make", script, "-o", output, "--size", "160x90", "--fps", "12", *options, check=check)


def length(path):
    with av.open(str(path)) as container:
        return container.streams.video[0].frames


def test_one_shot_is_upgraded_in_place_and_goes_back(vibeboard, copied):
    out = copied / "out"
    takes = {path.name: sha256_file(path) for path in (out / "takes").glob("*.mp4")}
    before = sha256_file(out / "film.mp4")
    told = make(vibeboard, copied, "--quality", "draft", "--engine", "wan2.1-vace-1.3b", "--shots", "1a")
    assert "1 shot will be rendered" in told
    assert "engine previs became wan2.1-vace-1.3b" in told
    changed = {name for name, digest in takes.items() if sha256_file(out / "takes" / name) != digest}
    assert changed == {"1A.mp4"}
    assert json.loads((out / "takes" / "1A.scene.json").read_bytes())["renderer"]["name"] == "wan2.1-vace-1.3b"
    assert "every shot is up to date" in make(vibeboard, copied)
    assert length(out / "film.mp4") == length_of_plan(out)
    told = make(vibeboard, copied, "--quality", "previs", "--shots", "1A")
    assert "0 shots will be rendered, 1 taken from before" in told
    assert sha256_file(out / "film.mp4") == before


def length_of_plan(out):
    rows = (out / "shotlist.csv").read_text().splitlines()
    column = rows[0].split(",").index("Frames")
    return sum(int(row.split(",")[column]) for row in rows[1:] if row)


def test_a_film_is_drafted_in_four_steps_by_adapters_on_a_backbone(vibeboard, copied):
    told = make(vibeboard, copied, "--quality", "draft", "--engine", FEW_STEPS, "--shots", "1A")
    assert f"engine previs became {FEW_STEPS}" in told
    take = json.loads((copied / "out" / "takes" / "1A.scene.json").read_bytes())
    assert take["renderer"]["name"] == FEW_STEPS
    assert FEW_STEPS in vibeboard("doctor")


def say(installed, folder, *lines):
    """Talk about the film as a person would through a pipe."""
    environment = {**os.environ, "VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu"}
    command = [VIBEBOARD, "chat", folder / "out", "--script", folder / "script.fountain", "--planner", "offline"]
    said = "".join(f"{line}\n" for line in lines)
    return subprocess.run(
        command, env=environment, input=said, capture_output=True, text=True, timeout=120, check=True
    ).stdout


def begins_with(out, number):
    """The first frame that a shot's take was asked for, and the stills that its unit uses."""
    with closing(sqlite3.connect(out / ".vibeboard" / "project.db")) as database:
        rows = database.execute(
            "select use.step, use.sha256, job.params from use join job on job.key = use.job_key where active"
            " and unit = (select unit from use where step = 'take' and active and sha256 = ?)",
            [sha256_file(out / "takes" / f"{number}.mp4")],
        ).fetchall()
    (asked,) = {json.loads(params)["first_frame"] for step, _, params in rows if step == "take"}
    return asked, {digest for step, digest, _ in rows if step.startswith("end-")}


def test_a_shot_goes_on_from_the_last_frame_of_the_one_before(vibeboard, installed, copied):
    out = copied / "out"
    make(vibeboard, copied, "--engine", "wan2.1-vace-1.3b")
    first, alone = (sha256_file(out / "takes" / f"{number}.mp4") for number in ("1A", "1B"))
    told = say(installed, copied, "continue 1B", "cost")
    assert "to be made again: 1B" in told
    assert "1 shot to render" in told
    assert "it begins with another picture" in told
    told = make(vibeboard, copied)
    assert "1 shot will be rendered" in told
    assert sha256_file(out / "takes" / "1A.mp4") == first != alone
    assert sha256_file(out / "takes" / "1B.mp4") != alone
    asked, stills = begins_with(out, "1B")
    assert {asked} == stills
    assert "every shot is up to date" in make(vibeboard, copied)
    told = say(installed, copied, "redo 1A")
    assert "1B" in told
    assert "every shot is up to date" not in (told := make(vibeboard, copied))
    assert "render shot 1B: the take that it goes on from changed" in told
    told = say(installed, copied, "undo 2", "undo 1")
    assert "0 shots will be rendered" in make(vibeboard, copied)
    assert [sha256_file(out / "takes" / f"{number}.mp4") for number in ("1A", "1B")] == [first, alone]


def test_one_job_can_be_cancelled_and_is_made_by_the_next_build(vibeboard, installed, copied):
    environment = {**os.environ, "VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu"}
    command = [VIBEBOARD, "make", copied / "script.fountain", "-o", copied / "out", "--size", "160x90", "--fps", "12"]
    command += ["--engine", "wan2.1-t2v-1.3b", "--shots", "1A,1B"]
    assert "at work are none" in vibeboard("gpu", copied / "out", "--cancel", "ab", check=False)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as build:
        while not (keys := takes_at_work(copied / "out")) and build.poll() is None:
            time.sleep(0.02)
        told = vibeboard("gpu", copied / "out", "--cancel", keys[0][:12])
        assert f"asked generate_shot {keys[0][:8]} on wan2.1-t2v-1.3b to stop" in told
        said, _ = build.communicate(timeout=120)
    assert build.returncode == 1
    assert re.search(r"not finished: shot 1[AB]: cancelled; making the film again makes it", " ".join(said.split())), (
        said
    )
    told = make(vibeboard, copied)
    assert "1 shot will be rendered" in told
    assert "done in" in told


def takes_at_work(out):
    with closing(sqlite3.connect(out / ".vibeboard" / "project.db")) as database:
        rows = database.execute("select key from job where task = 'generate_shot' and state = 'RUNNING'")
        return [key for (key,) in rows]


def test_a_killed_build_does_not_make_a_take_twice(vibeboard, installed, copied):
    environment = {**os.environ, "VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu"}
    command = [VIBEBOARD, "make", copied / "script.fountain", "-o", copied / "out", "--size", "160x90", "--fps", "12"]
    command += ["--engine", "wan2.1-t2v-1.3b", "--quality", "draft"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not list((copied / "out" / ".vibeboard" / "scratch").glob("*/*.mp4")):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    told = make(vibeboard, copied)
    assert "done in" in told
    assert "every shot is up to date" in make(vibeboard, copied)


def test_a_shot_that_its_engine_cannot_make_is_named_with_the_way_out(vibeboard, copied):
    script = copied / "script.fountain"
    script.write_text(SCRIPT.replace("Not here.", "Not here, not in this street, not tonight, and not with him. " * 2))
    make(vibeboard, copied)
    told = make(vibeboard, copied, "--engine", "wan2.1-t2v-1.3b", check=False)
    assert "the film is not finished" in told
    hint = re.search(r"quality previs for shots (\S+) finishes it", told)
    assert hint, told
    assert "done in" in make(vibeboard, copied, "--quality", "previs", "--shots", hint[1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--quality", "draft", "--shots", "9Z"), "the film has shots 1A"),
        (("--engine", "wan2.1-vace-14b"), "vibeboard models pull wan2.1-vace-14b"),
        (("--engine", "sora"), "no engine of that name does generate_shot"),
        (("--shots", "1A"), "add --quality draft"),
        (("--quality", "draft", "--shots", ","), "names no shot"),
    ],
)
def test_what_cannot_be_chosen_is_said_in_one_sentence(vibeboard, copied, options, said):
    told = make(vibeboard, copied, *options, check=False)
    assert said in told
    assert "Traceback" not in told


def test_the_device_can_be_looked_at_from_outside(vibeboard, copied):
    nobody = vibeboard("gpu", copied / "out", "--once")
    assert "nobody is at work" in nobody
    assert json.loads(vibeboard("gpu", copied / "out", "--json")) == []
    assert "there is no film" in vibeboard("gpu", copied / "nowhere", check=False)


def test_a_worker_by_itself_makes_the_shots_and_shows_its_device(vibeboard, installed, copied):
    environment = {**os.environ, "VIBEBOARD_MODELS": str(installed), "VIBEBOARD_DEVICE": "cpu"}
    command = [VIBEBOARD, "worker", copied / "out"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as worker:
        worker.stdout.readline()
        told = make(vibeboard, copied, "--engine", "wan2.1-t2v-1.3b", "--quality", "draft", "--leave-to-workers")
        assert "done in" in told
        (seen,) = json.loads(vibeboard("gpu", copied / "out", "--json"))
        (device,) = seen["snapshot"]["devices"]
        assert device["jobs_made"] >= 1
        assert "umt5-xxl" in vibeboard("gpu", copied / "out", "--once")
        metrics = vibeboard("gpu", copied / "out", "--prometheus")
        assert f'vibeboard_device_jobs_made_total{{device="cpu",worker="{seen["owner"]}"}}' in metrics
        vibeboard("gpu", copied / "out", "--unload")
        while json.loads(vibeboard("gpu", copied / "out", "--json"))[0]["snapshot"]["devices"][0]["memory"]["weights"]:
            time.sleep(0.2)
        worker.send_signal(signal.SIGTERM)
    assert worker.returncode == 0
