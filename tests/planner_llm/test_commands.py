"""`vibeboard make` and `vibeboard breakdown` with a planner, as a person runs them."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml

from agents.breakdown.llm_elements import scene_lines
from agents.planner.proposals import told
from tests.build.conftest import SMALL, VIBEBOARD, query
from tests.planner_llm.as_minimax import Stand
from tests.planner_llm.conftest import TWO
from tests.wire_mock import KEY, WireMock

DEMO = Path(__file__).parents[2] / "examples" / "the-last-fare.fountain"


def vibeboard(*args: object, mock: WireMock | None = None, check: bool = True, input: str = "", **environment: str):
    env = {**os.environ, **(mock.environment() if mock else {}), **environment}
    done = subprocess.run(
        [VIBEBOARD, *map(str, args)], input=input, capture_output=True, text=True, timeout=300, check=False, env=env
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def plan(script: Path, output: Path, *options: object, **more):
    return vibeboard("make", script, "-o", output, "--plan-only", *SMALL, *options, **more)


def shot_list(output: Path) -> list[dict[str, str]]:
    with (output / "shotlist.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def answered(output: Path) -> int:
    return query(output, "select count(*) from event where type = 'llm.answered'")[0][0]


def test_the_demo_is_planned_by_minimax_through_every_fault_and_ends_well(tmp_path):
    faults = [
        "1002",
        "leak",
        "1039",
        "stall",
        "1026",
        "leak_m2",
        "500",
        "cut",
        "1041",
        "double",
        "empty",
        "wrong",
    ]
    output = tmp_path / "out"
    refused = "INT. TAXI OFFICE - MORNING"  # of the names in other scenes, such as 4, the question for aliases depends
    with WireMock(Stand(DEMO.read_text()), faults, usage=True, once_each=True, refused=refused) as mock:
        told = plan(DEMO, output, "--planner", "minimax", mock=mock)
        assert len(mock.answered) == len(set(mock.answered))
        calls = len(mock.requests)
        again = plan(DEMO, output, mock=mock)
        assert len(mock.requests) == calls + 1, "only what was refused is asked again"
        assert mock.requests[-1] in mock.requests[:-1]
    rows = shot_list(output)
    assert {row["Scene"] for row in rows} == {str(number) for number in range(1, 9)}
    assert Counter(row["Planner"] for row in rows).keys() == {"MiniMax-M3"}
    assert "elements done offline: MiniMax-M3 does not take the request (2013)" in told.stdout
    assert told.stdout.count("done offline") == 1
    assert "planned by MiniMax-M3" in told.stdout
    assert "done offline" not in again.stdout
    found = b"".join(path.read_bytes() for path in output.rglob("*") if path.is_file())
    assert KEY.encode() not in found + told.stdout.encode() + told.stderr.encode()


@contextmanager
def started(*args: object, mock: WireMock, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work, until the stand-in holds an answer back; killed at the latest in the end."""
    command = [VIBEBOARD, *map(str, args)]
    env = {**os.environ, **mock.environment(), **environment}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            assert mock.holding.wait(120)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("after", range(5))
def test_a_kill_between_any_two_answers_asks_nothing_again(tmp_path, script, after):
    output = tmp_path / "out"
    with WireMock(Stand(TWO)) as mock:
        mock.hold_from = after
        command = ["make", script, "-o", output, "--plan-only", *SMALL, "--planner", "minimax"]
        with started(*command, mock=mock) as process:
            while answered(output) < after and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        mock.hold_from = None
        vibeboard(*command, mock=mock)
        assert len(mock.answered) == len(set(mock.answered)) == 5
    assert answered(output) == 5
    assert {row["Planner"] for row in shot_list(output)} == {"MiniMax-M3"}


def test_ctrl_c_does_not_wait_for_the_model(tmp_path, script):
    with WireMock(Stand(TWO)) as mock:
        mock.hold_from = 0
        command = ["make", script, "-o", tmp_path / "out", "--plan-only", "--planner", "minimax"]
        with started(*command, mock=mock, VIBEBOARD_LLM_IDLE_S="600") as process:
            process.send_signal(signal.SIGINT)
            assert b"carry on where it stopped" in process.communicate(timeout=120)[1]
        assert process.returncode == 130


def test_a_film_stays_with_the_planner_it_was_made_with_and_offline_is_the_default(tmp_path, script):
    keyless, keyed = tmp_path / "keyless", tmp_path / "keyed"
    with WireMock(Stand(TWO)) as mock:
        plan(script, keyless)
        vibeboard("breakdown", script, "--film", keyless, mock=mock)
        assert not mock.requests
        vibeboard("breakdown", script, "--film", keyed, mock=mock)
        assert len(mock.requests) == 3
    assert "Planner" not in shot_list(keyless)[0]
    refused = vibeboard("breakdown", script, "--film", keyed, check=False)
    assert refused.returncode == 1
    assert "set MINIMAX_API_KEY, or plan with planner offline" in refused.stderr
    vibeboard("breakdown", script, "--film", keyed, "--planner", "offline")
    vibeboard("breakdown", script, "--film", keyed)


def test_a_wrong_key_and_an_empty_budget_stop_with_one_sentence_and_no_film(tmp_path, script):
    with WireMock(Stand(TWO)) as mock:
        wrong = plan(
            script, tmp_path / "a", "--planner", "minimax", mock=mock, check=False, MINIMAX_API_KEY="sk-wrong-one"
        )
        assert "refuses the key" in wrong.stderr
        assert "sk-wrong-one" not in wrong.stderr + wrong.stdout
        poor = plan(script, tmp_path / "b", "--planner", "minimax", mock=mock, check=False, VIBEBOARD_LLM_BUDGET="0")
        assert "VIBEBOARD_LLM_BUDGET" in poor.stderr
        assert {wrong.returncode, poor.returncode} == {1}
        assert not mock.answered


def turns() -> list[dict[str, object]]:
    """The answers of the stand-in in the order of the questions, for the scripted model."""
    stand = Stand(TWO)
    elements = [[{"line": n, "text": text} for n, text in scene_lines(scene).items()] for scene, _ in stand.scenes]
    asked = [*(("SceneElements", lines) for lines in elements), ("SameThings", None)]
    asked += [("ProposedShots", told(reading)) for reading in stand.readings]
    answers = [stand(_body(tool, scene)) for tool, scene in asked]
    return json.loads(json.dumps([{"call": tool, "args": args} for tool, args in answers]))


def _body(tool: str, scene: object) -> dict:
    message = {"role": "user", "content": json.dumps({"scene": scene})}
    return {"tools": [{"function": {"name": tool}}], "messages": [message]}


def test_a_scripted_planner_plans_a_film_and_says_when_its_script_runs_out(tmp_path, script):
    whole, short = tmp_path / "whole.yaml", tmp_path / "short.json"
    whole.write_text(yaml.safe_dump(turns(), sort_keys=False))
    short.write_text(json.dumps(turns()[:3]))
    plan(script, tmp_path / "out", "--planner", f"scripted:{whole}")
    assert {row["Planner"] for row in shot_list(tmp_path / "out")} == {"scripted"}
    planned = shot_list(tmp_path / "out")
    plan(script, tmp_path / "out")
    assert shot_list(tmp_path / "out") == planned
    assert f"{len(planned)} shots" in vibeboard("chat", tmp_path / "out", input="what is stale\nexit\n").stdout
    ended = plan(script, tmp_path / "other", "--planner", f"scripted:{short}", check=False)
    assert ended.returncode == 1
    assert "no turn for question 4: 3 turns are in its file" in ended.stderr


def test_a_breakdown_is_listed_as_json_and_stored_as_pending_until_somebody_decides(tmp_path, script):
    film, listed = tmp_path / "film", tmp_path / "elements.json"
    with WireMock(Stand(TWO)) as mock:
        vibeboard("breakdown", script, "--film", film, "-o", listed, "--planner", "minimax", mock=mock)
        scenes = json.loads(listed.read_text())
        letter = {"category": "Props", "name": "letter", "lines": [3], "status": "pending"}
        assert letter in scenes[0]["elements"]
        assert scenes[1]["heading"] == "EXT. STREET - NIGHT"
        assert {status for (status,) in query(film, "select status from element")} == {"PENDING"}
        _decide(film, "letter")
        calls = len(mock.requests)
        again = vibeboard("breakdown", script, "--film", film, mock=mock)
        assert len(mock.requests) == calls == 3
        assert {**letter, "status": "approved"} in json.loads(again.stdout)[0]["elements"]
        script.write_text(TWO.replace("red car", "bus"))
        mock.answer = Stand(script.read_text())
        vibeboard("breakdown", script, "--film", film, "-o", listed, mock=mock)
    names = {name for (name,) in query(film, "select name from element")}
    assert "letter" in names
    assert "bus" in names
    assert "red car" not in names


def _decide(film: Path, name: str) -> None:
    with closing(sqlite3.connect(film / ".vibeboard" / "project.db")) as database, database:
        database.execute("update element set status = 'APPROVED' where name = ?", (name,))


def test_a_breakdown_needs_no_model(script, tmp_path):
    listed = json.loads(vibeboard("breakdown", script, "--film", tmp_path / "film").stdout)
    assert [scene["scene"] for scene in listed] == ["1", "2"]
    assert {element["name"] for element in listed[1]["elements"]} == {"ANN", "red car"}
