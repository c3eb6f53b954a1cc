"""Runs one job and says how it ended. The same code serves a child process, a worker by itself, and a test."""

from __future__ import annotations

import errno
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from gpu_runtime.engine import registry as engines
from gpu_runtime.needs import RENDERING, cannot_render
from tools.declare import registry as tools
from vibeboard.asset import BlobRef, Blobs
from vibeboard.faults import Cancelled, Fault, FaultError, FaultKind, FieldError
from vibeboard.jobs import Failed, Job, JobEvent, Made, Progress, Started

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass
class StoreAccess:
    """The part of a run that reads inputs from a store, and keeps outputs there."""

    scratch: Path
    blobs: Blobs

    def input(self, sha256: str) -> Path:
        return self.blobs.path(sha256)

    def keep(self, path: Path, media: str) -> BlobRef:
        return self.blobs.put_file(path, media)

    def keep_bytes(self, data: bytes, media: str) -> BlobRef:
        return self.blobs.put(data, media)


@dataclass
class JobRun(StoreAccess):
    """`gpu_runtime.run.Run` over a blob store. `cancelled` is asked at every step."""

    key: str
    report: Callable[[JobEvent], None]
    cancelled: Callable[[], bool]

    def progress(self, done: int, total: int) -> None:
        if self.cancelled():
            raise Cancelled
        self.report(Progress(key=self.key, done=done, total=total))


def execute(
    job: Job, blobs: Blobs, scratch: Path, report: Callable[[JobEvent], None], cancelled: Callable[[], bool]
) -> None:
    """Do a job to its end, which is reported as exactly one `Made` or `Failed`."""
    report(Started(key=job.key))
    begin = time.monotonic()
    try:
        engine = engines()[job.engine]
        params = tools()[job.task].params.model_validate(job.params)
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            run = JobRun(Path(folder), blobs, job.key, report, cancelled)
            result = engine.load()(params, run)
    except Exception as error:  # noqa: BLE001  (the boundary where any failure becomes a value)
        report(Failed(key=job.key, fault=fault_of(error)))
    else:
        report(Made(key=job.key, result=result, seconds=time.monotonic() - begin))


def fault_of(error: Exception) -> Fault:
    """The value that stands for an exception. What we did not foresee is a bug and keeps its trace."""
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, ValidationError):
        return validation_fault(error)
    if disk_full(error):
        return Fault(
            kind=FaultKind.REJECTED,
            code="disk_full",
            message="the disk is full: free some space and run again, what is finished is kept",
        )
    if isinstance(error, ModuleNotFoundError) and error.name in RENDERING:
        return Fault(kind=FaultKind.REJECTED, code="cannot_render", message=cannot_render())
    if isinstance(error, MemoryError):
        return Fault(kind=FaultKind.TRANSIENT, code="out_of_memory", message="out of memory")
    message = f"{type(error).__name__}: {error}"
    return Fault(kind=FaultKind.BUG, code="bug", message=message, trace="".join(traceback.format_exception(error)))


def validation_fault(error: ValidationError) -> Fault:
    """Wrong arguments, field by field, as pydantic found them."""
    fields = tuple(
        FieldError(
            path=".".join(str(part) for part in detail["loc"]),
            expected=detail["msg"],
            got=str(detail["input"])[:200],
            rule=detail["type"],
        )
        for detail in error.errors(include_url=False, include_context=False)
    )
    return Fault(
        kind=FaultKind.REPAIRABLE,
        code="invalid_params",
        message=f"{len(fields)} wrong argument(s) for {error.title}: {fields[0].path}: {fields[0].expected}",
        fields=fields,
    )


def disk_full(error: BaseException) -> bool:
    """Whether an exception, or what caused it, says that there is no room left to write."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _DISK_FULL:
            return True
        if isinstance(cause, sqlite3.OperationalError) and "full" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
