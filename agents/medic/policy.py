"""What is not about arguments: when to try again, how long to wait, and when to stop at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.llm.codes import THROTTLED
from agents.medic.signs import asked_s, meanings, statuses, words
from vibeboard.faults import Fault, FaultKind

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 900.0
"""Somebody who asks to be left alone for longer is for a person to decide about."""


@dataclass(frozen=True)
class Budget:
    """How often the same arguments are tried again, and the first of the doubling waits."""

    retries: int = 3
    first_wait_s: float = FIRST_WAIT_S


_DEFAULT = Budget()
_THROTTLED = Budget(retries=5, first_wait_s=2.0)
_MEMORY = Budget(retries=2, first_wait_s=2.0)
_BUDGETS = {
    frozenset({"rate_limit", "rate_limited", "throttled", "too_many_requests"}): _THROTTLED,
    frozenset({"out_of_memory", "oom"}): _MEMORY,
    frozenset({"hang", "hung", "stalled", "no_heartbeat", "lease_expired"}): Budget(retries=1),
    frozenset({"bad_result", "broken_result"}): Budget(retries=1, first_wait_s=0.0),
}
BAD_RESULT = frozenset({"bad_result"})
_STOPS = frozenset({
    "auth", "authentication", "authorization", "unauthorized", "unauthorised", "forbidden", "permission",
    "balance", "quota", "billing", "payment", "budget",
    "policy", "filter", "sensitive", "moderation", "safety", "nsfw",
})  # fmt: skip
"""Words of a code that are about keys, money or content."""
_STOPPING_CODES = frozenset({"invalid_key", "invalid_api_key", "refused"})
_PASSING_ERRORS = frozenset({
    "ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError",
    "TimeoutError", "ReadTimeout", "ConnectTimeout", "WriteTimeout", "PoolTimeout", "APITimeoutError",
    "APIConnectionError", "ConnectError", "ReadError", "RemoteProtocolError", "IncompleteRead", "OutOfMemoryError",
    "MemoryError", "RateLimitError", "InternalServerError", "ServerDisconnectedError", "ProtocolError",
    "EndpointConnectionError", "SSLError", "SSLEOFError", "gaierror",
})  # fmt: skip
"""Exceptions that nobody turned into a fault and that still say something passing; `fault_of` names them first."""
_MEMORY_TEXT = re.compile(r"out of memory|_ALLOC_FAILED|^MemoryError|OutOfMemoryError")


def kind_of(fault: Fault) -> FaultKind:
    """What a fault is. A provider's code and an HTTP status are believed before the kind that somebody made of them: a
    key that is refused never becomes right by trying again. What nobody classified may still say that it passes."""
    if fault.kind is FaultKind.CANCELLED:
        return fault.kind
    said = {what.fault.kind for what in meanings(fault)}
    answered = {what.fault.kind for what in statuses(fault)}
    if FaultKind.REJECTED in said | answered or words(fault) & _STOPS or fault.code.casefold() in _STOPPING_CODES:
        return FaultKind.REJECTED
    for kind in (FaultKind.REPAIRABLE, FaultKind.TRANSIENT):
        if kind in said:
            return kind
    if fault.kind is FaultKind.BUG and (answered or _passing(fault)):
        return FaultKind.TRANSIENT
    return fault.kind


def _passing(fault: Fault) -> bool:
    name = fault.message.partition(":")[0].rpartition(".")[2]
    return name in _PASSING_ERRORS or bool(_MEMORY_TEXT.search(fault.message))


def budget(fault: Fault) -> Budget:
    named = next((found for names, found in _BUDGETS.items() if fault.code.casefold() in names), None)
    if named:
        return named
    if _MEMORY_TEXT.search(fault.message):
        return _MEMORY
    return _THROTTLED if any(what.code == THROTTLED for what in (*meanings(fault), *statuses(fault))) else _DEFAULT


def wait_s(fault: Fault, attempts: int) -> float | None:
    """Seconds until the next try after the `attempts`-th failure, at least what the other side asked for; nothing when
    it is not to be tried again."""
    allowed = budget(fault)
    asked = fault.retry_after_s if fault.retry_after_s is not None else asked_s(fault.message)
    wait = max(allowed.first_wait_s * 2.0 ** (attempts - 1), asked)
    return wait if attempts <= allowed.retries and wait <= LONGEST_WAIT_S else None
