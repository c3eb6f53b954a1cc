"""Bad input gets one sentence and an exit code, and leaves nothing that looks like a result."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.build.conftest import SCRIPT, VIBEBOARD, run


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.fountain"
    path.write_text(SCRIPT)
    return path


def refused(*args: object) -> str:
    done = run(*args, check=False)
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    sentence = done.stderr.strip()
    assert sentence.startswith("vibeboard: ")
    assert "\n" not in sentence
    return sentence


SCRIPTS = {
    "empty": (b"", "empty"),
    "binary": (bytes(range(256)) * 20, "text"),
    "pdf": (b"%PDF-1.7\n" + b"x" * 500, "PDF"),
    "too big": (b"INT. ROOM - DAY\n\nA word.\n\n" * 420_000, "MB"),
    "no scenes": (b"Just a letter to a friend.\n\nNothing else.\n", "scene"),
}


@pytest.mark.parametrize(("content", "word"), SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_that_cannot_be_read(tmp_path, content, word):
    path = tmp_path / "script.fountain"
    path.write_bytes(content)
    assert word in refused("make", path, "-o", tmp_path / "out")
    assert not (tmp_path / "out" / "film.mp4").exists()
    assert not list(tmp_path.glob("out/*"))


def test_a_folder_and_a_file_that_is_not_there(tmp_path):
    assert "folder" in refused("make", tmp_path, "-o", tmp_path / "out")
    assert "no-such.fountain" in refused("make", tmp_path / "no-such.fountain", "-o", tmp_path / "out")


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("--fps", "0", "24"),
        ("--fps", "fast", "24"),
        ("--size", "853x480", "854x480"),
        ("--size", "big", "854x480"),
        ("--size", "20x10", "64"),
        ("--scenes", "5-3", "3-5"),
        ("--scenes", "7", "1 to 2"),
    ],
)
def test_an_option_that_makes_no_sense(script, tmp_path, option, value, hint):
    sentence = refused("make", script, "-o", tmp_path / "out", option, value)
    assert option in sentence
    assert value in sentence
    assert hint in sentence


def test_an_output_that_cannot_be_written(script, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "choose another folder" in refused("make", script, "-o", tmp_path / "file" / "out")


def test_a_disk_that_fills_up_while_rendering(script, tmp_path):
    code = (
        "import resource, sys, os\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    options = ["make", script, "-o", tmp_path / "out", "--size", "320x180"]
    command = [sys.executable, "-c", code, VIBEBOARD, *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "film.mp4").exists()
