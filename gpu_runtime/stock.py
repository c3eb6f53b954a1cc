"""What workers can do: of those that work is left to, as they show it in the job table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

from vibeboard.jobs import Stock, WorkerView

T = TypeVar("T")
AGE_S = 1.0
"""So old what is known of the workers may be: it is asked for at every name of a result."""


class Lately(Generic[T]):
    """An answer that is asked for again when it is older than `age_s` seconds."""

    def __init__(self, question: Callable[[], T], age_s: float) -> None:
        self._question, self._age_s = question, age_s
        self._answer: tuple[float, T] | None = None

    def __call__(self) -> T:
        now = time.monotonic()
        if self._answer is None or now - self._answer[0] > self._age_s:
            self._answer = now, self._question()
        return self._answer[1]


class Workers:
    """The workers that `there` lists, by owner. `last` is who last had an engine ready: while that worker is away, what
    it made keeps its name, and what waits for it has the name that it will be made under."""

    def __init__(self, there: Callable[[], Sequence[WorkerView]], last: Callable[[], Mapping[str, Stock]]) -> None:
        self.there, self._last = Lately(there, AGE_S), Lately(last, AGE_S)

    def ready(self, engine: str) -> Stock | None:
        """The stock of the first worker with which an engine is ready now."""
        for worker in self.there():
            if worker.stock and engine in worker.stock.engines.keys() - worker.stock.lacking:
                return worker.stock
        return None

    def last_ready(self, engine: str) -> Stock | None:
        """The same, or of the last one with which it was ready."""
        return self.ready(engine) or self._last().get(engine)

    def lacking(self, engine: str) -> dict[str, str]:
        """What is missing with each worker that cannot make what the engine does, by owner."""
        stocks = ((worker.owner, worker.stock) for worker in self.there() if worker.stock)
        return {owner: stock.engines[engine].missing for owner, stock in stocks if engine in stock.lacking}


_left_to = Workers(list, dict)


def left_to() -> Workers:
    """The workers that this process leaves work to, none unless it says so."""
    return _left_to


@contextmanager
def leaving_to(
    there: Callable[[], Sequence[WorkerView]], last: Callable[[], Mapping[str, Stock]] = dict
) -> Iterator[None]:
    """Meanwhile engines count as ready that are so with one of these workers."""
    global _left_to  # noqa: PLW0603  (engines are declared once for the process, and so is who has their weights)
    before, _left_to = _left_to, Workers(there, last)
    try:
        yield
    finally:
        _left_to = before


def why_waiting(engine: str, revision: str, workers: Sequence[WorkerView]) -> str:
    """Why no worker takes the jobs of an engine that are named by a revision of it, or nothing if one will."""
    stocks = [(worker.owner, worker.stock) for worker in workers if worker.stock]
    if not stocks:
        return "no worker is there: start vibeboard worker"
    able = {owner: stock for owner, stock in stocks if engine not in stock.lacking}
    if any(stock.revisions.get(engine, revision) == revision or not revision for stock in able.values()):
        return ""
    if able:
        return (
            f"no worker has the weights and libraries that were asked for ({', '.join(able)} has others): cancel and "
            "make it again"
        )
    told = {stock.engines[engine].missing: owner for owner, stock in reversed(stocks)}
    return f"no worker can make it: {'; '.join(f'{owner} needs {missing}' for missing, owner in told.items())}"
