"""What stages of engines were measured to take: bytes of memory besides their weights, and seconds.

Both grow about linearly with pixels times frames on top of a constant (scaling a single measurement by its volume can
miss the constant by far), so that a line is fitted to what was seen of each stage.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from vibeboard.model import Frozen

MARGIN = 1.02
"""On top of the reserve: what an allocator rounds up."""
QUANTILE = 0.95
RAISE = 1.15
MOST_RAISED = RAISE**3
KEPT = 64
"""Observations of a stage; the oldest go."""


class Observation(Frozen):
    """`volume` is width * height * frames."""

    volume: int = Field(ge=0)
    bytes: int = Field(ge=0)
    seconds: float = Field(ge=0.0)


class StagePeaks(Frozen):
    """What is known of a stage. `raised` is the factor on expectations since it ran out of memory."""

    engine: str
    stage: str
    raised: float = Field(default=1.0, ge=1.0)
    seen: tuple[Observation, ...] = ()


class _File(Frozen):
    stages: tuple[StagePeaks, ...] = ()


class Line(NamedTuple):
    constant: float
    slope: float

    def at(self, volume: int) -> float:
        return self.constant + self.slope * volume


class Peaks:
    """Measurements by engine and stage, kept in a file if there is a `path`; a damaged one is begun anew. Several
    processes may keep theirs in one file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stages = _read(path)
        self._fresh: dict[tuple[str, str], list[Observation]] = {}
        """What was seen since the last save, by what has changed."""

    def observe(self, engine: str, stage: str, volume: int, bytes: int, seconds: float) -> None:
        """A stage went well. What it had been raised by after running out of memory halves."""
        known, new = self._known(engine, stage), Observation(volume=volume, bytes=bytes, seconds=seconds)
        self._keep(known, raised=1.0 + (known.raised - 1.0) / 2, seen=(*known.seen, new)[-KEPT:])
        self._fresh[engine, stage].append(new)

    def too_small(self, engine: str, stage: str, volume: int) -> None:
        """A stage of that volume ran out of memory within what was expected: expect 15 % more, three times at most."""
        known = self._known(engine, stage)
        self._keep(known, raised=min(known.raised * RAISE, MOST_RAISED), seen=known.seen)

    def expect(self, engine: str, stage: str, volume: int, declared: int) -> int:
        """Bytes to reserve: the fitted line, what 95 of 100 runs stayed within of it, and a margin. `declared` until
        the stage was measured, and at volumes that one measurement alone says nothing about."""
        known = self._known(engine, stage)
        points = [(one.volume, float(one.bytes)) for one in known.seen]
        return int(_expected_bytes(points, volume, declared) * known.raised)

    def seconds(self, engine: str, stage: str, volume: int, declared: float) -> float:
        """Expected seconds: the fitted line, `declared` until the stage was measured, in proportion to one volume."""
        points = [(one.volume, one.seconds) for one in self._known(engine, stage).seen]
        if not points:
            return declared
        if _one_volume(points):
            return _mean(points) * (volume / points[0][0] if points[0][0] else 1.0)
        return max(_fit(points).at(volume), 0.0)

    def save(self) -> None:
        """Add what is new to the file, which is written whole or not at all."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self._path.parent):
            self._stages |= self._merged(_read(self._path))
            _write(self._path, _File(stages=tuple(self._stages.values())))
        self._fresh = {}

    def _merged(self, kept: Mapping[tuple[str, str], StagePeaks]) -> dict[tuple[str, str], StagePeaks]:
        """What the file has, with what is new here after it."""
        merged = dict(kept)
        for key, fresh in self._fresh.items():
            own = self._stages[key]
            seen = (*kept[key].seen, *fresh) if key in kept else own.seen
            merged[key] = own.model_copy(update={"seen": seen[-KEPT:]})
        return merged

    def _known(self, engine: str, stage: str) -> StagePeaks:
        return self._stages.get((engine, stage)) or StagePeaks(engine=engine, stage=stage)

    def _keep(self, known: StagePeaks, *, raised: float, seen: tuple[Observation, ...]) -> None:
        changed = known.model_copy(update={"raised": raised, "seen": seen})
        self._stages[known.engine, known.stage] = changed
        self._fresh.setdefault((known.engine, known.stage), [])


def _read(path: Path | None) -> dict[tuple[str, str], StagePeaks]:
    if path is None:
        return {}
    try:
        stages = _File.model_validate_json(path.read_bytes()).stages
    except (FileNotFoundError, ValidationError):
        return {}
    return {(stage.engine, stage.stage): stage for stage in stages}


def _write(path: Path, content: _File) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(content.model_dump_json())
    Path(name).replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other process that asks for it changes the folder meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


Points = Sequence[tuple[int, float]]


def _expected_bytes(points: Points, volume: int, declared: int) -> float:
    if not points:
        return declared
    if _one_volume(points):
        highest = MARGIN * max(value for _, value in points)
        return highest if volume == points[0][0] else float(declared)
    line = _fit(points)
    over = sorted(max(value - line.at(seen), 0.0) for seen, value in points)
    reserve = over[min(int(QUANTILE * len(over)), len(over) - 1)]
    return MARGIN * (max(line.at(volume), 0.0) + reserve)


def _one_volume(points: Points) -> bool:
    return len({volume for volume, _ in points}) == 1


def _mean(points: Points) -> float:
    return sum(value for _, value in points) / len(points)


def _fit(points: Points) -> Line:
    """Least squares with a slope that is not negative."""
    middle = sum(volume for volume, _ in points) / len(points)
    mean = _mean(points)
    spread = sum((volume - middle) ** 2 for volume, _ in points)
    slope = max(sum((volume - middle) * (value - mean) for volume, value in points) / spread, 0.0)
    return Line(mean - slope * middle, slope)
