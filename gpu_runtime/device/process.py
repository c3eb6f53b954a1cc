"""The device's worker process: the runtime at the end of a pipe (`gpu_runtime.wire`)."""

from __future__ import annotations

import json
import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from gpu_runtime.device.runtime import DeviceRuntime
from gpu_runtime.wire import encode
from gpu_runtime.worker import pipes
from vibeboard.asset import Blobs
from vibeboard.jobs import DeviceSnapshot, Job, JobEvent
from vibeboard.settings import Settings

EVERY_S = 0.5
"""How often the state of the device is told, if it changed."""


class Line:
    """The way out: whole lines, from any thread."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink, self._lock = sink, threading.Lock()

    def __call__(self, event: JobEvent | DeviceSnapshot) -> None:
        with self._lock:
            self._sink.write(encode(event))
            self._sink.flush()


def serve(blobs: Blobs, scratch: Path, settings: Settings) -> None:
    """Be the device's worker on standard input and output, until the parent is gone."""
    source, sink = pipes()
    threading.excepthook = end_with_a_thread
    line = Line(sink)
    runtime = open_runtime(blobs, scratch, line, settings)
    runtime.start()
    threading.Thread(target=_tell, args=(runtime, line), daemon=True).start()
    listening = threading.Thread(target=_listen, args=(runtime, source))
    listening.start()
    listening.join()  # it ends the process


def end_with_a_thread(died: threading.ExceptHookArgs) -> None:
    """A process that has lost one of its threads would never end its jobs. Whoever started it ends them, and starts
    another; so it is with a card that is lost, as nothing on it works any more in this process."""
    traceback.print_exception(died.exc_type, died.exc_value, died.exc_traceback)
    os._exit(1)


def _listen(runtime: DeviceRuntime, source: IO[bytes]) -> None:
    for text in source:
        obey(runtime, json.loads(text))
    os._exit(0)


def open_runtime(blobs: Blobs, scratch: Path, report: Callable[[JobEvent], None], settings: Settings) -> DeviceRuntime:
    """The runtime over torch's memory; torch is loaded here."""
    from gpu_runtime.models.memory import open_memory  # noqa: PLC0415  (only a worker loads torch)

    return DeviceRuntime(open_memory(settings), blobs, scratch, report, settings)


def obey(runtime: DeviceRuntime, message: dict[str, Any]) -> None:
    """One message of the wire."""
    if "job" in message:
        runtime.submit(Job.model_validate(message["job"]))
    elif "cancel" in message:
        runtime.cancel(message["cancel"])
    elif "keep_warm" in message:
        runtime.keep_warm(bool(message["keep_warm"]))
    elif "unload" in message:
        threading.Thread(target=runtime.unload, name="unload").start()  # it waits for a load under way


def _tell(runtime: DeviceRuntime, line: Line) -> None:
    told: DeviceSnapshot | None = None
    while True:
        snapshot = runtime.snapshot()
        if told is None or _apart(told, snapshot):
            line(snapshot)
            told = snapshot
        time.sleep(EVERY_S)


def _apart(told: DeviceSnapshot, now: DeviceSnapshot) -> bool:
    """Whether more than clocks differ."""
    clocks = {"busy_s": 0.0, "idle_s": 0.0}
    return told.model_copy(update=clocks) != now.model_copy(update=clocks)
