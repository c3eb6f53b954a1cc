"""What a film took, per shot, run and project, beside what its quotes had said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import Field

from agents.llm.asking import Answered
from gpu_runtime.engine import registry as engines
from graphs.quote import Quoted
from storage.spending import JobSpent, RunSpan, Spending
from vibeboard.events import EventType
from vibeboard.model import Frozen

SECONDS_AN_HOUR = 3600
Quotes = Sequence[tuple[str, Sequence[Quoted]]]


class Work(Frozen):
    """`gpu_s` are seconds of jobs of engines with a backbone, from the first stage to the last, waiting for weights
    and time on a GPU alike; `processor_s` those of all others, of one worker each. `usd` is what the GPU seconds cost;
    the processor costs nothing.
    """

    jobs: int = Field(0, ge=0)
    gpu_s: float = Field(0.0, ge=0, description="s")
    processor_s: float = Field(0.0, ge=0, description="s")
    usd: float = Field(0.0, ge=0, description="USD")


class LlmBill(Frozen):
    """What models were paid for answers, in tokens and USD."""

    calls: int = Field(0, ge=0)
    input_tokens: int = Field(0, ge=0)
    output_tokens: int = Field(0, ge=0)
    usd: float = Field(0.0, ge=0, description="USD")


class ShotCost(Frozen):
    """A shot or a deliverable: every take of it that was made, not only the active one. A job that several shots use
    counts for the first. `shared_jobs` were made for another film and cost this one nothing. Models are asked for
    scenes, so that their bill is the run's.
    """

    unit: str
    label: str
    work: Work
    shared_jobs: int = Field(0, ge=0)


class RunCost(Frozen):
    """One build. `estimate` is the first quote's, before anything was made, with a job a step; None if the run ended
    before its quote. `quoted` is what the same shots took; `actual` is all that the run took, deliverables too, which
    nobody quotes: the jobs that it was the first to take up, also if an interrupted run before it had begun them. `usd`
    is for GPU and models together.
    """

    run_id: str
    began_at: datetime
    finished: bool
    estimate: Work | None
    quoted: Work
    actual: Work
    llm: LlmBill
    usd: float = Field(ge=0, description="USD")


class DeviceTime(Frozen):
    """Time of the devices of all processes that served the store, whatever film they served; of a film's own folder
    it is the film's.

    From the first job of each process to its last word: a machine that is paid for and runs no VibeBoard is not in
    it. A process that was killed is counted up to its last snapshot, at most some seconds before; one of a version
    that kept no snapshots is not.
    """

    active_s: float = Field(0.0, ge=0, description="s")
    idle_s: float = Field(0.0, ge=0, description="s")
    usd: float = Field(0.0, ge=0, description="USD")


class ProjectCost(Frozen):
    """A film. `work` is all that was made for it; of it `other` belongs to no shot: single calls, and results that
    failed their probe. Attempts that failed leave no seconds and are not in it. `chat` is the part of `llm` that
    belongs to no run. `usd` is `work` and `llm`; what devices cost while they were idle is in `devices` only.
    """

    project_id: str
    gpu_usd_per_hour: float = Field(ge=0, description="USD/h")
    shots: tuple[ShotCost, ...]
    runs: tuple[RunCost, ...]
    other: Work
    work: Work
    chat: LlmBill
    llm: LlmBill
    devices: DeviceTime
    usd: float = Field(ge=0, description="USD")


def project_cost(spending: Spending, project_id: str, gpu_usd_per_hour: float) -> ProjectCost:
    """What a film took until now, at a price of the GPU per hour. A job counts once, for the film that had it made.

    An engine that this version does not know counts as one of the processor.
    """
    jobs = spending.jobs()
    ours = [job for job in jobs if job.ours]
    bills, work = _bills(spending), _work(ours, gpu_usd_per_hour)
    spans, quotes = spending.runs(), _quotes(spending)
    known, first_quote = {span.run_id for span in spans}, dict(reversed(quotes))
    llm = _llm(bill for of_run in bills.values() for bill in of_run)
    return ProjectCost(
        project_id=project_id,
        gpu_usd_per_hour=gpu_usd_per_hour,
        shots=_shots(jobs, _labels(quotes), gpu_usd_per_hour),
        runs=tuple(
            _run(span, first_quote.get(span.run_id), ours, bills.get(span.run_id, ()), gpu_usd_per_hour)
            for span in spans
        ),
        other=_work([job for job in ours if not job.unit], gpu_usd_per_hour),
        work=work,
        chat=_llm(bill for run_id, of_run in bills.items() if run_id not in known for bill in of_run),
        llm=llm,
        devices=_devices(spending, gpu_usd_per_hour),
        usd=work.usd + llm.usd,
    )


def on_gpu(job: JobSpent) -> bool:
    """Whether the job's engine has a backbone, and so runs on a device."""
    engine = engines().get(job.engine)
    return engine is not None and bool(engine.backbone)


def _work(jobs: Sequence[JobSpent], rate: float) -> Work:
    gpu = sum(job.seconds for job in jobs if on_gpu(job))
    processor = sum(job.seconds for job in jobs if not on_gpu(job))
    return Work(jobs=len(jobs), gpu_s=gpu, processor_s=processor, usd=gpu * rate / SECONDS_AN_HOUR)


def _llm(bills: Iterable[Answered]) -> LlmBill:
    paid = list(bills)
    return LlmBill(
        calls=len(paid),
        input_tokens=sum(bill.usage.input for bill in paid),
        output_tokens=sum(bill.usage.output for bill in paid),
        usd=sum(bill.usd for bill in paid),
    )


def _bills(spending: Spending) -> dict[str, list[Answered]]:
    bills: defaultdict[str, list[Answered]] = defaultdict(list)
    for run_id, event in spending.events(EventType.LLM_ANSWERED):
        bills[run_id].append(Answered.model_validate(event.data))
    return bills


def _quotes(spending: Spending) -> Quotes:
    """Each run's quotes, in order."""
    return [
        (run_id, [Quoted.model_validate(item) for item in todo])
        for run_id, event in spending.events(EventType.QUOTE_READY)
        if isinstance(todo := event.data.get("todo"), list)
    ]


def _labels(quotes: Quotes) -> dict[str, str]:
    """What a unit was called when it was last quoted, in the order in which units were first."""
    return {item.unit: item.label for _, quoted in quotes for item in quoted}


def _shots(jobs: Sequence[JobSpent], labels: dict[str, str], rate: float) -> tuple[ShotCost, ...]:
    of_unit: dict[str, list[JobSpent]] = {unit: [] for unit in labels}
    for job in jobs:
        if job.unit:
            of_unit.setdefault(job.unit, []).append(job)
    return tuple(
        ShotCost(
            unit=unit,
            label=labels.get(unit, unit),
            work=_work([job for job in made if job.ours], rate),
            shared_jobs=sum(not job.ours for job in made),
        )
        for unit, made in of_unit.items()
        if made
    )


def _run(
    span: RunSpan, quoted: Sequence[Quoted] | None, ours: Sequence[JobSpent], paid: Sequence[Answered], rate: float
) -> RunCost:
    units = {item.unit for item in quoted or ()}
    jobs, llm = [job for job in ours if job.run_id == span.run_id], _llm(paid)
    actual = _work(jobs, rate)
    return RunCost(
        **span._asdict(),
        estimate=None if quoted is None else _estimate(quoted, rate),
        quoted=_work([job for job in jobs if job.unit in units], rate),
        actual=actual,
        llm=llm,
        usd=actual.usd + llm.usd,
    )


def _estimate(quoted: Sequence[Quoted], rate: float) -> Work:
    gpu = sum(item.device_seconds for item in quoted)
    return Work(
        jobs=sum(len(item.steps) for item in quoted),
        gpu_s=gpu,
        processor_s=sum(item.seconds for item in quoted),
        usd=gpu * rate / SECONDS_AN_HOUR,
    )


def _devices(spending: Spending, rate: float) -> DeviceTime:
    devices = spending.devices()
    active, idle = sum(device.busy_s for device in devices), sum(device.idle_s for device in devices)
    return DeviceTime(active_s=active, idle_s=idle, usd=(active + idle) * rate / SECONDS_AN_HOUR)
