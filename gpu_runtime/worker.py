"""The worker processes: jobs come in on one pipe, what happens to them goes out on another (`gpu_runtime.wire`).

When the pipe closes, the parent is gone, however it died, and so is the worker, at once.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO

from gpu_runtime.executor import execute
from gpu_runtime.wire import encode
from vibeboard.asset import Blobs
from vibeboard.jobs import Job, JobEvent

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(1 << 26),
}
"""One thread: frames of different shots are what runs in parallel, and results do not depend on the number of cores.
The allocator (glibc's) keeps the frame buffers that it would otherwise give back and fault in again every frame: 6 to
12 % of the time of a frame."""

DEVICE_ENVIRONMENT = {
    "PYTORCH_CUDA_ALLOC_CONF": os.environ.get("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:True"),
}
"""Weights come and go in sizes of their own: segments that grow leave no holes between them that nothing fits."""


class Worker:
    """One job at a time from `source`, events to `sink`."""

    def __init__(self, blobs: Blobs, scratch: Path, source: IO[bytes], sink: IO[bytes]) -> None:
        self._blobs, self._scratch = blobs, scratch
        self._source, self._sink = source, sink
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._cancelled: set[str] = set()

    def run(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            job = self._jobs.get()
            execute(job, self._blobs, self._scratch, self._report, lambda: job.key in self._cancelled)  # noqa: B023
            self._cancelled.discard(job.key)

    def _listen(self) -> None:
        try:
            for line in self._source:
                message = json.loads(line)
                if "job" in message:
                    self._cancelled.discard(message["job"]["key"])
                    self._jobs.put(Job.model_validate(message["job"]))
                else:
                    self._cancelled.add(message["cancel"])
        finally:
            os._exit(0)

    def _report(self, event: JobEvent) -> None:
        self._sink.write(encode(event))
        self._sink.flush()


def pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Standard input and output as the pipes of a worker.

    Whatever prints from now on goes to standard error, so that the pipe carries events only, and an interrupt at the
    terminal is the parent's to handle.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, sink


def serve(blobs: Blobs, scratch: Path) -> None:
    """Be a worker on standard input and output, until the parent is gone. Who starts it gives it `ENVIRONMENT`."""
    source, sink = pipes()
    Worker(blobs, scratch, source, sink).run()
