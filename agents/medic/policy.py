"""What is not about arguments: when to try again, how long to wait, and when to stop at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_BUDGETS = {
    frozenset({"rate_limit", "rate_limited", "throttled", "too_many_requests", "429", "1002", "1039", "1041", "2045"}):
        Budget(retries=5, first_wait_s=2.0),
    frozenset({"out_of_memory", "oom"}): Budget(retries=2, first_wait_s=2.0),
    frozenset({"hang", "hung", "stalled", "no_heartbeat", "lease_expired"}): Budget(retries=1),
    frozenset({"bad_result", "broken_result"}): Budget(retries=1, first_wait_s=0.0),
}  # fmt: skip
BAD_RESULT = frozenset({"bad_result"})
_PROVIDER = re.compile(r"\((\d{4,5})\)\s*$")
_STOPS = frozenset({
    "1004", "2049", "auth", "unauthorized", "unauthorised", "forbidden", "invalid_key", "401", "403",
    "1008", "2056", "balance", "insufficient_balance", "payment_required", "budget", "402",
    "1026", "1027", "policy", "content_policy", "content_filter", "refused", "sensitive", "moderation",
})  # fmt: skip
_PASSING = frozenset({"1000", "1001", "1024", "1033", "1002", "1039", "1041", "2045"})
_PASSING_ERRORS = frozenset({
    "ConnectionError", "ConnectionResetError", "ConnectionRefusedError", "ConnectionAbortedError", "BrokenPipeError",
    "TimeoutError", "ReadTimeout", "ConnectTimeout", "WriteTimeout", "PoolTimeout", "APITimeoutError",
    "APIConnectionError", "ConnectError", "ReadError", "RemoteProtocolError", "IncompleteRead", "OutOfMemoryError",
})  # fmt: skip
"""Exceptions that nobody turned into a fault and that still say something passing; `fault_of` names them first."""
_AFTER = re.compile(
    r"(?:retry|try again|wait|come back)\D{0,24}?(\d+(?:\.\d+)?)\s*(ms|milli\w*|s|secs?|seconds?|m|mins?|minutes?)\b",
    re.IGNORECASE,
)


def kind_of(fault: Fault) -> FaultKind:
    """What a fault is. A provider's code, as it stands in brackets at the end of MiniMax's messages, is believed before
    the kind that somebody made of it: a key that is refused never becomes right by trying again."""
    codes = {fault.code.casefold().removeprefix("minimax_"), *_PROVIDER.findall(fault.message)}
    if codes & _STOPS and fault.kind is not FaultKind.CANCELLED:
        return FaultKind.REJECTED
    if fault.kind is FaultKind.BUG and fault.message.partition(":")[0].rpartition(".")[2] in _PASSING_ERRORS:
        return FaultKind.TRANSIENT
    if codes & _PASSING and fault.kind is not FaultKind.CANCELLED:
        return FaultKind.TRANSIENT
    return fault.kind


def budget(fault: Fault) -> Budget:
    codes = {fault.code.casefold().removeprefix("minimax_"), *_PROVIDER.findall(fault.message)}
    if fault.message.partition(":")[0].endswith("OutOfMemoryError"):
        codes.add("out_of_memory")
    return next((found for names, found in _BUDGETS.items() if codes & names), _DEFAULT)


def wait_s(fault: Fault, attempts: int) -> float | None:
    """Seconds until the next try after the `attempts`-th failure, at least what the other side asked for; nothing when
    it is not to be tried again."""
    allowed = budget(fault)
    asked = fault.retry_after_s if fault.retry_after_s is not None else _asked(fault.message)
    wait = max(allowed.first_wait_s * 2.0 ** (attempts - 1), asked)
    return wait if attempts <= allowed.retries and wait <= LONGEST_WAIT_S else None


def _asked(message: str) -> float:
    match = _AFTER.search(message)
    if not match:
        return 0.0
    unit = match[2].casefold()
    return float(match[1]) * (0.001 if unit.startswith(("ms", "milli")) else 60.0 if unit.startswith("m") else 1.0)
