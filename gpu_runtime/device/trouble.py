"""What to make of a job's failure: what it was, what would help, and letting go of what it held."""

from __future__ import annotations

import traceback

from gpu_runtime.catalog.declare import Kind, components
from gpu_runtime.executor import fault_of
from gpu_runtime.residency import TooBig
from gpu_runtime.run import Remedy, Stage
from vibeboard.faults import Fault, FaultKind
from vibeboard.jobs import DeviceSnapshot

_GIB = 1 << 30
AT_A_TIME = {Kind.TRANSFORMER: 8, Kind.TEXT_ENCODER: 3}
"""Weights that can be streamed, and one part in how many of them is thought to be on the device then. A text encoder's
table of words, a fifth of it, stays there."""


def out_of_memory(failure: BaseException | None) -> bool:
    """Whether memory ran out; torch's own error is told by its name, for this process part loads no torch."""
    while failure is not None:
        if isinstance(failure, MemoryError) or type(failure).__name__ == "OutOfMemoryError":
            return True
        failure = failure.__cause__
    return False


def remedy_for(failure: Exception, stage: Stage | None) -> Remedy | None:
    """What would help where memory is the matter, or nothing where it is not. Weights are what fills the memory in
    stages whose weights can be streamed, pictures elsewhere."""
    if stage is None or not (isinstance(failure, TooBig) or out_of_memory(failure)):
        return None
    return Remedy.OFFLOAD if streamable(stage) else Remedy.TILING


def streamable(stage: Stage) -> tuple[str, ...]:
    """The weights of a stage that can be computed with block by block."""
    return tuple(name for name in stage.weights if components()[name].kind in AT_A_TIME)


def fault(failure: Exception, snapshot: DeviceSnapshot, *, remedied: bool) -> Fault:
    """The value that stands for a failure; where memory is the matter, with the ledger in it. What was `remedied` here
    and failed again would fail every time."""
    if isinstance(failure, TooBig):
        message = (
            f"this needs {failure.needed / _GIB:.1f} GiB of {failure.memory} memory and "
            f"{failure.capacity / _GIB:.1f} GiB can be had: choose a smaller size or a smaller engine"
        )
        return Fault(kind=FaultKind.REJECTED, code="too_big", message=message)
    if out_of_memory(failure):
        how = "twice, the second time with less in use" if remedied else "before the job could begin to use it"
        message = (
            f"memory ran out {how} ({_said(failure)}); {ledger(snapshot)}: choose a smaller size or a smaller engine"
        )
        kind = FaultKind.REJECTED if remedied else FaultKind.TRANSIENT
        return Fault(kind=kind, code="out_of_memory", message=message)
    return fault_of(failure)


def _said(failure: Exception) -> str:
    """The first sentence; torch's goes on with advice."""
    return str(failure).partition(". ")[0] or type(failure).__name__


def ledger(snapshot: DeviceSnapshot) -> str:
    """Who uses the device's memory, on one line."""
    held = ", ".join(
        f"{resident.component} {resident.bytes / _GIB:.2f}"
        for resident in snapshot.components
        if resident.state == "on device"
    )
    account = snapshot.memory
    return (
        f"{snapshot.device}, GiB: {account.capacity / _GIB:.2f} in all, {account.used / _GIB:.2f} in use, booked "
        f"{account.weights / _GIB:.2f} for weights ({held or 'none'}) and {account.work / _GIB:.2f} for work"
    )


def forget_frames(failure: BaseException | None) -> None:
    """Clear the local variables of the frames that an exception went through: they hold tensors."""
    while failure is not None:
        traceback.clear_frames(failure.__traceback__)
        failure.__traceback__ = None
        failure = failure.__cause__ or failure.__context__
