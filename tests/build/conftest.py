from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

VIBEBOARD = Path(sys.executable).with_name("vibeboard")

SCRIPT = """\
Title: Two Doors
Author: VibeBoard

INT. KITCHEN - DAY

ANN (30s) sits at the table with a LETTER in her hand.

ANN
It came this morning.

BEN stands by the window.

BEN
Then read it.

EXT. STREET - NIGHT

Ann walks to the car.

ANN
Not here.
"""

SMALL = ("--size", "160x90", "--fps", "12")


def run(*args: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """The installed command, as a person would run it."""
    done = subprocess.run([VIBEBOARD, *map(str, args)], capture_output=True, text=True, timeout=600, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def make(script: Path, output: Path, *options: str) -> str:
    return run("make", script, "-o", output, *SMALL, *options).stdout


def query(output: Path, statement: str, *values: object) -> list[tuple]:
    """Rows of the project's database."""
    with closing(sqlite3.connect(output / ".vibeboard" / "project.db")) as database:
        return database.execute(statement, values).fetchall()


def jobs(output: Path, task: str = "generate_shot") -> dict[str, tuple[str, int]]:
    """Content key -> state and attempts of the jobs of a task."""
    rows = query(output, "select key, state, attempt from job where task = ?", task)
    return {key: (state, attempt) for key, state, attempt in rows}


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A folder with `script.fountain` and the film made of it; tests copy it before they change it."""
    folder = tmp_path_factory.mktemp("film")
    script = folder / "script.fountain"
    script.write_text(SCRIPT)
    make(script, folder / "out")
    return folder
