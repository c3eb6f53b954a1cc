"""What docs/chat.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.build.conftest import VIBEBOARD, run
from tests.chat.conftest import DEMO
from vibeboard.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "chat.md"


def test_the_transcript_of_the_docs_is_what_the_chat_says(tmp_path):
    run("make", DEMO, "-o", tmp_path / "film", "--size", "160x90", "--plan-only", "--planner", "offline")
    (transcript,) = re.findall(r"^```chat\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    lines = transcript.splitlines()
    said = "".join(f"{line[2:]}\n" for line in lines if line.startswith("> "))
    command = [VIBEBOARD, "chat", tmp_path / "film", "--planner", "offline"]
    done = subprocess.run(command, input=said, text=True, capture_output=True, timeout=120, check=True)
    told = iter(done.stdout.splitlines())
    for line in lines:
        assert line in told, f"{line!r} is not said, or not there:\n{done.stdout}"
    assert "do not understand" not in done.stdout


def test_the_docs_name_the_settings_that_there_are():

    named = set(re.findall(r"VIBEBOARD_(\w+)", PAGE.read_text()))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
