"""What people write is said again as they wrote it."""

from __future__ import annotations

import io
import subprocess

from api.progress import watch_for
from graphs.request import MakeRequest
from tests.build.conftest import VIBEBOARD

NAME = "my:x:film [bold]"


def test_a_name_in_an_error(tmp_path):
    command = [VIBEBOARD, "chat", NAME]
    failed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"vibeboard: there is no film in {NAME}: name its folder")


def test_a_name_in_what_is_told_of_a_build():
    said = io.StringIO()
    watch_for(said, MakeRequest(script="", name="film", engines={}), 2).say(NAME)
    assert said.getvalue() == f"{NAME}\n"
