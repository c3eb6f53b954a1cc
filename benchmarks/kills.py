"""SIGKILL at random moments while the demo is made: `python -m benchmarks.kills`, ten to fifteen minutes on two cores.

The film must be byte for byte that of an undisturbed build, and the job table must show one committed result a key.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.make import DEMO, VIBEBOARD
from benchmarks.report import REPORTS, header, table
from vibeboard.digest import sha256_file

KILLS = 20
SEED = 1
LONGEST_S = 12.0


def start(output: Path) -> subprocess.Popen[bytes]:
    command = [str(VIBEBOARD), "make", str(DEMO), "-o", str(output)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_once(output: Path, chance: random.Random) -> bool:
    """Start a build and kill it some time after its first frame; whether it was still alive."""
    process = start(output)
    scratch = output / ".vibeboard" / "scratch"
    while process.poll() is None and not list(scratch.glob("*/*.mp4")):
        time.sleep(0.02)
    try:
        process.wait(timeout=chance.uniform(0.0, LONGEST_S))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() < 0


def jobs(output: Path) -> dict[str, tuple[str, int, str]]:
    """Key -> state, attempts and the result's digest."""
    with closing(sqlite3.connect(output / ".vibeboard" / "project.db")) as database:
        rows = database.execute("select key, state, attempt, result from job").fetchall()
    return {key: (state, attempt, result) for key, state, attempt, result in rows}


def main() -> None:
    head = header("Killed while making a film", "python -m benchmarks.kills")
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        calm, shaken = Path(folder) / "calm", Path(folder) / "shaken"
        start(calm).wait()
        killed = sum(kill_once(shaken, chance) for _ in range(KILLS))
        start(shaken).wait()
        before, after = jobs(calm), jobs(shaken)
        same_film = sha256_file(calm / "film.mp4") == sha256_file(shaken / "film.mp4")
        same_jobs = {key: row[::2] for key, row in before.items()} == {key: row[::2] for key, row in after.items()}
        attempts = sum(row[1] for row in after.values())
    rows = [
        ("builds killed", f"{killed} of {KILLS}"),
        ("film byte for byte that of the undisturbed build", "yes" if same_film else "NO"),
        ("every key committed once, with the same result", "yes" if same_jobs else "NO"),
        ("jobs, and attempts at them", f"{len(after)}, {attempts}"),
    ]
    report = head + table(("what", "seen"), rows)
    (REPORTS / "kills.md").write_text(report)
    print(report)


if __name__ == "__main__":
    main()
