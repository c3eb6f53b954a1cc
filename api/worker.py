"""`python -m api.worker STORE [--device]`: the processes that placements start. Storage is handed in here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gpu_runtime import worker
from storage.configured import configured_blobs
from vibeboard.settings import Settings

NICE = 5
"""Rendering takes every core for minutes: whoever asks the service something meanwhile goes first."""


def main() -> None:
    root = Path(sys.argv[1])
    settings = Settings()
    blobs, scratch = configured_blobs(root, settings), root / "scratch"
    if "--device" in sys.argv[2:]:
        from gpu_runtime.device import process  # noqa: PLC0415  (a worker on the CPU needs none of it)

        process.serve(blobs, scratch, settings)
    else:
        os.nice(NICE)
        worker.serve(blobs, scratch)


if __name__ == "__main__":
    main()
