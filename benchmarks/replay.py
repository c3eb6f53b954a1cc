"""The contenders, and what a replay of the trace came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import NamedTuple

from benchmarks.rules import Fifo, Greedy, Lookahead, Pressure
from benchmarks.trace import GB, Arrival, Variant, episode
from benchmarks.virtual_device import VirtualDevice
from benchmarks.virtual_work import Ended, Log, MakeRule, Rule, Setup, Tier
from gpu_runtime.scheduler import Policy, Scheduler
from vibeboard.jobs import JobClass

COMPARED, FRESH = range(5), range(10, 20)
"""Seeds. The policy was settled on 0 to 9; the fresh ones are for the check."""

PINNED = Tier("pinned, LRU")
FORESIGHT = Tier("pinned, next use", foresight=True)
SEED = Tier("0.62 GB/s", read=0.62, upload=float("inf"), unload_all=True)


def ours(setup: Setup, cold: Setup) -> Rule:
    return Scheduler(setup, Policy(), cold)


def peer(rule: Callable[[], Rule]) -> MakeRule:
    return lambda _setup, _cold: rule()


class Contender(NamedTuple):
    name: str
    tier: Tier
    rule: MakeRule


OURS = Contender("**ours**", FORESIGHT, ours)
CONTENDERS = (
    Contender("seed: FIFO, unload all", SEED, peer(Fifo)),
    Contender("FIFO", PINNED, peer(Fifo)),
    Contender("greedy affinity", PINNED, peer(Greedy)),
    Contender("Swarm's pressure", PINNED, peer(Pressure)),
    Contender("interactive first, lookahead 32", PINNED, peer(Lookahead)),
    Contender("our scheduler alone", PINNED, ours),
    OURS,
)


class Figures(NamedTuple):
    """One run, or the mean of several. Seconds, but for shares and counts. `late` is latency minus service of
    interactive work; `tight` the largest wait over its bound."""

    overhead: float
    swaps: float
    moved_gb: float
    late_p50: float
    late_p95: float
    late_max: float
    within_10: float
    batch_wait: float
    violations: float
    tight: float
    preemptions: float
    busy: float


def replay(contender: Contender, variant: Variant, seed: int) -> Log:
    device = VirtualDevice(variant, contender.tier, contender.rule)
    return device.play(episode(seed, variant), variant.crash_at)


def figures(log: Log) -> Figures:
    late = sorted(max(one.latency - one.task.service, 0.0) for one in log.ended if _is_edit(one))
    return Figures(
        overhead=(log.makespan - log.idle - log.service) / log.service,
        swaps=log.swaps,
        moved_gb=log.moved / GB,
        late_p50=quantile(late, 0.5),
        late_p95=quantile(late, 0.95),
        late_max=late[-1],
        within_10=fmean(seconds <= 10.0 for seconds in late),
        batch_wait=max(one.waited for one in log.ended if not _is_edit(one)),
        violations=sum(one.counted > one.bound for one in log.ended),
        tight=max(one.counted / one.bound for one in log.ended),
        preemptions=log.preemptions,
        busy=log.service / log.makespan,
    )


def mean(runs: Sequence[Figures]) -> Figures:
    return Figures(*(fmean(column) for column in zip(*runs, strict=True)))


def measure(contender: Contender, variant: Variant, seeds: Iterable[int]) -> list[Figures]:
    return [figures(replay(contender, variant, seed)) for seed in seeds]


def least_overhead(variant: Variant, seeds: Iterable[int]) -> float:
    """Nothing but one upload of every component that is used, at link rate, over the service."""
    return fmean(_first_loads(episode(seed, variant), variant) for seed in seeds)


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _first_loads(arrivals: Sequence[Arrival], variant: Variant) -> float:
    tasks = [task for arrival in arrivals for task in arrival.chain]
    used = {component for task in tasks for part in task.parts for component in part.weights}
    sizes = variant.sizes()
    return sum(sizes[component] for component in used) / (PINNED.upload * GB) / sum(task.service for task in tasks)


def _is_edit(one: Ended) -> bool:
    return one.task.job_class is JobClass.INTERACTIVE
