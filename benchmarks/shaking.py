"""The service and two workers, killed at random moments while episodes are made and followed.

Used by `benchmarks.service_kills`, which reports on a hundred kills, and by a test with a few.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx2
from sqlalchemy import text

from storage.database import open_database

STEP_S = 0.1
START_S = 120.0
NOTHING_HAPPENS_S = 240.0
WIDTH, HEIGHT = 97, 65
"""Odd, which no engine here can make: the Medic repairs each shot."""

_SCENE = """INT. {place} {number} - NIGHT

A KETTLE whistles. ANNA (40s) turns it off. BEN (50s) sits at the table with a red cup.

ANNA
Not tonight, I said it {number} times.

BEN
Then when?

Anna walks to the window. Ben looks at the cup.

"""


def script(number: int) -> str:
    """A screenplay of a dozen shots, another for each number."""
    places = ("KITCHEN", "CELLAR")
    return "".join(_SCENE.format(place=place, number=number) for place in places)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Fleet:
    """`vibeboard serve --no-workers` and workers by themselves, over one store. `module` is what is run instead of the
    command line proper."""

    def __init__(
        self, home: Path, environment: Mapping[str, str] | None = None, *, workers: int = 2, module: str = "api.cli"
    ) -> None:
        self.home, self.port = home, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {"OMP_NUM_THREADS": "1"} | dict(environment or {})
        serve = ["serve", "--home", str(home), "--port", str(self.port), "--no-workers"]
        work = ["worker", "--home", str(home)]
        self._commands = {"api": serve} | {f"worker {number}": work for number in range(workers)}
        self._module, self._processes = module, dict[str, subprocess.Popen[bytes]]()

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        for name in self._commands:
            self.start(name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def names(self) -> Sequence[str]:
        return list(self._commands)

    def start(self, name: str) -> None:
        command = [sys.executable, "-c", f"import {self._module} as cli; cli.main()", *self._commands[name]]
        with (self.home / f"{name}.log".replace(" ", "-")).open("ab") as log:
            self._processes[name] = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def kill(self, names: Sequence[str]) -> None:
        """SIGKILL some, and start them again when all are gone."""
        for name in names:
            self._processes[name].send_signal(signal.SIGKILL)
        for name in names:
            self._processes[name].wait()
        for name in names:
            self.start(name)

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> Any:
        """Ask until the service answers; with a `key`, a request that is sent twice is done once."""
        headers = {"Idempotency-Key": key} if key else {}
        end = time.monotonic() + START_S
        while True:
            try:
                answer = httpx2.request(method, self.url + path, json=body, headers=headers, timeout=10)
                if answer.status_code < 500 and answer.status_code != 409:
                    answer.raise_for_status()
                    return answer.json()
                problem = answer.text
            except httpx2.TransportError as error:
                problem = str(error)
            assert time.monotonic() < end, f"{method} {path}: {problem}"
            time.sleep(STEP_S)


class Follower(threading.Thread):
    """A client of one thread that comes back after each break with the number that it saw last."""

    def __init__(self, fleet: Fleet, project_id: str) -> None:
        super().__init__(daemon=True)
        self._url = f"{fleet.url}/api/threads/{project_id}/events"
        self._over = threading.Event()
        self.seen: list[int] = []
        self.types: list[str] = []
        self.breaks = self.missed = 0

    def run(self) -> None:
        while not self._over.is_set():
            try:
                self._follow(self.seen[-1] if self.seen else 0)
            except httpx2.TransportError:
                self.breaks += 1
                time.sleep(STEP_S)

    def _follow(self, since: int) -> None:
        with httpx2.stream("GET", self._url, params={"since": since}, timeout=httpx2.Timeout(10, read=30)) as answer:
            if answer.status_code != 200:
                time.sleep(STEP_S)
                return
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(":")
                if line:
                    fields[name] = value.strip()
                elif fields:
                    self._heard(fields)
                    fields = {}
                if self._over.is_set():
                    return

    def _heard(self, fields: Mapping[str, str]) -> None:
        if fields.get("event") == "missed":
            self.missed += 1
        elif fields.get("id"):
            self.seen.append(int(fields["id"]))
            self.types.append(str(json.loads(fields["data"]).get("type", "")))

    def stop(self) -> None:
        """It hears of it with the next line that it reads."""
        self._over.set()


class Made(NamedTuple):
    """An episode at its end: its files by name, and what its follower saw."""

    number: int
    project_id: str
    state: str
    files: Mapping[str, str]
    follower: Follower


class Studio:
    """Submits episodes to a fleet and gathers how they ended."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._open: dict[int, tuple[str, Follower]] = {}
        self.made: list[Made] = []
        self._stood = ("", time.monotonic())

    @property
    def submitted(self) -> int:
        return len(self._open) + len(self.made)

    @property
    def at_work(self) -> int:
        return len(self._open)

    def submit(self, number: int) -> None:
        ask = {
            "script": script(number),
            "name": f"episode {number}",
            "width": WIDTH,
            "height": HEIGHT,
            "auto_approve": True,
        }
        episode = self._fleet.ask("POST", "/api/episodes", ask, key=f"episode {number}")
        follower = Follower(self._fleet, episode["project_id"])
        follower.start()
        self._open[number] = (episode["id"], follower)

    def gather(self) -> None:
        """Take note of episodes that ended."""
        stands: list[str] = []
        for number, (episode_id, follower) in list(self._open.items()):
            episode = self._fleet.ask("GET", f"/api/episodes/{episode_id}")
            stands.append(f"{number} {episode['state']} {len(follower.seen)}")
            if episode["state"] in ("finished", "failed", "cancelled"):
                del self._open[number]
                self._end(number, episode, follower)
        self._must_move(" ".join(stands))

    def _end(self, number: int, episode: Mapping[str, Any], follower: Follower) -> None:
        last = self._fleet.ask("GET", f"/api/threads/{episode['project_id']}/log?limit=1")["newest"]
        end = time.monotonic() + START_S
        while (not follower.seen or follower.seen[-1] < last) and time.monotonic() < end:
            time.sleep(STEP_S)
        follower.stop()
        self.made.append(Made(number, episode["project_id"], episode["state"], episode["files"], follower))

    def _must_move(self, stands: str) -> None:
        before, since = self._stood
        if stands != before:
            self._stood = (stands, time.monotonic())
        elif time.monotonic() - since > NOTHING_HAPPENS_S:
            raise TimeoutError(f"nothing has happened for {NOTHING_HAPPENS_S:.0f} s: {stands}")

    def finish(self) -> None:
        while self._open:
            self.gather()
            time.sleep(STEP_S)


class Findings(NamedTuple):
    """`wrong` says in words what should not be; the rest is for a report."""

    wrong: list[str]
    episodes: int
    shots: int
    repairs: int
    jobs: int
    attempts: int
    events: int
    breaks: int
    made_twice: int


def shake(fleet: Fleet, kills: int, seed: int, *, longest_s: float = 4.0, at_once: int = 2) -> list[Made]:
    """Kill the service, a worker, or both, `kills` times, while `at_once` episodes are in hand."""
    chance = random.Random(seed)
    studio = Studio(fleet)
    victims = [*([name] for name in fleet.names), ["api", "worker 0"], list(fleet.names)]
    for _ in range(kills):
        while studio.at_work < at_once:
            studio.submit(studio.submitted)
        time.sleep(chance.uniform(0.0, longest_s))
        fleet.kill(chance.choice(victims))
        studio.gather()
    studio.finish()
    return studio.made


def undisturbed(fleet: Fleet, numbers: Sequence[int]) -> dict[int, Mapping[str, str]]:
    """The files of the same episodes, made in peace."""
    studio = Studio(fleet)
    for number in numbers:
        studio.submit(number)
    studio.finish()
    return {made.number: made.files for made in studio.made}


def look(made: Sequence[Made], calm: Mapping[int, Mapping[str, str]], database: str | Path) -> Findings:
    """What is to be found after the shaking; `database` is that of the shaken store."""
    wrong: list[str] = []
    for film in sorted(made):
        numbers = film.follower.seen
        if film.state != "finished":
            wrong.append(f"episode {film.number} is {film.state}")
        if calm and film.files != calm.get(film.number):
            wrong.append(f"episode {film.number} has other files than when it was made in peace")
        if numbers != list(range(1, len(numbers) + 1)) or film.follower.missed:
            wrong.append(f"episode {film.number}: its follower saw {_gaps(numbers)}, missed {film.follower.missed}")
    engine = open_database(database)
    with engine.connect() as connection:
        asked = [f"{row[0]} {row[1]}" for row in connection.execute(text("SELECT name, id FROM project"))]
        jobs = list(connection.execute(text("SELECT key, state, attempt, task, engine, params FROM job")))
        uses = connection.execute(text("SELECT DISTINCT project_id, unit, step, job_key FROM use")).fetchall()
        events = list(connection.execute(text("SELECT project_id, seq, type FROM event")))
    engine.dispose()
    if len(asked) != len(made):
        wrong.append(f"{len(asked)} films were begun for {len(made)} requests")
    wrong += [f"job {row.key[:12]} is {row.state}" for row in jobs if row.state != "DONE"]
    steps = Counter(tuple(row[:3]) for row in uses)
    work = Counter((row.task, row.engine, row.params) for row in jobs if row.state in ("MADE", "DONE"))
    twice = sum(work.values()) - len(work) + sum(steps.values()) - len(steps)
    if twice:
        wrong.append(f"{twice} results were made for what had one")
    wrong += _unseen(made, events)
    kinds = Counter(kind for _, _, kind in events)
    return Findings(
        wrong,
        episodes=len(made),
        shots=sum(len([name for name in film.files if re.match(r"takes/.*\.mp4", name)]) for film in made),
        repairs=kinds["call.repaired"],
        jobs=len(jobs),
        attempts=sum(row.attempt for row in jobs),
        events=len(events),
        breaks=sum(film.follower.breaks for film in made),
        made_twice=twice,
    )


def _unseen(made: Sequence[Made], events: Sequence[Any]) -> list[str]:
    logged = Counter(project_id for project_id, _, _ in events)
    return [
        f"episode {film.number}: {logged[film.project_id]} events in the log, {len(film.follower.seen)} seen"
        for film in made
        if logged[film.project_id] != len(film.follower.seen)
    ]


def _gaps(numbers: Sequence[int]) -> str:
    seen = Counter(numbers)
    gaps = sorted(set(range(1, max(numbers, default=0) + 1)) - set(seen))
    return f"gaps {gaps[:5]}, repeats {[number for number, count in seen.items() if count > 1][:5]}"
