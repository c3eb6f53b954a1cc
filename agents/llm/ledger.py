"""What a run has spent on a model: tokens and money, with a budget that is never passed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from agents.llm.codes import BUDGET
from agents.llm.dialects import Price
from vibeboard.faults import Rejected
from vibeboard.model import Frozen

_MILLION = 1_000_000
_BYTES_A_TOKEN = 3
"""Fewer than a tokeniser needs for English (about 4) or JSON, so that an estimate is rather too high."""


class Usage(Frozen):
    """Tokens of a call. `cached` are those of the input that the server still knew; `estimated` if it did not say."""

    input: int = 0
    output: int = 0
    cached: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        return self.input + self.output


def tokens_of(texts: Sequence[str]) -> int:
    """About how many tokens texts are; more often too many than too few."""
    return sum(math.ceil(len(text.encode()) / _BYTES_A_TOKEN) + 4 for text in texts)


def cost(usage: Usage, price: Price) -> float:
    """USD."""
    fresh = usage.input - usage.cached
    base = fresh * price.input + usage.cached * price.cached + usage.output * price.output
    long = price.long_from is not None and usage.input > price.long_from
    return base * (price.long_factor if long else 1.0) / _MILLION


@dataclass
class Reservation:
    """What a call may cost at most; `usage` is what it did cost, once that is known."""

    most: Usage
    usage: Usage | None = None


class Ledger:
    """`usd` and `tokens` are spent; what calls in flight may cost at most is reserved and counts against the budget."""

    def __init__(self, price: Price, budget_usd: float, budget_tokens: int | None = None) -> None:
        self.price, self.budget_usd, self.budget_tokens = price, budget_usd, budget_tokens
        self.usd, self.tokens, self.calls = 0.0, 0, 0
        self._reserved: list[Reservation] = []

    def spent_before(self, usd: float, tokens: int, calls: int) -> None:
        """Enter what the run spent before it was interrupted."""
        self.usd, self.tokens, self.calls = self.usd + usd, self.tokens + tokens, self.calls + calls

    @contextmanager
    def reserve(self, most: Usage) -> Iterator[Reservation]:
        """Hold a call's highest cost while it runs and enter its real one afterwards; a call that ends without a
        usage cost nothing.

        Raises:
            Rejected: the budget could be passed; the call must not be made.
        """
        self._afford(most)
        reservation = Reservation(most)
        self._reserved.append(reservation)
        try:
            yield reservation
        finally:
            self._reserved.remove(reservation)
            if reservation.usage:
                self.spent_before(cost(reservation.usage, self.price), reservation.usage.total, 1)

    def _afford(self, most: Usage) -> None:
        held = [reservation.most for reservation in self._reserved]
        usd = self.usd + sum(cost(usage, self.price) for usage in (*held, most))
        if usd > self.budget_usd:
            raise Rejected(
                BUDGET,
                f"the budget of {self.budget_usd:.2f} USD for the model could be passed by the next call: "
                f"{self.usd:.4f} USD are spent; raise VIBEBOARD_LLM_BUDGET and run again, what was answered is kept",
            )
        tokens = self.tokens + sum(usage.total for usage in (*held, most))
        if self.budget_tokens is not None and tokens > self.budget_tokens:
            raise Rejected(
                BUDGET,
                f"the budget of {self.budget_tokens} tokens could be passed by the next call: {self.tokens} are "
                "spent; raise VIBEBOARD_LLM_TOKEN_BUDGET and run again, what was answered is kept",
            )
