"""GPU work as values: what a job is, the states it goes through, what it reports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from pydantic import Field, JsonValue

from vibeboard.asset import Result
from vibeboard.faults import Fault
from vibeboard.model import Frozen


class JobState(StrEnum):
    """`queued -> running -> made -> done`; `made` has bytes that were not yet probed and persisted."""

    QUEUED = "queued"
    RUNNING = "running"
    MADE = "made"
    DONE = "done"
    FAILED = "failed"


AT_WORK = frozenset({JobState.QUEUED, JobState.RUNNING})
"""Of a job that somebody wants and nobody has made yet."""


class JobClass(StrEnum):
    """Who waits for a job. Somebody at a screen goes first; a final render makes way for everything else until it
    has waited its share."""

    INTERACTIVE = "interactive"
    BATCH = "batch"
    FINAL = "final"


class Job(Frozen):
    """A piece of work named by its content key. `params` are the tool's parameters as JSON, already legal; `revision`
    is the one of the engine that the key was made with, empty if nobody said.

    Of the jobs of one class that wait, those of the highest `priority` go first, about in the order in which they came.
    """

    key: str
    task: str
    engine: str
    revision: str = ""
    params: dict[str, JsonValue]
    attempt: int = Field(ge=1)
    priority: int = 0
    job_class: JobClass = JobClass.BATCH


class Started(Frozen):
    key: str


class Progress(Frozen):
    """`done` of `total` frames or steps; `seconds_left` as soon as it can be told."""

    key: str
    done: int
    total: int
    seconds_left: float | None = None


class Made(Frozen):
    key: str
    result: Result
    seconds: float


class Failed(Frozen):
    key: str
    fault: Fault


JobEvent = Started | Progress | Made | Failed


class Running(Frozen):
    """A job at work. `stage` is what it is doing, such as `loading` or `denoise`."""

    key: str
    task: str
    done: int
    total: int
    engine: str = ""
    stage: str = ""
    seconds_left: float | None = None


class Waiting(Frozen):
    """A job in the queue of a device. `bound_s` is the longest wait that it was told when it was queued; time that
    interactive work takes meanwhile comes on top."""

    key: str
    task: str
    engine: str
    job_class: JobClass
    waited_s: float
    bound_s: float | None = None


class Resident(Frozen):
    """Weights and where they are: `on disk`, `reading`, `in host`, `uploading`, `on device`, `releasing`, `failed`.
    `leases` counts the jobs that hold them."""

    component: str
    state: str
    bytes: int
    leases: int = 0


class Account(Frozen):
    """Bytes of one memory: what may be used, what is booked for weights and for work, and what is really in use."""

    capacity: int
    weights: int
    work: int
    used: int


class DeviceSnapshot(Frozen):
    """One device and what its runtime holds and does. Of the `queued` jobs, `queue` has the first hundred in the order
    in which they are expected to run. Counters count from the start of the process."""

    device: str
    memory: Account
    host: Account
    components: tuple[Resident, ...] = ()
    queue: tuple[Waiting, ...] = ()
    queued: int = 0
    running: tuple[Running, ...] = ()
    uploads: int = 0
    uploaded_bytes: int = 0
    reads: int = 0
    read_bytes: int = 0
    evictions: int = 0
    preemptions: int = 0
    out_of_memory: int = 0
    jobs_made: int = 0
    jobs_failed: int = 0
    busy_s: float = 0.0
    idle_s: float = 0.0
    keep_warm: bool = False


class Snapshot(Frozen):
    """What a placement is doing: workers alive, jobs waiting, jobs at work, and its devices if it has any."""

    workers: int
    queued: int
    running: tuple[Running, ...]
    devices: tuple[DeviceSnapshot, ...] = ()


class JobView(Frozen):
    """What is known of a job in the table."""

    state: JobState
    attempt: int
    progress: Progress | None = None
    result: Result | None = None
    fault: Fault | None = None
    seconds: float = 0.0


class Wish(StrEnum):
    """What a person can ask of processes that have a device."""

    UNLOAD = "unload"
    KEEP_WARM = "keep warm"
    COOL_DOWN = "cool down"
    """No longer keep warm."""


class EngineStock(Frozen):
    """How an engine with weights stands with a worker: what is `missing` there, nothing if it is ready, and its
    `revision` there, which names its libraries and the content of its weights."""

    missing: str = ""
    revision: str = ""


class Stock(Frozen):
    """What a worker can do: its engines with weights by name, and the content of its adapters by id. Of an engine that
    is not listed nothing is known."""

    engines: dict[str, EngineStock] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    adapters: dict[str, str] = {}  # noqa: RUF012  (frozen model: pydantic copies it)

    @property
    def lacking(self) -> frozenset[str]:
        """The engines whose jobs would fail there."""
        return frozenset(name for name, engine in self.engines.items() if engine.missing)

    @property
    def revisions(self) -> dict[str, str]:
        """Those of the engines that are ready, by name."""
        return {name: engine.revision for name, engine in self.engines.items() if not engine.missing}


class WorkerView(Frozen):
    """A process that works, by the name under which it owns jobs. One that takes no jobs of others has no `stock`."""

    owner: str
    snapshot: Snapshot
    stock: Stock | None = None


class JobQueue(Protocol):
    """The job table between the orchestrator, which offers, and workers by themselves, which take."""

    def offer(self, job: Job) -> None: ...

    def look(self, keys: Iterable[str]) -> dict[str, JobView]: ...

    def withdraw(self, key: str) -> None: ...

    def stopped(self, owner: str) -> list[str]: ...

    def take(
        self,
        owner: str,
        most: int,
        job_class: JobClass | None = None,
        without: Collection[str] = (),
        revisions: Mapping[str, str] = ...,
    ) -> list[Job]: ...

    def beat(self, owner: str, held: Mapping[str, Progress | None]) -> frozenset[str]: ...

    def made(self, job: Job, result: Result, seconds: float) -> bool: ...

    def failed(self, job: Job, fault: Fault) -> bool: ...

    def expire(self, spared: str = "") -> int: ...

    def show(self, owner: str, snapshot: Snapshot, stock: Stock | None = None) -> Wish | None: ...

    def leave(self, owner: str) -> None: ...

    def workers(self) -> list[WorkerView]: ...

    def wish(self, wish: Wish) -> None: ...


class Placement(Protocol):
    """Where jobs run. A submitted job ends in exactly one `Made` or `Failed`."""

    def submit(self, job: Job) -> None: ...

    def events(self, key: str) -> AsyncIterator[JobEvent]:
        """What happens to a submitted job, up to and with its end. One reader a job."""

    def cancel(self, key: str) -> None:
        """Ask a job to stop; it ends `Failed` with a cancelled fault."""

    def unload(self) -> None:
        """Empty the devices of all weights that no running job holds."""

    def keep_warm(self, on: bool) -> None:
        """Whether weights stay on the devices however long there is no work."""

    def snapshot(self) -> Snapshot: ...

    async def drain(self, *, leave: bool = False) -> None:
        """Take no more, cancel what waits and runs, and end the workers. Workers by themselves may be left to go on
        with it: whoever carries the work on finds what they made."""
