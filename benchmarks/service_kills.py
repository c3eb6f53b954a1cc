"""SIGKILL of the service, of workers and of both: `python -m benchmarks.service_kills`, about an hour on two cores.

A hundred kills over SQLite and a hundred over Postgres and S3, while episodes are made and followed. Nothing may be
lost or made twice, for the films nor for who follows them. Last, a smaller arm with the job table's content key
switched off, in which work has to be done twice: without that the others would prove nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import REPORTS, header, table
from benchmarks.shaking import Findings, Fleet, look, shake, undisturbed
from tests.servers import KEY, SECRET, new_database, postgres, s3

KILLS, KILLS_UNKEYED, SEED = 100, 12, 5


class Arm(NamedTuple):
    name: str
    kills: int
    findings: Findings
    seconds: float


@contextmanager
def in_folder(_folder: Path) -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def in_postgres_and_s3(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of processes whose store is in real servers of this machine."""
    with postgres() as database, s3(folder / "s3") as bucket:
        yield {
            "VIBEBOARD_DATABASE": new_database(database.url),
            "VIBEBOARD_BLOBS": f"s3://{bucket.bucket}/films",
            "VIBEBOARD_S3_ENDPOINT": bucket.endpoint,
            "VIBEBOARD_S3_REGION": "us-east-1",
            "VIBEBOARD_S3_KEY_ID": KEY,
            "VIBEBOARD_S3_SECRET": SECRET,
            "VIBEBOARD_BLOB_CACHE": str(folder / "cache"),
        }


STORES = {"SQLite and a folder": in_folder, "Postgres and S3": in_postgres_and_s3}


def shaken(store: str, kills: int, *, module: str = "api.cli", calm: bool = True, seed: int = SEED) -> Arm:
    """Shake a store; then make the same episodes in peace, in a folder, and compare."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name, STORES[store](Path(name)) as environment:
        folder = Path(name)
        with Fleet(folder / "shaken", environment, module=module) as fleet:
            made = shake(fleet, kills, seed)
        peace: Mapping[int, Mapping[str, str]] = {}
        if calm:
            with Fleet(folder / "calm") as fleet:
                peace = undisturbed(fleet, [film.number for film in made])
        database = environment.get("VIBEBOARD_DATABASE", folder / "shaken" / "vibeboard.db")
        findings = look(made, peace, database)
    return Arm(store, kills, findings, time.monotonic() - begun)


def _row(arm: Arm) -> tuple[str, ...]:
    found = arm.findings
    figures = (arm.kills, found.episodes, found.shots, found.repairs, found.jobs, found.attempts, found.events)
    return (arm.name, *map(str, figures), str(found.breaks), str(found.made_twice), f"{arm.seconds / 60:.0f} min")


def main() -> None:
    head = header("The service, killed while it makes films", "python -m benchmarks.service_kills")
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    arms = [shaken(store, kills) for store in STORES]
    unkeyed = shaken("SQLite and a folder", min(kills, KILLS_UNKEYED), module="benchmarks.unkeyed", calm=False)
    columns = ("store", "kills", "episodes", "shots", "repairs", "jobs", "attempts", "events", "breaks of followers")
    rows = [_row(arm) for arm in arms]
    rows.append(_row(unkeyed._replace(name="SQLite, key switched off")))
    wrong = [f"- {arm.name}: {text}" for arm in arms for text in arm.findings.wrong]
    report = head + table((*columns, "made twice", "took"), rows)
    report += (
        "\nFilms compared byte for byte, by the hashes of all their files, with the same episodes made in peace.\n"
    )
    report += "\n## What was wrong\n\n" + ("\n".join(wrong) or "Nothing, with the key on.") + "\n"
    (REPORTS / "service_kills.md").write_text(report)
    print(report)


if __name__ == "__main__":
    main()
