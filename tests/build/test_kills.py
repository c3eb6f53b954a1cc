"""SIGKILL at any moment: nothing is made twice, nothing is lost, the film is byte for byte the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.build.conftest import SMALL, VIBEBOARD, jobs, make

KILLS = int(os.environ.get("VIBEBOARD_KILLS", "4"))
SEED = 20


def start(script: Path, output: Path) -> subprocess.Popen[bytes]:
    command = [VIBEBOARD, "make", script, "-o", output, *SMALL]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def first_frame(process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait until a worker has begun a picture, so that a kill meets work and not imports."""
    while process.poll() is None and not list((output / ".vibeboard" / "scratch").glob("*/*.mp4")):
        time.sleep(0.02)


def test_a_killed_build_carries_on_and_ends_with_the_same_film(made, tmp_path):
    chance = random.Random(SEED)
    output = tmp_path / "out"
    killed = 0
    for _ in range(KILLS):
        process = start(made / "script.fountain", output)
        first_frame(process, output)
        try:
            process.wait(timeout=chance.uniform(0.0, 2.5))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.communicate()
    assert killed
    make(made / "script.fountain", output)
    assert (output / "film.mp4").read_bytes() == (made / "out" / "film.mp4").read_bytes()
    assert {key: state for key, (state, _) in jobs(output).items()} == dict.fromkeys(jobs(made / "out"), "DONE")


def test_ctrl_c_stops_and_the_next_run_keeps_what_was_finished(made, tmp_path):
    output = tmp_path / "out"
    process = start(made / "script.fountain", output)
    first_frame(process, output)
    process.send_signal(signal.SIGINT)
    assert "carry on where it stopped" in process.communicate(timeout=10)[1].decode()
    assert process.returncode == 130
    finished = {key for key, (state, _) in jobs(output).items() if state == "DONE"}
    make(made / "script.fountain", output)
    assert all(jobs(output)[key] == ("DONE", 1) for key in finished)
    assert (output / "film.mp4").read_bytes() == (made / "out" / "film.mp4").read_bytes()


def test_a_request_to_terminate_stops_too_where_a_shell_has_ctrl_c_ignored(made, tmp_path):
    """As for a command that a script has put into the background."""
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", VIBEBOARD, "make", made / "script.fountain"]
    output = tmp_path / "out"
    with subprocess.Popen([*map(str, command), "-o", str(output), *SMALL], stderr=subprocess.PIPE) as process:
        first_frame(process, output)
        process.send_signal(signal.SIGTERM)
        assert "carry on where it stopped" in process.communicate(timeout=30)[1].decode()
    assert process.returncode == 130
