"""The ways a tool call can end other than well; anything that is not one of these is a bug."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from vibeboard.model import Frozen


class FaultKind(StrEnum):
    REPAIRABLE = "repairable"
    TRANSIENT = "transient"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    BUG = "bug"


class FieldError(Frozen):
    """One wrong argument: where it is (`camera.keys.0.focal_mm`), what was expected there, and the rule it broke
    (pydantic's error type, or `size` or `frames` for what an engine cannot do)."""

    path: str
    expected: str
    got: str = ""
    rule: str = ""


class Fault(Frozen):
    """A failed call as a value, the form in which it crosses processes and graph state. `retry_after_s` is how long
    the other side asked us to wait, if it did."""

    kind: FaultKind
    code: str
    message: str
    fields: tuple[FieldError, ...] = ()
    trace: str = ""
    retry_after_s: float | None = Field(default=None, ge=0)


class FaultError(Exception):
    """Base of the stated outcomes; carries its `Fault`."""

    kind: FaultKind

    def __init__(self, code: str, message: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.fault = Fault(kind=self.kind, code=code, message=message, fields=fields)


class Repairable(FaultError):
    """The arguments are wrong; the Medic may edit the fields it is allowed to."""

    kind = FaultKind.REPAIRABLE


class Transient(FaultError):
    """The same arguments may work later: memory, network, a worker that died."""

    kind = FaultKind.TRANSIENT

    def __init__(self, code: str, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(code, message)
        self.fault = self.fault.model_copy(update={"retry_after_s": retry_after_s})


STORE_AWAY = "store_away"


class StoreAway(Transient):
    """The database or the files do not answer. It is nothing that a call or its arguments could mend: who works with
    them stops, as in a crash, and is carried on when they answer."""

    def __init__(self, message: str) -> None:
        super().__init__(STORE_AWAY, message)


class Rejected(FaultError):
    """A person has to act; never retried, never reworded."""

    kind = FaultKind.REJECTED


class Cancelled(FaultError):
    """Somebody asked for the work to stop."""

    kind = FaultKind.CANCELLED

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__("cancelled", message)


class Failure(FaultError):
    """A fault that came in as a value, raised again."""

    def __init__(self, fault: Fault) -> None:
        Exception.__init__(self, fault.message)
        self.kind = fault.kind
        self.fault = fault


def raised_again(fault: Fault) -> FaultError:
    """The exception for a fault that came in as a value."""
    return StoreAway(fault.message) if fault.code == STORE_AWAY else Failure(fault)
