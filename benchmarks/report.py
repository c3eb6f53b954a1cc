"""Where and when something was measured."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from collections.abc import Iterable
from pathlib import Path

REPORTS = Path(__file__).parent / "reports"


def header(title: str, command: str) -> str:
    """The head of a report: what was run, on what, at which commit."""
    commit = _run("git", "rev-parse", "--short=12", "HEAD")
    dirty = " with uncommitted changes" if _run("git", "status", "--porcelain", "--", "*.py") else ""
    load = os.getloadavg()[0]
    return (
        f"# {title}\n\n`{command}`\n\n"
        f"{_cpu()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}; "
        f"commit {commit}{dirty}; {datetime.date.today().isoformat()}; load average at the start {load:.1f}.\n\n"
    )


def write_by_parts(path: Path, head: str, parts: Iterable[str]) -> str:
    """The report, written down after every part of it: the next may fail after an hour."""
    report = head
    for part in parts:
        report += part
        path.write_text(report)
    return report


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPORTS.parent).stdout.strip()
