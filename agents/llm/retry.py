"""Which failed call is worth another one, after how long, and with which messages."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage

from agents.llm.clean import without_invisible
from agents.llm.codes import INVISIBLE, POLICY
from vibeboard.faults import Fault, FaultKind


@dataclass(frozen=True)
class Backoff:
    """`tries` calls at most, waiting `first_s`, then `factor` times as long each time, up to `longest_s`. A server that
    wants more than `patience_s` is not waited for."""

    tries: int = 5
    first_s: float = 1.0
    factor: float = 2.0
    longest_s: float = 30.0
    patience_s: float = 120.0

    def wait_s(self, failed: int) -> float:
        """Seconds before the next call after `failed` (from 1) of them, a quarter of it by chance, so that callers
        that failed together do not come back together."""
        full = min(self.first_s * self.factor ** (failed - 1), self.longest_s)
        return full * random.uniform(0.75, 1.0)


@dataclass
class Tries:
    """The history of one call."""

    backoff: Backoff
    failed: int = 0
    seen: list[str] = field(default_factory=list)

    def again(self, fault: Fault, messages: Sequence[BaseMessage]) -> tuple[float, Sequence[BaseMessage]] | None:
        """Seconds to wait and the messages to send then, or None to give up.

        The text is sent unchanged, but for invisible characters when the server objects to them. A filter's objection
        is believed the second time, as the same text is now and then let through.
        """
        self.failed += 1
        repeated = fault.code in self.seen
        self.seen.append(fault.code)
        if fault.code == INVISIBLE and not repeated:
            return 0.0, without_invisible(messages)
        if fault.code == POLICY and not repeated:
            return 0.0, messages
        if fault.kind is not FaultKind.TRANSIENT or self.failed >= self.backoff.tries:
            return None
        wait = self.backoff.wait_s(self.failed) if fault.retry_after_s is None else fault.retry_after_s
        return (wait, messages) if wait <= self.backoff.patience_s else None
