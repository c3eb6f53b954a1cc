"""The words of residency: where weights can be, what moves them, and what a job needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    ON_DISK = "on disk"
    READING = "reading"
    IN_HOST = "in host"
    UPLOADING = "uploading"
    ON_DEVICE = "on device"
    RELEASING = "releasing"
    FAILED = "failed"


class MoveKind(StrEnum):
    RELEASE = "release"
    """Leave the device."""
    DROP = "drop"
    """Leave host memory."""
    READ = "read"
    """From disk into host memory."""
    UPLOAD = "upload"
    """From host memory to the device."""


class Move(NamedTuple):
    kind: MoveKind
    component: str


class Need(NamedTuple):
    """Weights that have to be on the device together, and bytes of room for the work with them. Those that are
    `streamed` stay in host memory and pass over the device block by block, in room that the work has."""

    weights: tuple[str, ...]
    work: int = 0
    streamed: tuple[str, ...] = ()


@dataclass(eq=False)
class TooBig(Exception):
    """A need that no eviction can meet: `needed` and `capacity` in bytes of the `memory` (device or host)."""

    memory: str
    needed: int
    capacity: int
