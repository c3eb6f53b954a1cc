"""In which order episodes ran, and how much of the workers each had: read from a service's own log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

_COURSES = """
SELECT min(CASE WHEN type = 'run.started' THEN event.created_at END),
       max(CASE WHEN type = 'run.finished' THEN event.created_at END),
       sum(type = 'asset.persisted')
FROM episode JOIN event ON event.project_id = episode.project_id
GROUP BY episode.number ORDER BY episode.number
"""


class Course(NamedTuple):
    """When an episode began and ended, seconds since 1970 (0 if it has not), and how many of its jobs are done."""

    begun: float
    ended: float
    jobs: int

    @property
    def jobs_per_s(self) -> float:
        return self.jobs / (self.ended - self.begun)


def courses(home: Path) -> list[Course]:
    """How the episodes of the service in `home` went, in the order in which they were queued; a film has one."""
    with closing(sqlite3.connect(home / "vibeboard.db")) as database:
        rows = database.execute(_COURSES).fetchall()
    return [Course(_seconds(begun), _seconds(ended), jobs) for begun, ended, jobs in rows]


def _seconds(text: str | None) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else 0.0


def displacements(times: Sequence[float]) -> list[int]:
    """How many places each is from where it would be if they were in order."""
    ranks = sorted(range(len(times)), key=lambda index: times[index])
    return [abs(rank - index) for rank, index in enumerate(ranks)]
