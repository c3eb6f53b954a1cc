"""What a worker is asked for over HTTP, what it answers, and how one becomes the other by way of the job table."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, JsonValue, ValidationError

from agents.acceptance import probe
from gpu_runtime.engine import Engine, Quality, chosen
from gpu_runtime.executor import fault_of, validation_fault
from storage.asking import AskedJobs
from storage.jobs import Stand
from storage.store import Store
from storage.tables import JobRow
from tools.declare import AssetId, Params
from tools.declare import registry as tools
from vibeboard.asset import BlobRef, Result
from vibeboard.faults import Fault, FaultError, Rejected, Repairable
from vibeboard.jobs import JobClass, JobState, Progress
from vibeboard.model import Frozen


class Ask(Frozen):
    """`params` are the task's own, as docs/reference.md lists them. `engine` names who does it; left open, the best of
    the `quality` that is installed, of a previs if none is said. An engine of another quality is refused."""

    task: str
    params: dict[str, JsonValue]
    quality: Quality | None = None
    engine: str | None = None


class Status(StrEnum):
    """RunPod's words."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


_STATUS = {
    JobState.QUEUED: Status.IN_QUEUE,
    JobState.RUNNING: Status.IN_PROGRESS,
    JobState.MADE: Status.COMPLETED,
    JobState.DONE: Status.COMPLETED,
    JobState.FAILED: Status.FAILED,
}


class Done(Frozen):
    """`done` of `total` frames or steps; `seconds_left` as soon as it can be told."""

    done: int
    total: int
    seconds_left: float | None


class Output(Frozen):
    """Bytes that can be fetched at `url`, in ranges too. `size` is in bytes."""

    sha256: AssetId
    media: str
    size: int = Field(ge=0)
    url: str


class Inference(Frozen):
    """How a job stands. `outputs` by role and `seconds` of work are there when it is COMPLETED, `error`, without the
    trace of a bug, when it FAILED.
    `cached` tells whether the result was there already when it was asked for."""

    key: str
    status: Status
    task: str
    engine: str
    outputs: dict[str, Output] = {}  # noqa: RUF012  (frozen model: pydantic copies it)
    seconds: float | None = Field(None, ge=0, description="s")
    cached: bool = False
    progress: Done | None = None
    error: Fault | None = None


class AskedResults:
    """Jobs that are asked for by themselves, in a store that workers take from."""

    def __init__(self, store: Store) -> None:
        self._jobs, self._blobs = AskedJobs(store.engine), store.blobs

    def ask(self, ask: Ask, base: str, *, somebody_waits: bool) -> Inference:
        """Have a job made unless its result is there; one that waits or runs already is joined.

        Raises:
            Rejected: there is no such task or engine, it is not installed, or has another quality.
            Repairable: the parameters are wrong, field by field, or not legal on the engine.
        """
        params = _params(ask)
        engine = chosen(ask.task, ask.quality, ask.engine)
        if violations := engine.limits.violations(params.model_dump(mode="json")):
            first = violations[0]
            message = f"{engine.name} cannot do {first.path} {first.got}: it needs {first.expected}"
            raise Repairable("not_legal_on_engine", message, violations)
        key = engine.key(params)
        cached = self._offer(key, engine, params, JobClass.INTERACTIVE if somebody_waits else JobClass.BATCH)
        return self.view(key, base).model_copy(update={"cached": cached})

    def _offer(self, key: str, engine: Engine, params: Params, job_class: JobClass) -> bool:
        """Whether the result is there; else it is on its way from now on."""
        arguments = params.model_dump(mode="json")
        while True:
            row = self._jobs.find(key)
            if row is not None and self._result(row) is not None:
                return True
            stand = Stand(row.attempt, row.state) if row else Stand(0, JobState.QUEUED)
            if self._jobs.ask(
                key, engine.task, engine.name, arguments, job_class, stand, revision=engine.full_revision
            ):
                return False

    def view(self, key: str, base: str) -> Inference:
        """How a job stands; `base` is where this server is, ending in a slash. What was just made is looked at before
        it is handed out.

        Raises:
            Rejected: there is no such job, or its files are gone.
        """
        row = self._jobs.find(key)
        if row is None:
            raise Rejected("no_such_job", f"no job has the key {key}: POST /inference gives keys")
        if row.state is JobState.MADE and (result := self._result(row)) is not None:
            self._settle(row, result)
            row = self._jobs.find(key) or row
        completed = row.state in (JobState.MADE, JobState.DONE)
        result = self._result(row)
        if completed and result is None:
            raise Rejected("missing_blob", f"the files of {key} are gone: POST the same again to make them")
        return _in_words(row, result, base)

    def _settle(self, row: JobRow, result: Result) -> None:
        tool = tools()[row.task]
        try:
            params = tool.params.model_validate_json(row.params)
            fault = probe(tool, params, result, self._blobs)
        except (FaultError, ValidationError) as error:
            fault = fault_of(error)
        if fault is None:
            self._jobs.publish(row.key, result)
        else:
            self._jobs.free(row.key, fault)

    def _result(self, row: JobRow) -> Result | None:
        """What was made, if its bytes are all there."""
        if row.state not in (JobState.MADE, JobState.DONE):
            return None
        result = Result.model_validate_json(row.result)
        return result if all(self._blobs.has(ref.sha256) for ref in result.outputs.values()) else None

    def cancel(self, key: str, base: str) -> Inference:
        """Ask for a job's end, whoever waits for it; one that ended stays as it is. It ends within a step.

        Raises:
            Rejected: there is no such job.
        """
        seen = self.view(key, base)
        if seen.status in (Status.IN_QUEUE, Status.IN_PROGRESS):
            self._jobs.stop(key)
        return self.view(key, base)

    def file(self, sha256: str) -> tuple[str, BlobRef]:
        """The local path of an output, and what it is.

        Raises:
            Rejected: it is no output of a job, or gone.
        """
        ref = self._jobs.asset(sha256)
        if ref is None or not self._blobs.has(sha256):
            raise Rejected("no_such_asset", f"there is no asset {sha256}: outputs of COMPLETED jobs name theirs")
        return str(self._blobs.path(sha256)), ref


def _params(ask: Ask) -> Params:
    tool = tools().get(ask.task)
    if tool is None:
        raise Rejected("no_such_task", f"there is no task {ask.task[:80]!r}: there are {', '.join(tools())}")
    try:
        return tool.params.model_validate(ask.params)
    except ValidationError as error:
        fault = validation_fault(error)
        raise Repairable(fault.code, fault.message, fault.fields) from None


def _in_words(row: JobRow, result: Result | None, base: str) -> Inference:
    outputs = result.outputs if result else {}
    return Inference(
        key=row.key,
        status=_STATUS[row.state],
        task=row.task,
        engine=row.engine,
        outputs={role: _output(ref, base) for role, ref in outputs.items()},
        seconds=row.seconds if result else None,
        progress=_progress(row),
        error=_error(row),
    )


def _output(ref: BlobRef, base: str) -> Output:
    return Output(sha256=ref.sha256, media=ref.media, size=ref.size, url=f"{base}blobs/{ref.sha256}")


def _progress(row: JobRow) -> Done | None:
    if row.state is not JobState.RUNNING or not row.progress:
        return None
    event = Progress.model_validate_json(row.progress)
    return Done(done=event.done, total=event.total, seconds_left=event.seconds_left)


def _error(row: JobRow) -> Fault | None:
    if row.state is not JobState.FAILED or not row.fault:
        return None
    return Fault.model_validate_json(row.fault).model_copy(update={"trace": ""})
