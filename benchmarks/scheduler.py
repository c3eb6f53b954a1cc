"""The queue and the memory of one card: `python -m benchmarks.scheduler`, about three minutes on two cores.

The real scheduler, residency and ledgers play the episode trace on a virtual clock, beside other rules.
"""

from __future__ import annotations

from statistics import fmean

from benchmarks import decide, optimum
from benchmarks.replay import COMPARED, CONTENDERS, FORESIGHT, FRESH, OURS, Figures, least_overhead, mean, measure
from benchmarks.report import REPORTS, header, table
from benchmarks.trace import Variant, episode

NORMAL, LIGHT, FP8 = Variant("normal"), Variant("light", spread=4), Variant("fp8", fp8=True)
ALSO = (
    Variant("releases spread by 8", spread=8),
    Variant("10 % cancelled", cancelled=0.1),
    Variant("one 20-minute job, 24 s a step", long_job=True),
    Variant("crash after 7000 s", crash_at=7000.0),
)
HOSTS = (64, 32)
SEEDS = range(20)
HEAD = (
    "rule",
    "weights",
    "overhead",
    "swaps",
    "GB moved",
    "interactive late p50 / p95 / max, s",
    "within 10 s",
    "longest batch wait, s",
    "bounds broken",
    "preemptions",
    "busy",
)
NOTES = """
Time is virtual, so the figures are the same on every machine, but for those of decisions. Service times, sizes and
arrivals are assumed (`benchmarks/trace.py`). Means of seeds 0 to 4 unless it says otherwise.

*Late* is latency minus service. *Overhead* is the time in which the device had work and did not do it, over the
service; where work is always waiting that is makespan minus service. *Swaps* are uploads of a diffusion transformer,
*GB moved* all reads and uploads. A bound is what `submit` told; the wait that is held against it leaves out
interactive work.

Modelled: 44 GB of device, 96 GB of host memory, 2.5 GB/s from disk, 20 GB/s to the device; one loader that makes one
move at a time, also while a job computes. A stage begins when all of its weights are there (no streaming of blocks),
copies do not slow computing down, steps cannot be interrupted. The light variant spreads the releases by 4, which
still leaves the card busy nearly all the time.

Rows of others restate the ordering rule, they are not those programs; what they do with memory is ours without the
queue's knowledge and without prefetch, but for the seed's. *Our scheduler alone* has that same memory.

The order of edits was chosen on seeds 0 to 9: in the order of arrival their p95 is 27 s and 0.79 are within 10 s. The
age cap of 900 s and gates of 600 s were looked at on the same seeds and left as they were: from 300 to 3600 s of age
and 150 to 1200 s of gate, overhead stays between 0.7 and 0.9 %. Seeds 10 to 19 were not looked at before.
"""


def row(name: str, tier: str, run: Figures, *, bounded: bool) -> tuple[str, ...]:
    return (
        name,
        tier,
        f"{run.overhead:.2%}",
        f"{run.swaps:.0f}",
        f"{run.moved_gb:.0f}",
        f"{run.late_p50:.0f} / {run.late_p95:.0f} / {run.late_max:.0f}",
        f"{run.within_10:.2f}",
        f"{run.batch_wait:.0f}",
        f"{run.violations:.0f}" if bounded else "none told",
        f"{run.preemptions:.0f}",
        f"{run.busy:.1%}",
    )


def compared(variant: Variant) -> str:
    rows = []
    for one in CONTENDERS:
        bounded = one.rule is OURS.rule
        rows.append(row(one.name, one.tier.name, mean(measure(one, variant, COMPARED)), bounded=bounded))
    least = least_overhead(variant, COMPARED)
    rows.append(("lower bound: service and one upload of each component", "", f"{least:.2%}", *[""] * 8))
    return f"## {variant.name.capitalize()}\n\n" + table(HEAD, rows) + "\n"


def of_ours() -> str:
    seen = {variant.name: mean(measure(OURS, variant, COMPARED)) for variant in ALSO}
    for host in HOSTS:
        small = OURS._replace(tier=FORESIGHT._replace(host_gb=host))
        seen[f"host of {host} GB"] = mean(measure(small, NORMAL, COMPARED))
    for variant in (NORMAL, LIGHT, FP8):
        seen[f"{variant.name}, seeds 10 to 19"] = mean(measure(OURS, variant, FRESH))
    rows = [row(name, FORESIGHT.name, run, bounded=True) for name, run in seen.items()]
    short = "; ".join(f"{name}: {misses}" for name, run in seen.items() if (misses := missed(run))) or "none"
    text = table(("what is different", *HEAD[1:]), rows) + f"\nShort of a goal: {short}.\n\n"
    return "## Ours in other circumstances\n\n" + text


def missed(run: Figures) -> str:
    """The goals that a run does not meet, with its figures."""
    misses = {
        f"overhead {run.overhead:.2%}": run.overhead > 0.02,
        f"interactive p95 {run.late_p95:.0f} s late": run.late_p95 > 30,
        f"{run.within_10:.2f} within 10 s": run.within_10 < 0.8,
        f"{run.violations:.1f} bounds broken": run.violations > 0,
    }
    return ", ".join(figure for figure, is_missed in misses.items() if is_missed)


def goals(longest_decision: float) -> str:
    rows: list[tuple[str, ...]] = []
    broken = 0.0
    for variant in (NORMAL, LIGHT, FP8):
        runs = measure(OURS, variant, SEEDS)
        told = mean(runs)
        broken += sum(run.violations for run in runs)
        p95 = f"{told.late_p95:.1f}; worst seed {max(run.late_p95 for run in runs):.1f}"
        within = f"{told.within_10:.2f}; worst seed {min(run.within_10 for run in runs):.2f}"
        rows += [
            (f"{variant.name}: overhead over service", f"{told.overhead:.2%}", "<= 2 %", met(told.overhead <= 0.02)),
            (f"{variant.name}: interactive p95 late, s", p95, "<= 30", met(told.late_p95 <= 30)),
            (f"{variant.name}: share within service + 10 s", within, ">= 0.8", met(told.within_10 >= 0.8)),
            (f"{variant.name}: longest wait over its bound", f"{max(run.tight for run in runs):.2f}", "<= 1", ""),
        ]
    rows.append(("bounds broken, all runs above", f"{broken:.0f}", "0", met(broken == 0)))
    decision = f"{longest_decision * 1e3:.2f}"
    rows.append(("placement decision at 100 components, ms", decision, "<= 1", met(longest_decision <= 1e-3)))
    return "## Goals, seeds 0 to 19\n\n" + table(("what", "seen", "goal", "met"), rows) + "\n"


def met(yes: bool) -> str:
    return "yes" if yes else "NO"


def decisions(at_100: float) -> str:
    rows: list[tuple[str, ...]] = [
        (f"{count}", f"{decide.ours(count) * 1e3:.3f}", f"{decide.diffusers(count) * 1e3:.1f}")
        for count in (5, 10, 15, 18, 20)
    ]
    rows.append(("100", f"{at_100 * 1e3:.3f}", "not run: it tries every subset"))
    head = ("resident components", "ours, ms", "diffusers AutoOffloadStrategy, ms")
    return "## Deciding what leaves\n\n" + table(head, rows) + "\n"


def against_optimum() -> str:
    average, worst, count = optimum.excess(COMPARED)
    return (
        f"## Against the optimum\n\nOn {count} windows of {optimum.WINDOW} consecutive batch submissions the real "
        f"scheduler, which does not know what will come, ends {average:.2%} later than the exact optimum, which does; "
        f"{worst:.2%} at worst. Both on a device where one family is resident and nothing is interrupted.\n\n"
    )


def trace_line() -> str:
    tasks = [[task for arrival in episode(seed, NORMAL) for task in arrival.chain] for seed in COMPARED]
    hours = fmean(sum(task.service for task in one) / 3600 for one in tasks)
    return f"{fmean(len(one) for one in tasks):.0f} tasks with {hours:.1f} hours of service, on average.\n\n"


def main() -> None:
    report = header("Scheduling on one card", "python -m benchmarks.scheduler") + NOTES.strip() + "\n\n" + trace_line()
    at_100 = decide.ours(100)
    report += goals(at_100)
    report += "".join(compared(variant) for variant in (NORMAL, LIGHT, FP8))
    report += of_ours() + against_optimum() + decisions(at_100)
    (REPORTS / "scheduler.md").write_text(report.rstrip() + "\n")
    print(report)


if __name__ == "__main__":
    main()
