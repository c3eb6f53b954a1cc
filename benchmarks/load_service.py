"""A service with stub workers in a process of its own, and what is asked of it while it is under load."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

START_S = 60
LOOK_S = 0.5
_SCENE = """INT. {place} {number} - NIGHT

A KETTLE whistles. ANNA (40s) turns it off. BEN (50s) sits at the table with a red cup.

ANNA
Not tonight, I said it {number} times.

BEN
Then when?

Anna walks to the window. Ben looks at the cup.

"""
_PLACES = ("KITCHEN", "CELLAR", "OFFICE", "HALL", "ATTIC", "STUDIO", "LIBRARY", "GARAGE")
ENDED = frozenset({"finished", "failed", "cancelled"})


def script(number: int, scenes: int) -> str:
    """A screenplay of about four shots a scene, another for each number: no two have a job in common."""
    return "".join(_SCENE.format(place=_PLACES[scene % len(_PLACES)], number=number) for scene in range(scenes))


class Served(NamedTuple):
    """A service that answers at `url`; its films are in `home`."""

    url: str
    pid: int
    home: Path


@contextmanager
def served(home: Path, *, module: str = "benchmarks.stub_serve", at_once: int | None = None) -> Iterator[Served]:
    """A service with stubs, or with `api.cli` for a `module` the one proper; ended as Ctrl-C would."""
    code = f"import {module} as cli; cli.main()"
    command = [sys.executable, "-c", code, "serve", "--home", str(home), "--port", "0"]
    more = {"VIBEBOARD_EPISODES_AT_ONCE": str(at_once)} if at_once else {}
    said = home.with_suffix(".log")
    with said.open("wb") as out:
        environment = os.environ | {"COLUMNS": "300", "OMP_NUM_THREADS": "1"} | more
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    try:
        yield Served(_address(process, said), process.pid, home)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"answers at (http://\S+?),", said.read_text(errors="replace")):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"the service does not answer: {said.read_text(errors='replace')[-2000:]}")


def resident_kib(pid: int) -> int:
    """Memory of a process that is not shared with others, nor swapped out (`RssAnon` of proc(5))."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"RssAnon:\s+(\d+) kB", text)[0])


def get(service: Served, path: str) -> Any:
    return httpx2.get(service.url + path, timeout=60).raise_for_status().json()


def new_films(service: Served, count: int) -> list[str]:
    """The ids of new films without a script."""
    with httpx2.Client(base_url=service.url, timeout=60) as client:
        return [client.post("/api/projects", json={"name": f"film {n}"}).json()["id"] for n in range(count)]


class Asked(NamedTuple):
    """An episode that was asked for, and how long the answer took."""

    id: str
    film: str
    run: str
    seconds: float


async def ask_all(service: Served, scripts: Sequence[str], films: Sequence[str] = (), **fields: Any) -> list[Asked]:
    """Ask for an episode of each script at the same moment, each of a film of its own, unless `films` are named."""
    size = {"width": 64, "height": 64, "auto_approve": True, **fields}
    async with httpx2.AsyncClient(base_url=service.url, timeout=120, limits=httpx2.Limits(max_connections=100)) as all_:

        async def ask(number: int) -> Asked:
            film = {"project_id": films[number]} if films else {"name": f"film {number}"}
            begin = time.monotonic()
            answer = await all_.post("/api/episodes", json={"script": scripts[number], **size, **film})
            made = answer.raise_for_status().json()
            return Asked(made["id"], made["project_id"], made["run_id"], time.monotonic() - begin)

        return await asyncio.gather(*map(ask, range(len(scripts))))


def states(service: Served) -> dict[str, str]:
    """The state of every episode by id, in the order in which they were queued."""
    found: dict[str, str] = {}
    path = "/api/episodes?limit=100"
    after: str | None = ""
    while after is not None:
        page = get(service, f"{path}&after={after}")
        found |= {item["id"]: item["state"] for item in page["items"]}
        after = page["next"]
    return dict(reversed(found.items()))


def wait_for(service: Served, wanted: frozenset[str], within_s: float) -> dict[str, str]:
    """The states of the episodes when all are among those that are `wanted`."""
    end = time.monotonic() + within_s
    while not set((now := states(service)).values()) <= wanted:
        if time.monotonic() > end:
            raise TimeoutError(f"after {within_s:.0f} s the episodes are {sorted(now.values())}")
        time.sleep(LOOK_S)
    return now
