"""The command line, but that the workers of `serve` are stubs (`benchmarks.stub_worker`)."""

from __future__ import annotations

import sys
from pathlib import Path

from api import own_workers
from api.cli import main
from benchmarks.stub_worker import CHILDREN
from gpu_runtime.placement.embedded import Embedded
from vibeboard.jobs import Placement


def _stubs(root: Path) -> Placement:
    command = [sys.executable, "-m", "benchmarks.stub_worker", str(root.resolve())]
    return Embedded(command, CHILDREN, root / "worker.log")


own_workers.placement_for = _stubs  # type: ignore[assignment]
__all__ = ["main"]
