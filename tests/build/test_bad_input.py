"""Bad input gets one sentence and an exit code, and leaves nothing that looks like a result."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing

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
        ("--fps", "24/00", "24"),
        ("--size", "853x480", "854x480"),
        ("--size", "big", "854x480"),
        ("--size", "20x10", "64"),
        ("--scenes", "5-3", "3-5"),
        ("--scenes", "7", "1 to 2"),
    ],
)
def test_an_option_that_makes_no_sense(script, tmp_path, option, value, hint):
    sentence = refused("make", script, "-o", tmp_path / "out", option, value)
    assert option.lstrip("-") in sentence
    assert value in sentence
    assert hint in sentence


def test_an_output_that_cannot_be_written(script, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "choose another folder" in refused("make", script, "-o", tmp_path / "file" / "out")


@pytest.mark.parametrize("damage", ["no database", "newer"])
def test_a_project_that_cannot_be_opened(made, tmp_path, damage):
    output = tmp_path / "out"
    shutil.copytree(made / "out", output)
    database = output / ".vibeboard" / "project.db"
    if damage == "newer":
        with closing(sqlite3.connect(database)) as opened:
            opened.execute("update alembic_version set version_num = '9999'")
            opened.commit()
    else:
        database.write_bytes(b"something else entirely " * 500)
    assert "move" in refused("make", made / "script.fountain", "-o", output)


def test_a_pass_of_a_shot_or_to_a_place_that_is_not_there(made, tmp_path):
    assert "99Z" in refused("pass", made / "out", "99Z")
    shot = next((made / "out" / "takes").glob("*.mp4")).stem
    assert "no folder" in refused("pass", made / "out", shot, "-o", tmp_path / "no" / "such" / "file")


def test_a_disk_that_fills_up_while_rendering(script, tmp_path):
    """On a file system of its own that is really too small."""
    unshare = shutil.which("unshare")
    inside = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
    alone = [unshare or "", "--user", "--map-root-user", "--mount", "sh", "-c", inside, "sh"]
    disk = tmp_path / "disk"
    disk.mkdir()
    if not unshare or subprocess.run([*alone, "1m", str(disk), "true"], capture_output=True, check=False).returncode:
        pytest.skip("a file system for the test alone cannot be mounted here")
    watch = 'v=$1; s=$2; "$v" make "$s" -o out --size 640x360; code=$?; ls out >&2; exit $code'
    command = [*alone, "1500k", str(disk), "sh", "-c", f'cd "{disk}"; {watch}', "sh", str(VIBEBOARD), str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert "film.mp4" not in done.stderr
