"""Batch work against the exact optimum: the shortest time in which 12 jobs with release times and family setups end.

Both sides play the same simple device: one family is resident, becoming resident takes the upload of its weights, and
nothing is interrupted. The windows are consecutive submissions of a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from benchmarks.replay import OURS, replay
from benchmarks.trace import GB, KINDS, Variant
from gpu_runtime.moves import Need
from gpu_runtime.scheduler import Scheduler, Ticket
from vibeboard.jobs import JobClass

WINDOW = 12
WINDOWS = 20
UPLOAD = 20.0


class Piece(NamedTuple):
    family: str
    release: float
    seconds: float
    setup: float


def windows(seed: int) -> list[list[Piece]]:
    """Evenly spread over a replay of the plain trace."""
    variant = Variant("normal")
    sizes = variant.sizes()
    pieces: list[Piece] = []
    for one in replay(OURS, variant, seed).ended:
        if one.task.job_class is not JobClass.INTERACTIVE:
            weights = {name for part in one.task.parts for name in part.weights}
            setup = sum(sizes[name] for name in weights) / (UPLOAD * GB)
            family = KINDS[one.task.kind].family
            pieces.append(Piece(family, one.submitted, one.task.service, setup))
    pieces.sort(key=lambda piece: piece.release)
    starts = [place * (len(pieces) - WINDOW) // (WINDOWS - 1) for place in range(WINDOWS)]
    return [pieces[start : start + WINDOW] for start in starts]


def shortest(pieces: Sequence[Piece]) -> float:
    """Least time from the first release to the last end: dynamic programming over (what is done, the last family)."""
    families = sorted({piece.family for piece in pieces})
    first = min(piece.release for piece in pieces)
    ends: dict[tuple[int, str], float] = {(0, ""): first}
    for done in range(1 << len(pieces)):
        for last in ("", *families):
            end = ends.get((done, last))
            if end is None:
                continue
            for place, piece in enumerate(pieces):
                if not done >> place & 1:
                    after = _end(piece, end, last)
                    key = (done | 1 << place, piece.family)
                    ends[key] = min(ends.get(key, after), after)
    everything = (1 << len(pieces)) - 1
    return min(end for (done, _), end in ends.items() if done == everything) - first


def scheduled(pieces: Sequence[Piece]) -> float:
    """The same jobs in the order of the real scheduler."""
    last = ""
    scheduler = Scheduler(lambda need: 0.0 if need.weights == (last,) else 1.0)
    coming = sorted(pieces, key=lambda piece: piece.release)
    first = now = coming[0].release
    waiting: dict[str, Piece] = {}
    for number, piece in enumerate([*coming, None]):
        while waiting and (piece is None or now < piece.release):
            ticket = scheduler.choose(now)
            assert ticket is not None
            now, last = _end(waiting.pop(ticket.key), now, last), ticket.family
        if piece is not None:
            now = max(now, piece.release)
            waiting[str(number)] = piece
            need = Need((piece.family,))
            scheduler.submit(Ticket(str(number), JobClass.BATCH, piece.family, need, piece.seconds, piece.release))
    return now - first


def _end(piece: Piece, now: float, last: str) -> float:
    return max(now, piece.release) + (piece.setup if piece.family != last else 0.0) + piece.seconds


def excess(seeds: Sequence[int]) -> tuple[float, float, int]:
    """How much longer than the optimum, mean and largest share, and the number of windows."""
    shares = [scheduled(window) / shortest(window) - 1 for seed in seeds for window in windows(seed)]
    return fmean(shares), max(shares), len(shares)
