"""What the nodes of the graphs work with, and the one way from a call to a job and its result."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.llm.model import LlmModel
from agents.medic import Fixer
from gpu_runtime.engine import Engine
from graphs.approval import Approval
from graphs.joining import Joined
from graphs.request import MakeRequest
from storage.project import Project
from tools.declare import Params
from vibeboard.asset import Result
from vibeboard.events import Event, EventType
from vibeboard.faults import Cancelled, FaultError, Rejected, Repairable, raised_again
from vibeboard.jobs import Failed, Job, JobState, Made, Placement, Progress
from vibeboard.logs import about
from vibeboard.traces import span


@dataclass
class Services:
    """Handed to every node through LangGraph's runtime context."""

    project: Project
    placement: Placement
    request: MakeRequest
    run_id: str
    watch: Callable[[Event], None]
    model: LlmModel | None = None
    """Who plans; None for the offline planner."""
    fixer: Fixer | None = None
    """Who is asked what a call means when the Medic's rules do not tell; None for nobody."""
    refused: frozenset[str] = frozenset()
    """Ids of repairs that a person refused or undid. They are not made again: the call goes to the person."""
    approval: Approval | None = None
    """When a person has to approve the build; None for never."""
    _inflight: dict[str, asyncio.Task[Result]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._joined = Joined(self.project.jobs)

    def check(self) -> None:
        """Raise `Cancelled` when the run is being stopped; for work that is done in a thread."""
        if self._stopping.is_set():
            raise Cancelled

    def notify(self, event: Event) -> None:
        """Log an event and show it to who watches."""
        self.project.log(self.run_id, event)
        self.watch(event)

    def known(self, key: str) -> Result | None:
        """The result that already carries this name, if its bytes are all there."""
        row = self.project.jobs.find(key)
        if row is None or row.state not in (JobState.MADE, JobState.DONE):
            return None
        result = Result.model_validate_json(row.result)
        complete = all(self.project.blobs.has(ref.sha256) for ref in result.outputs.values())
        return result if complete else None

    async def make(self, key: str, engine: Engine, params: Params, unit: str, priority: int) -> Result:
        """Have a job done; who asks for the same key meanwhile waits for the same job."""
        if key not in self._inflight:
            self._inflight[key] = asyncio.create_task(self._made(key, engine, params, unit, priority))
        running = self._inflight[key]
        try:
            return await asyncio.shield(running)
        finally:
            if running.done():
                self._inflight.pop(key, None)

    async def _made(self, key: str, engine: Engine, params: Params, unit: str, priority: int) -> Result:
        """Claim the job and have it done, or wait while somebody else has it in hand."""
        jobs, arguments = self.project.jobs, params.model_dump(mode="json")
        claim = (key, engine.task, engine.name, arguments, self.project.owner, priority, self.request.job_class(engine))
        while True:
            stand = jobs.stand(key)
            if known := self.known(key):
                return known
            if job := jobs.claim(*claim, stand, revision=engine.full_revision):
                return await self._run(job, unit)
            await self._joined.until_free(key)

    async def _run(self, job: Job, unit: str) -> Result:
        with about(unit=unit), span("job", task=job.task, engine=job.engine, attempt=job.attempt):
            return await self._followed(job, unit)

    async def _followed(self, job: Job, unit: str) -> Result:
        jobs = self.project.jobs
        self.placement.submit(job)
        async for event in self.placement.events(job.key):
            if isinstance(event, Progress):
                self._progress(unit, job, event)
            elif isinstance(event, Made):
                jobs.made(job, event.result, event.seconds)
                return event.result
            elif isinstance(event, Failed):
                jobs.failed(job, event.fault)
                raise raised_again(event.fault)
        raise AssertionError(f"job {job.key} has no end")

    def _progress(self, unit: str, job: Job, event: Progress) -> None:
        data = {"task": job.task, "done": event.done, "total": event.total, "seconds_left": event.seconds_left}
        self.notify(Event(type=EventType.JOB_PROGRESS, unit=unit, data=data))

    async def close(self, *, leave: bool = False) -> None:
        """Stop what runs, or leave it to workers by themselves. What is finished is kept; the rest is made by the next
        run."""
        self._stopping.set()
        for running in self._inflight.values():
            running.cancel()
        for running in list(self._inflight.values()):
            with contextlib.suppress(asyncio.CancelledError, FaultError):
                await running
        await self.placement.drain(leave=leave)
        if self.model:
            await self.model.aclose()


class CallContext:
    """`tools.context.Context` of one call; remembers the key under which the result is known.

    `owner` is the shot whose engine does it, if it is not for the unit's own. `priority` lets what is further along its
    chain go first, so that finished shots appear early.
    """

    def __init__(self, services: Services, unit: str, owner: str = "", priority: int = 0) -> None:
        self._services, self._unit, self._owner, self._priority = services, unit, owner or unit, priority
        self.key = ""

    async def render(self, task: str, params: Params) -> Result:
        engine = self._services.request.engine(task, self._owner)
        violations = engine.limits.violations(params.model_dump(mode="json"))
        if violations:
            first = violations[0]
            message = f"{engine.name} cannot do {first.path} {first.got}: it needs {first.expected}"
            raise Repairable("not_legal_on_engine", message, violations)
        self.key = engine.key(params)
        known = self._services.known(self.key)
        if known is None and engine.backbone and not engine.is_known:  # and its results' names are not either
            raise Rejected("no_engine", f"{engine.name} needs {engine.missing()}")
        return known or await self._services.make(self.key, engine, params, self._unit, self._priority)
