from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

VIBEBOARD = Path(sys.executable).with_name("vibeboard")
START_S = 60
SCRIPT = """\
Title: The Kettle

INT. KITCHEN - NIGHT

A KETTLE whistles on the stove. ANNA (40s) turns it off. BEN (50s) sits at the table with a RED CUP.

ANNA
Not tonight.

BEN
Then when?

EXT. YARD - DAY

Anna walks across the yard. A dog barks.
"""


@dataclass(frozen=True)
class Server:
    """`vibeboard serve` in a process of its own."""

    url: str
    home: Path
    process: subprocess.Popen[str]

    def client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, headers=headers, timeout=120)


@contextmanager
def serving(
    home: Path, *options: str, program: Sequence[str | Path] = (VIBEBOARD,), **environment: str
) -> Iterator[Server]:
    """A server whose films are in `home`, at a port of its own, ended as Ctrl-C would."""
    command = [*program, "serve", "--home", home, "--port", "0", *options]
    env = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "300"} | environment
    log = home.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(list(map(str, command)), env=env, stdout=said, stderr=said, text=True)
    try:
        yield Server(_address(process, log), home, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    end = time.monotonic() + START_S
    while True:
        found = re.search(r"answers at (http://\S+?),", log.read_text(errors="replace"))
        if found:
            return found[1]
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"the server does not answer: {log.read_text(errors='replace')}")
        time.sleep(0.05)


def issued(server: Server, owner: str, scopes: str = "read,write,spend,admin") -> str:
    """A token of a server, made by its operator."""
    command = [VIBEBOARD, "tokens", "create", "test", "--owner", owner, "--scopes", scopes, "--home", server.home]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("service") / "home") as served:
        yield served


@pytest.fixture(scope="module")
def client(server) -> Iterator[httpx2.Client]:
    with server.client() as opened:
        yield opened


@pytest.fixture
def film(client) -> str:
    """The path of a new film with a script of two scenes."""
    made = client.post("/api/projects", json={"name": "The Kettle"}).json()
    path = f"/api/projects/{made['id']}"
    client.post(f"{path}/scripts", json={"text": SCRIPT}).raise_for_status()
    return path
