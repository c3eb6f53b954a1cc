"""The Medic beside its peers on injected faults: `python -m benchmarks.medic`, about ten minutes on two cores.

instructor asks for an older `jiter` than we pin, so it is in no extra of ours; it takes part if it can be imported.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType

from benchmarks import medic_blind, medic_round1
from benchmarks.medic_blind import blind
from benchmarks.medic_cases import REPAIRS
from benchmarks.medic_habits import Habit
from benchmarks.medic_heldout import FROZEN, held_out
from benchmarks.medic_peers import PEERS, System, instructor_is_here, medic
from benchmarks.medic_round1 import round_one
from benchmarks.medic_stops import STOPS
from benchmarks.medic_world import Case, Tally, Verdict, Wants, World
from benchmarks.report import REPORTS, header, table
from storage.blobs import FolderBlobs

HEAD = ("system", "repaired", "intent changed", "bad persisted", "escalated properly", "wasted jobs", "model calls")


SEEDS = 20
RULES = ("agents/medic", "tools", *(f"vibeboard/{name}.py" for name in ("hints", "stage", "camera", "timing")))


def main() -> None:
    head = header("The Medic", "python -m benchmarks.medic")
    logging.getLogger("instructor").setLevel(logging.CRITICAL)
    seen, unseen = list(cases()), list(held_out())
    with tempfile.TemporaryDirectory() as folder:
        blobs = FolderBlobs(Path(folder))
        report = head + _intro(seen, unseen)
        report += _round("The blind round", medic_blind, list(blind()), blobs, PEERS)
        report += _section("Held out", unseen, blobs, PEERS) + _section("In sample", seen, blobs, PEERS)
        report += _round("The first round", medic_round1, list(round_one()), blobs, {})
        report += _faults("Held out, fault by fault, rules alone", unseen, blobs)
        report += _faults("In sample, fault by fault, rules alone", seen, blobs)
    (REPORTS / "medic.md").write_text(report)
    print(report)


def cases(seeds: int = SEEDS) -> Iterator[Case]:
    """The cases in sample."""
    for name, make in (REPAIRS | STOPS).items():
        for seed in range(seeds):
            yield replace(make(Random(f"{name} {seed}")), fault=name, seed=seed)


def _round(
    title: str, module: ModuleType, cases: Sequence[Case], blobs: FolderBlobs, peers: Mapping[str, tuple[System, bool]]
) -> str:
    """What a round came to while it was held out, as its module records it, and what it comes to now."""
    recorded = " ".join((module.__doc__ or "").partition("\n\n")[2].split())
    return f"## {title}\n\n{recorded}\n\n" + _section(f"{title}, as the Medic is now", cases, blobs, peers)


def _intro(seen: Sequence[Case], unseen: Sequence[Case]) -> str:
    command = ["git", "diff", "--stat", FROZEN, "--", *RULES]
    moved = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPORTS.parents[1]).stdout.strip()
    since = f"What changed in them since:\n\n```\n{moved}\n```\n" if moved else "Nothing changed in them since.\n"
    return (
        f"{len(seen)} cases in sample ({len({case.fault for case in seen})} fault classes, {SEEDS} seeds each) and "
        f"{len(unseen)} held out (two seeds of each template), written after rules and declarations were frozen at "
        f"commit {FROZEN} and never tuned on, by the author of the rules, who knew what they do: read the figure as an "
        f"upper bound. The blind round, below, is by somebody who had not seen the rules. {since}\n"
        "A case counts as repaired when the call succeeds, its result passes the probe and the intent holds "
        "(prompt, references, seed, camera equal; duration within 6 %, aspect 4 %, area 8 %). Models are scripted "
        "habits, so a row is a range over what models do, not a score of one. Calls fail in a simulated world with the "
        "real validation, the real limits and the real probe on real small files; time is simulated.\n\n"
    )


def _section(title: str, cases: Sequence[Case], blobs: FolderBlobs, peers: Mapping[str, tuple[System, bool]]) -> str:
    wants = {want: sum(case.wants is want for case in cases) for want in Wants}
    rows = [_row("Medic, rules alone", medic, None, cases, blobs)]
    rows += [_row(f"Medic, {habit}", medic, habit, cases, blobs) for habit in Habit]
    for name, (system, asks) in peers.items():
        if name.startswith("instructor") and not instructor_is_here():
            rows.append((name, *["not installed"] * (len(HEAD) - 1)))
            continue
        for habit in Habit if asks else (None,):
            rows.append(_row(f"{name}, {habit}" if habit else name, system, habit, cases, blobs))
    counts = f"{wants[Wants.REPAIR]} to repair, {wants[Wants.ESCALATE]} to escalate."
    return f"## {title}\n\n{counts}\n\n{table(HEAD, rows)}\n"


def run(system: System, habit: Habit | None, cases: Sequence[Case], blobs: FolderBlobs) -> Tally:
    async def everything() -> Tally:
        tally = Tally()
        for case in cases:
            world = World(case, blobs)
            tally.add(case, world, await system(case, world, habit))
        return tally

    return asyncio.run(everything())


def _row(name: str, system: System, habit: Habit | None, cases: Sequence[Case], blobs: FolderBlobs) -> tuple[str, ...]:
    tally = run(system, habit, cases, blobs)
    return (
        name,
        _share(tally.verdicts[Verdict.REPAIRED], tally.wants[Wants.REPAIR]),
        str(tally.verdicts[Verdict.INTENT_CHANGED]),
        str(tally.verdicts[Verdict.BAD_PERSISTED]),
        _share(tally.verdicts[Verdict.ESCALATED], tally.wants[Wants.ESCALATE]),
        str(tally.wasted),
        str(tally.llm_calls),
    )


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"


def _faults(title: str, cases: Sequence[Case], blobs: FolderBlobs) -> str:
    tally = run(medic, None, cases, blobs)
    rows = [
        (fault.replace("_", " "), ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
        for fault, verdicts in sorted(tally.by_fault.items())
    ]
    return f"## {title}\n\n{table(('fault', 'verdicts'), rows)}\n"


if __name__ == "__main__":
    main()
