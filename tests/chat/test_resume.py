"""A chat that is killed is carried on: nothing that was answered is asked again, nothing is changed twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import Any

import pytest

from tests.build.conftest import SMALL, VIBEBOARD, query, run
from tests.chat.conftest import DEMO
from tests.wire_mock import WireMock

STEPS: tuple[Any, ...] = (
    ("set_length", {"shot": "4M", "factor": 1.5}),
    ("move_camera", {"shot": "4M", "movement": "push in", "to": "her eyes"}),
    "Slower, and closer in the end.",
)


def next_step(body: dict[str, Any]) -> Any:
    """The step after as many as have results."""
    return STEPS[sum(message["role"] == "tool" for message in body["messages"])]


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planned") / "film"
    run("make", DEMO, "-o", folder, *SMALL, "--plan-only", "--planner", "offline")
    return folder


@pytest.fixture
def film(planned, tmp_path):
    shutil.copytree(planned, tmp_path / "film")
    return tmp_path / "film"


def start(film, mock: WireMock) -> subprocess.Popen[str]:
    command = [VIBEBOARD, "chat", film, "--planner", "minimax"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env={**os.environ, **mock.environment()}, text=True, **pipes)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdin.close()
    process.stdout.close()


def say(process: subprocess.Popen[str], text: str) -> None:
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def finish(film, mock: WireMock) -> str:
    process = start(film, mock)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0, told
    return told


def assert_done_once(film, mock: WireMock) -> None:
    assert len(mock.answered) == len(STEPS)
    assert len(set(mock.answered)) == len(STEPS)
    edits = [json.loads(edit)["kind"] for (edit,) in query(film, "select edit from edit order by id")]
    assert edits == ["scale length", "movement"]
    ((messages,),) = query(film, "select messages from turn")
    assert STEPS[-1] in messages
    assert len(query(film, "select * from event where run_id = 'chat' and type = 'llm.answered'")) == len(STEPS)


@pytest.mark.parametrize("answered", range(len(STEPS)))
def test_killed_while_it_waits_for_an_answer(film, answered):
    with WireMock(next_step) as mock:
        mock.hold_from = answered
        process = start(film, mock)
        say(process, "make 4M slower and push in to her eyes")
        assert mock.holding.wait(60)
        kill(process)
        mock.hold_from = None
        told = finish(film, mock)
        assert "carried on" in told
        assert STEPS[-1] in told
        assert_done_once(film, mock)


@pytest.mark.parametrize("seen", ["• set length", "  edit 1", "• move camera", "  edit 2"])
def test_killed_when_something_was_shown(film, seen):
    with WireMock(next_step) as mock:
        process = start(film, mock)
        say(process, "make 4M slower and push in to her eyes")
        while not process.stdout.readline().startswith(seen):
            pass
        kill(process)
        finish(film, mock)
        assert_done_once(film, mock)


def test_a_question_that_was_open_is_asked_again_and_its_answer_counts_once(film):
    env = {**os.environ, "VIBEBOARD_ASK_ABOVE_CPU_S": "0"}

    def chat(text: str) -> str:
        command = [VIBEBOARD, "chat", film, "--planner", "offline"]
        return subprocess.run(
            command, env=env, input=text, text=True, capture_output=True, timeout=120, check=True
        ).stdout

    told = chat("make 2A\n")
    assert "yes or no (question 1.1.1)" in told
    assert not (film / "takes").exists()
    told = chat("answer 1.1.1 yes\nanswer 1.1.1 no\n")
    assert "made: 2A" in told
    assert "question 1.1.1 was answered before (yes)" in told
    assert (film / "takes" / "2A.mp4").is_file()
