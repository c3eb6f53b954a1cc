"""`vibeboard chat`, `edits` and `undo` as people run them, through a pipe and on a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess

import pytest

from tests.build.conftest import VIBEBOARD, run
from tests.chat.conftest import DEMO

SCRIPT = """\
Title: [red]Two[/red] Doors

INT. KITCHEN - DAY

ANN sits at the table with a LETTER in her hand.

ANN
It came this morning.
"""
TURNS = """\
- call: set_size
  args: {shot: 1B, size: CU}
- text: Closer now.
- text: Good bye.
"""


@pytest.fixture
def film(tmp_path):
    script = tmp_path / "script.fountain"
    script.write_text(SCRIPT)
    run("make", script, "-o", tmp_path / "film", "--size", "160x90", "--fps", "12", "--plan-only")
    return tmp_path / "film"


def chat(film, text: str, *options: object) -> str:
    command = [VIBEBOARD, "chat", film, *map(str, options)]
    done = subprocess.run(command, input=text, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_message_a_line_through_a_pipe(film, tmp_path):
    (tmp_path / "turns.yaml").write_text(TURNS)
    told = chat(film, "closer on her\nthanks\n", "--planner", f"scripted:{tmp_path / 'turns.yaml'}")
    lines = told.splitlines()
    assert lines[0].startswith("[red]Two[/red] Doors: 1 scene")
    at = lines.index("> closer on her")
    assert lines[at + 1] == "• set size: shot 1B, size CU"
    assert any("size " in line and "-> CU" in line for line in lines[at + 2 :])
    assert lines.index("Closer now.") < lines.index("> thanks") < lines.index("Good bye.")
    assert run("edits", film).stdout == "1  1B: CU\n"
    assert "undone: edit 1" in run("undo", film).stdout
    assert run("edits", film).stdout == "1  1B: CU  (undone)\n"
    assert "nothing to undo" in run("undo", film, check=False).stderr


def test_making_from_the_chat_shows_progress_and_gives_the_film(film):
    told = chat(film, "make\ncost\n", "--planner", "offline")
    assert "shots will be rendered" in told
    assert str(film / "film.mp4") in told
    assert "every shot is up to date" in told
    assert (film / "film.mp4").stat().st_size


def test_an_edit_from_the_chat_is_in_the_next_build_and_the_script_may_change_meanwhile(film):
    script = film.parent / "script.fountain"
    chat(film, "slower 1B 2\n", "--planner", "offline")
    told = run("make", script, "-o", film, "--size", "160x90", "--fps", "12", "--plan-only").stdout
    assert "1 scene" in told
    script.write_text(SCRIPT.replace("INT. KITCHEN - DAY", "EXT. FIELD - DAY"))
    told = chat(film, "edits\n", "--script", script, "--planner", "offline")
    assert "1  " in told


def test_bytes_that_are_no_text_are_only_not_understood(film):
    command = [VIBEBOARD, "chat", film, "--planner", "offline"]
    for encoding in ("utf-8:strict", "utf-8:surrogateescape"):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(
            command,
            input=b"slower \xff\xfe 1B\nedits\n",
            env=environment,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert b"no edits" in done.stdout


def test_an_edit_before_the_first_is_no_number_of_one(film):
    done = run("undo", film, "0", check=False)
    assert done.returncode == 2
    assert "greater than or equal to 1" in " ".join(done.stderr.split())


def test_a_folder_without_a_film_is_said(tmp_path):
    done = run("chat", tmp_path / "none", check=False)
    assert done.returncode == 1
    assert "there is no film in" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_film_can_be_begun_in_the_chat(tmp_path):
    told = chat(tmp_path / "new", "show scene 3\n", "--script", DEMO, "--planner", "offline")
    assert "INT. TAXI - NIGHT" in told


_PATIENCE_S = 60


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command: object) -> None:
        self.process, self.handle = pty.fork()
        if self.process == 0:
            os.execv(command[0], list(map(str, command)))
        self.text = ""

    def _read(self) -> None:
        ready, _, _ = select.select([self.handle], [], [], _PATIENCE_S)
        assert ready, self.text
        self.text += os.read(self.handle, 65536).decode(errors="replace")

    def until(self, words: str) -> None:
        while words not in self.text:
            self._read()

    def prompt(self) -> None:
        """Until it waits for a line: what is typed before that may be lost."""
        while not self.text.endswith("> "):
            self._read()

    def type(self, keys: str) -> None:
        self.text = ""
        os.write(self.handle, keys.encode())

    def close(self) -> int:
        _, status = os.waitpid(self.process, 0)
        os.close(self.handle)
        return os.waitstatus_to_exitcode(status)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_ctrl_c_stops_what_is_done_and_not_the_program(tmp_path):
    folder = tmp_path / "film"
    run("make", DEMO, "-o", folder, "--size", "640x360", "--plan-only", "--planner", "offline")
    terminal = Terminal(VIBEBOARD, "chat", folder, "--planner", "offline")
    terminal.prompt()
    terminal.type("make scene 3\r")
    terminal.until("will be rendered")
    terminal.type("\x03")
    terminal.until("stopped; what was made is kept")
    terminal.prompt()
    terminal.type("show 1A\r")
    terminal.until("EST")
    terminal.prompt()
    terminal.type("\x04")
    assert terminal.close() == 0
