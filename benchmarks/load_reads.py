"""Cheap reads over HTTP at a fixed rate: how long each takes, counted from when it was due."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

import httpx2


def read_at_rate(url: str, paths: Mapping[str, str], seconds: float, per_s: float) -> dict[str, list[float]]:
    """Seconds that each read took, by name, of reads in turn. One that is late does not hold up those after it."""
    return asyncio.run(_read(url, paths, seconds, per_s))


async def _read(url: str, paths: Mapping[str, str], seconds: float, per_s: float) -> dict[str, list[float]]:
    took: dict[str, list[float]] = defaultdict(list)
    async with httpx2.AsyncClient(base_url=url, timeout=60) as client:

        async def read(name: str, due: float) -> None:
            (await client.get(paths[name])).raise_for_status()
            took[name].append(time.monotonic() - due)

        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number, name in zip(range(round(seconds * per_s)), itertools.cycle(paths), strict=False):
                due = begin + number / per_s
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(read(name, due))
    return dict(took)


def at_share(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank); 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0
