"""The tutorials, followed from top to bottom as a reader would: every block is done, and what a page shows is what is
said.

A block `sh` is run, and what it assigns is known to the blocks after it. `sh serve` is started and left running; the
next one, or the end of the page, ends it as Ctrl-C does. A block with `file=NAME` is written. One without a language
shows what the block before it says: its lines come in that order, `...` is whatever stands there, or was cut; what
follows `> ` is typed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house.test_docs import ROOT, blocks

WITHIN_S = 240
PROGRAMS = ("curl", "jq")
CUT = "..."
PAGES = sorted((ROOT / "docs").glob("tutorial-*.md"))


class Reader:
    """Follows a page in a folder of its own, with a port of its own in place of the page's 8080."""

    def __init__(self, folder: Path) -> None:
        self._here, self._known, self._log = folder / "here", folder / "variables", folder / "serve.log"
        self._here.mkdir()
        self._known.touch()
        self._port = free_port()
        self._serving: subprocess.Popen[bytes] | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VIBEBOARD_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = kept | {"PATH": path, "HOME": str(folder), "OMP_NUM_THREADS": "1"}

    def follow(self, page: Path) -> None:
        found = [(info, text.replace("8080", str(self._port))) for info, text in blocks(page)]
        for (info, text), (what, after) in pairwise([*found, ("sh", "")]):
            shown = "" if what else after
            if "file=" in info:
                (self._here / info.partition("file=")[2]).write_text(text)
            elif info == "sh serve":
                compare(shown, self._serve(text), text)
            elif info == "sh":
                needs(text, page)
                compare(shown, self._run(text, typed(shown)), text)

    def _run(self, text: str, said: str) -> str:
        """What a block says; what it assigns is exported, and kept for the next."""
        command = f". {self._known}\n{text}\nexport -p > {self._known}"
        done = subprocess.run(
            ["sh", "-euac", command],
            cwd=self._here,
            env=self._environment,
            input=said,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        assert done.returncode == 0, text + done.stdout
        return done.stdout

    def _serve(self, text: str) -> str:
        """What a service says as soon as it answers."""
        self.stop()
        command = ["sh", "-euc", text]
        with self._log.open("wb") as log:
            self._serving = subprocess.Popen(
                command, cwd=self._here, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + WITHIN_S
        while "answers at" not in (said := self._log.read_text(errors="replace")):
            assert self._serving.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.05)
        return said

    def stop(self) -> None:
        """Ctrl-C, which goes to all processes of the terminal."""
        if self._serving is not None:
            os.killpg(self._serving.pid, signal.SIGINT)
            self._serving.wait(60)


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def needs(text: str, page: Path) -> None:
    """Leave the page where it needs a program that is not here; what is before was followed."""
    missing = [name for name in PROGRAMS if re.search(rf"\b{name} -", text) and not shutil.which(name)]
    if missing:
        pytest.skip(f"{page.name} was followed up to where it needs {' and '.join(missing)}")


def typed(shown: str) -> str:
    return "".join(f"{line[2:]}\n" for line in shown.splitlines() if line.startswith("> "))


def compare(shown: str, said: str, of: str) -> None:
    """Each line that a page shows is said, in that order. A line may be said just after a prompt, `> `."""
    lines = iter(said.splitlines())
    for line in shown.splitlines():
        if line == CUT or line.startswith("> "):
            continue
        pattern = ".*".join(map(re.escape, line.split(CUT)))
        found = any(re.fullmatch(pattern, told.removeprefix("> ").rstrip()) for told in lines)
        assert found, f"{of}does not say {line!r}:\n{said}"


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    reader = Reader(folder)
    try:
        yield reader
    finally:
        reader.stop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_can_be_followed(page, tmp_path):
    with reading(tmp_path) as reader:
        reader.follow(page)


def test_there_is_one_for_each_entrance():
    assert [page.stem for page in PAGES] == ["tutorial-api", "tutorial-chat", "tutorial-script"]


def test_a_page_that_shows_something_else_is_found_out():
    compare("one ... three\n...\nfour\n", "zero\none two three\nfour\n", "")
    for shown in ("two\n", "four\none two three\n"):
        with pytest.raises(AssertionError, match="does not say"):
            compare(shown, "one two three\nfour\n", "")
