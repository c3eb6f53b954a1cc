"""A worker process at the other end of two pipes, started when there is work and again when it died."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from gpu_runtime.wire import LINE_LIMIT, decode
from vibeboard.jobs import DeviceSnapshot, JobEvent


class Child:
    """One process started with `command` and, besides ours, the variables of `environment`. What it prints goes to
    `log`."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._command, self._log, self._environment = command, log, environment
        self._process: asyncio.subprocess.Process | None = None

    @property
    def log_name(self) -> str:
        return self._log.name

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process unless it runs."""
        if self._process is None or self._process.returncode is not None:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env={**os.environ, **self._environment},
                    limit=LINE_LIMIT,
                )

    async def lines(self) -> AsyncIterator[JobEvent | DeviceSnapshot]:
        """What the process says, until it ends; it may die in the middle of a line."""
        assert self._process
        assert self._process.stdout
        async for line in self._process.stdout:
            if line.endswith(b"\n"):
                yield decode(line)

    async def ended(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        assert self._process
        return await self._process.wait()

    def send(self, message: Mapping[str, object]) -> None:
        """Write a line; one that comes too late for the process is lost with it."""
        if self._process and self._process.stdin:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
