"""Where weights are and who holds them: a state machine, and the plan that makes a job's weights resident.

It moves no bytes and knows no clock: whoever drives it (the device runtime, or a simulation) carries out the moves of a
plan and says what became of each. Weights never change, so leaving the device costs nothing: the copy in host memory, or
the file, is still there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gpu_runtime.ledger import Ledger
from vibeboard.jobs import Resident


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
    """Weights that have to be on the device together, and bytes of room for the work with them."""

    weights: tuple[str, ...]
    work: int = 0


@dataclass(frozen=True)
class TooBig(Exception):
    """A need that no eviction can meet: `needed` and `capacity` in bytes of the `memory` (device or host)."""

    memory: str
    needed: int
    capacity: int


class Residency:
    """Components by id with their `sizes` in bytes, over a device's and the host's ledger."""

    def __init__(self, sizes: Mapping[str, int], device: Ledger, host: Ledger) -> None:
        self.sizes, self.device, self.host = dict(sizes), device, host

    def state(self, component: str) -> State:
        raise NotImplementedError

    def plan(self, need: Need, next_use: Mapping[str, float], *, host_only: bool = False) -> list[Move] | None:
        """The moves that make `need` resident, evictions first, or nothing when leased weights are in the way.

        `next_use` holds, for components that known jobs will use, the seconds until then: what is used last goes first
        (Belady), what nobody is known to need goes before that, weighed by what it costs to bring back. `host_only`
        plans a prefetch into host memory. A prefetch evicts nothing that is used sooner than what it brings.

        Raises:
            TooBig: the need exceeds the memory even when it is empty.
        """
        raise NotImplementedError

    def begin(self, move: Move) -> None:
        """The move starts; its bytes are booked."""
        raise NotImplementedError

    def end(self, move: Move) -> None:
        """The move is done."""
        raise NotImplementedError

    def abort(self, move: Move, *, failed: bool = False) -> None:
        """The move was cancelled, or `failed`; its bytes are given back. A failed component is read again only after
        `forgive`."""
        raise NotImplementedError

    def forgive(self, component: str) -> None:
        raise NotImplementedError

    def lease(self, holder: str, need: Need) -> bool:
        """Hold all of a need that is on the device, and its room; false, and nothing held, when any is missing."""
        raise NotImplementedError

    def give_back(self, holder: str) -> None:
        raise NotImplementedError

    def setup_bytes(self, need: Need) -> tuple[int, int]:
        """Bytes to read and bytes to upload before the need is resident."""
        raise NotImplementedError

    def residents(self) -> tuple[Resident, ...]:
        """Every component and where it is, for people."""
        raise NotImplementedError
