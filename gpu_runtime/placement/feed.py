"""A worker by itself: takes jobs from the table, has them done by a placement of its own, and writes down the end.

A job can come again while it is in hand, as a later attempt: whoever wants it was stopped and asks anew, or this
machine slept for so long that the lease ended. The work goes on then, and its end counts for the newest attempt.

A table that is away stops no work: what is made meanwhile is kept until it can be written down. It is asked in threads,
as a database can keep one waiting; what it says counts for the attempts that it was asked about. Only the one statement
at a job's end is made on the loop, together with forgetting the job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from gpu_runtime.engine import registry
from gpu_runtime.executor import fault_of
from gpu_runtime.placement.patience import Patience
from gpu_runtime.stock import Lately
from vibeboard.faults import FaultKind, StoreAway
from vibeboard.jobs import Failed, Job, JobClass, JobQueue, Made, Placement, Progress, Snapshot, Stock, Wish

EVERY_S = 0.2
BEAT_S = 2.0
STOCK_S = 10.0
AHEAD = 16
"""Jobs in hand for the device, so that it can choose an order, and as many for the CPU: neither is idle because the
other has much to do."""


class Feed:
    """Serves the table as `owner` until it is told to stop; a job that ran when it died is taken by another. A table
    that is away is waited for for `patience_s` seconds, and `renew` called when it is back. Jobs are left to others
    that would fail or come to something else by the `stock`, which is looked at now and then, as weights come and go
    while a worker runs."""

    def __init__(
        self,
        queue: JobQueue,
        placement: Placement,
        owner: str,
        say: Callable[[str], None],
        patience_s: float = 120.0,
        renew: Callable[[], None] = lambda: None,
        stock: Callable[[], Stock] = Stock,
    ) -> None:
        self._queue, self._placement, self._owner, self._say = queue, placement, owner, say
        self._patience = Patience(say, patience_s, renew)
        self._stock = Lately(stock, STOCK_S)
        self._held: dict[str, Job] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._progress: dict[str, Progress] = {}
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Take no more; return from `serve` when what is in hand was given back."""
        self._stopping.set()
        self._patience.end()

    async def serve(self) -> None:
        """
        Raises:
            StoreAway: patience has ended; what was in hand is given up, and its leases run out.
        """
        beating = asyncio.create_task(self._beat())
        beating.add_done_callback(lambda _: self.stop())  # whoever is silent loses what is in hand
        try:
            while not self._stopping.is_set():
                await self._take()
                await self._nap(EVERY_S)
        finally:
            self.stop()
            await asyncio.gather(beating, return_exceptions=True)  # or its last words would come after `leave`
            await self._placement.drain()
            await asyncio.gather(*self._working, return_exceptions=True)
            with contextlib.suppress(StoreAway):
                self._queue.leave(self._owner)
        beating.result()

    async def _take(self) -> None:
        """Somebody who waits at a screen is let in however much is in hand."""
        ask = self._patience.ask_apart
        await ask(lambda: self._queue.expire(spared=self._owner))
        self._begin(await ask(lambda: self._taken(AHEAD, JobClass.INTERACTIVE)))
        for others in _halves():
            room = AHEAD - sum(job.engine not in others for job in self._held.values())
            if room > 0:
                self._begin(await ask(partial(self._taken, room, without=others)))

    def _taken(self, most: int, job_class: JobClass | None = None, without: frozenset[str] = frozenset()) -> list[Job]:
        stock = self._stock()
        without |= stock.lacking
        if registry().keys() <= without:
            return []
        return self._queue.take(self._owner, most, job_class, without, stock.revisions)

    def _begin(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            is_new = job.key not in self._held
            self._held[job.key] = job
            if is_new:
                task = asyncio.create_task(self._do(job.key))
                self._working.add(task)
                task.add_done_callback(self._working.discard)

    async def _do(self, key: str) -> None:
        try:
            end = await self._end_of(key)
            await self._patience.ask(lambda: self._write_down(self._held[key], end))
        except StoreAway:
            self._say(f"given up {key[:12]}: its lease runs out, and another takes it")
        finally:
            del self._held[key]
            self._progress.pop(key, None)

    async def _end_of(self, key: str) -> Made | Failed:
        try:
            begun, end = await self._run(key)
            while self._is_wanted_again(begun, end):
                begun, end = await self._run(key)
        except Exception as error:  # noqa: BLE001  (a job that nobody ends would hang the build)
            return Failed(key=key, fault=fault_of(error))
        return end

    async def _run(self, key: str) -> tuple[Job, Made | Failed]:
        job = self._held[key]
        self._placement.submit(job)
        end: Made | Failed | None = None
        async for event in self._placement.events(key):
            if isinstance(event, Progress):
                self._progress[key] = event
            elif isinstance(event, Made | Failed):
                end = event
        assert end is not None
        return job, end

    def _is_wanted_again(self, begun: Job, end: Made | Failed) -> bool:
        """Whether a job was stopped, and somebody asked for it meanwhile."""
        stopped = isinstance(end, Failed) and end.fault.kind is FaultKind.CANCELLED
        return stopped and self._held[begun.key] != begun and not self._stopping.is_set()

    def _write_down(self, job: Job, end: Made | Failed) -> None:
        """A job that was given back because this worker stops is offered again; any other failure is its end."""
        if isinstance(end, Made):
            self._queue.made(job, end.result, end.seconds)
            self._say(f"made {job.task} {job.key[:12]} on {job.engine} in {end.seconds:.1f} s")
        elif self._stopping.is_set():
            self._queue.offer(job)
        else:
            self._queue.failed(job, end.fault)
            self._say(f"failed {job.task} {job.key[:12]}: {end.fault.message}")

    async def _beat(self) -> None:
        while not self._stopping.is_set():
            held = dict(self._held)
            far = {key: self._progress.get(key) for key in held}
            for key in await self._patience.ask_apart(partial(self._queue.beat, self._owner, far)):
                if self._held.get(key) is held[key]:
                    self._placement.cancel(key)
            snapshot = self._placement.snapshot()
            self._obey(await self._patience.ask_apart(partial(self._show, snapshot)))
            await self._nap(BEAT_S / 4)

    def _show(self, snapshot: Snapshot) -> Wish | None:
        return self._queue.show(self._owner, snapshot, self._stock())

    def _obey(self, wish: Wish | None) -> None:
        if wish is Wish.UNLOAD:
            self._placement.unload()
        elif wish is not None:
            self._placement.keep_warm(wish is Wish.KEEP_WARM)

    async def _nap(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _halves() -> tuple[frozenset[str], frozenset[str]]:
    """The engines that run on a device, and those that run on the CPU."""
    on_device = frozenset(name for name, engine in registry().items() if engine.backbone)
    return on_device, frozenset(registry().keys() - on_device)
