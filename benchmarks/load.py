"""The service under load: `python -m benchmarks.load`, about six minutes on two cores.

A thousand clients follow twenty episodes, fifty episodes are asked for at once, and reads are timed while episodes are
made. The workers are stubs (`benchmarks.stub_worker`); everything else is the service proper, with the generator of the
load on the same machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks.load_clients import Cast, Seen, follow, idle_memory
from benchmarks.load_order import Course, courses, displacements
from benchmarks.load_reads import at_share, read_at_rate
from benchmarks.load_service import (
    ENDED,
    ask_all,
    new_films,
    script,
    served,
    states,
    wait_for,
)
from benchmarks.report import REPORTS, header, table
from benchmarks.stub_worker import CHILDREN, STEP_S, STEPS

CAST = Cast(steady=780, storming=200, slow=20, leaving=100)
FOLLOWED, FOLLOWED_S, FOLLOWED_SCENES = 20, 60.0, 6
IDLE_COUNTS = (0, 500, 1000)
AT_ONCE_ASKED, ASKED_SCENES = 50, 1
READ_S, READS_PER_S = 30.0, 20.0
STUBS = "benchmarks.stub_serve"
MAKING = ENDED | {"making"}
T = TypeVar("T")


class Followed(NamedTuple):
    """`idle` is (clients, KiB of the service); `shares` the jobs of each episode done meanwhile, `at_work` how many
    episodes had not ended then."""

    idle: list[tuple[int, int]]
    seen: Seen
    shares: list[int]
    at_work: int


def elsewhere(call: Callable[..., T], *args: Any) -> T:
    """Do something in a process of its own, as the clients of a service do."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *args).result()


def followed(home: Path, count: int, scenes: int, cast: Cast, seconds: float, idle: Sequence[int]) -> Followed:
    """Clients of episodes that are all at work at once."""
    with served(home, at_once=count) as service:
        films = new_films(service, count)
        memory = elsewhere(idle_memory, service, films, idle) if idle else []
        asyncio.run(ask_all(service, [script(number, scenes) for number in range(count)], films))
        wait_for(service, MAKING, 120)
        before = [course.jobs for course in courses(home)]
        seen = elsewhere(follow, service.url, films, cast, seconds)
        at_work = sum(state not in ENDED for state in states(service).values())
        shares = [course.jobs - begun for course, begun in zip(courses(home), before, strict=True)]
        return Followed(memory, seen, shares, at_work)


class Ordered(NamedTuple):
    """Episodes that were asked for at once, in the order in which they were queued; `asked_s` is what the answers
    took."""

    asked_s: list[float]
    courses: list[Course]
    seconds: float


def ordered(home: Path, count: int, scenes: int) -> Ordered:
    """Episodes that are asked for at the same moment, made some at once as the service does unless told otherwise."""
    with served(home) as service:
        begin = time.monotonic()
        asked = asyncio.run(ask_all(service, [script(number, scenes) for number in range(count)]))
        ended = wait_for(service, ENDED, 600)
        seconds = time.monotonic() - begin
        assert set(ended.values()) == {"finished"}, ended
    return Ordered([item.seconds for item in asked], courses(home), seconds)


Timed = dict[str, list[float]]


def reads_while(home: Path, module: str, *, episodes: int, scenes: int, size: int) -> tuple[Timed, Timed]:
    """Reads of a service with a film in it, idle and then while episodes are made."""
    with served(home, module=module) as service:
        first = asyncio.run(ask_all(service, [script(0, 1)], width=size, height=size))[0]
        wait_for(service, ENDED, 200)
        paths = _paths(first.id, first.film)
        idle = elsewhere(read_at_rate, service.url, paths, READ_S, READS_PER_S)
        scripts = [script(number + 1, scenes) for number in range(episodes)]
        asyncio.run(ask_all(service, scripts, width=size, height=size))
        busy = elsewhere(read_at_rate, service.url, paths, READ_S, READS_PER_S)
        assert any(state not in ENDED for state in states(service).values()), "the episodes ended before the reads"
    return idle, busy


def _paths(episode: str, film: str) -> dict[str, str]:
    return {
        "`GET /api/episodes/{id}`": f"/api/episodes/{episode}",
        "`GET /api/projects`": "/api/projects",
        "`GET /api/threads/{id}/log`": f"/api/threads/{film}/log?limit=50",
        "`GET /api/projects/{id}/runs`": f"/api/projects/{film}/runs",
    }


def report(parts: Mapping[str, str]) -> str:
    return "\n".join(f"## {title}\n\n{text}" for title, text in parts.items())


def ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def say_followed(found: Followed) -> str:
    seen = found.seen
    most = found.idle[-1][0]
    rows = [
        ("clients", f"{CAST.steady + CAST.storming + CAST.slow}, and {CAST.leaving} who leave without a word"),
        ("episodes at work at the end", f"{found.at_work} of {FOLLOWED}"),
        ("events that are kept, received", f"{seen.events}"),
        ("**lost / repeated**", f"**{seen.lost} / {seen.repeated}**"),
        ("connections that the service ended, of those who come back", f"{seen.breaks}"),
        ("progress and the like, received", f"{seen.shown}"),
        ("lag p50 / p99 / most", " / ".join(ms(at_share(seen.lags, share)) for share in (0.5, 0.99, 1.0))),
        ("back after the storm, p50 / p99", f"{ms(at_share(seen.back_s, 0.5))} / {ms(at_share(seen.back_s, 0.99))}"),
        ("jobs of each episode done meanwhile, least / most", f"{min(found.shares)} / {max(found.shares)}"),
        (f"memory of an idle client (0 to {most})", f"{_kib_a_client(found.idle, 0):.0f} KiB"),
        (f"the same, {found.idle[-2][0]} to {most}", f"{_kib_a_client(found.idle, -2):.0f} KiB"),
    ]
    return table(("", f"{FOLLOWED} episodes, {FOLLOWED_S:.0f} s"), rows)


def _kib_a_client(idle: Sequence[tuple[int, int]], first: int) -> float:
    (few, less), (many, more) = idle[first], idle[-1]
    return (more - less) / (many - few)


def say_ordered(found: Ordered) -> str:
    begun, ended = ([getattr(item, name) for item in found.courses] for name in ("begun", "ended"))
    rates = [item.jobs_per_s for item in found.courses]
    rows = [
        ("answers to the requests, p50 / most", f"{ms(at_share(found.asked_s, 0.5))} / {ms(max(found.asked_s))}"),
        ("begun out of order by at most", f"{max(displacements(begun))} places"),
        ("ended out of order by at most", f"{max(displacements(ended))} places"),
        ("jobs a second of an episode in hand, least / median / most", _spread(rates)),
        ("all of it", f"{found.seconds:.0f} s, {sum(item.jobs for item in found.courses)} jobs"),
    ]
    return table(("", f"{len(found.courses)} episodes at once"), rows)


def _spread(rates: Sequence[float]) -> str:
    low, high = min(rates), max(rates)
    return f"{low:.2f} / {statistics.median(rates):.2f} / {high:.2f} (most is {high / low:.1f} times least)"


def say_reads(found: Mapping[str, tuple[Timed, Timed]]) -> str:
    head = ("", "idle p50", "idle p99", "making p50", "making p99", "ratio of p99")
    rows = [row for kind, (idle, busy) in found.items() for row in _rows(kind, idle, busy)]
    return table(head, rows)


def _rows(kind: str, idle: Timed, busy: Timed) -> list[tuple[str, ...]]:
    every = {name: (idle[name], busy[name]) for name in idle}
    every["**all**"] = (list(chain(*idle.values())), list(chain(*busy.values())))
    return [
        (f"{kind}: {name}", *(ms(at_share(took, share)) for took in pair for share in (0.5, 0.99)), _ratio(pair))
        for name, pair in every.items()
    ]


def _ratio(pair: tuple[list[float], list[float]]) -> str:
    idle, busy = (at_share(took, 0.99) for took in pair)
    return f"{busy / idle:.1f}"


ABOUT = f"""The workers are stubs: a job takes {STEPS * STEP_S:.1f} s, of which it sleeps most, {CHILDREN} at once, in
children of the service as those of `vibeboard serve` are. Everything else is the service proper over SQLite and a
folder. What makes the load runs on the same machine, in one Python process, and its own delays count: lag is from the
event's time in the log (ms) to when the client has the message. In the storm {CAST.storming} connections break and come
back at one moment; {CAST.slow} clients read a message a second. Reads are timed from when they were due,
{READS_PER_S:.0f} a second for {READ_S:.0f} s, once with nothing to do and once from the moment at which four episodes
are asked for, planning included; `previs` is with the real renderer, which takes every core that it can get.

"""
QUIET = 1.5
BUSY = "**The machine was busy with other work: these are not the figures of a quiet one.**\n\n"


def main() -> None:
    head = header("The service under load", "python -m benchmarks.load")
    about = ABOUT if os.getloadavg()[0] < QUIET else f"{BUSY}{ABOUT}"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        parts = {
            "A thousand clients": say_followed(
                followed(root / "followed", FOLLOWED, FOLLOWED_SCENES, CAST, FOLLOWED_S, IDLE_COUNTS)
            ),
            "Fifty episodes at once": say_ordered(ordered(root / "ordered", AT_ONCE_ASKED, ASKED_SCENES)),
            "Reads": say_reads(
                {
                    "stubs": reads_while(root / "stubs", STUBS, episodes=4, scenes=6, size=64),
                    "previs": reads_while(root / "previs", "api.cli", episodes=4, scenes=6, size=320),
                }
            ),
        }
    (REPORTS / "load.md").write_text(head + about + report(parts))


if __name__ == "__main__":
    main()
