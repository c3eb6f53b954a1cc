"""What happens to submitted jobs, kept until whoever waits for them has read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from vibeboard.faults import Fault
from vibeboard.jobs import Failed, Job, JobEvent, Made


class Inbox:
    """One queue of events a job, from its submission until its end was read."""

    def __init__(self) -> None:
        self._queues: dict[str, asyncio.Queue[JobEvent]] = {}

    def open(self, job: Job) -> None:
        self._queues[job.key] = asyncio.Queue()

    def __contains__(self, key: str) -> bool:
        return key in self._queues

    def put(self, event: JobEvent) -> None:
        """Keep an event; one of a job that nobody waits for any more is dropped."""
        queue = self._queues.get(event.key)
        if queue is not None:
            queue.put_nowait(event)

    def end_all(self, fault: Fault) -> None:
        """Every job that has not ended ends with this: whoever waits would wait for ever."""
        for key in list(self._queues):
            self.put(Failed(key=key, fault=fault))

    async def events(self, key: str) -> AsyncIterator[JobEvent]:
        """The job's events, up to and with its end."""
        queue = self._queues[key]
        while True:
            event = await queue.get()
            if isinstance(event, Made | Failed):
                del self._queues[key]
                yield event
                return
            yield event
